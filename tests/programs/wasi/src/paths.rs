//! Names: creating, removing, renaming, attributes.

use crate::calls::*;
use crate::{ASIDE, Case, ROOT};

pub const CASES: &[Case] = &[
    ("mkdir", make),
    ("rmdir", remove),
    ("rmdir-not-empty", remove_full),
    ("unlink", unlinks),
    ("rename-file", rename_file),
    ("rename-directory", rename_directory),
    ("rename-over-other-kinds", rename_kinds),
    ("rename-same", rename_same),
    ("rename-into-itself", rename_into_itself),
    ("rename-between-directories", rename_between),
    ("rename-open-file", rename_open),
    ("rename-symlink", rename_symlink),
    ("exists", exists),
    ("path-filestat", attributes),
    ("path-times", times),
    ("path-times-unknown", || say("flags", path_times(ROOT, 1, ".", 0, 0, 1 << 8))),
    ("path-filestat-unknown", || say("lookup", stat_with(ROOT, 2, "."))),
];

fn make() {
    say("new", mkdir(ROOT, "directory"));
    say("attributes", stat(ROOT, "directory"));
    say("again", mkdir(ROOT, "directory"));
    put(ROOT, "file", "");
    say("over a file", mkdir(ROOT, "file"));
    say("below a file", mkdir(ROOT, "file/directory"));
    say("in it", mkdir(ROOT, "directory/inner"));
    say("in nowhere", mkdir(ROOT, "nowhere/inner"));
    made(symlink("nowhere", ROOT, "link"));
    say("over a link to nowhere", mkdir(ROOT, "link"));
}

fn remove() {
    made(mkdir(ROOT, "directory"));
    say("a directory", rmdir(ROOT, "directory"));
    say("again", rmdir(ROOT, "directory"));
    put(ROOT, "file", "");
    say("a file", rmdir(ROOT, "file"));
    made(mkdir(ROOT, "other"));
    made(symlink("other", ROOT, "link"));
    say("a link", rmdir(ROOT, "link"));
    say("itself", rmdir(ROOT, "."));
    say("through a link", mkdir(ROOT, "link/inner").and_then(|()| rmdir(ROOT, "link/inner")));
}

fn remove_full() {
    made(mkdir(ROOT, "directory"));
    put(ROOT, "directory/file", "");
    say("with a file", rmdir(ROOT, "directory"));
    made(unlink(ROOT, "directory/file"));
    made(mkdir(ROOT, "directory/inner"));
    say("with a directory", rmdir(ROOT, "directory"));
    made(rmdir(ROOT, "directory/inner"));
    say("empty", rmdir(ROOT, "directory"));
}

fn unlinks() {
    put(ROOT, "file", "");
    say("a file", unlink(ROOT, "file"));
    say("again", unlink(ROOT, "file"));
    made(mkdir(ROOT, "directory"));
    // Linux says that it is one, POSIX that nobody may.
    let error = unlink(ROOT, "directory");
    say("a directory", error);
    put(ROOT, "file", "");
    made(symlink("file", ROOT, "link"));
    say("a link", unlink(ROOT, "link"));
    say("the file", stat(ROOT, "file"));
    made(symlink("directory", ROOT, "link"));
    say("a link to a directory", unlink(ROOT, "link"));
    say("below a file", unlink(ROOT, "file/x"));
}

fn rename_file() {
    put(ROOT, "a", "contents of a");
    say("to a new name", rename(ROOT, "a", ROOT, "b"));
    say("the old name", stat(ROOT, "a"));
    say("the new name", contents(ROOT, "b"));
    put(ROOT, "a", "another");
    say("over a file", rename(ROOT, "a", ROOT, "b"));
    say("the new name", contents(ROOT, "b"));
    say("from nowhere", rename(ROOT, "a", ROOT, "b"));
    say("to nowhere", rename(ROOT, "b", ROOT, "nowhere/b"));
    made(mkdir(ROOT, "directory"));
    say("into a directory", rename(ROOT, "b", ROOT, "directory/b"));
    say("is there", contents(ROOT, "directory/b"));
}

fn rename_directory() {
    made(mkdir(ROOT, "a"));
    put(ROOT, "a/file", "inside");
    say("to a new name", rename(ROOT, "a", ROOT, "b"));
    say("contents", contents(ROOT, "b/file"));
    made(mkdir(ROOT, "empty"));
    say("over an empty one", rename(ROOT, "b", ROOT, "empty"));
    say("contents", contents(ROOT, "empty/file"));
    made(mkdir(ROOT, "full"));
    put(ROOT, "full/file", "");
    say("over a full one", rename(ROOT, "empty", ROOT, "full"));
    say("an empty one over a full one", mkdir(ROOT, "new").and_then(|()| rename(ROOT, "new", ROOT, "full")));
}

fn rename_kinds() {
    made(mkdir(ROOT, "directory"));
    put(ROOT, "file", "");
    say("a directory over a file", rename(ROOT, "directory", ROOT, "file"));
    say("a file over a directory", rename(ROOT, "file", ROOT, "directory"));
    made(symlink("nowhere", ROOT, "link"));
    say("a directory over a link", rename(ROOT, "directory", ROOT, "link"));
    say("a file over a link", rename(ROOT, "file", ROOT, "link"));
    say("what it is", lstat(ROOT, "link"));
}

fn rename_same() {
    put(ROOT, "file", "text");
    say("onto itself", rename(ROOT, "file", ROOT, "file"));
    say("by another path", rename(ROOT, "file", ROOT, "./file"));
    made(link(ROOT, "file", ROOT, "other"));
    say("onto another name of it", rename(ROOT, "file", ROOT, "other"));
    say("attributes", stat(ROOT, "file"));
    made(mkdir(ROOT, "directory"));
    say("a directory onto itself", rename(ROOT, "directory", ROOT, "directory"));
}

