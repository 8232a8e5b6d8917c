//! Arguments, variables, clocks, random bytes.

use super::types::clock;
use super::{Call, Clock, Errno, GuestMemory, strings};

type Result<T = ()> = core::result::Result<T, Errno>;

impl Call<'_> {
    /// Writes the number of arguments and the bytes they take, NULs included.
    pub(super) fn args_sizes_get(&self, memory: &mut GuestMemory<'_>, count: u32, size: u32) -> Result {
        strings::write_sizes(memory, self.wasi.args.iter().copied(), (count, size))
    }

    /// Writes the pointers to the arguments, and the arguments.
    pub(super) fn args_get(&self, memory: &mut GuestMemory<'_>, pointers: u32, bytes: u32) -> Result {
        strings::write(memory, self.wasi.args.iter().copied(), (pointers, bytes))
    }

    /// Writes the number of variables and the bytes they take, NULs included.
    pub(super) fn environ_sizes_get(&self, memory: &mut GuestMemory<'_>, count: u32, size: u32) -> Result {
        strings::write_sizes(memory, self.wasi.env.iter().copied(), (count, size))
    }

    /// Writes the pointers to the variables, and the variables as `NAME=VALUE`.
    pub(super) fn environ_get(&self, memory: &mut GuestMemory<'_>, pointers: u32, bytes: u32) -> Result {
        strings::write(memory, self.wasi.env.iter().copied(), (pointers, bytes))
    }

    /// Writes the resolution of a clock in nanoseconds.
    pub(super) fn clock_res_get(&self, memory: &mut GuestMemory<'_>, clock: u32, resolution: u32) -> Result {
        let clock = clock_of(clock)?;
        self.now(clock)?;
        memory.write_u64(resolution, self.wasi.system.resolution(clock))
    }

    /// Writes the time of a clock in nanoseconds.
    pub(super) fn clock_time_get(
        &self,
        memory: &mut GuestMemory<'_>,
        clock: u32,
        _precision: u64,
        time: u32,
    ) -> Result {
        memory.write_u64(time, self.now(clock_of(clock)?)?)
    }

    /// Fills a buffer with random bytes.
    pub(super) fn random_get(&self, memory: &mut GuestMemory<'_>, buffer: u32, length: u32) -> Result {
        self.wasi.system.random(memory.slice_mut(buffer, length)?)
    }

    /// Does nothing: there are no other threads of the program, and tasks of the board need no leave.
    pub(super) fn sched_yield(&self, _: &mut GuestMemory<'_>) -> Result {
        Ok(())
    }

    pub(super) fn now(&self, clock: Clock) -> Result<u64> {
        self.wasi.system.now(clock).ok_or(Errno::NotSup)
    }
}

/// The clock of a number. Nobody counts the processor's time on a board.
pub(super) fn clock_of(number: u32) -> Result<Clock> {
    match number {
        clock::REALTIME => Ok(Clock::Realtime),
        clock::MONOTONIC => Ok(Clock::Monotonic),
        clock::PROCESS_CPUTIME | clock::THREAD_CPUTIME => Err(Errno::NotSup),
        _ => Err(Errno::Inval),
    }
}
