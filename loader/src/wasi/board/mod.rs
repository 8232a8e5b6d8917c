//! The part of preview 1 that needs no operating system: arguments, variables, clocks, random bytes, standard streams, exit.
//!
//! A firmware implements [`System`], of which only [`System::write`] has no default, and gives programs a [`Wasi`] by
//! [`link()`]. That defines what a module imports and no more. All that is not here, such as files, fails with `ENOSYS`, which
//! the libraries of C and Rust hand on as an error.
//!
//! ```
//! use graver_loader::wasi::{Errno, board::{self, Stream, System}};
//! use graver_loader::{CallError, Linker, Module, Runtime, Store, StoreOptions};
//!
//! struct Console;
//!
//! impl System for Console {
//!     fn write(&self, stream: Stream, bytes: &[u8]) -> Result<usize, Errno> {
//!         // Into the UART.
//!         Ok(bytes.len())
//!     }
//! }
//!
//! /// Runs a program; its exit code, or why it ended otherwise.
//! fn run(runtime: &Runtime<'_>, image: &[u8]) -> Result<i32, &'static str> {
//!     let module = Module::new(runtime, image).map_err(|_| "no image for this board")?;
//!     let wasi = board::Wasi::new(&Console, &[c"app", c"--verbose"], &[c"LEVEL=3"]);
//!     let mut store = Store::new(runtime, StoreOptions::default()).map_err(|_| "no memory")?;
//!     let mut linker = Linker::new(runtime);
//!     board::link(&mut linker, &mut store, &module, &wasi).map_err(|_| "no memory")?;
//!     let instance = linker.instantiate(&mut store, &module).map_err(|_| "an import is missing")?;
//!     let start = instance.typed_func::<(), ()>(&store, "_start").map_err(|_| "not a program")?;
//!     match start.call(&mut store, ()) {
//!         Ok(()) => Ok(0),
//!         Err(CallError::Exit(code)) => Ok(code),
//!         Err(_) => Err("trapped"),
//!     }
//! }
//! ```

mod link;
mod poll;
mod process;
mod stream;

#[cfg(test)]
mod tests;

use core::cell::Cell;
use core::ffi::CStr;
use core::fmt;

#[cfg(test)]
pub(super) use link::FUNCTIONS;
pub use link::link;

use super::{Errno, GuestMemory, events, strings, types};
use crate::interrupt::Word;

/// A clock of a board. Both count nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Since the start of 1970, without leap seconds.
    Realtime,
    /// Since a moment that does not change, such as the start of the board; never goes back.
    Monotonic,
}

/// Where a program writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// What a board has for programs.
pub trait System {
    /// Takes bytes of a stream; how many, which may be fewer than there are, and is at least 1 if there are any.
    ///
    /// # Errors
    /// What the program is told.
    fn write(&self, stream: Stream, bytes: &[u8]) -> Result<usize, Errno>;

    /// Puts bytes of standard input into a buffer that is not empty; how many, where 0 is the end. By default there is no
    /// input.
    ///
    /// # Errors
    /// What the program is told.
    fn read(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        let _ = buffer;
        Ok(0)
    }

    /// The time of a clock, if there is one. By default there is none.
    fn now(&self, clock: Clock) -> Option<u64> {
        let _ = clock;
        None
    }

    /// The nanoseconds from one time of a clock to the next that it can tell apart. By default a millisecond.
    fn resolution(&self, clock: Clock) -> u64 {
        let _ = clock;
        1_000_000
    }

    /// What to do while a program waits for the monotonic clock to reach a time, such as letting other tasks run, or waiting
    /// for an interrupt. May return at any moment. By default nothing: the clock is looked at again and again. Without such a clock
    /// the time is how long is left.
    fn idle(&self, until: u64) {
        let _ = until;
    }

    /// Fills a buffer with random bytes that are fit for keys: programs take them for that. By default there are none.
    ///
    /// # Errors
    /// What the program is told.
    fn random(&self, buffer: &mut [u8]) -> Result<(), Errno> {
        let _ = buffer;
        Err(Errno::NoSys)
    }
}

/// What one program sees of a board. Memories that other threads have, which no board has, are not for it: every address is `EFAULT`.
pub struct Wasi<'w> {
    system: &'w dyn System,
    args: &'w [&'w CStr],
    env: &'w [&'w CStr],
    /// Which of the standard streams the program has not closed.
    is_open: [Cell<bool>; 3],
}

impl<'w> Wasi<'w> {
    /// With arguments, the first of which is the program's name, and variables as `NAME=VALUE`.
    pub const fn new(system: &'w dyn System, args: &'w [&'w CStr], env: &'w [&'w CStr]) -> Self {
        Self { system, args, env, is_open: [const { Cell::new(true) }; 3] }
    }
}

impl fmt::Debug for Wasi<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wasi").field("args", &self.args).field("env", &self.env).finish_non_exhaustive()
    }
}

/// A program's system during one of its calls.
struct Call<'c> {
    wasi: &'c Wasi<'c>,
    /// Set when the program is to stop.
    stop: &'c Word,
}
