//! Ends of a program, C++ exceptions, which end it, and clocks.

use super::{Guest, Outcome, Row, arg, int};

pub(super) const ROWS: &[Row] = &[
    Row { name: "exit", signature: "(i)", run: |guest, args| end(guest, args, "exit") },
    Row { name: "abort", signature: "(i)", run: |guest, args| end(guest, args, "abort") },
    Row { name: "abortStackOverflow", signature: "(i)", run: |guest, args| end(guest, args, "abortStackOverflow") },
    Row { name: "nullFunc_X", signature: "(i)", run: |guest, args| end(guest, args, "nullFunc_X") },
    Row { name: "__cxa_begin_catch", signature: "(i)", run: |_, _| Ok(0) },
    Row { name: "__cxa_throw", signature: "(iii)", run: throw },
    Row { name: "clock_gettime", signature: "(ii)i", run: clock_gettime },
    Row { name: "clock", signature: "()I", run: |_, _| Ok(nanoseconds(MONOTONIC).unwrap_or(u64::MAX)) },
];

/// The guest's numbers of clocks.
const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;

/// The process lives on: the call ends with an exception that has the code.
fn end(guest: &mut Guest, args: &[u64], name: &str) -> Outcome {
    let code = arg(args, 0).cast_signed();
    Err(guest.stop(format_args!("env.{name}({code})")))
}

/// Nothing can catch it.
fn throw(guest: &mut Guest, _args: &[u64]) -> Outcome {
    Err(guest.stop(format_args!("exception thrown by stdc++")))
}

/// Time of day for clock 0, time since the first question for the others; -1 without a clock.
fn clock_gettime(guest: &mut Guest, args: &[u64]) -> Outcome {
    let to = arg(args, 1);
    guest.bytes(to, 12)?;
    let Some(time) = nanoseconds(arg(args, 0)) else { return Ok(int(-1)) };
    const SECOND: u64 = 1_000_000_000;
    guest.bytes(to, 8)?.copy_from_slice(&(time / SECOND).to_le_bytes());
    guest.bytes(to + 8, 4)?.copy_from_slice(&((time % SECOND) as u32).to_le_bytes());
    Ok(0)
}

#[cfg(feature = "std")]
fn nanoseconds(clock: u32) -> Option<u64> {
    use std::sync::OnceLock;
    use std::time::{Instant, SystemTime};

    static START: OnceLock<Instant> = OnceLock::new();
    let time = match clock {
        REALTIME => SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?,
        _ => START.get_or_init(Instant::now).elapsed(),
    };
    u64::try_from(time.as_nanos()).ok()
}

/// The library knows of no clock on boards.
#[cfg(not(feature = "std"))]
fn nanoseconds(clock: u32) -> Option<u64> {
    let _ = (clock, REALTIME);
    None
}
