//! `path_open`.

use crate::calls::*;
use crate::{ASIDE, Case, ROOT};

pub const CASES: &[Case] = &[
    ("open-missing", missing),
    ("open-create", create),
    ("open-exclusive", exclusive),
    ("open-truncate", truncate),
    ("open-directory", directory),
    ("open-flags-together", together),
    ("open-flags-unknown", || say_open("flags", open(ROOT, ".", 1 << 4, READ, 0))),
    ("open-state-unknown", || say_open("flags", open(ROOT, ".", 0, READ, 1 << 5))),
    ("open-lookup-unknown", || say_open("flags", open_with(ROOT, 1 << 1, ".", 0, READ, 0))),
    ("open-read-write", read_write),
    ("open-without-rights", without_rights),
    ("open-nonblock", nonblock),
    ("open-synchronised", synchronised),
    ("open-nofollow", nofollow),
    ("open-dangling-symlink", dangling),
    ("open-through-symlinks", through_symlinks),
    ("open-preopened", preopened),
    ("open-below", below),
    ("open-bytes", bytes),
];

fn missing() {
    say("a file", open(ROOT, "nowhere", 0, READ, 0));
    say("to write", open(ROOT, "nowhere", 0, WRITE, 0));
    say("in a folder", open(ROOT, "nowhere/file", CREAT, WRITE, 0));
    say("cut off", open(ROOT, "nowhere", TRUNC, WRITE, 0));
    say("a directory", open(ROOT, "nowhere", DIRECTORY, READDIR, 0));
}

fn create() {
    say_open("new", open(ROOT, "file", CREAT, WRITE, 0));
    put(ROOT, "file", "contents");
    say_open("an old one", open(ROOT, "file", CREAT, WRITE, 0));
    say("is as it was", contents(ROOT, "file"));
    say_open("to read", open(ROOT, "other", CREAT, READ, 0));
    say("is there", stat(ROOT, "other"));
    made(mkdir(ROOT, "directory"));
    say_open("a directory", open(ROOT, "directory", CREAT, WRITE, 0));
    say_open("a directory to read", open(ROOT, "directory", CREAT, READ, 0));
}

fn exclusive() {
    say_open("new", open(ROOT, "file", CREAT | EXCL, WRITE, 0));
    say_open("again", open(ROOT, "file", CREAT | EXCL, WRITE, 0));
    made(mkdir(ROOT, "directory"));
    say_open("a directory", open(ROOT, "directory", CREAT | EXCL, WRITE, 0));
    made(symlink("nowhere", ROOT, "link"));
    say_open("a link to nowhere", open(ROOT, "link", CREAT | EXCL, WRITE, 0));
    made(symlink("file", ROOT, "to-file"));
    say_open("a link to a file", open(ROOT, "to-file", CREAT | EXCL, WRITE, 0));
    say_open("without creating", open(ROOT, "file", EXCL, READ, 0));
}

fn truncate() {
    put(ROOT, "file", "contents");
    say_open("to write", open(ROOT, "file", TRUNC, WRITE, 0));
    say("attributes", stat(ROOT, "file"));
    put(ROOT, "file", "contents");
    say_open("to read and write", open(ROOT, "file", TRUNC, READ | WRITE, 0));
    say("attributes", stat(ROOT, "file"));
    made(mkdir(ROOT, "directory"));
    say_open("a directory", open(ROOT, "directory", TRUNC, WRITE, 0));
    put(ROOT, "file", "contents");
    made(symlink("file", ROOT, "link"));
    say_open("through a link", open(ROOT, "link", TRUNC, WRITE, 0));
    say("attributes", stat(ROOT, "file"));
}

fn directory() {
    made(mkdir(ROOT, "directory"));
    put(ROOT, "file", "");
    put(ROOT, "directory/inner", "text");
    say_open("a directory", open(ROOT, "directory", DIRECTORY, BELOW, 0));
    say_open("to list", open(ROOT, "directory", DIRECTORY, READDIR, 0));
    say_open("without the flag", open(ROOT, "directory", 0, READDIR, 0));
    say_open("without the flag, to read", open(ROOT, "directory", 0, READ, 0));
    say_open("without the flag, to write", open(ROOT, "directory", 0, WRITE, 0));
    say_open("to write", open(ROOT, "directory", DIRECTORY, READ | WRITE, 0));
    say_open("a file", open(ROOT, "file", DIRECTORY, READ, 0));
    let folder = made(open(ROOT, "directory", DIRECTORY, BELOW, 0));
    say("a file in it", contents(folder, "inner"));
    say("its parent", open(folder, "../file", 0, READ, 0));
    say("to append", open(ROOT, "directory", DIRECTORY, READ, APPEND).map(drop));
}

fn together() {
    say_open("create a directory", open(ROOT, "new", CREAT | DIRECTORY, READ, 0));
    say("is there", stat(ROOT, "new"));
    made(mkdir(ROOT, "directory"));
    say_open("create one that is there", open(ROOT, "directory", CREAT | DIRECTORY, READ, 0));
    say_open("exclusive", open(ROOT, "directory", EXCL | DIRECTORY, READ, 0));
    say_open("cut off a directory", open(ROOT, "directory", TRUNC | DIRECTORY, READ, 0));
    put(ROOT, "file", "contents");
    say_open("create and cut off", open(ROOT, "file", CREAT | TRUNC, WRITE, 0));
    say("attributes", stat(ROOT, "file"));
    say_open("everything", open(ROOT, "file", CREAT | TRUNC | EXCL, WRITE, 0));
    say_open("everything, new", open(ROOT, "other", CREAT | TRUNC | EXCL, WRITE, 0));
}

