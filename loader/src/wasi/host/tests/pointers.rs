use std::net::TcpListener;
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};

use super::super::Function;
use super::*;

const SIZE: u64 = 65536;

#[test]
fn memory_bounds() {
    let mut bytes = [1, 2, 3, 4, 5, 6, 7, 8];
    let mut memory = GuestMemory::new(&mut bytes);
    assert_eq!(memory.read_u64(0), Ok(0x0807_0605_0403_0201));
    assert_eq!(memory.read_u32(3), Ok(0x0706_0504));
    assert_eq!(memory.read_u16(6), Ok(0x0807));
    for bad in [5, 8, 9, u32::MAX - 3, u32::MAX] {
        assert_eq!(memory.read_u32(bad), Err(Errno::Fault));
        assert_eq!(memory.write_u32(bad, 0), Err(Errno::Fault));
    }
    assert_eq!(memory.slice(8, 0), Ok(&[][..]));
    assert_eq!(memory.slice(9, 0), Err(Errno::Fault));
    for (at, length) in [(0, 9), (8, 1), (1, u32::MAX), (u32::MAX, u32::MAX), (u32::MAX, 1)] {
        assert_eq!(memory.slice(at, length), Err(Errno::Fault));
        assert_eq!(memory.slice_mut(at, length), Err(Errno::Fault));
    }
    assert_eq!(bytes, [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn buffer_arrays() {
    let mut bytes = vec![0; 64];
    bytes[0..16].copy_from_slice(&[0, 0, 0, 0, 64, 0, 0, 0, 63, 0, 0, 0, 1, 0, 0, 0]);
    bytes[16..24].copy_from_slice(&[60, 0, 0, 0, 5, 0, 0, 0]);
    bytes[24..32].copy_from_slice(&[255; 8]);
    let memory = GuestMemory::new(&mut bytes);
    assert_eq!(memory.buffers(0, 2).unwrap(), [(0, 64), (63, 1)]);
    assert_eq!(memory.buffers(0, 3), Err(Errno::Fault), "a buffer half outside");
    assert_eq!(memory.buffers(24, 1), Err(Errno::Fault), "a buffer that wraps around");
    assert_eq!(memory.buffers(60, 1), Err(Errno::Fault), "an array half outside");
    assert_eq!(memory.buffers(0, u32::MAX), Err(Errno::Inval));
    assert_eq!(memory.buffers(0, 1 << 29), Err(Errno::Inval), "a count whose size wraps around");
    assert!(memory.buffers(64, 0).unwrap().is_empty());
    // 64 buffers of the same 4 GiB cannot be counted in 32 bits; here, the count alone is tried.
    let mut large = vec![0; 16 + 8 * 1024];
    for pair in large[16..].chunks_exact_mut(8) {
        pair[4..].copy_from_slice(&8208_u32.to_le_bytes());
    }
    assert_eq!(GuestMemory::new(&mut large).buffers(16, 1024).map(|buffers| buffers.len()), Ok(1024));
}

/// A socket, which every program here has opened.
const SOCKET: u64 = 5;

/// A program with all that the functions need.
fn guest() -> Guest {
    let all = |options: WasiOptions| options.addresses("127.0.0.0/8").unwrap().names("*").unwrap();
    let mut guest = Guest::with(|options, _| all(options).arg("program").env("A=1"));
    assert_eq!(guest.open("file", CREAT, READ | WRITE), Ok(4));
    guest.call("sock_open", &[0, 0, 0, RESULT]).unwrap();
    assert_eq!(u64::from(guest.u32(RESULT)), SOCKET);
    guest
}

/// Arguments with which a function succeeds, or fails for another reason than a pointer.
fn good(guest: &mut Guest, function: &Function) -> Vec<u64> {
    guest.put(PATH, b"file");
    guest.put(SECOND_PATH, b"other");
    guest.buffers(&[(DATA, 4)]);
    // No text ends there.
    guest.put(SIZE - 1, b"x");
    let value = |name: &str| match name {
        "fd" if function.name.starts_with("fd_prestat") || function.name.starts_with("path_") => ROOT,
        "fd" if function.name == "fd_readdir" => ROOT,
        "fd" if function.name.starts_with("sock_") => SOCKET,
        "fd" => 4,
        "new_fd" => ROOT,
        "path" | "old" => PATH,
        "new" | "target" => SECOND_PATH,
        "length" if function.name == "fd_prestat_dir_name" => 5,
        "length" | "old_length" => 4,
        "new_length" | "target_length" | "size" => 5,
        "buffers" => 64,
        "count" => 1,
        "buffer_length" => 10,
        "buffer" | "pointers" | "bytes" | "subscriptions" | "infos" => DATA,
        "name" | "service" | "hints" | "address" | "group" => 512,
        "events" => DATA + 100,
        "base" => READ,
        _ => 0,
    };
    function.names.iter().map(|name| value(name)).collect()
}

/// Which parameters are addresses.
fn is_pointer(function: &Function, name: &str) -> bool {
    matches!(name, "pointers" | "bytes" | "resolution" | "result" | "buffer" | "buffers" | "read" | "written" | "used")
        || matches!(name, "path" | "old" | "new" | "target" | "subscriptions" | "events")
        || matches!(name, "name" | "service" | "hints" | "infos" | "address" | "group" | "received" | "sent")
        || matches!(name, "result_flags" | "seconds_result")
        || matches!((function.name, name), ("clock_time_get", "time"))
        || function.name.ends_with("_sizes_get")
}

#[test]
fn every_bad_pointer_is_a_fault() {
    let mut tried = 0;
    for function in FUNCTIONS.iter().filter(|function| function.call.is_some()) {
        for (index, name) in function.names.iter().enumerate().filter(|(_, name)| is_pointer(function, name)) {
            // Some of these write a byte.
            let last = if function.name.starts_with("sock_get_") { SIZE } else { SIZE - 1 };
            for bad in [last, SIZE + 1, 1 << 31, (1 << 32) - 1, (1 << 32) - 4] {
                let mut guest = guest();
                fs::write(guest.host("file"), "text").unwrap();
                if function.name == "path_readlink" {
                    fs::remove_file(guest.host("file")).unwrap();
                    std::os::unix::fs::symlink("somewhere", guest.host("file")).unwrap();
                }
                let mut cells = good(&mut guest, function);
                cells[index] = bad;
                let before = guest.memory.clone();
                assert_eq!(guest.call(function.name, &cells), Err(Errno::Fault), "{} {name} {bad:#x}", function.name);
                let partly =
                    matches!(function.name, "args_get" | "environ_get") || function.name.ends_with("_sizes_get");
                assert!(partly || guest.memory == before, "{} {name}", function.name);
                assert_eq!(guest.open("another", CREAT, READ), Ok(6), "{}: a descriptor leaked", function.name);
                tried += 1;
            }
        }
    }
    assert!(tried > 400, "{tried}");
}

#[test]
fn every_bad_length_is_a_fault() {
    let pairs = [("path", "length"), ("old", "old_length"), ("new", "new_length"), ("target", "target_length")];
    let pairs = pairs.into_iter().chain([
        ("buffer", "length"),
        ("buffer", "buffer_length"),
        ("buffers", "count"),
        ("infos", "count"),
    ]);
    for (pointer, length) in pairs {
        for function in FUNCTIONS.iter().filter(|function| function.call.is_some()) {
            let find = |wanted| function.names.iter().position(|name| *name == wanted);
            let (Some(at), Some(length)) = (find(pointer), find(length)) else { continue };
            if at + 1 != length || function.name == "fd_prestat_dir_name" {
                continue;
            }
            for (pointer, bad) in [(64, u64::from(u32::MAX)), (64, SIZE - 63), (u64::from(u32::MAX), 2), (SIZE, 1)] {
                let mut guest = guest();
                let mut cells = good(&mut guest, function);
                (cells[at], cells[length]) = (pointer, bad);
                let result = guest.call(function.name, &cells);
                let expected = if function.names[at] == "buffers" && bad > 1024 { Errno::Inval } else { Errno::Fault };
                assert_eq!(result, Err(expected), "{} {pointer:#x} {bad:#x}", function.name);
            }
        }
    }
}

/// Random arguments over random bytes: errors or effects in the directory, but no panic.
#[test]
fn no_arguments_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    // Accepting ends by itself.
    let listener = || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        set_socket_timeout(&listener, Timeout::Recv, Some(Duration::from_micros(1))).unwrap();
        listener
    };
    let new = || Guest::with(|options, _| options.arg("a").env("B=c").listener(listener()));
    let mut guest = new();
    for round in 0..20_000 {
        if round % 50 == 0 {
            guest.wasi = new().wasi;
            guest.memory.fill_with(|| (random() >> 20) as u8);
        }
        let function = &FUNCTIONS[random() as usize % FUNCTIONS.len()];
        // These can wait for hours, fill the disk, or wait for it.
        let skipped = ["poll_oneoff", "fd_allocate", "fd_sync", "fd_datasync", "sock_set_recv_timeout"];
        let Some(call) = function.call.filter(|_| !skipped.contains(&function.name)) else {
            continue;
        };
        let cells: Vec<u64> = function
            .params
            .iter()
            .map(|kind| match (random() % 8, kind) {
                (0..4, _) => random() % 8,
                (4..6, _) => random() % SIZE,
                (6, ValType::I64) => random(),
                (6, _) => random() & 0xffff_ffff,
                _ => u64::MAX,
            })
            .collect();
        let _ = call(&guest.wasi, &mut GuestMemory::new(&mut guest.memory), &cells);
    }
}
