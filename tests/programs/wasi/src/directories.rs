//! Listings: `fd_readdir`.

use std::collections::BTreeSet;

use crate::calls::*;
use crate::{Case, ROOT};

pub const CASES: &[Case] = &[
    ("list-empty", list_empty),
    ("list-kinds", list_kinds),
    ("list-many", list_many),
    ("list-small-buffers", small_buffers),
    ("list-tiny-buffers", tiny_buffers),
    ("list-from-cookie", from_cookie),
    ("list-again", again),
    ("list-added-meanwhile", added),
    ("list-removed-meanwhile", removed),
    ("list-bad-cookie", bad_cookie),
    ("list-inodes", inodes),
    ("list-seek", seek_directory),
];

/// The bytes before a name.
const HEADER: usize = 24;

struct Entry {
    next: u64,
    inode: u64,
    kind: u8,
    name: String,
}

/// The whole entries in a buffer, and whether there was a part of another one behind them.
fn parse(mut bytes: &[u8]) -> (Vec<Entry>, bool) {
    let mut entries = Vec::new();
    while let Some((header, rest)) = bytes.split_at_checked(HEADER) {
        let number = |at: usize, length: usize| {
            header[at..at + length].iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
        };
        let Some((name, rest)) = rest.split_at_checked(number(16, 4) as usize) else { break };
        let name = String::from_utf8_lossy(name).into_owned();
        entries.push(Entry { next: number(0, 8), inode: number(8, 8), kind: header[20], name });
        bytes = rest;
    }
    (entries, !bytes.is_empty())
}

/// A whole listing by calls with buffers of a length, as C libraries make it.
fn list(fd: u32, length: usize) -> Result<Vec<Entry>> {
    let (mut all, mut cookie) = (Vec::new(), 0);
    loop {
        let bytes = readdir(fd, length, cookie)?;
        let is_end = bytes.len() < length;
        let (entries, _) = parse(&bytes);
        let Some(last) = entries.last() else { return Ok(all) };
        cookie = last.next;
        all.extend(entries);
        if is_end {
            return Ok(all);
        }
    }
}

/// In the order of their names: hosts have others.
fn show(entries: Result<Vec<Entry>>) {
    match entries {
        Err(error) => println!("{error}"),
        Ok(mut entries) => {
            entries.sort_by(|a, b| a.name.cmp(&b.name));
            println!("{} entries", entries.len());
            entries.iter().for_each(|entry| println!("{}: {}", entry.name, kind_name(entry.kind)));
        }
    }
}

fn names(entries: Result<Vec<Entry>>) -> BTreeSet<String> {
    made(entries).into_iter().map(|entry| entry.name).collect()
}

fn list_empty() {
    show(list(ROOT, 4096));
    made(mkdir(ROOT, "directory"));
    let directory = made(open(ROOT, "directory", DIRECTORY, READDIR, 0));
    show(list(directory, 4096));
}

fn list_kinds() {
    put(ROOT, "file", "text");
    made(mkdir(ROOT, "directory"));
    made(symlink("file", ROOT, "link"));
    made(symlink("nowhere", ROOT, "dangling"));
    put(ROOT, ".hidden", "");
    show(list(ROOT, 4096));
}

fn many(count: usize) {
    for number in 0..count {
        put(ROOT, &format!("file-{number:04}"), "");
    }
}

fn list_many() {
    many(1000);
    for length in [100, 4096, 1 << 20] {
        let entries = made(list(ROOT, length));
        let distinct: BTreeSet<_> = entries.iter().map(|entry| &entry.name).collect();
        println!("{length}: {} entries, {} names", entries.len(), distinct.len());
    }
}

fn small_buffers() {
    many(5);
    // An entry is cut off where the buffer ends, so that a full one says that there is more.
    let whole = made(readdir(ROOT, 4096, 0)).len();
    println!("the whole listing: {whole}");
    for length in [whole + 1, whole, whole - 1, 40, 36] {
        say(&format!("{length}"), readdir(ROOT, length, 0).map(|bytes| bytes.len()));
        println!("{} names", names(list(ROOT, length)).len());
    }
}

fn tiny_buffers() {
    many(2);
    for length in [0, 1, 23, 24, 25] {
        say(&format!("{length}"), readdir(ROOT, length, 0).map(|bytes| bytes.len()));
    }
}

fn from_cookie() {
    many(10);
    let all = made(list(ROOT, 4096));
    for (index, entry) in all.iter().enumerate() {
        let rest = parse(&made(readdir(ROOT, 4096, entry.next))).0;
        let same = rest.iter().map(|entry| &entry.name).eq(all[index + 1..].iter().map(|entry| &entry.name));
        println!("behind entry {index}: {} entries, those of the whole listing: {same}", rest.len());
    }
}

fn again() {
    many(3);
    let first = names(list(ROOT, 4096));
    say("the same", first == names(list(ROOT, 4096)));
    let other = made(open(ROOT, ".", DIRECTORY, READDIR, 0));
    say("by another descriptor", first == names(list(other, 4096)));
}

fn added() {
    many(3);
    say("at first", names(list(ROOT, 4096)).len());
    put(ROOT, "new", "");
    say("from the start", names(list(ROOT, 4096)).contains("new"));
    made(mkdir(ROOT, "directory"));
    let start = made(readdir(ROOT, 60, 0));
    let cookie = parse(&start).0[0].next;
    put(ROOT, "newer", "");
    let (rest, _) = parse(&made(readdir(ROOT, 4096, cookie)));
    let old: BTreeSet<_> = rest.into_iter().map(|entry| entry.name).filter(|name| name != "newer").collect();
    println!("{} old ones behind the first", old.len());
}

fn removed() {
    many(4);
    let start = made(list(ROOT, 4096));
    made(unlink(ROOT, "file-0001"));
    // Whether it is still told is the host's choice; the others are.
    let cookie = start[0].next;
    let mut rest = parse(&made(readdir(ROOT, 4096, cookie))).0;
    rest.retain(|entry| entry.name != "file-0001");
    println!("{} others behind the first", rest.len());
    say("from the start", names(list(ROOT, 4096)).contains("file-0001"));
}

fn bad_cookie() {
    many(2);
    say("far behind the end", readdir(ROOT, 4096, 1000).map(|bytes| bytes.len()));
    say("as far as can be", readdir(ROOT, 4096, u64::MAX).map(|bytes| bytes.len()));
}

fn inodes() {
    put(ROOT, "file", "");
    made(mkdir(ROOT, "directory"));
    made(symlink("file", ROOT, "link"));
    for entry in made(list(ROOT, 4096)).iter().filter(|entry| entry.name != "..") {
        let same = made(lstat(ROOT, &entry.name)).inode == entry.inode;
        if !same {
            println!("{}: another inode than its attributes tell", entry.name);
        }
    }
    println!("done");
}

fn seek_directory() {
    say("seek", seek(ROOT, 0, CURRENT));
    say("seek to the end", seek(ROOT, 0, END));
    say("tell", tell(ROOT));
    let directory = made(open(ROOT, ".", DIRECTORY, BELOW, 0));
    say("an opened one", seek(directory, 0, SET));
}
