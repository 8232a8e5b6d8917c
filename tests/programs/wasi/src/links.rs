//! Symbolic and hard links.

use crate::calls::*;
use crate::{ASIDE, Case, ROOT};

pub const CASES: &[Case] = &[
    ("symlink", create),
    ("symlink-over", over),
    ("symlink-filestat", attributes),
    ("symlink-loop", looped),
    ("symlink-chain", chain),
    ("readlink", read),
    ("readlink-wrong", read_wrong),
    ("link", hard),
    ("link-wrong", hard_wrong),
    ("link-symlink", hard_symlink),
    ("link-follow", hard_follow),
    ("link-between-directories", hard_between),
];

fn create() {
    put(ROOT, "file", "text");
    made(mkdir(ROOT, "directory"));
    for (target, path) in [
        ("file", "a"),
        ("directory", "b"),
        ("nowhere", "c"),
        ("./file", "d"),
        ("directory/../file", "e"),
        ("../file", "directory/f"),
    ] {
        say(&format!("{path} to {target}"), symlink(target, ROOT, path));
        say("followed", stat(ROOT, path));
        say("read", readlink(ROOT, path, 30));
    }
    say("text through one", contents(ROOT, "a"));
    say("in nowhere", symlink("file", ROOT, "nowhere/x"));
    say("below a file", symlink("file", ROOT, "file/x"));
    say("to a name that is long", symlink(&"x/".repeat(1000), ROOT, "long"));
}

fn over() {
    put(ROOT, "file", "");
    made(mkdir(ROOT, "directory"));
    made(symlink("nowhere", ROOT, "link"));
    for path in ["file", "directory", "link"] {
        say(path, symlink("target", ROOT, path));
    }
    say("as it was", readlink(ROOT, "link", 20));
}

fn attributes() {
    put(ROOT, "file", "0123456789");
    made(symlink("file", ROOT, "link"));
    let itself = made(lstat(ROOT, "link"));
    say("kind", kind_name(itself.kind));
    say("size is its target's length", itself.size);
    say("links", itself.links);
    say("followed", stat(ROOT, "link"));
    made(unlink(ROOT, "file"));
    say("followed to nowhere", stat(ROOT, "link"));
    say("itself", lstat(ROOT, "link").map(|stat| stat.size));
}

fn looped() {
    made(symlink("loop", ROOT, "loop"));
    say("open", open(ROOT, "loop", 0, READ, 0));
    say("without following", open_with(ROOT, 0, "loop", 0, READ, 0));
    say("create", open(ROOT, "loop", CREAT, WRITE, 0));
    say("stat", stat(ROOT, "loop"));
    say("itself", lstat(ROOT, "loop").map(|stat| kind_name(stat.kind)));
    say("below", stat(ROOT, "loop/file"));
    say("times", path_times(ROOT, 1, "loop", 0, 0, 0));
    made(symlink("two", ROOT, "one"));
    made(symlink("one", ROOT, "two"));
    say("of two", open(ROOT, "one", 0, READ, 0));
    say("make a directory", mkdir(ROOT, "one"));
    say("remove", unlink(ROOT, "loop"));
}

/// Hosts follow 40; longer chains are the host's choice.
fn chain() {
    put(ROOT, "0", "the end");
    for number in 1..=30 {
        made(symlink(&(number - 1).to_string(), ROOT, &number.to_string()));
    }
    say("30 links", contents(ROOT, "30"));
    for number in 31..=100 {
        made(symlink(&(number - 1).to_string(), ROOT, &number.to_string()));
    }
    say("100 links", contents(ROOT, "100"));
}

fn read() {
    made(symlink("a/target/of/some/length", ROOT, "link"));
    for length in [100, 23, 22, 5, 1, 0] {
        say(&format!("into {length} bytes"), readlink(ROOT, "link", length));
    }
}

fn read_wrong() {
    put(ROOT, "file", "");
    made(mkdir(ROOT, "directory"));
    for path in ["file", "directory", "nowhere", ".", "file/x"] {
        say(path, readlink(ROOT, path, 10));
    }
}

fn hard() {
    put(ROOT, "file", "text");
    say("link", link(ROOT, "file", ROOT, "other"));
    say("attributes", stat(ROOT, "other"));
    let [file, other] = ["file", "other"].map(|name| made(stat(ROOT, name)));
    say("the same file", file.inode == other.inode);
    let opened = made(open(ROOT, "file", 0, WRITE, 0));
    made(write(opened, b"TEXT"));
    say("contents", contents(ROOT, "other"));
    say("remove the first", unlink(ROOT, "file"));
    say("contents", contents(ROOT, "other"));
    say("attributes", stat(ROOT, "other"));
}

fn hard_wrong() {
    put(ROOT, "file", "");
    put(ROOT, "old", "");
    made(mkdir(ROOT, "directory"));
    say("over a file", link(ROOT, "file", ROOT, "old"));
    say("over a directory", link(ROOT, "file", ROOT, "directory"));
    say("over itself", link(ROOT, "file", ROOT, "file"));
    say("a directory", link(ROOT, "directory", ROOT, "new"));
    say("nowhere", link(ROOT, "nowhere", ROOT, "new"));
    say("to nowhere", link(ROOT, "file", ROOT, "nowhere/new"));
    made(symlink("nowhere", ROOT, "link"));
    say("over a link", link(ROOT, "file", ROOT, "link"));
}

fn hard_symlink() {
    put(ROOT, "file", "text");
    for (name, target) in [("a", "file"), ("b", "nowhere")] {
        made(symlink(target, ROOT, name));
        let other = format!("{name}-linked");
        say("a link", link(ROOT, name, ROOT, &other));
        say("what it is", lstat(ROOT, &other).map(|stat| kind_name(stat.kind)));
        say("its target", readlink(ROOT, &other, 20));
    }
}

fn hard_follow() {
    put(ROOT, "file", "text");
    made(symlink("file", ROOT, "link"));
    say("follow a link", link_with(ROOT, 1, "link", ROOT, "other"));
    say("a file", link_with(ROOT, 1, "file", ROOT, "another"));
}

fn hard_between() {
    put(ROOT, "file", "text");
    say("into the other", link(ROOT, "file", ASIDE, "other"));
    say("contents", contents(ASIDE, "other"));
    made(mkdir(ROOT, "directory"));
    let folder = made(open(ROOT, "directory", DIRECTORY, BELOW, 0));
    say("into an open one", link(ASIDE, "other", folder, "third"));
    say("attributes", stat(ROOT, "directory/third"));
}
