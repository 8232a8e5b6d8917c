//! Descriptors: their numbers, state, rights, and what is preopened.

use crate::calls::*;
use crate::{ASIDE, Case, ROOT};

pub const CASES: &[Case] = &[
    ("preopens", preopens),
    ("close-preopen", close_preopen),
    ("renumber-preopen", renumber_preopen),
    ("dangling-file", dangling_file),
    ("dangling-directory", dangling_directory),
    ("numbers-are-reused", numbers),
    ("open-many-times", many_times),
    ("open-many-at-once", many_at_once),
    ("renumber", renumbered),
    ("renumber-wrong", renumber_wrong),
    ("no-descriptor", no_descriptor),
    ("fdstat", state),
    ("set-flags", flags),
    ("set-rights", rights),
    ("directory-is-no-file", directory_is_no_file),
    ("file-is-no-directory", file_is_no_directory),
    ("sync", synchronise),
    ("advise", advise_files),
    ("advise-unknown", || say("advice", advise(made(open(ROOT, "file", CREAT, READ, 0)), 0, 0, 6))),
    ("set-flags-unknown", || say("flags", set_flags(made(open(ROOT, "file", CREAT, WRITE, 0)), 1 << 9))),
    ("sockets-are-none", sockets),
];

fn preopens() {
    for fd in 3..7 {
        let found = prestat(fd);
        let name = found.and_then(|[_, length]| prestat_name(fd, length as usize));
        say(&format!("{fd} kind"), found.map(|[kind, _]| kind & 0xff));
        say(&format!("{fd} name"), name);
    }
    say("a buffer that is too small", prestat_name(ASIDE, 2));
    say("a buffer that is larger", prestat_name(ASIDE, 10).map(|name| name.starts_with(b"/aside")));
    for fd in 0..3 {
        say(&format!("{fd} is a stream"), prestat(fd).map(drop));
    }
    let own = made(open(ROOT, ".", DIRECTORY, BELOW, 0));
    say("opened by the program", prestat(own).map(drop));
    say("name of none", prestat_name(own, 10));
}

fn close_preopen() {
    say("close", close(ROOT));
    say("state", fdstat(ROOT));
    say("prestat", prestat(ROOT).map(drop));
    say_open("open below", open(ROOT, "file", CREAT, WRITE, 0));
    say("close again", close(ROOT));
    say("the other one", stat(ASIDE, "."));
}

fn renumber_preopen() {
    put(ROOT, "in-root", "");
    let other = made(open(ROOT, ".", DIRECTORY, BELOW, 0));
    say("over the other", renumber(other, ASIDE));
    say("what is there now", stat(ASIDE, "in-root"));
    say("the old number", fdstat(other));
    say("prestat", prestat(ASIDE).map(drop));
}

fn dangling_file() {
    let file = made(open(ROOT, "file", CREAT, READ | WRITE, 0));
    say("remove", unlink(ROOT, "file"));
    say("write", write(file, b"nobody sees it"));
    say("read", pread(file, 6, 0));
    say("attributes", filestat(file));
    say("close", close(file));
    say("open", open(ROOT, "file", 0, READ, 0));
}

fn dangling_directory() {
    made(mkdir(ROOT, "gone"));
    let directory = made(open(ROOT, "gone", DIRECTORY, READDIR, 0));
    say("remove", rmdir(ROOT, "gone"));
    say("attributes", filestat(directory));
    say("create in it", open(directory, "file", CREAT, WRITE, 0));
    say("make a directory in it", mkdir(directory, "sub"));
    say("close", close(directory));
    say("close again", close(directory));
    made(mkdir(ROOT, "gone"));
    say_open("another one of that name", open(ROOT, "gone", DIRECTORY, READDIR, 0));
}

fn numbers() {
    let names = ["a", "b", "c"];
    let files = names.map(|name| made(open(ROOT, name, CREAT, WRITE, 0)));
    say("the first", files[0]);
    made(close(files[1]));
    say("the closed one's", made(open(ROOT, "d", CREAT, WRITE, 0)) == files[1]);
    say("the next", made(open(ROOT, "e", CREAT, WRITE, 0)) > files[2]);
}

