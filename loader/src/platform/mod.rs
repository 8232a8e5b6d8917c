//! What differs between the machines that a loader runs on: the porting seam.
#![allow(unsafe_code)] // States the contracts of platforms.

#[cfg(target_arch = "aarch64")]
mod aarch64;
mod bare;
#[cfg(all(feature = "std", target_os = "linux"))]
mod linux;
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
mod riscv;

pub use bare::Bare;
#[cfg(all(feature = "std", target_os = "linux"))]
pub use linux::Linux;
#[cfg(all(feature = "wasi", target_os = "linux"))]
pub(crate) use linux::is_interrupted;
#[cfg(all(feature = "std", target_os = "linux"))]
pub(crate) use linux::{MappedFile, Thread};

use core::fmt;
use core::ptr::NonNull;

use graver_aot_format::MachineFacts;

pub use crate::store::ActiveStore;

/// Where the code of an image runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Where it lies.
    InPlace,
    /// In a copy that the loader makes with memory from the allocator, aligned as asked, and then hands to
    /// [`Platform::publish_code`].
    Copy,
    /// In a copy that the platform has made, or where another bus sees the bytes; [`Platform::release_code`] is told when
    /// it is no longer used.
    Mapped(NonNull<u8>),
    /// In memory that the platform has for code: the loader copies it there in aligned words and hands it to
    /// [`Platform::publish_code`]; [`Platform::release_code`] gives it back. Where data and instructions have buses of
    /// their own, one memory may have two addresses.
    Into {
        /// Where the loader writes.
        write: NonNull<u8>,
        /// Where the code runs.
        run: NonNull<u8>,
    },
}

/// Why a platform cannot place code or reserve address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlatformError;

impl fmt::Display for PlatformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the platform cannot do that")
    }
}

impl core::error::Error for PlatformError {}

/// Where guest code continues after a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The new program counter.
    pub pc: usize,
    /// What the first argument register of the C calling convention must hold.
    pub argument: usize,
}

/// What a wait expects to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// 32 bits.
    Half(u32),
    /// 64 bits.
    Whole(u64),
}

/// How a wait ended; the numbers are those of `memory.atomic.wait`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Waited {
    /// Another thread has woken this one.
    Woken = 0,
    /// The place holds something else.
    Different = 1,
    /// The time is over.
    TimedOut = 2,
}

/// The functions that a port supplies. Those with a default are for machines with an MMU, and for threads.
///
/// # Safety
/// Memory that a function returns must be what its description says, for as long as it says.
pub unsafe trait Platform {
    /// The machine, or `None` where this crate knows no images for it.
    fn machine(&self) -> Option<MachineFacts>;

    /// Decides where `code` runs: text and the read-only data behind it, or text alone where images have the data apart.
    /// Its start must be at a multiple of `align`.
    ///
    /// # Errors
    /// If the code can run neither where it is nor elsewhere.
    fn place_code(&self, code: &[u8], align: usize) -> Result<Placement, PlatformError>;

    /// Makes a copy visible to instruction fetch: clean the data cache, invalidate the instruction cache, barrier.
    ///
    /// # Errors
    /// If the memory cannot be executed.
    ///
    /// # Safety
    /// The bytes are initialised and nothing writes them until they are freed.
    unsafe fn publish_code(&self, start: NonNull<u8>, length: usize) -> Result<(), PlatformError>;

    /// Gives back a [`Placement::Mapped`].
    ///
    /// # Safety
    /// The code is not running and will not run again.
    unsafe fn release_code(&self, start: NonNull<u8>, length: usize) {
        let _ = (start, length);
    }

    /// Reserves address space whose every access faults; `length` is [`graver_aot_format::abi::GUARD_RESERVATION`].
    /// Only asked if [`MachineFacts::guarded_memory`] holds.
    fn reserve(&self, length: usize) -> Option<NonNull<u8>> {
        let _ = length;
        None
    }

    /// Makes part of a reservation readable and writable, with bytes of 0. `start` and `length` are multiples of
    /// WebAssembly's page size.
    ///
    /// # Errors
    /// If there is no memory.
    ///
    /// # Safety
    /// The range lies in a reservation of this platform and has not been committed before.
    unsafe fn commit(&self, start: NonNull<u8>, length: usize) -> Result<(), PlatformError> {
        let _ = (start, length);
        Err(PlatformError)
    }

    /// Gives back a reservation.
    ///
    /// # Safety
    /// It came from [`Self::reserve`] and is not used again.
    unsafe fn release(&self, start: NonNull<u8>, length: usize) {
        let _ = (start, length);
    }

    /// The lowest address that the stack of the running thread may reach, if the platform knows it.
    fn stack_end(&self) -> Option<usize>;

    /// The end of the running stack where the embedder chose one: a higher address if the stack is known to end there.
    fn checked_stack_end(&self, chosen: usize) -> usize {
        chosen
    }

    /// Notes which store's code runs on this thread from now on, and returns what was noted before. A fault handler
    /// asks the store what to do by [`ActiveStore::fault`].
    ///
    /// # Errors
    /// If faults cannot be handled on this thread.
    fn activate(&self, store: Option<ActiveStore>) -> Result<Option<ActiveStore>, PlatformError> {
        let _ = store;
        Ok(None)
    }

    /// Lets no other task or interrupt that uses the guest's memories run until [`Self::end_alone`], which gets what this
    /// returns: atomic operators that the CPU has no instructions for are made of others. All who use a memory must be on
    /// one core, because plain stores do not ask. Without threads there is nothing to do.
    fn begin_alone(&self) -> usize {
        0
    }

    /// Lets others run again.
    fn end_alone(&self, before: usize) {
        let _ = before;
    }

    /// Waits at a place until [`Self::notify`] for it, if the place holds what is expected, and for at most so many
    /// nanoseconds. Looking and starting to wait are one step for those who notify. Without threads nobody could, so by
    /// default the time is over at once.
    ///
    /// # Errors
    /// If the wait could never end.
    ///
    /// # Safety
    /// The place is aligned for what is expected, and lives as long as the call.
    unsafe fn wait(
        &self,
        place: NonNull<u8>,
        expected: Awaited,
        nanoseconds: Option<u64>,
    ) -> Result<Waited, PlatformError> {
        // SAFETY: promised by the caller.
        let is_expected = unsafe {
            match expected {
                Awaited::Half(value) => place.cast::<u32>().read_volatile() == value,
                Awaited::Whole(value) => place.cast::<u64>().read_volatile() == value,
            }
        };
        match nanoseconds {
            _ if !is_expected => Ok(Waited::Different),
            Some(_) => Ok(Waited::TimedOut),
            None => Err(PlatformError),
        }
    }

    /// Wakes at most `count` of those who wait at a place; how many.
    fn notify(&self, place: NonNull<u8>, count: u32) -> u32 {
        let _ = (place, count);
        0
    }
}
