//! Linux: mapped code, guard regions, faults that become traps.
#![allow(unsafe_code)] // System calls.

mod caches;
mod cpu;
mod fault;
mod file;
mod machine_context;
mod pages;
mod park;
mod signal;
mod stack;

#[cfg(feature = "wasi")]
pub(crate) use fault::is_interrupted;
pub(crate) use file::MappedFile;
pub(crate) use signal::Thread;

use core::ptr::NonNull;

use graver_aot_format::{Arch, MachineFacts};

use super::bare::compiled_float_abi;
use super::{ActiveStore, Awaited, Placement, Platform, PlatformError, Waited};
use pages::Access;

/// The platform of a Linux process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Linux;

// SAFETY: memory comes from `mmap` and is released by the functions below only.
unsafe impl Platform for Linux {
    fn machine(&self) -> Option<MachineFacts> {
        Arch::HOST.map(|arch| MachineFacts {
            arch,
            float_abi: compiled_float_abi(),
            cpu_features: cpu::features(),
            guarded_memory: machine_context::IS_KNOWN && size_of::<usize>() == 8,
        })
    }

    /// Copies the code into pages that are never writable and executable at once.
    fn place_code(&self, code: &[u8], align: usize) -> Result<Placement, PlatformError> {
        let start = pages::map_aligned(code.len(), align)?;
        // SAFETY: the pages are new, writable, and at least as long as the code.
        unsafe { start.copy_from_nonoverlapping(NonNull::from(code).cast(), code.len()) };
        // SAFETY: the pages are ours.
        match unsafe { self.publish_code(start, code.len()) } {
            Ok(()) => Ok(Placement::Mapped(start)),
            Err(error) => {
                // SAFETY: as above, and nothing uses them.
                unsafe { pages::unmap(start, code.len()) };
                Err(error)
            }
        }
    }

    unsafe fn publish_code(&self, start: NonNull<u8>, length: usize) -> Result<(), PlatformError> {
        caches::publish(start, length)?;
        // SAFETY: the caller owns the memory.
        unsafe { pages::protect(start, length, Access::ReadExecute) }
    }

    unsafe fn release_code(&self, start: NonNull<u8>, length: usize) {
        // SAFETY: promised by the caller.
        unsafe { pages::unmap(start, length) };
    }

    fn reserve(&self, length: usize) -> Option<NonNull<u8>> {
        pages::map(length, Access::None).ok()
    }

    unsafe fn commit(&self, start: NonNull<u8>, length: usize) -> Result<(), PlatformError> {
        // SAFETY: promised by the caller.
        unsafe { pages::protect(start, length, Access::ReadWrite) }
    }

    unsafe fn release(&self, start: NonNull<u8>, length: usize) {
        // SAFETY: promised by the caller.
        unsafe { pages::unmap(start, length) };
    }

    fn stack_end(&self) -> Option<usize> {
        stack::end()
    }

    fn checked_stack_end(&self, chosen: usize) -> usize {
        stack::end().map_or(chosen, |end| end.max(chosen))
    }

    fn activate(&self, store: Option<ActiveStore>) -> Result<Option<ActiveStore>, PlatformError> {
        fault::activate(store)
    }

    unsafe fn wait(
        &self,
        place: NonNull<u8>,
        expected: Awaited,
        nanoseconds: Option<u64>,
    ) -> Result<Waited, PlatformError> {
        // SAFETY: promised by the caller.
        Ok(unsafe { park::wait(place, expected, nanoseconds) })
    }

    fn notify(&self, place: NonNull<u8>, count: u32) -> u32 {
        park::notify(place, count)
    }
}