fn read_write() {
    put(ROOT, "file", "text");
    for (name, rights) in [("read", READ), ("write", WRITE), ("both", READ | WRITE)] {
        let file = made(open(ROOT, "file", 0, rights, 0));
        println!("{name}");
        say("read", read(file, 2));
        say("write", write(file, b"ab"));
        made(close(file));
    }
    say("contents", contents(ROOT, "file"));
}

fn without_rights() {
    put(ROOT, "file", "text");
    let file = made(open(ROOT, "file", 0, 0, 0));
    say("read", read(file, 2));
    say("write", write(file, b"x"));
    say("attributes", filestat(file));
    say("seek", seek(file, 1, SET));
    say_open("create", open(ROOT, "new", CREAT, 0, 0));
    say_open("cut off", open(ROOT, "file", TRUNC, 0, 0));
    say("attributes", stat(ROOT, "file"));
    put(ROOT, "file", "text");
    say_open("cut off, to read", open(ROOT, "file", TRUNC, READ, 0));
    say("attributes", stat(ROOT, "file"));
}

fn nonblock() {
    put(ROOT, "file", "text");
    let file = open(ROOT, "file", 0, READ, NONBLOCK);
    say("open", file.map(drop));
    say("read", file.and_then(|file| read(file, 10)));
}

fn synchronised() {
    for (name, flags) in [("data", DSYNC), ("all", SYNC), ("both", SYNC | DSYNC)] {
        let file = open(ROOT, name, CREAT, READ | WRITE, flags);
        say(name, file.map(drop));
        say("write", file.and_then(|file| write(file, b"text")));
    }
}

fn nofollow() {
    put(ROOT, "file", "text");
    made(mkdir(ROOT, "directory"));
    for (link, target) in [("to-file", "file"), ("to-directory", "directory"), ("to-nowhere", "nowhere")] {
        made(symlink(target, ROOT, link));
        say_open(link, open_with(ROOT, 0, link, 0, READ, 0));
        say_open("as a directory", open_with(ROOT, 0, link, DIRECTORY, READDIR, 0));
        say_open("to create", open_with(ROOT, 0, link, CREAT, WRITE, 0));
        say_open("followed", open(ROOT, link, 0, READ, 0));
        say_open("followed as a directory", open(ROOT, link, DIRECTORY, READDIR, 0));
    }
    say_open("a file", open_with(ROOT, 0, "file", 0, READ, 0));
    say_open("a directory", open_with(ROOT, 0, "directory", DIRECTORY, READDIR, 0));
    put(ROOT, "directory/inner", "");
    say_open("a link on the way", open_with(ROOT, 0, "to-directory/inner", 0, READ, 0));
}

fn dangling() {
    made(symlink("target", ROOT, "link"));
    say_open("to read", open(ROOT, "link", 0, READ, 0));
    say_open("without following", open_with(ROOT, 0, "link", 0, READ, 0));
    say_open("create without following", open_with(ROOT, 0, "link", CREAT, WRITE, 0));
    say_open("as a directory", open(ROOT, "link", DIRECTORY, READDIR, 0));
    say_open("create", open(ROOT, "link", CREAT, WRITE, 0));
    say("the target", stat(ROOT, "target"));
}

fn through_symlinks() {
    made(mkdir(ROOT, "a"));
    made(mkdir(ROOT, "a/b"));
    put(ROOT, "a/b/file", "found");
    for (link, target) in [("one", "a/b"), ("a/up", ".."), ("chain", "one"), ("a/b/back", "../../chain/file")] {
        made(symlink(target, ROOT, link));
    }
    for path in ["one/file", "chain/file", "a/up/one/file", "a/b/back", "one/../b/file", "a/up/a/up/chain/back"] {
        say(path, contents(ROOT, path));
    }
    let folder = made(open(ROOT, "a", DIRECTORY, BELOW, 0));
    say("a link above its directory", contents(folder, "up/one/file"));
}

fn preopened() {
    say_open("by its name", open(ROOT, "/aside", DIRECTORY, READDIR, 0));
    say_open("itself", open(ROOT, ".", DIRECTORY, READDIR, 0));
    say_open("the other", open(ASIDE, ".", DIRECTORY, READDIR, 0));
    say_open("above", open(ROOT, "..", DIRECTORY, READDIR, 0));
    say_open("above and back", open(ROOT, "../aside", DIRECTORY, READDIR, 0));
}

fn below() {
    made(mkdir(ROOT, "a"));
    let a = made(open(ROOT, "a", DIRECTORY, BELOW, 0));
    made(mkdir(a, "b"));
    let b = made(open(a, "b", DIRECTORY, BELOW, 0));
    put(b, "file", "deep");
    say("by steps", contents(b, "file"));
    say("by a path", contents(ROOT, "a/b/file"));
    made(close(a));
    say("when the one between is closed", contents(b, "file"));
    made(rename(ROOT, "a", ROOT, "c"));
    say("when it has moved", contents(b, "file"));
}

fn bytes() {
    for name in ["späße", "空", "a b\tc", "\u{1f980}", "new\nline", "back\\slash", "-", "*?"] {
        put(ROOT, name, "x");
        say(&format!("\"{}\"", name.escape_debug()), stat(ROOT, name));
    }
    say_open("not UTF-8", open(ROOT, b"\xff\xfe", CREAT, WRITE, 0));
    say("its attributes", stat(ROOT, b"\xff\xfe"));
}
