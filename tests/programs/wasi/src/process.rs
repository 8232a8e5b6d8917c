//! Arguments, environment, random bytes, and ends of programs.

use crate::calls::*;
use crate::imports;
use crate::{Case, ROOT};

pub const CASES: &[Case] = &[
    ("args", args),
    ("environ", environ),
    ("random", random_bytes),
    ("yield", yields),
    ("raise", raise),
    ("exit-success", || exit(0)),
    ("exit-failure", || exit(1)),
    ("exit-42", || exit(42)),
    ("exit-125", || exit(125)),
    ("exit-255", || exit(255)),
    ("exit-with-open-files", exit_with_open_files),
    ("exit-by-return", || println!("the end of main")),
    ("unreachable", unreachable),
    ("bad-pointer-result", bad_result),
    ("bad-pointer-path", bad_path),
    ("bad-pointer-buffers", bad_buffers),
];

/// All strings of an array that the host fills.
fn strings(sizes: Result<(usize, usize)>, fill: impl Fn(*mut *const u8, *mut u8) -> Result<()>) {
    let Ok((count, size)) = sizes else { return say("sizes", sizes.map(drop)) };
    let mut pointers = vec![std::ptr::null(); count];
    let mut bytes = vec![0_u8; size];
    say("get", fill(pointers.as_mut_ptr(), bytes.as_mut_ptr()));
    println!("the last byte is NUL: {}", bytes.last() == Some(&0));
    let start = bytes.as_ptr();
    for (index, pointer) in pointers.into_iter().enumerate() {
        let at = pointer as usize - start as usize;
        let text = bytes[at..].split(|byte| *byte == 0).next().unwrap_or_default();
        // The program's own name is the host's choice.
        if index > 0 || text.contains(&b'=') {
            println!("{index}: \"{}\"", text.escape_ascii());
        }
    }
    println!("{count} strings");
}

fn args() {
    let mut count = 0;
    let sizes = call!(args_sizes_get(&mut count) -> usize);
    strings(sizes.map(|size| (count, size)), |pointers, bytes| call!(args_get(pointers, bytes)));
}

fn environ() {
    let mut count = 0;
    let sizes = call!(environ_sizes_get(&mut count) -> usize);
    strings(sizes.map(|size| (count, size)), |pointers, bytes| call!(environ_get(pointers, bytes)));
}

fn random_bytes() {
    let length = 1 << 20;
    let (one, other) = (made(random(length)), made(random(length)));
    println!("two buffers differ: {}", one != other);
    for (what, part) in [("start", &one[..64]), ("end", &one[length - 64..])] {
        println!("the {what} was filled: {}", part.iter().any(|byte| *byte != 0));
    }
    let ones: u32 = one.iter().map(|byte| byte.count_ones()).sum();
    println!("about half of the bits are set: {}", ones.abs_diff(length as u32 * 4) < length as u32 / 50);
    say("no byte", random(0));
}

fn yields() {
    for _ in 0..3 {
        say("yield", call!(sched_yield()));
    }
}

fn raise() {
    say("raise", call!(proc_raise(0)));
}

fn exit(code: u32) {
    println!("exits with {code}");
    // SAFETY: it does not return, and nothing here waits to be dropped.
    unsafe { imports::proc_exit(code) }
}

fn exit_with_open_files() {
    let file = made(open(ROOT, "left-open", CREAT, WRITE, 0));
    say("write", write(file, b"all of it"));
    exit(7);
}

fn unreachable() {
    println!("before");
    core::arch::wasm32::unreachable();
}

/// An address that memory never reaches, as the program has less than 4 GiB.
const OUTSIDE: usize = 0xffff_fff0;

fn bad_result() {
    say("resolution", call!(clock_res_get(0, OUTSIDE as *mut u64)));
}

fn bad_path() {
    say("make a directory", call!(path_create_directory(ROOT, OUTSIDE as *const u8, 4)));
}

fn bad_buffers() {
    let file = made(open(ROOT, "file", CREAT, READ | WRITE, 0));
    let buffer = imports::Buffer { start: OUTSIDE as *const u8, length: 4 };
    say("write", call!(fd_write(file, &buffer, 1) -> usize));
}
