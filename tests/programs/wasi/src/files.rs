//! Open files: reading, writing, positions, sizes, times.

use crate::calls::*;
use crate::{Case, ROOT};

pub const CASES: &[Case] = &[
    ("read-write", read_write),
    ("read-write-parts", parts),
    ("read-write-several-parts", several_parts),
    ("pread-pwrite", positioned),
    ("pread-pwrite-far", far),
    ("pwrite-append", positioned_append),
    ("append", append),
    ("seek-tell", seek_tell),
    ("set-size", sizes),
    ("allocate", allocated),
    ("unbuffered-write", unbuffered),
    ("sparse", sparse),
    ("two-descriptors", two_descriptors),
    ("read-only", read_only),
    ("write-only", write_only),
    ("filestat", attributes),
    ("filestat-times", times),
    ("set-times-flags", times_flags),
    ("set-times-directory", times_of_directory),
    ("set-times-unknown", || say("flags", set_times(file(), 1, 1, 1 << 7))),
    ("seek-unknown", || say("whence", seek(file(), 0, 3))),
];

fn file() -> u32 {
    made(open(ROOT, "file", CREAT, READ | WRITE, 0))
}

fn read_write() {
    let file = file();
    say("empty", read(file, 10));
    say("write", write(file, b"some text"));
    say("at the end", read(file, 10));
    made(seek(file, 5, SET));
    say("from 5", read(file, 2));
    say("on", read(file, 10));
    say("write nothing", write(file, b""));
    say("read nothing", read(file, 0));
    made(seek(file, 0, SET));
    say("write over", write(file, b"Same"));
    say("contents", contents(ROOT, "file"));
}

fn parts() {
    let file = file();
    say("no buffer", write_parts(file, &[]));
    say("empty ones", write_parts(file, &[b"", b""]));
    say("empty ones, then one", write_parts(file, &[b"", b"", b"abc"]));
    say("the last ones empty", write_parts(file, &[b"def", b"", b""]));
    made(seek(file, 0, SET));
    let mut one = [b'.'; 4];
    say("read behind an empty one", read_parts(file, &mut [&mut [], &mut one]));
    say("it is", Ok(one.to_vec()));
    say("no buffer to read into", read_parts(file, &mut []));
}

fn several_parts() {
    let file = file();
    say("write", write_parts(file, &[b"ghi", b"jkl", b"mno"]));
    made(seek(file, 0, SET));
    let (mut one, mut two) = ([b'.'; 4], [b'.'; 20]);
    say("read into two", read_parts(file, &mut [&mut one, &mut two]));
    say("the first", Ok(one.to_vec()));
    say("the second", Ok(two.to_vec()));
    say("read at 2", pread_parts(file, &mut [&mut one, &mut two], 2));
    say("write at 1", pwrite_parts(file, &[b"B", b"C"], 1));
}

fn positioned() {
    let file = file();
    say("write at 4", pwrite(file, b"four", 4));
    say("position", tell(file));
    say("read at 0", pread(file, 20, 0));
    say("read at 6", pread(file, 20, 6));
    say("at the end", pread(file, 20, 8));
    say("beyond the end", pread(file, 20, 100));
    say("write at 0", pwrite(file, b"zero", 0));
    say("nothing at 100", pwrite(file, b"", 100));
    say("position", tell(file));
    say("attributes", filestat(file));
    say("read", read(file, 20));
}

fn far() {
    let file = file();
    say("read at 2^62", pread(file, 4, 1 << 62));
    say("read at 2^63", pread(file, 4, 1 << 63));
    say("read at 2^64 - 1", pread(file, 4, u64::MAX));
    say("write at 2^63", pwrite(file, b"x", 1 << 63));
    say("write at 2^64 - 1", pwrite(file, b"x", u64::MAX));
    say("attributes", filestat(file));
}

fn positioned_append() {
    let file = made(open(ROOT, "file", CREAT, READ | WRITE, APPEND));
    made(write(file, b"0123456789"));
    say("write at 2", pwrite(file, b"abc", 2));
    say("contents", pread(file, 20, 0));
}

fn append() {
    put(ROOT, "file", "start");
    let file = made(open(ROOT, "file", 0, READ | WRITE | SEEK | TELL, APPEND));
    say("position", tell(file));
    say("write", write(file, b" one"));
    say("position", tell(file));
    say("seek", seek(file, 0, SET));
    say("write", write(file, b" two"));
    say("position", tell(file));
    say("read", read(file, 10));
    say("contents", pread(file, 20, 0));
}

fn seek_tell() {
    let file = file();
    say("at first", tell(file));
    made(write(file, &[7; 100]));
    say("after writing", tell(file));
    say("nowhere", seek(file, 0, CURRENT));
    say("back", seek(file, -50, CURRENT));
    say("tell", tell(file));
    say("to 0", seek(file, 0, SET));
    say("to the end", seek(file, 0, END));
    say("before the end", seek(file, -10, END));
    say("beyond the end", seek(file, 1000, END));
    say("tell", tell(file));
    say("read there", read(file, 1));
    say("the size is as it was", filestat(file));
    say("before the start", seek(file, -1, SET));
    say("before the start from here", seek(file, -2000, CURRENT));
    say("before the start from the end", seek(file, -101, END));
    say("tell", tell(file));
    say("too far", seek(file, i64::MAX, CURRENT));
    say("tell", tell(file));
}

