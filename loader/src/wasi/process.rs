//! The process: arguments, environment, random numbers, scheduling, exit.

use super::{Errno, Exit, GuestMemory, Strings, Wasi};

type Result = core::result::Result<(), Errno>;

impl Wasi {
    /// Writes the number of arguments and the bytes they take, NULs included.
    pub fn args_sizes_get(&self, memory: &mut GuestMemory<'_>, count: u32, size: u32) -> Result {
        self.args.write_sizes(memory, count, size)
    }

    /// Writes the pointers to the arguments, and the arguments.
    pub fn args_get(&self, memory: &mut GuestMemory<'_>, pointers: u32, bytes: u32) -> Result {
        self.args.write(memory, pointers, bytes)
    }

    /// Writes the number of variables and the bytes they take, NULs included.
    pub fn environ_sizes_get(&self, memory: &mut GuestMemory<'_>, count: u32, size: u32) -> Result {
        self.env.write_sizes(memory, count, size)
    }

    /// Writes the pointers to the variables, and the variables as `NAME=VALUE`.
    pub fn environ_get(&self, memory: &mut GuestMemory<'_>, pointers: u32, bytes: u32) -> Result {
        self.env.write(memory, pointers, bytes)
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

impl Strings {
    fn write_sizes(&self, memory: &mut GuestMemory<'_>, count: u32, size: u32) -> Result {
        let length = u32::try_from(self.bytes.len()).map_err(|_| Errno::Overflow)?;
        memory.write_u32(count, self.starts.len() as u32)?;
        memory.write_u32(size, length)
    }

    fn write(&self, memory: &mut GuestMemory<'_>, pointers: u32, bytes: u32) -> Result {
        memory.write(bytes, &self.bytes)?;
        let mut pointer = pointers;
        for start in &self.starts {
            // `bytes + start` lies in what was just written.
            memory.write_u32(pointer, bytes + start)?;
            pointer = pointer.checked_add(4).ok_or(Errno::Fault)?;
        }
        Ok(())
    }
}
