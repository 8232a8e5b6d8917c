//! A call that waits does not keep other threads of the program from theirs.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::*;

/// Has a thread of the program wait in `call`; another one then opens a file. `end` makes the call return.
pub(super) fn others_go_on(guest: &Guest, call: impl FnOnce(&mut Thread<'_>) + Send, end: impl FnOnce()) {
    let (waiter, other) = (&mut Thread::of(guest), &mut Thread::of(guest));
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        scope.spawn(move || {
            sender.send(rustix::thread::gettid().as_raw_nonzero()).unwrap();
            call(waiter);
        });
        let id = receiver.recv().unwrap();
        let state = || fs::read_to_string(format!("/proc/self/task/{id}/stat")).unwrap();
        while !state().contains(") S ") {
            thread::yield_now();
        }
        let (sender, receiver) = mpsc::channel();
        scope.spawn(move || {
            let (path, length) = (PATH, 1);
            other.memory[PATH as usize] = b'.';
            sender.send(other.call("path_open", &[ROOT, 0, path, length, DIRECTORY, 0, 0, 0, RESULT])).unwrap();
        });
        let went_on = receiver.recv_timeout(Duration::from_secs(60));
        // Before anything fails, as the threads are waited for.
        end();
        assert_eq!(went_on, Ok(Ok(())));
    });
}

/// A thread of a program, with a memory of its own.
pub(super) struct Thread<'g> {
    wasi: &'g Wasi,
    pub(super) memory: Vec<u8>,
}

impl<'g> Thread<'g> {
    fn of(guest: &'g Guest) -> Self {
        Self { wasi: &guest.wasi, memory: vec![0; 1 << 20] }
    }

    pub(super) fn call(&mut self, name: &str, cells: &[u64]) -> Result<()> {
        call(self.wasi, &mut self.memory, name, cells)
    }

    /// Calls with one buffer.
    pub(super) fn transfer(&mut self, name: &str, fd: u64, length: u32, rest: &[u64]) -> Result<()> {
        self.memory[64..72].copy_from_slice(&[(DATA as u32).to_le_bytes(), length.to_le_bytes()].concat());
        self.call(name, &[&[fd, 64, 1], rest].concat())
    }
}

fn file(pipe: impl Into<OwnedFd>) -> File {
    File::from(pipe.into())
}

#[test]
fn reads_of_empty_pipes() {
    let (theirs, ours) = std::io::pipe().unwrap();
    let guest = Guest::with(|options, _| options.stdin(Stdio::File(file(theirs))));
    let read = |thread: &mut Thread<'_>| assert_eq!(thread.transfer("fd_read", 0, 4, &[RESULT]), Ok(()));
    others_go_on(&guest, read, || drop(ours));
}

#[test]
fn writes_to_full_pipes() {
    let (mut ours, theirs) = std::io::pipe().unwrap();
    let guest = Guest::with(|options, _| options.stdout(Stdio::File(file(theirs))));
    const LENGTH: u32 = 1_000_000;
    let write = |thread: &mut Thread<'_>| {
        thread.memory[DATA as usize..].fill(7);
        assert_eq!(thread.transfer("fd_write", 1, LENGTH, &[RESULT]), Ok(()));
    };
    others_go_on(&guest, write, || ours.read_exact(&mut vec![0; LENGTH as usize]).unwrap());
}

#[test]
fn polls() {
    let (theirs, ours) = std::io::pipe().unwrap();
    let guest = Guest::with(|options, _| options.stdin(Stdio::File(file(theirs))));
    let poll = |thread: &mut Thread<'_>| {
        thread.memory[DATA as usize + 8] = 1;
        assert_eq!(thread.call("poll_oneoff", &[DATA, SECOND_PATH, 1, RESULT]), Ok(()));
    };
    others_go_on(&guest, poll, || drop(ours));
}

#[test]
fn closing_leaves_a_call_its_descriptor() {
    let (theirs, mut ours) = std::io::pipe().unwrap();
    let mut guest = Guest::with(|options, _| options.stdin(Stdio::File(file(theirs))));
    let read = |thread: &mut Thread<'_>| {
        assert_eq!(thread.transfer("fd_read", 0, 4, &[RESULT]), Ok(()));
        assert_eq!(&thread.memory[DATA as usize..][..4], b"last");
    };
    let close = || {
        call(&guest.wasi, &mut [0; 8], "fd_close", &[0]).unwrap();
        std::io::Write::write_all(&mut ours, b"last").unwrap();
    };
    others_go_on(&guest, read, close);
    assert_eq!(guest.call("fd_close", &[0]), Err(Errno::Badf));
}
