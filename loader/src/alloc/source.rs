//! The three kinds of allocator.
#![allow(unsafe_code)] // Calls the allocators, whose contracts are stated in raw pointers.

use core::alloc::Layout;
use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::fmt;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// First-level classes of the pool: the largest block is 64 MiB on 32-bit machines and 8 GiB on others.
const FIRST_LEVEL: usize = if size_of::<usize>() == 4 { 22 } else { 28 };
/// Second-level classes of the pool: at most an eighth of a block is lost to rounding.
const SECOND_LEVEL: usize = 8;

type Pool = rlsf::Tlsf<'static, u32, u8, FIRST_LEVEL, SECOND_LEVEL>;

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

#[allow(clippy::large_enum_variant)] // One per runtime, and a box would need an allocator.
enum Kind {
    Pool(Pool),
    Functions(Functions),
    #[cfg(feature = "std")]
    System,
}

/// Where a runtime's memory comes from. Everything that belongs to the runtime is freed into it again.
pub struct Allocator<'p> {
    kind: UnsafeCell<Kind>,
    pool: PhantomData<&'p mut [MaybeUninit<u8>]>,
}

impl<'p> Allocator<'p> {
    /// Allocates in constant time from `memory` and from nowhere else.
    pub fn pool(memory: &'p mut [MaybeUninit<u8>]) -> Self {
        let mut pool = Pool::new();
        // SAFETY: the memory is ours for `'p`, and `Self` cannot be used for longer.
        unsafe {
            pool.insert_free_block_ptr(NonNull::slice_from_raw_parts(NonNull::from(&mut *memory).cast(), memory.len()))
        };
        Self { kind: UnsafeCell::new(Kind::Pool(pool)), pool: PhantomData }
    }

    /// Allocates through the embedder's functions.
    ///
    /// # Safety
    /// The functions must behave like C's `malloc`, `realloc` and `free` for as long as the allocator lives, and
    /// must not call back into the runtime.
    pub unsafe fn functions(functions: Functions) -> Self {
        Self { kind: UnsafeCell::new(Kind::Functions(functions)), pool: PhantomData }
    }

    /// Allocates like the rest of the process.
    #[cfg(feature = "std")]
    pub fn system() -> Self {
        Self { kind: UnsafeCell::new(Kind::System), pool: PhantomData }
    }

    /// Memory for `layout`, whose size is not 0.
    pub(super) fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        // SAFETY: `Self` is not `Sync` and no allocator calls back into it, so this is the only access.
        match unsafe { &mut *self.kind.get() } {
            Kind::Pool(pool) => pool.allocate(layout),
            // SAFETY: promised by the caller of `functions`.
            Kind::Functions(functions) => unsafe { functions.aligned(layout) },
            // SAFETY: the size is not 0.
            #[cfg(feature = "std")]
            Kind::System => NonNull::new(unsafe { std::alloc::alloc(layout) }),
        }
    }

    /// Like [`Self::allocate`], with every byte 0.
    pub(super) fn allocate_zeroed(&self, layout: Layout) -> Option<NonNull<u8>> {
        #[cfg(feature = "std")]
        // SAFETY: as in `allocate`. The system has zeroed pages at hand, which are not touched here.
        if let Kind::System = unsafe { &*self.kind.get() } {
            // SAFETY: the size is not 0.
            return NonNull::new(unsafe { std::alloc::alloc_zeroed(layout) });
        }
        let block = self.allocate(layout)?;
        // SAFETY: the block has `layout.size()` bytes.
        unsafe { block.write_bytes(0, layout.size()) };
        Some(block)
    }

    /// Resizes a block, keeping its contents.
    ///
    /// # Safety
    /// `block` came from this allocator with layout `old`; `size` is not 0. On `None` the block is as before.
    pub(super) unsafe fn reallocate(&self, block: NonNull<u8>, old: Layout, size: usize) -> Option<NonNull<u8>> {
        let new = Layout::from_size_align(size, old.align()).ok()?;
        // SAFETY: as in `allocate`; the block is the caller's promise.
        unsafe {
            match &mut *self.kind.get() {
                Kind::Pool(pool) => pool.reallocate(block, new),
                Kind::Functions(functions) => functions.resize(block, old, new),
                #[cfg(feature = "std")]
                Kind::System => NonNull::new(std::alloc::realloc(block.as_ptr(), old, size)),
            }
        }
    }

    /// Frees a block.
    ///
    /// # Safety
    /// `block` came from this allocator with layout `layout` and is not used again.
    pub(super) unsafe fn free(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: as in `allocate`; the block is the caller's promise.
        unsafe {
            match &mut *self.kind.get() {
                Kind::Pool(pool) => pool.deallocate(block, layout.align()),
                Kind::Functions(functions) => functions.release(block, layout),
                #[cfg(feature = "std")]
                Kind::System => std::alloc::dealloc(block.as_ptr(), layout),
            }
        }
    }
}

impl Functions {
    /// A block of any alignment: those over [`C_ALIGN`] keep the address to free in the word before them.
    unsafe fn aligned(&self, layout: Layout) -> Option<NonNull<u8>> {
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

    unsafe fn release(&self, block: NonNull<u8>, layout: Layout) {
        let start = if layout.align() <= C_ALIGN {
            block.as_ptr()
        } else {
            // SAFETY: written by `aligned`.
            unsafe { block.cast::<*mut u8>().sub(1).read() }
        };
        // SAFETY: `start` came from `allocate`.
        unsafe { (self.free)(self.user_data, start.cast()) }
    }

    unsafe fn resize(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Option<NonNull<u8>> {
        if old.align() <= C_ALIGN {
            // SAFETY: a `realloc` by contract.
            let moved = unsafe { (self.reallocate)(self.user_data, block.as_ptr().cast(), new.size()) };
            return NonNull::new(moved.cast());
        }
        // SAFETY: both blocks have at least the bytes copied, and `block` is the caller's to free.
        unsafe {
            let moved = self.aligned(new)?;
            moved.copy_from_nonoverlapping(block, old.size().min(new.size()));
            self.release(block, old);
            Some(moved)
        }
    }
}

impl fmt::Debug for Allocator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Allocator")
    }
}
