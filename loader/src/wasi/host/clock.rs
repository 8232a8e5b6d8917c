//! Clocks.

use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};

use super::types::clock;
use super::{Errno, GuestMemory, Wasi};

type Result = core::result::Result<(), Errno>;

impl Wasi {
    /// Writes the resolution of a clock in nanoseconds.
    pub fn clock_res_get(&self, memory: &mut GuestMemory<'_>, clock: u32, resolution: u32) -> Result {
        memory.write_u64(resolution, nanoseconds(clock_getres(host_clock(clock)?)))
    }

    /// Writes the time of a clock in nanoseconds.
    pub fn clock_time_get(&self, memory: &mut GuestMemory<'_>, clock: u32, _precision: u64, time: u32) -> Result {
        memory.write_u64(time, now(clock)?)
    }
}

/// The time of a clock in nanoseconds.
pub(super) fn now(clock: u32) -> core::result::Result<u64, Errno> {
    Ok(nanoseconds(clock_gettime(host_clock(clock)?)))
}

fn host_clock(clock: u32) -> core::result::Result<ClockId, Errno> {
    match clock {
        clock::REALTIME => Ok(ClockId::Realtime),
        clock::MONOTONIC => Ok(ClockId::Monotonic),
        clock::PROCESS_CPUTIME => Ok(ClockId::ProcessCPUTime),
        clock::THREAD_CPUTIME => Ok(ClockId::ThreadCPUTime),
        _ => Err(Errno::Inval),
    }
}

/// A time as WASI counts it; a clock set before 1970 reads 0.
fn nanoseconds(time: Timespec) -> u64 {
    let total = i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec);
    u64::try_from(total.max(0)).unwrap_or(u64::MAX)
}
