//! Standard streams.

use crate::calls::*;
use crate::{Case, ROOT};

pub const CASES: &[Case] = &[
    ("stdio-state", state),
    ("stdio-attributes", attributes),
    ("stdio-wrong-way", wrong_way),
    ("stdio-position", position),
    ("stdin", stdin),
    ("stdin-bytes", stdin_bytes),
    ("stdout-parts", stdout_parts),
    ("stdout-much", stdout_much),
    ("stdio-closed", closed),
    ("stdio-replaced", replaced),
];

const STREAMS: [(&str, u32); 3] = [("stdin", 0), ("stdout", 1), ("stderr", 2)];

fn state() {
    for (name, fd) in STREAMS {
        let state = fdstat(fd);
        say(&format!("{name} reads"), state.map(|state| state.rights & READ != 0));
        say(&format!("{name} writes"), state.map(|state| state.rights & WRITE != 0));
        // What C libraries call a terminal.
        say(&format!("{name} is a terminal"), state.map(|state| state.kind == 2 && state.rights & (SEEK | TELL) == 0));
    }
}

fn attributes() {
    for (name, fd) in STREAMS {
        say(name, filestat(fd).map(|stat| stat.size));
    }
}

fn wrong_way() {
    say("write to stdin", write(0, b"text"));
    say("read from stdout", read(1, 4));
    say("read from stderr", read(2, 4));
}

fn position() {
    for (name, fd) in STREAMS {
        say(&format!("seek {name}"), seek(fd, 0, CURRENT));
        say(&format!("tell {name}"), tell(fd));
    }
    say("pread stdin", pread(0, 4, 0));
    say("pwrite stdout", pwrite(1, b"text", 0));
    say("set size of stdout", set_size(1, 0));
    say("list stdin", readdir(0, 100, 0));
    say("open below stdin", open(0, "file", CREAT, WRITE, 0));
}

/// In one piece, however it comes.
fn stdin() {
    let mut all = Vec::new();
    loop {
        let piece = made(read(0, 64));
        if piece.is_empty() {
            break;
        }
        all.extend(piece);
    }
    say("stdin", Ok(all));
    say("after its end", read(0, 64));
}

fn stdin_bytes() {
    for _ in 0..5 {
        say("one byte", read(0, 1));
    }
    say("no byte", read(0, 0));
    let (mut one, mut two) = ([0; 3], [0; 3]);
    let count = read_parts(0, &mut [&mut [], &mut one, &mut two]);
    say("buffers, the first of which is empty, got something", count.map(|count| (1..=6).contains(&count)));
}

/// All of several buffers comes out, however many calls that takes.
fn write_all(fd: u32, mut parts: Vec<&[u8]>) {
    while parts.iter().any(|part| !part.is_empty()) {
        let mut count = made(write_parts(fd, &parts));
        for part in &mut parts {
            let taken = count.min(part.len());
            *part = &part[taken..];
            count -= taken;
        }
    }
}

fn stdout_parts() {
    write_all(1, vec![b"one ", b"", b"two ", b"three\n"]);
    say("no buffer", write_parts(1, &[]));
    say("an empty buffer", write(1, b""));
}

fn stdout_much() {
    let line = [b'x'; 99];
    for _ in 0..5000 {
        write_all(1, vec![&line, b"\n"]);
    }
}

fn closed() {
    say("close stdin", close(0));
    say("read", read(0, 1));
    say("close it again", close(0));
    say("the next file takes its number", open(ROOT, "file", CREAT, WRITE, 0));
    say("close stderr", close(2));
    say("write to it", write(2, b"text"));
}

fn replaced() {
    let file = made(open(ROOT, "output", CREAT, WRITE, 0));
    println!("this is seen");
    made(renumber(file, 1));
    println!("this is in the file");
}
