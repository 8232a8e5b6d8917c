//! Threads that wait at a place in a memory.
#![allow(unsafe_code)] // Reads atomically through raw pointers.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot_core::{DEFAULT_UNPARK_TOKEN, FilterOp, ParkResult, ParkToken};

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
    // Who interrupts looks for waits afterwards, so nobody sleeps through it.
    let is_to_wait = || is_expected() && !fault::is_interrupted();
    // A time that the clock does not reach is as good as none.
    let end = nanoseconds.and_then(|time| Instant::now().checked_add(Duration::from_nanos(time)));
    // SAFETY: the key is an address inside a guest's memory, where no lock of this process is; the functions neither panic
    // nor use the parking lot.
    let result = unsafe {
        let token = ParkToken(Thread::current().token());
        parking_lot_core::park(place.addr().get(), is_to_wait, || (), |_, _| (), token, end)
    };
    match result {
        ParkResult::Unparked(_) => Waited::Woken,
        ParkResult::Invalid => Waited::Different,
        ParkResult::TimedOut => Waited::TimedOut,
    }
}

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

/// Wakes a thread that waits at a place.
pub(super) fn wake(place: usize, thread: usize) {
    let is_it = |token: ParkToken| if token.0 == thread { FilterOp::Unpark } else { FilterOp::Skip };
    // SAFETY: as for `wait`.
    unsafe { parking_lot_core::unpark_filter(place, is_it, |_| DEFAULT_UNPARK_TOKEN) };
}
