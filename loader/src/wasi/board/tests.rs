//! Each function is called as a program calls it: by name, with numbers, over bytes.

use core::cell::{Cell, RefCell};
use std::vec::Vec;

use super::*;

/// A board whose input is "some input", and whose monotonic clock only goes on while a program waits.
#[derive(Default)]
struct Board {
    output: RefCell<Vec<(Stream, Vec<u8>)>>,
    read: Cell<usize>,
    now: Cell<u64>,
    /// How many bytes of output it takes at once.
    takes: Option<usize>,
    is_broken: Cell<bool>,
}

impl System for Board {
    fn write(&self, stream: Stream, bytes: &[u8]) -> Result<usize, Errno> {
        if self.is_broken.get() {
            return Err(Errno::Io);
        }
        let taken = &bytes[..self.takes.unwrap_or(bytes.len()).min(bytes.len())];
        self.output.borrow_mut().push((stream, taken.to_vec()));
        Ok(taken.len())
    }

    fn read(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        let rest = &b"some input"[self.read.get()..];
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.read.set(self.read.get() + length);
        Ok(length)
    }

    fn now(&self, clock: Clock) -> Option<u64> {
        (clock == Clock::Monotonic).then(|| self.now.get())
    }

    fn idle(&self, until: u64) {
        self.now.set(self.now.get().max(until));
    }

    fn random(&self, buffer: &mut [u8]) -> Result<(), Errno> {
        buffer.fill(7);
        Ok(())
    }
}

/// What has nothing but what it must have.
struct Least;

impl System for Least {
    fn write(&self, _: Stream, bytes: &[u8]) -> Result<usize, Errno> {
        Ok(bytes.len())
    }
}

const SIZE: u64 = 65536;

struct Guest<'w> {
    wasi: Wasi<'w>,
    stop: crate::Interrupt,
    memory: Vec<u8>,
}

impl<'w> Guest<'w> {
    fn new(system: &'w dyn System) -> Self {
        let wasi = Wasi::new(system, &[c"prog", c"", c"zwei"], &[c"A=1"]);
        Self { wasi, stop: crate::Interrupt::new(), memory: std::vec![0; SIZE as usize] }
    }

    fn call(&mut self, name: &str, cells: &[u64]) -> Result<(), Errno> {
        let function = FUNCTIONS.iter().find(|function| function.name == name).expect(name);
        assert_eq!(function.params.len(), cells.len(), "{name}");
        let call = Call { wasi: &self.wasi, stop: self.stop.word() };
        (function.call)(&call, &mut GuestMemory::new(&mut self.memory), cells)
    }

    fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.memory[at..at + 4].try_into().unwrap())
    }

    fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.memory[at..at + 8].try_into().unwrap())
    }

    fn put(&mut self, at: usize, numbers: &[u32]) {
        for (index, number) in numbers.iter().enumerate() {
            self.memory[at + index * 4..][..4].copy_from_slice(&number.to_le_bytes());
        }
    }
}

#[test]
fn arguments_and_variables() {
    let mut guest = Guest::new(&Least);
    guest.call("args_sizes_get", &[0, 4]).unwrap();
    assert_eq!((guest.u32(0), guest.u32(4)), (3, 11));
    guest.call("args_get", &[100, 200]).unwrap();
    assert_eq!([guest.u32(100), guest.u32(104), guest.u32(108)], [200, 205, 206]);
    assert_eq!(&guest.memory[200..211], b"prog\0\0zwei\0");
    guest.call("environ_sizes_get", &[0, 4]).unwrap();
    assert_eq!((guest.u32(0), guest.u32(4)), (1, 4));
    guest.call("environ_get", &[100, 200]).unwrap();
    assert_eq!(&guest.memory[200..204], b"A=1\0");
    for (pointers, bytes) in [(SIZE - 6, 200), (100, SIZE - 6), (u64::from(u32::MAX), 200), (100, u64::from(u32::MAX))]
    {
        assert_eq!(guest.call("args_get", &[pointers, bytes]), Err(Errno::Fault));
    }
}