fn many_times() {
    put(ROOT, "file", "");
    for _ in 0..2000 {
        made(close(made(open(ROOT, "file", 0, READ, 0))));
    }
    say("after 2000", open(ROOT, "file", 0, READ, 0));
}

fn many_at_once() {
    put(ROOT, "file", "x");
    let mut files: Vec<_> = (0..500).map(|_| made(open(ROOT, "file", 0, READ, 0))).collect();
    files.sort_unstable();
    files.dedup();
    say("different numbers", files.len());
    say("the last one", read(files[499], 4));
}

fn renumbered() {
    let one = made(open(ROOT, "one", CREAT, READ | WRITE, 0));
    let two = made(open(ROOT, "two", CREAT, READ | WRITE, 0));
    made(write(one, b"one"));
    say("onto another", renumber(one, two));
    say("the old number", write(one, b"x"));
    say("the new number", tell(two));
    say("write", write(two, b" more"));
    say("close", close(two));
    say("close the old number", close(one));
    say("file", contents(ROOT, "one"));
    say("the other file", contents(ROOT, "two"));
}

fn renumber_wrong() {
    let file = made(open(ROOT, "file", CREAT, READ | WRITE, 0));
    say("from none", renumber(NOBODY, file));
    say("to none", renumber(file, NOBODY));
    say("onto itself", renumber(file, file));
    say("still there", write(file, b"text"));
}

fn no_descriptor() {
    let fd = NOBODY;
    say("advise", advise(fd, 0, 0, 0));
    say("allocate", allocate(fd, 0, 1));
    say("close", close(fd));
    say("datasync", datasync(fd));
    say("fdstat", fdstat(fd));
    say("set flags", set_flags(fd, 0));
    say("set rights", set_rights(fd, 0, 0));
    say("filestat", filestat(fd));
    say("set size", set_size(fd, 0));
    say("set times", set_times(fd, 0, 0, 0));
    say("pread", pread(fd, 1, 0));
    say("prestat", prestat(fd).map(drop));
    say("prestat name", prestat_name(fd, 1));
    say("pwrite", pwrite(fd, b"x", 0));
    say("read", read(fd, 1));
    say("readdir", readdir(fd, 100, 0));
    say("seek", seek(fd, 0, SET));
    say("sync", sync(fd));
    say("tell", tell(fd));
    say("write", write(fd, b"x"));
    say("mkdir", mkdir(fd, "x"));
    say("stat", stat(fd, "x"));
    say("times", path_times(fd, 0, "x", 0, 0, 0));
    say("link", link(fd, "x", ROOT, "y"));
    say("open", open(fd, "x", 0, READ, 0));
    say("readlink", readlink(fd, "x", 10));
    say("rmdir", rmdir(fd, "x"));
    say("rename", rename(ROOT, "x", fd, "y"));
    say("symlink", symlink("x", fd, "y"));
    say("unlink", unlink(fd, "x"));
}

fn state() {
    let opened = |path, oflags, rights, flags| open(ROOT, path, oflags, rights, flags).and_then(fdstat);
    say("a file to read and write", opened("file", CREAT, READ | WRITE | SEEK | TELL, 0));
    say("a file to read", opened("file", 0, READ | SEEK | TELL, 0));
    say("a file to write", opened("file", 0, WRITE | SEEK | TELL, 0));
    say("a file to append to", opened("file", 0, WRITE | SEEK | TELL, APPEND));
    say("a file that does not wait", opened("file", 0, READ | SEEK | TELL, NONBLOCK));
    let directory = opened(".", DIRECTORY, BELOW, 0);
    say("a directory", directory.map(|state| kind_name(state.kind)));
    say("a directory can be listed", directory.map(|state| state.rights & READDIR != 0));
    say("what was preopened", fdstat(ROOT).map(|state| (kind_name(state.kind)).to_owned()));
}

