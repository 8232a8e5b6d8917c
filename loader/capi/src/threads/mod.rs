//! Programs of several threads.
//!
//! A program is an instance of the client's and those that were spawned from it, each with a store of its own: see
//! "Threads share memories and nothing else" in `docs/architecture.md`. Every instance has a [`Seat`], by which it finds the
//! program. What threads share of the host's is behind the lock of [`program::Program`], and whoever waits there waits for its
//! one condition. [`stop_program`] is the door through which all of it stops.

#[cfg(feature = "std")]
mod aux_stack;
#[cfg(feature = "std")]
mod host;
#[cfg(feature = "std")]
mod keys;
#[cfg(not(feature = "std"))]
mod none;
#[cfg(feature = "std")]
mod program;
#[cfg(feature = "std")]
pub(crate) mod pthread;
#[cfg(feature = "std")]
mod seat;
#[cfg(feature = "std")]
mod spawn;
#[cfg(feature = "std")]
mod sync;
#[cfg(feature = "std")]
pub(crate) mod wasi_thread;

#[cfg(feature = "std")]
pub(crate) use host::{EXPORTED, prepare_thread};
#[cfg(not(feature = "std"))]
pub(crate) use none::{
    EXPORTED, Seat, begin_program, end_program, exit_others, for_each, found_program, is_spawned, leave_program,
    prepare_thread, stop_others, stop_program,
};
#[cfg(feature = "std")]
pub(crate) use program::{
    begin_program, exit_others, for_each, found_program, leave_program, stop_others, stop_program,
};
#[cfg(feature = "std")]
pub(crate) use seat::{Seat, Stopped};
#[cfg(feature = "std")]
pub(crate) use spawn::{end_program, is_spawned};

/// What functions of `errno.h` return, in Linux's numbers.
#[cfg(feature = "std")]
pub(crate) mod errno {
    pub(crate) const PERM: i32 = 1;
    pub(crate) const SRCH: i32 = 3;
    pub(crate) const AGAIN: i32 = 11;
    pub(crate) const NOMEM: i32 = 12;
    pub(crate) const BUSY: i32 = 16;
    pub(crate) const INVAL: i32 = 22;
    pub(crate) const DEADLK: i32 = 35;
    pub(crate) const TIMEDOUT: i32 = 110;
}
