//! `mmap` and its relatives.

use core::ptr::NonNull;

use super::PlatformError;

/// What a page allows. There is no way to ask for writable and executable at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    None,
    ReadWrite,
    ReadExecute,
}

impl Access {
    fn bits(self) -> libc::c_int {
        match self {
            Self::None => libc::PROT_NONE,
            Self::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
            Self::ReadExecute => libc::PROT_READ | libc::PROT_EXEC,
        }
    }
}

/// New pages, with bytes of 0.
pub(super) fn map(length: usize, access: Access) -> Result<NonNull<u8>, PlatformError> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: an anonymous mapping at an address that the kernel chooses touches no memory in use.
    let start = unsafe { libc::mmap(core::ptr::null_mut(), length, access.bits(), flags, -1, 0) };
    checked(start)
}

/// New writable pages whose start is a multiple of `align`, a power of two.
pub(super) fn map_aligned(length: usize, align: usize) -> Result<NonNull<u8>, PlatformError> {
    if align <= page_size() {
        return map(length, Access::ReadWrite);
    }
    // Take more than needed and give back what lies before and behind.
    let length = length.checked_next_multiple_of(page_size()).ok_or(PlatformError)?;
    let start = map(length.checked_add(align).ok_or(PlatformError)?, Access::ReadWrite)?;
    let before = start.align_offset(align);
    // SAFETY: both ends lie in the new mapping, and nothing uses them. A part of length 0 is refused, harmlessly.
    unsafe {
        unmap(start, before);
        unmap(start.add(before + length), align - before);
        Ok(start.add(before))
    }
}

/// The address that `mmap` returned, unless it failed.
pub(super) fn checked(start: *mut libc::c_void) -> Result<NonNull<u8>, PlatformError> {
    if start == libc::MAP_FAILED { Err(PlatformError) } else { NonNull::new(start.cast()).ok_or(PlatformError) }
}

/// Changes what pages allow.
///
/// # Safety
/// The pages belong to the caller, and no reference depends on what is taken away.
pub(super) unsafe fn protect(start: NonNull<u8>, length: usize, access: Access) -> Result<(), PlatformError> {
    // SAFETY: promised by the caller.
    let result = unsafe { libc::mprotect(start.as_ptr().cast(), length, access.bits()) };
    if result != 0 {
        return Err(PlatformError);
    }
    if access == Access::ReadExecute {
        publish(start, length);
    }
    Ok(())
}

/// Makes new code visible to instruction fetch on all processors.
#[cfg(target_arch = "riscv64")]
fn publish(start: NonNull<u8>, length: usize) {
    // `__NR_riscv_flush_icache` of the kernel's <asm/unistd.h>.
    const FLUSH_ICACHE: libc::c_long = 259;
    let start = start.as_ptr().addr();
    // SAFETY: affects nothing but caches. It cannot fail: the range is mapped, and the flags are none.
    unsafe { libc::syscall(FLUSH_ICACHE, start, start + length, 0) };
}

/// The kernel has done it.
#[cfg(not(target_arch = "riscv64"))]
fn publish(_: NonNull<u8>, _: usize) {}

/// Gives pages back.
///
/// # Safety
/// They belong to the caller and are not used again.
pub(super) unsafe fn unmap(start: NonNull<u8>, length: usize) {
    // SAFETY: promised by the caller. Failure would mean that the range was never mapped.
    unsafe { libc::munmap(start.as_ptr().cast(), length) };
}

/// Bytes in a page of this machine.
pub(super) fn page_size() -> usize {
    // SAFETY: has no preconditions.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}
