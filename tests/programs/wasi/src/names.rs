//! Paths that are more than names: dots, slashes, NULs, long and absolute ones, and what lies outside.

use crate::calls::*;
use crate::{ASIDE, Case, ROOT};

pub const CASES: &[Case] = &[
    ("dots", dots),
    ("slashes", slashes),
    ("trailing-slash-open", trailing_open),
    ("trailing-slash-create", trailing_create),
    ("trailing-slash-mkdir", trailing_mkdir),
    ("trailing-slash-rmdir", trailing_rmdir),
    ("trailing-slash-unlink", trailing_unlink),
    ("trailing-slash-rename-file", trailing_rename_file),
    ("trailing-slash-rename-directory", trailing_rename_directory),
    ("trailing-slash-symlink", trailing_symlink),
    ("trailing-slash-stat", trailing_stat),
    ("empty-path", empty),
    ("nul-in-path", nul),
    ("absolute-path", absolute),
    ("long-path", long),
    ("escape-by-dots", escape_dots),
    ("escape-by-symlink", escape_symlink),
    ("escape-by-changing-names", escape_names),
];

fn dots() {
    made(mkdir(ROOT, "a"));
    made(mkdir(ROOT, "a/b"));
    put(ROOT, "a/b/file", "found");
    let paths =
        ["a/b/file", "./a/b/file", "a/./b/./file", "a/b/../b/file", "a/b/../../a/b/file", "a/../a/b/../b/./file"];
    for path in paths.into_iter().chain(["a/b/file/.", "a/b/file/..", "a/nowhere/../b/file", "a/b/.../file"]) {
        say(path, contents(ROOT, path));
    }
    for path in [".", "a/.", "a/..", "a/b/..", "a/b/../.."] {
        say_open(path, open(ROOT, path, DIRECTORY, READDIR, 0));
    }
    say("make a dot", mkdir(ROOT, "."));
    say("make a dot in it", mkdir(ROOT, "a/."));
    say("make dots", mkdir(ROOT, "a/.."));
    say("remove a dot", rmdir(ROOT, "a/b/."));
    say("remove dots", rmdir(ROOT, "a/b/.."));
    say("unlink a dot", unlink(ROOT, "a/."));
}

fn slashes() {
    made(mkdir(ROOT, "a"));
    put(ROOT, "a/file", "found");
    for path in ["a//file", "a///file", ".//a//.//file", "a/file/", "a/file//", "a//"] {
        say(path, contents(ROOT, path));
        say("attributes", stat(ROOT, path));
    }
}

fn trailing_open() {
    made(mkdir(ROOT, "directory"));
    put(ROOT, "file", "");
    made(symlink("directory", ROOT, "to-directory"));
    made(symlink("file", ROOT, "to-file"));
    for path in ["directory/", "file/", "to-directory/", "to-file/", "nowhere/"] {
        say_open(path, open(ROOT, path, 0, READ, 0));
        say_open("as a directory", open(ROOT, path, DIRECTORY, READDIR, 0));
        say_open("without following", open_with(ROOT, 0, path, DIRECTORY, READDIR, 0));
    }
}

fn trailing_create() {
    put(ROOT, "file", "");
    say_open("new", open(ROOT, "new/", CREAT, WRITE, 0));
    say_open("old", open(ROOT, "file/", CREAT, WRITE, 0));
    say_open("exclusive", open(ROOT, "other/", CREAT | EXCL, WRITE, 0));
    say_open("cut off", open(ROOT, "file/", TRUNC, WRITE, 0));
}

fn trailing_mkdir() {
    say("one", mkdir(ROOT, "one/"));
    say("two", mkdir(ROOT, "two//"));
    say("again", mkdir(ROOT, "one/"));
    put(ROOT, "file", "");
    say("a file", mkdir(ROOT, "file/"));
    say("in nowhere", mkdir(ROOT, "nowhere/x/"));
}

