//! Processor time: what a run takes however busy the machine is.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What `run` returns, and the processor time that this thread spent in it.
pub(crate) fn timed<T>(run: impl FnOnce() -> T) -> (T, Duration) {
    let start = now();
    let value = run();
    (value, now().saturating_sub(start))
}

fn now() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