fn sizes() {
    let file = file();
    made(write(file, b"0123456789"));
    say("shorter", set_size(file, 4));
    say("attributes", filestat(file));
    say("position", tell(file));
    say("write beyond the end", write(file, b"x"));
    say("contents", pread(file, 20, 0));
    say("longer", set_size(file, 14));
    say("contents", pread(file, 20, 0));
    say("empty", set_size(file, 0));
    say("attributes", filestat(file));
    say("too large", set_size(file, 1 << 63));
    say("much too large", set_size(file, u64::MAX));
    let reader = made(open(ROOT, "file", 0, READ, 0));
    say("of a file to read", set_size(reader, 5));
}

fn allocated() {
    let file = file();
    say("allocate", allocate(file, 0, 100));
    say("attributes", filestat(file));
    say("less", allocate(file, 0, 10));
    say("more", allocate(file, 90, 20));
    say("attributes", filestat(file));
    say("nothing", allocate(file, 0, 0));
    say("too far", allocate(file, u64::MAX, 1));
    let reader = made(open(ROOT, "file", 0, READ, 0));
    say("of a file to read", allocate(reader, 0, 200));
}

fn unbuffered() {
    let (writer, reader) = (file(), made(open(ROOT, "file", 0, READ, 0)));
    say("write", write(writer, &[1]));
    say("read", read(reader, 1));
    say("write", write(writer, &[2]));
    say("read", read(reader, 1));
    say("read", read(reader, 1));
}

fn sparse() {
    let file = file();
    made(seek(file, 100_000, SET));
    say("write far away", write(file, b"end"));
    say("attributes", filestat(file));
    say("the hole", pread(file, 4, 50_000));
    say("the end", pread(file, 10, 100_000));
}

fn two_descriptors() {
    let (one, two) = (file(), file());
    made(write(one, b"from the first"));
    say("position of the second", tell(two));
    say("read", read(two, 4));
    made(write(two, b" THE"));
    say("position of the first", tell(one));
    say("contents", contents(ROOT, "file"));
    let same = (made(filestat(one)).inode, made(filestat(one)).device)
        == (made(filestat(two)).inode, made(filestat(two)).device);
    say("the same file", same);
}

fn read_only() {
    put(ROOT, "file", "text");
    let file = made(open(ROOT, "file", 0, READ | SEEK | TELL, 0));
    say("read", read(file, 10));
    say("write", write(file, b"x"));
    say("pwrite", pwrite(file, b"x", 0));
    say("write nothing", write(file, b""));
    say("set size", set_size(file, 0));
    say("allocate", allocate(file, 0, 10));
    say("contents", contents(ROOT, "file"));
}

fn write_only() {
    let file = made(open(ROOT, "file", CREAT, WRITE | SEEK | TELL, 0));
    say("write", write(file, b"text"));
    say("seek", seek(file, 0, SET));
    say("read", read(file, 10));
    say("pread", pread(file, 10, 0));
    say("read nothing", read(file, 0));
    say("set size", set_size(file, 2));
    say("contents", contents(ROOT, "file"));
}

fn attributes() {
    let file = file();
    say("a file", filestat(file));
    made(write(file, &[0; 1000]));
    say("longer", filestat(file));
    made(link(ROOT, "file", ROOT, "other"));
    say("linked", filestat(file));
    made(unlink(ROOT, "file"));
    say("unlinked", filestat(file));
    say("directory", filestat(ROOT));
    let (a, b) = (made(filestat(file)), made(stat(ROOT, "other")));
    say("the same inode by its name", a.inode == b.inode && a.device == b.device);
    say("times are set", a.modified > 0 && a.accessed > 0 && a.changed > 0);
}

const ACCESSED: u32 = 1;
const ACCESSED_NOW: u32 = 2;
const MODIFIED: u32 = 4;
const MODIFIED_NOW: u32 = 8;

fn show_times(fd: u32) {
    let stat = made(filestat(fd));
    println!("accessed {}, modified {}", stat.accessed, stat.modified);
}

fn times() {
    let file = file();
    say("both", set_times(file, 1_000_000_000_000_000_000, 1_100_000_000_123_456_789, ACCESSED | MODIFIED));
    show_times(file);
    say("one", set_times(file, 1_200_000_000_000_000_001, 5, ACCESSED));
    show_times(file);
    say("the other", set_times(file, 5, 1_300_000_000_000_000_002, MODIFIED));
    show_times(file);
    say("neither", set_times(file, 5, 5, 0));
    show_times(file);
    say("1970", set_times(file, 0, 1, ACCESSED | MODIFIED));
    show_times(file);
    let before = made(clock_time(0)) - 60_000_000_000;
    say("now", set_times(file, 0, 0, ACCESSED_NOW | MODIFIED_NOW));
    let stat = made(filestat(file));
    say("it is now", stat.accessed > before && stat.modified > before);
}

fn times_flags() {
    let file = file();
    say("set and now", set_times(file, 1, 1, ACCESSED | ACCESSED_NOW));
    say("set and now of the other", set_times(file, 1, 1, MODIFIED | MODIFIED_NOW));
    let reader = made(open(ROOT, "file", 0, READ, 0));
    say("of a file to read", set_times(reader, 1_000_000_000, 2_000_000_000, ACCESSED | MODIFIED));
    show_times(reader);
}

fn times_of_directory() {
    made(mkdir(ROOT, "directory"));
    let directory = made(open(ROOT, "directory", DIRECTORY, BELOW, 0));
    say("set", set_times(directory, 1_000_000_000_000_000_000, 1_100_000_000_000_000_000, ACCESSED | MODIFIED));
    show_times(directory);
    say(
        "what was preopened",
        set_times(ROOT, 1_000_000_000_000_000_000, 1_100_000_000_000_000_000, ACCESSED | MODIFIED),
    );
    say("now", filestat(ROOT).map(|stat| stat.modified));
    say("of a stream", set_times(1, 1, 1, ACCESSED | MODIFIED));
}