fn trailing_rmdir() {
    for name in ["one", "two"] {
        made(mkdir(ROOT, name));
    }
    say("one", rmdir(ROOT, "one/"));
    say("two", rmdir(ROOT, "two//"));
    say("nowhere", rmdir(ROOT, "nowhere/"));
    put(ROOT, "file", "");
    say("a file", rmdir(ROOT, "file/"));
    made(mkdir(ROOT, "directory"));
    made(symlink("directory", ROOT, "link"));
    say("a link", rmdir(ROOT, "link/"));
}

fn trailing_unlink() {
    put(ROOT, "file", "");
    say("a file", unlink(ROOT, "file/"));
    say("more slashes", unlink(ROOT, "file///"));
    made(mkdir(ROOT, "directory"));
    say("a directory", unlink(ROOT, "directory/"));
    say("nowhere", unlink(ROOT, "nowhere/"));
    made(symlink("file", ROOT, "link"));
    say("a link to a file", unlink(ROOT, "link/"));
    made(symlink("directory", ROOT, "to-directory"));
    say("a link to a directory", unlink(ROOT, "to-directory/"));
}

fn trailing_rename_file() {
    put(ROOT, "file", "");
    say("from", rename(ROOT, "file/", ROOT, "other"));
    say("to", rename(ROOT, "file", ROOT, "other/"));
    say("both", rename(ROOT, "file/", ROOT, "other/"));
    say("attributes", stat(ROOT, "file"));
    put(ROOT, "old", "");
    say("to an old one", rename(ROOT, "file", ROOT, "old/"));
}

fn trailing_rename_directory() {
    made(mkdir(ROOT, "a"));
    say("from", rename(ROOT, "a/", ROOT, "b"));
    say("to", rename(ROOT, "b", ROOT, "c/"));
    say("both", rename(ROOT, "c/", ROOT, "d/"));
    say("many", rename(ROOT, "d///", ROOT, "e///"));
    say("attributes", stat(ROOT, "e"));
    made(mkdir(ROOT, "old"));
    say("to an old one", rename(ROOT, "e", ROOT, "old/"));
    say("a file to an old one", {
        put(ROOT, "file", "");
        rename(ROOT, "file", ROOT, "old/")
    });
}

fn trailing_symlink() {
    say("new", symlink("target", ROOT, "link/"));
    say("more slashes", symlink("target", ROOT, "link//"));
    made(mkdir(ROOT, "directory"));
    say("a directory", symlink("target", ROOT, "directory/"));
    put(ROOT, "file", "");
    say("a file", symlink("target", ROOT, "file/"));
    say("in the target", symlink("directory/", ROOT, "to-directory"));
    say("the target", readlink(ROOT, "to-directory", 20));
    say("followed", stat(ROOT, "to-directory"));
    say("in a file as target", symlink("file/", ROOT, "to-file"));
    say("followed", stat(ROOT, "to-file"));
}

fn trailing_stat() {
    made(mkdir(ROOT, "directory"));
    put(ROOT, "file", "");
    made(symlink("directory", ROOT, "to-directory"));
    made(symlink("file", ROOT, "to-file"));
    for path in ["directory/", "file/", "to-directory/", "to-file/", "nowhere/"] {
        say(path, stat(ROOT, path));
        say("itself", lstat(ROOT, path).map(|stat| kind_name(stat.kind)));
    }
    say("times of a file", path_times(ROOT, 0, "file/", 0, 0, 5));
    say("read a link", readlink(ROOT, "to-file/", 20));
    say("link a file", link(ROOT, "file/", ROOT, "new"));
    say("link to", link(ROOT, "file", ROOT, "new/"));
}

