//! Threads that wait at a place in a memory.
#![allow(unsafe_code)] // Reads atomically through raw pointers.

use core::cell::Cell;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot_core::{DEFAULT_UNPARK_TOKEN, FilterOp, ParkResult, ParkToken, UnparkToken};

use super::{Thread, fault};
use crate::platform::{Awaited, Waited};

/// # Safety
/// As for [`crate::platform::Platform::wait`].
pub(super) unsafe fn wait(place: NonNull<u8>, expected: Awaited, nanoseconds: Option<u64>) -> Waited {
    // SAFETY: the place is aligned and lives, and atomic accesses may meet anybody else's.
    let is_expected = || unsafe {
        match expected {
            Awaited::Half(value) => AtomicU32::from_ptr(place.cast().as_ptr()).load(Ordering::SeqCst) == value,
            Awaited::Whole(value) => AtomicU64::from_ptr(place.cast().as_ptr()).load(Ordering::SeqCst) == value,
        }
    };
    // Who interrupts looks for waits afterwards, so nobody sleeps through it. This says that a wait did not begin for it.
    let was_interrupted = Cell::new(false);
    let is_to_wait = || {
        was_interrupted.set(fault::is_interrupted());
        !was_interrupted.get() && is_expected()
    };
    // A time that the clock does not reach is as good as none.
    let end = nanoseconds.and_then(|time| Instant::now().checked_add(Duration::from_nanos(time)));
    let token = ParkToken(Thread::current().token());
    loop {
        // SAFETY: the key is an address inside a guest's memory, where no lock of this process is; the functions neither
        // panic nor use the parking lot.
        let result = unsafe { parking_lot_core::park(place.addr().get(), is_to_wait, || (), |_, _| (), token, end) };
        return match result {
            ParkResult::Unparked(INTERRUPTED) if !fault::is_interrupted() => continue,
            ParkResult::Invalid if was_interrupted.get() && !fault::is_interrupted() => continue,
            ParkResult::Unparked(_) => Waited::Woken,
            ParkResult::Invalid => Waited::Different,
            ParkResult::TimedOut => Waited::TimedOut,
        };
    }
}

/// Says that nobody has notified.
const INTERRUPTED: UnparkToken = UnparkToken(1);

pub(super) fn notify(place: NonNull<u8>, count: u32) -> u32 {
    let mut left = count;
    let next = |_| match left.checked_sub(1) {
        Some(rest) => {
            left = rest;
            FilterOp::Unpark
        }
        None => FilterOp::Stop,
    };
    // SAFETY: as for `wait`.
    let result = unsafe { parking_lot_core::unpark_filter(place.addr().get(), next, |_| DEFAULT_UNPARK_TOKEN) };
    result.unparked_threads as u32
}

/// Wakes a thread that waits at a place, to see whether it is to stop.
pub(super) fn wake(place: usize, thread: usize) {
    let is_it = |token: ParkToken| if token.0 == thread { FilterOp::Unpark } else { FilterOp::Skip };
    // SAFETY: as for `wait`.
    unsafe { parking_lot_core::unpark_filter(place, is_it, |_| INTERRUPTED) };
}