#[test]
fn output_goes_where_it_should() {
    let board = Board::default();
    let mut guest = Guest::new(&board);
    guest.memory[1000..1005].copy_from_slice(b"hello");
    guest.put(100, &[1000, 3, 0, 0, 1003, 2]);
    guest.call("fd_write", &[1, 100, 3, 8]).unwrap();
    assert_eq!(guest.u32(8), 5);
    guest.call("fd_write", &[2, 100, 1, 8]).unwrap();
    let expected = [(Stream::Output, &b"hel"[..]), (Stream::Output, b"lo"), (Stream::Error, b"hel")];
    assert!(board.output.borrow().iter().map(|(stream, bytes)| (*stream, &bytes[..])).eq(expected));
    for wrong in [[0, 100, 1, 8], [3, 100, 1, 8]] {
        assert_eq!(guest.call("fd_write", &wrong), Err(Errno::Badf));
    }
    // Nothing is written if a later buffer, or the place of the result, is outside.
    guest.put(108, &[u32::MAX, 2]);
    assert_eq!(guest.call("fd_write", &[1, 100, 2, 8]), Err(Errno::Fault));
    assert_eq!(guest.call("fd_write", &[1, 100, 1, SIZE - 3]), Err(Errno::Fault));
    assert_eq!(board.output.borrow().len(), 3);
}

#[test]
fn output_that_is_not_taken_whole() {
    let board = Board { takes: Some(2), ..Board::default() };
    let mut guest = Guest::new(&board);
    guest.put(100, &[1000, 2, 1000, 3, 1000, 2]);
    guest.call("fd_write", &[1, 100, 3, 8]).unwrap();
    assert_eq!(guest.u32(8), 4);
    board.is_broken.set(true);
    assert_eq!(guest.call("fd_write", &[1, 100, 3, 8]), Err(Errno::Io));
}

#[test]
fn input_until_its_end() {
    let board = Board::default();
    let mut guest = Guest::new(&board);
    guest.put(100, &[0, 0, 1000, 6, 2000, 6]);
    let mut all = Vec::new();
    for length in [6, 4, 0] {
        guest.call("fd_read", &[0, 100, 3, 8]).unwrap();
        assert_eq!(guest.u32(8), length);
        all.extend_from_slice(&guest.memory[1000..][..length as usize]);
    }
    assert_eq!(all, b"some input");
    assert_eq!(guest.call("fd_read", &[1, 100, 3, 8]), Err(Errno::Badf));
    let mut guest = Guest::new(&Least);
    guest.put(100, &[1000, 6]);
    guest.put(8, &[99]);
    guest.call("fd_read", &[0, 100, 1, 8]).unwrap();
    assert_eq!(guest.u32(8), 0);
}

#[test]
fn descriptors_look_like_terminals_until_they_are_closed() {
    let mut guest = Guest::new(&Least);
    for fd in 0..3 {
        guest.call("fd_fdstat_get", &[fd, 16]).unwrap();
        let can_read = guest.u64(24) & types::rights::FD_READ != 0;
        assert_eq!((guest.memory[16], can_read), (types::filetype::CHARACTER_DEVICE, fd == 0));
        assert_eq!(guest.call("fd_seek", &[fd, 0, 1, 16]), Err(Errno::Spipe));
        assert_eq!(guest.call("fd_tell", &[fd, 16]), Err(Errno::Spipe));
    }
    assert_eq!(guest.call("fd_prestat_get", &[3, 16]), Err(Errno::Badf));
    assert_eq!(guest.call("fd_fdstat_get", &[3, 16]), Err(Errno::Badf));
    guest.call("fd_close", &[1]).unwrap();
    for (name, cells) in [("fd_close", &[1][..]), ("fd_write", &[1, 100, 0, 8]), ("fd_fdstat_get", &[1, 16])] {
        assert_eq!(guest.call(name, cells), Err(Errno::Badf), "{name}");
    }
    guest.call("fd_write", &[2, 100, 0, 8]).unwrap();
}

