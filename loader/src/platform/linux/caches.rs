//! Code that was just written becomes visible to instruction fetch.

use core::ptr::NonNull;

use super::PlatformError;

/// Writes back the data cache and invalidates the instruction cache for a range that is still mapped as data. x86-64 keeps
/// them the same by itself.
#[cfg(not(any(target_arch = "aarch64", target_arch = "arm")))]
pub(super) fn publish(_: NonNull<u8>, _: usize) -> Result<(), PlatformError> {
    Ok(())
}

/// As in "Ordering and completion of data and instruction cache instructions" of the Arm Architecture Reference Manual:
/// lines go to where both caches meet, then the instruction cache forgets them. CTR_EL0 says how long lines are; Linux lets
/// programs read it and use these instructions.
#[cfg(target_arch = "aarch64")]
pub(super) fn publish(start: NonNull<u8>, length: usize) -> Result<(), PlatformError> {
    use core::arch::asm;

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
    Ok(())
}

/// User programs may not touch the caches; the kernel has a system call.
#[cfg(target_arch = "arm")]
pub(super) fn publish(start: NonNull<u8>, length: usize) -> Result<(), PlatformError> {
    /// `__ARM_NR_cacheflush` of `asm/unistd.h`.
    const CACHE_FLUSH: libc::c_long = 0x0f_0002;
    let first = start.addr().get();
    // SAFETY: changes no memory; a range that is not mapped is an error.
    let result = unsafe { libc::syscall(CACHE_FLUSH, first, first + length, 0) };
    if result == 0 { Ok(()) } else { Err(PlatformError) }
}
