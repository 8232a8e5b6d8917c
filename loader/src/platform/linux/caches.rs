//! Code that was just written becomes visible to instruction fetch.

use core::ptr::NonNull;

use super::PlatformError;

/// Writes back the data cache and invalidates the instruction cache for a range that is still mapped as data. x86-64 keeps
/// them the same by itself.
#[cfg(not(any(target_arch = "aarch64", target_arch = "arm")))]
pub(super) fn publish(_: NonNull<u8>, _: usize) -> Result<(), PlatformError> {
    Ok(())
}

#[cfg(target_arch = "aarch64")]
pub(super) fn publish(start: NonNull<u8>, length: usize) -> Result<(), PlatformError> {
    // Linux lets programs use these instructions.
    super::super::aarch64::publish(start, length);
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
