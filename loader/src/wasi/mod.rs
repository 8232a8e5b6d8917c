//! WASI preview 1: the system interface of programs made with `wasm32-wasip1` toolchains.
//!
//! [`WasiOptions`] says what a program may see; the [`Wasi`] that it builds holds the program's arguments, variables
//! and open descriptors, and has one method per function of the interface. The methods know nothing of the loader:
//! they take the program's memory as a [`GuestMemory`], which checks every address, and fail with an [`Errno`].
//! [`FUNCTIONS`] is the list of the interface, with each function's type; [`link()`] defines them all for a linker.
//!
//! Files are reached through `cap-std`: every path is resolved below the descriptor that it is relative to, and no
//! `..`, absolute path or symbolic link leads out of it.

mod clock;
mod descriptor;
mod directory;
mod errno;
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
mod types;

#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use descriptor::{Descriptor, Table};
pub use errno::Errno;
pub use functions::{Call, Cell, FUNCTIONS, Function, MODULE};
pub use link::{SharedWasi, link, link_shared};
pub use memory::GuestMemory;
pub use options::{Capture, Mapping, OptionsError, Stdio, WasiOptions};

use socket::Network;

/// One program's view of the system. Threads of the program share it: a call that waits does not keep others from theirs.
pub struct Wasi {
    args: Strings,
    env: Strings,
    table: Mutex<Table>,
    network: Network,
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

/// Strings in the form in which a program asks for them: an array of pointers, and the bytes with NULs.
struct Strings {
    bytes: Vec<u8>,
    /// Where each string starts.
    starts: Vec<u32>,
}

impl Strings {
    fn new(strings: Vec<Vec<u8>>) -> Result<Self, OptionsError> {
        let mut all = Self { bytes: Vec::new(), starts: Vec::new() };
        for string in strings {
            if string.contains(&0) {
                return Err(OptionsError::Nul(OsStr::from_bytes(&string).into()));
            }
            all.starts.push(all.bytes.len() as u32);
            all.bytes.extend_from_slice(&string);
            all.bytes.push(0);
        }
        Ok(all)
    }
}

/// That the program ended itself, and with which code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub u32);