fn flags() {
    let file = made(open(ROOT, "file", CREAT, READ | WRITE, APPEND));
    say("flags", fdstat(file).map(|state| u32::from(state.flags)));
    made(write(file, b"first"));
    say("none", set_flags(file, 0));
    say("flags", fdstat(file).map(|state| u32::from(state.flags)));
    made(seek(file, 0, SET));
    made(write(file, b"F"));
    say("append again", set_flags(file, APPEND));
    made(seek(file, 0, SET));
    made(write(file, b"!"));
    say("position after appending", tell(file));
    say("do not wait", set_flags(file, NONBLOCK));
    say("flags", fdstat(file).map(|state| u32::from(state.flags)));
    say("what synchronises", set_flags(file, SYNC));
    say("of a directory", set_flags(ROOT, 0));
    say("contents", pread(file, 10, 0));
}

fn rights() {
    let file = made(open(ROOT, "file", CREAT, READ | WRITE, 0));
    let state = made(fdstat(file));
    say("the same", set_rights(file, state.rights, state.inheriting));
    say("fewer", set_rights(file, state.rights & !WRITE, state.inheriting));
    say("more", set_rights(file, state.rights | READDIR, state.inheriting));
    say("write without the right", write(file, b"text"));
}

fn directory_is_no_file() {
    made(mkdir(ROOT, "directory"));
    for (name, fd) in [("preopened", ROOT), ("opened", made(open(ROOT, "directory", DIRECTORY, BELOW, 0)))] {
        println!("{name}");
        say("read", read(fd, 1));
        say("pread", pread(fd, 1, 0));
        say("write", write(fd, b"x"));
        say("pwrite", pwrite(fd, b"x", 0));
        say("seek", seek(fd, 0, CURRENT));
        say("tell", tell(fd));
        say("advise", advise(fd, 0, 0, 0));
        say("allocate", allocate(fd, 0, 1));
        say("set size", set_size(fd, 0));
    }
}

fn file_is_no_directory() {
    put(ROOT, "other", "");
    let fd = made(open(ROOT, "file", CREAT, READ | WRITE, 0));
    say("readdir", readdir(fd, 100, 0));
    say("open", open(fd, "x", CREAT, WRITE, 0));
    say("stat", stat(fd, "x"));
    say("times", path_times(fd, 0, "x", 0, 0, 0));
    say("mkdir", mkdir(fd, "x"));
    say("rmdir", rmdir(fd, "x"));
    say("unlink", unlink(fd, "x"));
    say("readlink", readlink(fd, "x", 10));
    say("symlink", symlink("x", fd, "y"));
    say("link from", link(fd, "x", ROOT, "y"));
    say("link to", link(ROOT, "other", fd, "y"));
    say("rename from", rename(fd, "x", ROOT, "y"));
    say("rename to", rename(ROOT, "other", fd, "y"));
    say("prestat", prestat(fd).map(drop));
}

fn synchronise() {
    let file = made(open(ROOT, "file", CREAT, READ | WRITE, 0));
    made(write(file, b"text"));
    say("file", sync(file));
    say("file's data", datasync(file));
    say("directory", sync(ROOT));
    say("directory's data", datasync(ROOT));
    let reader = made(open(ROOT, "file", 0, READ, 0));
    say("a file to read", sync(reader));
    say("its data", datasync(reader));
}

fn advise_files() {
    let file = made(open(ROOT, "file", CREAT, READ | WRITE, 0));
    made(write(file, b"some bytes"));
    for advice in 0..6 {
        say(&format!("advice {advice}"), advise(file, 0, 10, advice));
    }
    say("up to the end", advise(file, 4, 0, 0));
    say("beyond the end", advise(file, 100, 100, 1));
    say("far away", advise(file, 1 << 62, 1 << 62, 0));
    say("too far", advise(file, u64::MAX, 1, 0));
    say("too long", advise(file, 0, u64::MAX, 0));
    say("attributes", filestat(file));
}

fn sockets() {
    let file = made(open(ROOT, "file", CREAT, READ | WRITE, 0));
    for (name, fd) in [("file", file), ("none", NOBODY), ("directory", ROOT)] {
        say(&format!("{name}: accept"), call!(sock_accept(fd, 0) -> u32).map(drop));
        say(&format!("{name}: receive"), call!(sock_recv(fd, std::ptr::null(), 0, 0, &mut 0) -> u16).map(drop));
        say(&format!("{name}: send"), call!(sock_send(fd, std::ptr::null(), 0, 0) -> usize));
        say(&format!("{name}: shut down"), call!(sock_shutdown(fd, 3)));
    }
}
