//! The three kinds of allocator.
#![allow(unsafe_code)] // Calls the allocators, whose contracts are stated in raw pointers.

use core::alloc::Layout;
use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::fmt;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::pool::Pool;
use crate::bytes::set_bytes;

/// What every C allocator aligns to.
const C_ALIGN: usize = 8;

/// An allocator made of the embedder's functions.
#[derive(Clone, Copy, Debug)]
pub struct Functions {
    /// Returns `size` bytes aligned to 8, or null. The first argument is `user_data`.
    pub allocate: unsafe extern "C" fn(user_data: *mut c_void, size: usize) -> *mut c_void,
    /// Resizes like C's `realloc`; on failure it returns null and the old block stays.
    pub reallocate: unsafe extern "C" fn(user_data: *mut c_void, block: *mut c_void, size: usize) -> *mut c_void,
    /// Frees a block.
    pub free: unsafe extern "C" fn(user_data: *mut c_void, block: *mut c_void),
    /// Passed to each function.
    pub user_data: *mut c_void,
}

/// What an allocator can do.
pub(super) trait Source {
    /// Memory for `layout`.
    ///
    /// # Safety
    /// The size is not 0.
    unsafe fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>>;

    /// The same, with every byte 0.
    ///
    /// # Safety
    /// The size is not 0.
    unsafe fn allocate_zeroed(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        // SAFETY: promised by the caller; the block has `layout.size()` bytes.
        unsafe {
            let block = self.allocate(layout)?;
            set_bytes(block.as_ptr(), 0, layout.size());
            Some(block)
        }
    }

    /// Resizes a block, keeping its contents; the alignment stays. On `None` the block is as before.
    ///
    /// # Safety
    /// `block` came from here with layout `old`; the new size is not 0.
    unsafe fn resize(&mut self, block: NonNull<u8>, old: Layout, new: Layout) -> Option<NonNull<u8>>;

    /// Frees a block.
    ///
    /// # Safety
    /// `block` came from here with layout `layout` and is not used again.
    unsafe fn free(&mut self, block: NonNull<u8>, layout: Layout);
}

/// The kinds of source; which one it is, [`Allocator::operations`] know.
#[repr(C)]
union Kind {
    pool: Pool,
    functions: Functions,
    #[cfg(feature = "std")]
    system: System,
}

/// The functions of a [`Source`]: chosen where an allocator is made, so that programs have the code of those only that
/// they make. A `dyn Source` would need a place that does not move.
struct Operations {
    allocate_zeroed: unsafe fn(*mut Kind, Layout) -> Option<NonNull<u8>>,
    resize: Resize,
    free: unsafe fn(*mut Kind, NonNull<u8>, Layout),
}

type Resize = unsafe fn(*mut Kind, NonNull<u8>, Layout, Layout) -> Option<NonNull<u8>>;

impl Operations {
    /// Those of a kind that is an `S`; each call has the contract of the function of [`Source`] that it is for.
    const fn of<S: Source>() -> &'static Self {
        const {
            &Self {
                // SAFETY: the kind is an `S`, and nothing else uses it during the call.
                allocate_zeroed: |kind, layout| unsafe { (*kind.cast::<S>()).allocate_zeroed(layout) },
                // SAFETY: as above.
                resize: |kind, block, old, new| unsafe { (*kind.cast::<S>()).resize(block, old, new) },
                // SAFETY: as above.
                free: |kind, block, layout| unsafe { (*kind.cast::<S>()).free(block, layout) },
            }
        }
    }
}

/// Where a runtime's memory comes from. Everything that belongs to the runtime is freed into it again.
pub struct Allocator<'p> {
    kind: UnsafeCell<Kind>,
    operations: &'static Operations,
    pool: PhantomData<&'p mut [MaybeUninit<u8>]>,
}

impl<'p> Allocator<'p> {
    /// Allocates from `memory` and from nowhere else. Blocks have no headers; sizes are rounded up to two words.
    pub fn pool(memory: &'p mut [MaybeUninit<u8>]) -> Self {
        let memory = NonNull::slice_from_raw_parts(NonNull::from(&mut *memory).cast(), memory.len());
        // SAFETY: the memory is ours for `'p`, and `Self` cannot be used for longer.
        let pool = unsafe { Pool::new(memory) };
        Self::new(Kind { pool }, Operations::of::<Pool>())
    }

    /// Allocates through the embedder's functions.
    ///
    /// # Safety
    /// The functions must behave like C's `malloc`, `realloc` and `free` for as long as the allocator lives, and
    /// must not call back into the runtime.
    pub unsafe fn functions(functions: Functions) -> Self {
        Self::new(Kind { functions }, Operations::of::<Functions>())
    }