#[test]
fn clocks_and_random_bytes() {
    let board = Board::default();
    let mut guest = Guest::new(&board);
    board.now.set(123_456);
    guest.call("clock_time_get", &[1, 0, 16]).unwrap();
    assert_eq!(guest.u64(16), 123_456);
    guest.call("clock_res_get", &[1, 16]).unwrap();
    assert_eq!(guest.u64(16), 1_000_000);
    assert_eq!(guest.call("clock_time_get", &[0, 0, 16]), Err(Errno::NotSup), "there is no such clock here");
    assert_eq!(guest.call("clock_time_get", &[9, 0, 16]), Err(Errno::Inval));
    guest.call("random_get", &[16, 3]).unwrap();
    assert_eq!(&guest.memory[16..20], [7, 7, 7, 0]);
    assert_eq!(guest.call("random_get", &[SIZE - 1, 2]), Err(Errno::Fault));
    let mut guest = Guest::new(&Least);
    assert_eq!(guest.call("random_get", &[16, 3]), Err(Errno::NoSys));
}

/// A subscription to a clock.
fn clock(guest: &mut Guest<'_>, at: usize, data: u32, id: u32, time: u64, is_absolute: bool) {
    guest.put(at, &[data, 0, 0, 0, id, 0, time as u32, (time >> 32) as u32, 0, 0, is_absolute.into(), 0]);
}

#[test]
fn waiting_ends_with_the_first_time_that_is_reached() {
    let board = Board::default();
    board.now.set(1000);
    let mut guest = Guest::new(&board);
    clock(&mut guest, 1000, 1, 1, 500, false);
    clock(&mut guest, 1048, 2, 1, 1300, true);
    guest.call("poll_oneoff", &[1000, 2000, 2, 8]).unwrap();
    assert_eq!((guest.u32(8), guest.u64(2000), guest.u32(2008)), (1, 2, 0));
    assert_eq!(board.now.get(), 1300);
    // C libraries sleep by the other clock, which is not there.
    clock(&mut guest, 1000, 5, 0, 200, false);
    guest.call("poll_oneoff", &[1000, 2000, 1, 8]).unwrap();
    assert_eq!((guest.u32(8), guest.u64(2000), guest.u32(2008), board.now.get()), (1, 5, 0, 1500));
    // Its times are an event with an error, and a stream is ready at once.
    clock(&mut guest, 1000, 3, 0, 500, true);
    guest.put(1048, &[4, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    guest.call("poll_oneoff", &[1000, 2000, 2, 8]).unwrap();
    assert_eq!((guest.u32(8), guest.u64(2000), guest.u64(2032)), (2, 3, 4));
    assert_eq!((guest.u32(2008), guest.u32(2040)), (Errno::NotSup.number().into(), 0x2_0000));
    assert_eq!(board.now.get(), 1500);
    for (cells, error) in [
        ([1000, 2000, 0, 8], Errno::Inval),
        ([SIZE - 47, 2000, 1, 8], Errno::Fault),
        ([1000, SIZE - 31, 1, 8], Errno::Fault),
        ([1000, 2000, 1, SIZE - 3], Errno::Fault),
        ([1000, 2000, 1 << 31, 8], Errno::Fault),
    ] {
        assert_eq!(guest.call("poll_oneoff", &cells), Err(error), "{cells:?}");
    }
}

/// A board whose clock stands still.
struct Stopped<'i>(&'i crate::Interrupt);

impl System for Stopped<'_> {
    fn write(&self, _: Stream, bytes: &[u8]) -> Result<usize, Errno> {
        Ok(bytes.len())
    }

    fn now(&self, _: Clock) -> Option<u64> {
        Some(5)
    }

    fn idle(&self, until: u64) {
        assert_eq!(until, 25);
        self.0.request();
    }
}

#[test]
fn a_request_to_stop_ends_waiting() {
    let stop = crate::Interrupt::new();
    let system = Stopped(&stop);
    let mut guest = Guest::new(&system);
    clock(&mut guest, 1000, 1, 1, 20, false);
    let function = FUNCTIONS.iter().find(|function| function.name == "poll_oneoff").unwrap();
    let call = Call { wasi: &guest.wasi, stop: stop.word() };
    let result = (function.call)(&call, &mut GuestMemory::new(&mut guest.memory), &[1000, 2000, 1, 8]);
    assert_eq!(result, Err(Errno::Intr));
}
