//! What atomic operators leave to the host: waiting, waking, and being alone.

use core::ptr::NonNull;

use graver_aot_format::abi::{Trap, WAIT_TRAPS};

use super::caller;
use super::memory::find;
use crate::platform::Awaited;
use crate::store::StoreInner;

/// The store that calls, and a place in one of its memories.
///
/// # Safety
/// As for [`caller`].
unsafe fn place<'a>(
    ctx: usize,
    memory: usize,
    address: usize,
    bytes: usize,
) -> Option<(&'a StoreInner<'a>, NonNull<u8>)> {
    // SAFETY: promised by the caller.
    let (store, instance) = unsafe { caller(ctx) }?;
    let place = find(store, instance, memory)?.place(address, bytes)?;
    Some((store, place))
}

pub(super) unsafe extern "C" fn begin(ctx: usize) -> usize {
    // SAFETY: called by generated code with its context.
    unsafe { caller(ctx) }.map_or(0, |(store, _)| store.runtime.platform().begin_alone())
}

pub(super) unsafe extern "C" fn end(ctx: usize, before: usize) -> usize {
    // SAFETY: called by generated code with its context.
    if let Some((store, _)) = unsafe { caller(ctx) } {
        store.runtime.platform().end_alone(before);
    }
    0
}

pub(super) unsafe extern "C" fn wait(
    ctx: usize,
    memory: usize,
    address: usize,
    bytes: usize,
    expected: usize,
    expected_high: usize,
    timeout: usize,
    timeout_high: usize,
) -> usize {
    let joined = |low: usize, high: usize| (high as u64) << 32 | low as u32 as u64;
    let awaited = match bytes {
        4 => Awaited::Half(expected as u32),
        _ => Awaited::Whole(joined(expected, expected_high)),
    };
    // Negative is for ever.
    let timeout = u64::try_from(joined(timeout, timeout_high) as i64).ok();
    // SAFETY: called by generated code with its context.
    let answer = unsafe { place(ctx, memory, address, bytes) }.map(|(store, place)| {
        // SAFETY: the place is in the memory, which lives as long as the store, and aligned as generated code has checked.
        unsafe { store.wait(place, awaited, timeout) }
    });
    match answer.unwrap_or(Err(Trap::MemoryOutOfBounds)) {
        Ok(waited) => waited as usize,
        Err(trap) => (WAIT_TRAPS + trap.code()) as usize,
    }
}

pub(super) unsafe extern "C" fn notify(ctx: usize, memory: usize, address: usize, count: usize) -> usize {
    // SAFETY: called by generated code with its context.
    match unsafe { place(ctx, memory, address, 4) } {
        Some((store, place)) => store.runtime.platform().notify(place, count as u32) as usize,
        None => 0,
    }
}