    /// Allocates like the rest of the process.
    #[cfg(feature = "std")]
    pub fn system() -> Self {
        Self::new(Kind { system: System }, Operations::of::<System>())
    }

    fn new(kind: Kind, operations: &'static Operations) -> Self {
        Self { kind: UnsafeCell::new(kind), operations, pool: PhantomData }
    }

    /// Memory for `layout`, whose size is not 0, with every byte 0.
    pub(super) fn allocate_zeroed(&self, layout: Layout) -> Option<NonNull<u8>> {
        // SAFETY: `Self` is not `Sync` and no allocator calls back into it, so this is the only access.
        unsafe { (self.operations.allocate_zeroed)(self.kind.get(), layout) }
    }

    /// Resizes a block, keeping its contents.
    ///
    /// # Safety
    /// `block` came from this allocator with layout `old`; `size` is not 0. On `None` the block is as before.
    pub(super) unsafe fn reallocate(&self, block: NonNull<u8>, old: Layout, size: usize) -> Option<NonNull<u8>> {
        let new = Layout::from_size_align(size, old.align()).ok()?;
        // SAFETY: as in `allocate_zeroed`; the block is the caller's promise.
        unsafe { (self.operations.resize)(self.kind.get(), block, old, new) }
    }

    /// Frees a block.
    ///
    /// # Safety
    /// `block` came from this allocator with layout `layout` and is not used again.
    pub(super) unsafe fn free(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: as in `allocate_zeroed`; the block is the caller's promise.
        unsafe { (self.operations.free)(self.kind.get(), block, layout) }
    }
}

impl Source for Functions {
    /// A block of any alignment: those over [`C_ALIGN`] keep the address to free in the word before them.
    unsafe fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        // SAFETY: a `malloc` by contract.
        let allocate = |size| NonNull::new(unsafe { (self.allocate)(self.user_data, size) }.cast::<u8>());
        if layout.align() <= C_ALIGN {
            return allocate(layout.size());
        }
        let extra = layout.align() + size_of::<usize>();
        let start = allocate(layout.size().checked_add(extra)?)?;
        let first = start.as_ptr().wrapping_add(size_of::<usize>());
        let block = start.as_ptr().wrapping_add(size_of::<usize>() + first.align_offset(layout.align()));
        // SAFETY: `extra` bytes make room for the word and the alignment, and `C_ALIGN` divides the alignment.
        unsafe { block.cast::<*mut u8>().sub(1).write(start.as_ptr()) };
        NonNull::new(block)
    }

    unsafe fn resize(&mut self, block: NonNull<u8>, old: Layout, new: Layout) -> Option<NonNull<u8>> {
        if old.align() <= C_ALIGN {
            // SAFETY: a `realloc` by contract.
            let moved = unsafe { (self.reallocate)(self.user_data, block.as_ptr().cast(), new.size()) };
            return NonNull::new(moved.cast());
        }
        // SAFETY: both blocks have at least the bytes copied, and `block` is the caller's to free.
        unsafe {
            let moved = Source::allocate(self, new)?;
            moved.copy_from_nonoverlapping(block, old.size().min(new.size()));
            Source::free(self, block, old);
            Some(moved)
        }
    }

    unsafe fn free(&mut self, block: NonNull<u8>, layout: Layout) {
        let start = if layout.align() <= C_ALIGN {
            block.as_ptr()
        } else {
            // SAFETY: written by `allocate`.
            unsafe { block.cast::<*mut u8>().sub(1).read() }
        };
        // SAFETY: `start` came from the embedder's `allocate`.
        unsafe { (self.free)(self.user_data, start.cast()) }
    }
}

/// The process's own allocator.
#[cfg(feature = "std")]
#[derive(Clone, Copy)]
struct System;

#[cfg(feature = "std")]
impl Source for System {
    unsafe fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        // SAFETY: promised by the caller.
        NonNull::new(unsafe { std::alloc::alloc(layout) })
    }

    /// The system has zeroed pages at hand, which are not touched here.
    unsafe fn allocate_zeroed(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        // SAFETY: promised by the caller.
        NonNull::new(unsafe { std::alloc::alloc_zeroed(layout) })
    }

    unsafe fn resize(&mut self, block: NonNull<u8>, old: Layout, new: Layout) -> Option<NonNull<u8>> {
        // SAFETY: promised by the caller.
        NonNull::new(unsafe { std::alloc::realloc(block.as_ptr(), old, new.size()) })
    }

    unsafe fn free(&mut self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: promised by the caller.
        unsafe { std::alloc::dealloc(block.as_ptr(), layout) }
    }
}

impl fmt::Debug for Allocator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Allocator")
    }
}
