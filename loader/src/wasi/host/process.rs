//! The process: arguments, environment, random numbers, scheduling, exit.

use std::ffi::CString;

use super::{Errno, Exit, GuestMemory, Wasi, strings};

type Result = core::result::Result<(), Errno>;

impl Wasi {
    /// Writes the number of arguments and the bytes they take, NULs included.
    pub fn args_sizes_get(&self, memory: &mut GuestMemory<'_>, count: u32, size: u32) -> Result {
        strings::write_sizes(memory, self.args.iter().map(CString::as_c_str), (count, size))
    }

    /// Writes the pointers to the arguments, and the arguments.
    pub fn args_get(&self, memory: &mut GuestMemory<'_>, pointers: u32, bytes: u32) -> Result {
        strings::write(memory, self.args.iter().map(CString::as_c_str), (pointers, bytes))
    }

    /// Writes the number of variables and the bytes they take, NULs included.
    pub fn environ_sizes_get(&self, memory: &mut GuestMemory<'_>, count: u32, size: u32) -> Result {
        strings::write_sizes(memory, self.env.iter().map(CString::as_c_str), (count, size))
    }

    /// Writes the pointers to the variables, and the variables as `NAME=VALUE`.
    pub fn environ_get(&self, memory: &mut GuestMemory<'_>, pointers: u32, bytes: u32) -> Result {
        strings::write(memory, self.env.iter().map(CString::as_c_str), (pointers, bytes))
    }

    /// Fills a buffer with random bytes fit for keys.
    pub fn random_get(&self, memory: &mut GuestMemory<'_>, buffer: u32, length: u32) -> Result {
        getrandom::fill(memory.slice_mut(buffer, length)?).map_err(|_| Errno::Io)
    }

    /// Lets other threads run.
    pub fn sched_yield(&self, _: &mut GuestMemory<'_>) -> Result {
        std::thread::yield_now();
        Ok(())
    }

    /// Ends the program: whoever runs it unwinds it.
    pub fn proc_exit(&self, code: u32) -> Exit {
        Exit(code)
    }
}
