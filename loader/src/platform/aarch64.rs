//! Caches of 64-bit Arm: the same instructions with Linux and without an operating system.
#![allow(unsafe_code)] // Instructions for caches.

use core::arch::asm;
use core::ptr::NonNull;

/// Makes code that was just written visible to instruction fetch, as in "Ordering and completion of data and instruction
/// cache instructions" of the Arm Architecture Reference Manual: lines go to where both caches meet, then the instruction
/// cache forgets them. CTR_EL0 says how long lines are.
pub(super) fn publish(start: NonNull<u8>, length: usize) {
    let types: usize;
    // SAFETY: reads an identification register.
    unsafe { asm!("mrs {}, ctr_el0", out(reg) types, options(nomem, nostack, preserves_flags)) };
    // Words in a line, as a power of two, at these bits.
    let lines = |at: u32| {
        let line = 4_usize << (types >> at & 0xf);
        let first = start.addr().get() & !(line - 1);
        (first..start.addr().get() + length).step_by(line)
    };
    for line in lines(16) {
        // SAFETY: changes no memory, and the address is mapped.
        unsafe { asm!("dc cvau, {}", in(reg) line, options(nostack, preserves_flags)) };
    }
    // SAFETY: a barrier.
    unsafe { asm!("dsb ish", options(nostack, preserves_flags)) };
    for line in lines(0) {
        // SAFETY: changes no memory, and the address is mapped.
        unsafe { asm!("ic ivau, {}", in(reg) line, options(nostack, preserves_flags)) };
    }
    // SAFETY: barriers.
    unsafe { asm!("dsb ish", "isb", options(nostack, preserves_flags)) };
}
