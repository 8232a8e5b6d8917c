//! Memories that instances on several threads use.
#![allow(unsafe_code)] // Shares memory with machine code on other threads.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use graver_aot_format::abi::{GUARD_RESERVATION, MemoryDescriptor, WASM_PAGE_LOG2};

use crate::alloc::OutOfMemory;
use crate::error::AccessError;
use crate::platform::{Linux, Platform};
use crate::store::StoreInner;
use crate::store::memory::MemoryType;

/// A shared linear memory, in no store or in several: [`crate::Memory::of_shared`] puts it into one, on any thread. It
/// never moves, and lives as long as something refers to it.
#[derive(Clone, Debug)]
pub struct SharedMemory(Arc<Inner>);

/// What generated code sees, a [`MemoryDescriptor`] whose length others change.
#[derive(Debug)]
#[repr(C)]
struct Descriptor {
    base: usize,
    length: AtomicUsize,
}

const _: () = {
    assert!(size_of::<Descriptor>() == size_of::<MemoryDescriptor>());
    assert!(core::mem::offset_of!(Descriptor, base) == core::mem::offset_of!(MemoryDescriptor, base));
    assert!(core::mem::offset_of!(Descriptor, length) == core::mem::offset_of!(MemoryDescriptor, length));
};

#[derive(Debug)]
struct Inner {
    start: NonNull<u8>,
    reserved: usize,
    ty: MemoryType,
    descriptor: Descriptor,
    /// Bytes that are readable and writable; who holds it may add some.
    committed: Mutex<usize>,
}

// SAFETY: what `start` points to is given back with the last reference only, and all else is either constant, atomic or
// behind the lock. The bytes are the guest's; see `MemoryEntry::data` for how the host looks at them.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

impl Drop for Inner {
    fn drop(&mut self) {
        // SAFETY: it came from `reserve`, and nobody refers to it any more.
        unsafe { Linux.release(self.start, self.reserved) };
    }
}

/// Address space beyond the maximum, for what hosts put into a memory: see [`SharedMemory::extend`].
const HOST_ROOM: usize = 1 << 20;

/// Address space for `most` bytes, or for fewer if there is not so much, but for `least`.
fn reserve(most: usize, least: usize) -> Result<(NonNull<u8>, usize), OutOfMemory> {
    let page = 1 << WASM_PAGE_LOG2;
    // Whole pages, and at least one.
    let mut length = most.min(isize::MAX as usize - page).max(1).next_multiple_of(page);
    loop {
        match Linux.reserve(length) {
            Some(start) => return Ok((start, length)),
            None if length / 2 >= least.max(page) => length = (length / 2).next_multiple_of(page),
            None => return Err(OutOfMemory),
        }
    }
}

impl SharedMemory {
    /// Makes a memory. All of its maximum is reserved, or what is left of a 32-bit address space; it takes what it has grown
    /// to.
    ///
    /// # Errors
    /// If the type is not that of a shared memory, or there is no memory.
    pub fn new(ty: MemoryType) -> Result<Self, AccessError> {
        let maximum = ty.maximum.filter(|_| ty.shared && ty.is_valid()).ok_or(AccessError::InvalidLimits)?;
        let least = ty.bytes_of(ty.minimum).ok_or(OutOfMemory)?;
        let can_be_guarded = Linux.machine().is_some_and(|machine| ty.can_be_guarded(&machine));
        let (start, reserved) = if can_be_guarded {
            let reserved = GUARD_RESERVATION as usize;
            (Linux.reserve(reserved).ok_or(OutOfMemory)?, reserved)
        } else {
            let pages = maximum.min(ty.growth_limit()).max(ty.minimum);
            reserve(ty.bytes_of(pages).unwrap_or(isize::MAX as usize).saturating_add(HOST_ROOM), least)?
        };
        let descriptor = Descriptor { base: start.expose_provenance().get(), length: AtomicUsize::new(0) };
        let memory = Self(Arc::new(Inner { start, reserved, ty, descriptor, committed: Mutex::new(0) }));
        memory.resize(least, &mut memory.lock())?;
        Ok(memory)
    }

    /// The memory that an instance in a store gets for one of its own, and whether it is another thread's.
    pub(crate) fn make(store: &mut StoreInner<'_>, ty: MemoryType) -> Result<Option<(Self, bool)>, AccessError> {
        match store.inherited.pop_front() {
            Some(memory) if memory.ty() == ty => Ok(Some((memory, true))),
            Some(_) => Err(AccessError::InvalidLimits),
            None => Self::new(ty).map(|memory| Some((memory, false))),
        }
    }

    /// Its type; `minimum` is what it was made with.
    pub fn ty(&self) -> MemoryType {
        self.0.ty
    }

    /// Bytes that it has now.
    pub fn length(&self) -> usize {
        self.0.descriptor.length.load(Ordering::SeqCst)
    }

    /// Adds pages of zeroes and returns how many there were.
    ///
    /// # Errors
    /// If the maximum or the machine's memory is reached.
    pub fn grow(&self, pages: u64) -> Result<u64, AccessError> {
        let mut committed = self.lock();
        let ty = &self.0.ty;
        let old = (self.length() >> ty.page_log2) as u64;
        if pages > 0 {
            let new = old.checked_add(pages).filter(|new| *new <= ty.most_pages()).ok_or(AccessError::CannotGrow)?;
            let length = ty.bytes_of(new).filter(|length| *length <= self.0.reserved).ok_or(OutOfMemory)?;
            self.resize(length, &mut committed)?;
        }
        Ok(old)
    }

    /// Makes the memory longer, beyond the maximum if need be: room for the host, before others have it.
    pub(crate) fn extend(&self, length: usize) -> Result<(), AccessError> {
        let mut committed = self.lock();
        if length > self.0.reserved {
            return Err(OutOfMemory.into());
        }
        self.resize(length, &mut committed)
    }

    /// The number of bytes that are committed. A thread that panicked has not left it half changed.
    fn lock(&self) -> std::sync::MutexGuard<'_, usize> {
        self.0.committed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the memory longer; `length` fits into what is reserved.
    fn resize(&self, length: usize, committed: &mut usize) -> Result<(), AccessError> {
        let needed = length.next_multiple_of(1 << WASM_PAGE_LOG2);
        if let Some(more) = needed.checked_sub(*committed).filter(|more| *more > 0) {
            // SAFETY: the reservation holds the maximum, and only what lies before `committed` is committed.
            unsafe { Linux.commit(self.0.start.add(*committed), more) }.map_err(|_| OutOfMemory)?;
            *committed = needed;
        }
        // What is committed can be used as soon as the length says so.
        self.0.descriptor.length.store(length, Ordering::SeqCst);
        Ok(())
    }

    pub(crate) fn start(&self) -> NonNull<u8> {
        self.0.start
    }

    /// Bytes of address space in which nothing else is.
    pub(crate) fn reserved(&self) -> usize {
        self.0.reserved
    }

    /// Whether something else refers to it.
    pub(crate) fn has_others(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    pub(crate) fn is_guarded(&self) -> bool {
        self.0.reserved == GUARD_RESERVATION as usize
    }

    /// For generated code.
    pub(crate) fn descriptor(&self) -> NonNull<MemoryDescriptor> {
        NonNull::from(&self.0.descriptor).cast()
    }
}