fn rename_into_itself() {
    made(mkdir(ROOT, "directory"));
    say("into itself", rename(ROOT, "directory", ROOT, "directory/inner"));
    made(mkdir(ROOT, "directory/inner"));
    say("deeper", rename(ROOT, "directory", ROOT, "directory/inner/deep"));
    say("over its parent", rename(ROOT, "directory/inner", ROOT, "directory"));
    say("itself", rename(ROOT, ".", ROOT, "new"));
    say("to itself", rename(ROOT, "directory", ROOT, "."));
}

fn rename_between() {
    put(ROOT, "file", "moved");
    say("a file", rename(ROOT, "file", ASIDE, "file"));
    say("is there", contents(ASIDE, "file"));
    say("is not here", stat(ROOT, "file"));
    made(mkdir(ROOT, "directory"));
    let folder = made(open(ROOT, "directory", DIRECTORY, BELOW, 0));
    say("into an open one", rename(ASIDE, "file", folder, "file"));
    say("is there", contents(ROOT, "directory/file"));
    say("a directory", rename(ROOT, "directory", ASIDE, "directory"));
    say("the open one", contents(folder, "file"));
}

fn rename_open() {
    let file = made(open(ROOT, "a", CREAT, READ | WRITE, 0));
    made(write(file, b"one"));
    say("rename", rename(ROOT, "a", ROOT, "b"));
    made(write(file, b" two"));
    say("contents", contents(ROOT, "b"));
}

fn rename_symlink() {
    put(ROOT, "file", "text");
    made(symlink("file", ROOT, "link"));
    say("a link", rename(ROOT, "link", ROOT, "other"));
    say("what it is", lstat(ROOT, "other").map(|stat| kind_name(stat.kind)));
    say("its target", readlink(ROOT, "other", 10));
    made(mkdir(ROOT, "directory"));
    say("into a directory", rename(ROOT, "other", ROOT, "directory/other"));
    say("its target", stat(ROOT, "directory/other"));
}

fn exists() {
    made(mkdir(ROOT, "directory"));
    put(ROOT, "file", "");
    made(symlink("file", ROOT, "to-file"));
    made(symlink("directory", ROOT, "to-directory"));
    made(symlink("nowhere", ROOT, "to-nowhere"));
    for name in [".", "directory", "file", "to-file", "to-directory", "to-nowhere", "nowhere", "file/nowhere"] {
        say(name, stat(ROOT, name));
        say("itself", lstat(ROOT, name).map(|stat| kind_name(stat.kind)));
    }
}

fn attributes() {
    put(ROOT, "file", "12345");
    say("file", stat(ROOT, "file"));
    made(link(ROOT, "file", ROOT, "linked"));
    say("linked", stat(ROOT, "linked"));
    made(symlink("file", ROOT, "link"));
    say("link, followed", stat(ROOT, "link"));
    say("link", lstat(ROOT, "link").map(|stat| format!("{}, {} bytes", kind_name(stat.kind), stat.size)));
    let [file, link] = ["file", "link"].map(|name| made(stat(ROOT, name)));
    say("the same file", file.inode == link.inode && file.device == link.device);
    let itself = made(lstat(ROOT, "link"));
    say("another file", file.inode != itself.inode);
}

const ACCESSED: u32 = 1;
const ACCESSED_NOW: u32 = 2;
const MODIFIED: u32 = 4;
const MODIFIED_NOW: u32 = 8;
const SECOND: u64 = 1_000_000_000;

fn show_times(what: &str, stat: Result<crate::imports::FileStat>) {
    say(what, stat.map(|stat| format!("accessed {}, modified {}", stat.accessed, stat.modified)));
}

fn times() {
    put(ROOT, "file", "");
    made(symlink("file", ROOT, "link"));
    say("a file", path_times(ROOT, 1, "file", 1000 * SECOND, 2000 * SECOND + 7, ACCESSED | MODIFIED));
    show_times("file", stat(ROOT, "file"));
    say("a link", path_times(ROOT, 0, "link", 3000 * SECOND, 4000 * SECOND, ACCESSED | MODIFIED));
    // The link itself is read when it is followed, so its time of access may change.
    say("link", lstat(ROOT, "link").map(|stat| stat.modified));
    show_times("file", stat(ROOT, "file"));
    say("through a link", path_times(ROOT, 1, "link", 5000 * SECOND, 6000 * SECOND, ACCESSED | MODIFIED));
    show_times("file", stat(ROOT, "file"));
    say("one", path_times(ROOT, 1, "file", 0, 7000 * SECOND, MODIFIED));
    show_times("file", stat(ROOT, "file"));
    made(mkdir(ROOT, "directory"));
    say("a directory", path_times(ROOT, 1, "directory", 8000 * SECOND, 9000 * SECOND, ACCESSED | MODIFIED));
    say("directory", stat(ROOT, "directory").map(|stat| stat.modified));
    say("nowhere", path_times(ROOT, 1, "nowhere", 0, 0, ACCESSED | MODIFIED));
    say("set and now", path_times(ROOT, 1, "file", 0, 0, MODIFIED | MODIFIED_NOW));
    say("set and now of the other", path_times(ROOT, 1, "file", 0, 0, ACCESSED | ACCESSED_NOW));
    let before = made(clock_time(0)) - 60 * SECOND;
    say("now", path_times(ROOT, 1, "file", 0, 0, ACCESSED_NOW | MODIFIED_NOW));
    say("it is now", stat(ROOT, "file").map(|stat| stat.modified > before && stat.accessed > before));
}