/// Every function on a path with which nothing can be done.
fn all_on(path: &str) {
    let other = "other";
    put(ROOT, other, "");
    say_open("open", open(ROOT, path, 0, READ, 0));
    say_open("create", open(ROOT, path, CREAT, WRITE, 0));
    say_open("directory", open(ROOT, path, DIRECTORY, READDIR, 0));
    say("stat", stat(ROOT, path));
    say("lstat", lstat(ROOT, path));
    say("times", path_times(ROOT, 1, path, 0, 0, 0));
    say("mkdir", mkdir(ROOT, path));
    say("rmdir", rmdir(ROOT, path));
    say("unlink", unlink(ROOT, path));
    say("readlink", readlink(ROOT, path, 10));
    say("symlink", symlink(other, ROOT, path));
    say("symlink to it", symlink(path, ROOT, "new-link"));
    say("link from", link(ROOT, path, ROOT, "new"));
    say("link to", link(ROOT, other, ROOT, path));
    say("rename from", rename(ROOT, path, ROOT, "new"));
    say("rename to", rename(ROOT, other, ROOT, path));
}

fn empty() {
    all_on("");
}

fn nul() {
    put(ROOT, "file", "");
    all_on("file\0more");
    say("at the end", stat(ROOT, "file\0"));
}

fn absolute() {
    all_on("/file");
    say_open("the root", open(ROOT, "/", DIRECTORY, READDIR, 0));
    say_open("of the host", open(ROOT, "/etc/passwd", 0, READ, 0));
    say("several slashes", stat(ROOT, "//"));
}

fn long() {
    let name = |length| "x".repeat(length);
    say_open("255 bytes", open(ROOT, name(255), CREAT, WRITE, 0));
    say_open("256 bytes", open(ROOT, name(256), CREAT, WRITE, 0));
    say("a directory of 256 bytes", mkdir(ROOT, name(256)));
    say("a path of 4000 bytes", stat(ROOT, "./".repeat(2000)));
    say("a path of 5000 bytes", stat(ROOT, "./".repeat(2500)));
    say("many that are not there", stat(ROOT, "nowhere/".repeat(500)));
}

fn escape_dots() {
    made(mkdir(ROOT, "a"));
    for path in ["..", "../", "../aside", "a/../..", "a/../../aside", "../top/a", "./..", "a/b/../../.."] {
        say(path, stat(ROOT, path));
        say_open("open", open(ROOT, path, DIRECTORY, READDIR, 0));
    }
    all_on("../new");
    let folder = made(open(ROOT, "a", DIRECTORY, BELOW, 0));
    say("from an open directory", stat(folder, ".."));
    say("and back", stat(folder, "../a"));
}

/// `/aside` has links that the host made: `up` to `..`, `away` to `/`, `loop` to itself.
fn escape_symlink() {
    for path in ["up", "up/top", "away", "away/etc", "away/etc/passwd", "up/aside/up"] {
        say(path, stat(ASIDE, path));
        say("itself", lstat(ASIDE, path).map(|stat| kind_name(stat.kind)));
        say_open("open", open(ASIDE, path, 0, READ, 0));
        say("make a directory below", mkdir(ASIDE, format!("{path}/new")));
    }
    say("read up", readlink(ASIDE, "up", 10));
    say("read away", readlink(ASIDE, "away", 10));
    say("make one to a path outside", symlink("../../x", ROOT, "out"));
    say("follow it", stat(ROOT, "out"));
    say("make one to an absolute path", symlink("/etc/passwd", ROOT, "absolute"));
    say("follow it", stat(ROOT, "absolute"));
    say("create through it", open(ROOT, "out", CREAT, WRITE, 0).map(drop));
}

fn escape_names() {
    made(mkdir(ROOT, "a"));
    put(ROOT, "file", "");
    say("rename out", rename(ROOT, "file", ROOT, "../file"));
    say("rename in", rename(ROOT, "../aside", ROOT, "new"));
    say("rename over the other", rename(ROOT, "a", ASIDE, "../top/new"));
    say("link out", link(ROOT, "file", ROOT, "../file"));
    say("link in", link(ROOT, "../aside/up", ROOT, "new"));
    say("remove outside", unlink(ASIDE, "../top/file"));
    say("remove a directory outside", rmdir(ASIDE, "../top/a"));
    say("times outside", path_times(ASIDE, 1, "../top/file", 0, 0, 5));
    say("still there", stat(ROOT, "file"));
}
