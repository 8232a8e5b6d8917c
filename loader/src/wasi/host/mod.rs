//! All of preview 1 on Linux.
//!
//! [`FUNCTIONS`] is the list of the interface, with each function's type; [`link()`] defines them all for a linker.
//!
//! Files are reached through `cap-std`: every path is resolved below the descriptor that it is relative to, and no
//! `..`, absolute path or symbolic link leads out of it.

mod clock;
mod descriptor;
mod directory;
mod file;
mod functions;
mod link;
mod memory;
mod options;
mod path;
mod poll;
mod process;
mod socket;
mod stream;

#[cfg(test)]
mod tests;

use core::fmt;
use std::ffi::CString;
use std::sync::{Mutex, MutexGuard, PoisonError};

use descriptor::{Descriptor, Table};
pub use functions::{Call, FUNCTIONS, Function};
pub use link::{SharedWasi, link, link_shared};
pub use options::{Capture, Mapping, OptionsError, Stdio, WasiOptions};

use super::{Errno, GuestMemory, MODULE, events, exit, strings, types};
use socket::Network;

/// One program's view of the system. Threads of the program share it: a call that waits does not keep others from theirs.
pub struct Wasi {
    args: Vec<CString>,
    env: Vec<CString>,
    table: Mutex<Table>,
    network: Network,
}

impl fmt::Debug for Wasi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wasi").finish_non_exhaustive()
    }
}

impl Wasi {
    /// The descriptors, for as long as it takes to look at them: a call that may wait takes a [`Self::descriptor`].
    fn table(&self) -> MutexGuard<'_, Table> {
        lock(&self.table)
    }

    /// What a number stands for. It stays open until the call ends, whatever becomes of the number.
    fn descriptor(&self, fd: u32) -> Result<Descriptor, Errno> {
        self.table().get(fd).cloned()
    }
}

/// Whoever panicked has left it whole: tables change in one step, and streams are the embedder's.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// That the program ended itself, and with which code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub u32);
