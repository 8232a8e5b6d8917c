//! The one allocator of the process: a pool, the embedder's functions, or C's.
#![allow(unsafe_code)] // Allocates by raw pointers, as C does.

use core::alloc::Layout;
use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::ptr::{NonNull, null_mut};

use graver_loader::Functions;

use crate::exported::exported;
use crate::libc;
use crate::lock::Lock;
use crate::log::warning;
use crate::types::MemAllocInfo;

/// What blocks are aligned to.
pub(crate) const ALIGN: usize = 8;

/// First-level classes of the pool: the largest block is 64 MiB on 32-bit machines and 8 GiB on others.
const FIRST_LEVEL: usize = if size_of::<usize>() == 4 { 22 } else { 28 };
type Pool = rlsf::Tlsf<'static, u32, u8, FIRST_LEVEL, 8>;

/// A pool and how much of it is in use, in bytes.
struct Pooled {
    pool: Pool,
    size: usize,
    used: usize,
    most_used: usize,
}

/// The embedder's functions.
#[derive(Clone, Copy)]
pub(crate) struct Embedder {
    pub(crate) malloc: unsafe extern "C" fn(u32) -> *mut c_void,
    pub(crate) realloc: unsafe extern "C" fn(*mut c_void, u32) -> *mut c_void,
    pub(crate) free: unsafe extern "C" fn(*mut c_void),
}

#[allow(clippy::large_enum_variant)] // There is one.
enum Source {
    None,
    Pool(Pooled),
    Embedder(Embedder),
    System,
}

struct Shared(UnsafeCell<Source>);

// SAFETY: only used while the lock is held, but for the choice of the source, which happens before threads use it.
unsafe impl Sync for Shared {}

static SOURCE: Shared = Shared(UnsafeCell::new(Source::None));
static LOCK: Lock = Lock::new();

/// Chooses the pool.
///
/// # Safety
/// The bytes are the library's alone until [`forget`].
pub(crate) unsafe fn use_pool(start: NonNull<u8>, size: usize) {
    let mut pool = Pool::new();
    // SAFETY: promised by the caller.
    let usable = unsafe { pool.insert_free_block_ptr(NonNull::slice_from_raw_parts(start, size)) };
    let size = usable.map_or(0, core::num::NonZeroUsize::get);
    set(Source::Pool(Pooled { pool, size, used: 0, most_used: 0 }));
}

/// Chooses the embedder's functions.
pub(crate) fn use_embedder(functions: Embedder) {
    set(Source::Embedder(functions));
}

/// Chooses C's.
pub(crate) fn use_system() {
    set(Source::System);
}

/// From now on there is no memory.
pub(crate) fn forget() {
    set(Source::None);
}

fn set(source: Source) {
    LOCK.hold(|| {
        // SAFETY: the lock is held.
        unsafe { *SOURCE.0.get() = source };
    });
}

/// What lies before a block of the pool.
#[derive(Clone, Copy)]
#[repr(C)]
struct BlockHead {
    /// Bytes that the pool gave for it.
    size: u32,
    /// From their start to the block, and their alignment.
    offset: u32,
}

const HEAD: usize = size_of::<BlockHead>();

impl Pooled {
    fn count(&mut self, more: usize, less: usize) {
        self.used = (self.used + more).saturating_sub(less);
        self.most_used = self.most_used.max(self.used);
    }

    /// What the pool is asked for so that a block of this layout has room behind its head.
    fn layout(size: usize, align: usize) -> Option<Layout> {
        let layout = Layout::from_size_align(size.checked_add(align)?, align).ok()?;
        u32::try_from(layout.size()).is_ok().then_some(layout)
    }

    /// Writes the head of a block.
    fn block(start: NonNull<u8>, layout: Layout) -> *mut u8 {
        let head = BlockHead { size: layout.size() as u32, offset: layout.align() as u32 };
        // SAFETY: `layout` made room for it, and the alignment is at least that of the head.
        unsafe {
            let block = start.as_ptr().add(layout.align());
            block.sub(HEAD).cast::<BlockHead>().write(head);
            block
        }
    }

    fn allocate(&mut self, size: usize, align: usize) -> *mut u8 {
        let Some(layout) = Self::layout(size, align.max(ALIGN)) else { return null_mut() };
        let Some(start) = self.pool.allocate(layout) else { return null_mut() };
        self.count(layout.size(), 0);
        Self::block(start, layout)
    }

    /// What `block` was allocated as.
    unsafe fn start(block: NonNull<u8>) -> (NonNull<u8>, BlockHead) {
        // SAFETY: a block of this pool, promised by the caller.
        unsafe {
            let head = block.sub(HEAD).cast::<BlockHead>().read();
            (block.sub(head.offset as usize), head)
        }
    }

    unsafe fn reallocate(&mut self, block: NonNull<u8>, size: usize) -> *mut u8 {
        // SAFETY: a block of this pool, promised by the caller.
        unsafe {
            let (start, head) = Self::start(block);
            let Some(layout) = Self::layout(size, head.offset as usize) else { return null_mut() };
            let Some(start) = self.pool.reallocate(start, layout) else { return null_mut() };
            self.count(layout.size(), head.size as usize);
            Self::block(start, layout)
        }
    }

    unsafe fn free(&mut self, block: NonNull<u8>) {
        // SAFETY: a block of this pool, promised by the caller.
        unsafe {
            let (start, head) = Self::start(block);
            self.count(0, head.size as usize);
            self.pool.deallocate(start, head.offset as usize);
        }
    }
}

/// What runs with the source: the lock is for pools, the others have their own.
fn with<R>(pooled: impl FnOnce(&mut Pooled) -> R, other: impl FnOnce(&Source) -> R) -> R {
    // SAFETY: the kind of source does not change while the library is in use; the pool is used under the lock.
    unsafe {
        match &mut *SOURCE.0.get() {
            Source::Pool(pool) => LOCK.hold(|| pooled(pool)),
            source => other(source),
        }
    }
}

/// A size for allocators that count in 32 bits.
fn narrow(size: usize) -> Option<u32> {
    u32::try_from(size).ok()
}

/// A block of `size` bytes, at least one, or null.
pub(crate) fn allocate(size: usize) -> *mut u8 {
    let size = size.max(1);
    with(
        |pool| pool.allocate(size, ALIGN),
        |source| {
            match source {
                Source::Embedder(embedder) => narrow(size).map_or(null_mut(), |size| {
                    // SAFETY: the embedder promised that it is a `malloc`.
                    unsafe { (embedder.malloc)(size) }
                }),
                // SAFETY: nothing to get wrong.
                Source::System => unsafe { libc::malloc(size) },
                Source::None | Source::Pool(_) => null_mut(),
            }
            .cast()
        },
    )
}

/// Resizes a block; null, and the block as it was, if there is no memory.
///
/// # Safety
/// `block` is null or from here.
pub(crate) unsafe fn reallocate(block: *mut u8, size: usize) -> *mut u8 {
    let Some(block) = NonNull::new(block) else { return allocate(size) };
    let size = size.max(1);
    let address = block.as_ptr().cast();
    with(
        // SAFETY: promised by the caller, and so are those below.
        |pool| unsafe { pool.reallocate(block, size) },
        |source| {
            match source {
                Source::Embedder(embedder) => {
                    // SAFETY: see above.
                    narrow(size).map_or(null_mut(), |size| unsafe { (embedder.realloc)(address, size) })
                }
                // SAFETY: see above.
                Source::System => unsafe { libc::realloc(address, size) },
                Source::None | Source::Pool(_) => null_mut(),
            }
            .cast()
        },
    )
}

/// Frees a block.
///
/// # Safety
/// `block` is null or from here, and not used again.
pub(crate) unsafe fn free(block: *mut u8) {
    let Some(block) = NonNull::new(block) else { return };
    with(
        // SAFETY: promised by the caller, and so are those below.
        |pool| unsafe { pool.free(block) },
        |source| match source {
            // SAFETY: see above.
            Source::Embedder(embedder) => unsafe { (embedder.free)(block.as_ptr().cast()) },
            // SAFETY: see above.
            Source::System => unsafe { libc::free(block.as_ptr().cast()) },
            Source::None | Source::Pool(_) => {}
        },
    );
}

/// The same for the loader.
pub(crate) fn functions() -> Functions {
    unsafe extern "C" fn allocate_for_loader(_: *mut c_void, size: usize) -> *mut c_void {
        allocate(size).cast()
    }
    unsafe extern "C" fn reallocate_for_loader(_: *mut c_void, block: *mut c_void, size: usize) -> *mut c_void {
        // SAFETY: the loader's blocks are from here.
        unsafe { reallocate(block.cast(), size) }.cast()
    }
    unsafe extern "C" fn free_for_loader(_: *mut c_void, block: *mut c_void) {
        // SAFETY: the loader's blocks are from here.
        unsafe { free(block.cast()) }
    }
    Functions {
        allocate: allocate_for_loader,
        reallocate: reallocate_for_loader,
        free: free_for_loader,
        user_data: null_mut(),
    }
}

exported! {
    /// A block of memory from the runtime's allocator, aligned to 8 bytes; null if there is none.
    fn wasm_runtime_malloc(size: u32) -> *mut c_void {
        if size == 0 {
            warning!("wasm_runtime_malloc of 0 bytes: 1 byte is allocated");
        }
        allocate(size as usize).cast()
    }

    /// A block with an alignment, from a pool only; it cannot be resized.
    fn wasm_runtime_aligned_alloc(size: u32, alignment: u32) -> *mut c_void {
        let align = alignment as usize;
        let size = if size == 0 { align } else { size as usize };
        if !align.is_power_of_two() || !size.is_multiple_of(align) {
            warning!("wasm_runtime_aligned_alloc: the alignment must be a power of 2, and the size a multiple of it");
            return null_mut();
        }
        with(|pool| pool.allocate(size, align), |_| null_mut()).cast()
    }

    /// Resizes a block; null, and the block as it was, if there is no memory.
    fn wasm_runtime_realloc(block: *mut c_void, size: u32) -> *mut c_void {
        // SAFETY: the block is the client's promise.
        unsafe { reallocate(block.cast(), size as usize) }.cast()
    }

    /// Frees a block.
    fn wasm_runtime_free(block: *mut c_void) {
        if block.is_null() {
            warning!("wasm_runtime_free of a null pointer");
        }
        // SAFETY: the block is the client's promise.
        unsafe { free(block.cast()) }
    }

    /// How much of the pool is in use, in bytes; false if there is no pool.
    fn wasm_runtime_get_mem_alloc_info(info: *mut MemAllocInfo) -> bool {
        let found = with(
            |pool| {
                Some(MemAllocInfo {
                    total_size: pool.size as u32,
                    total_free_size: pool.size.saturating_sub(pool.used) as u32,
                    highmark_size: pool.most_used as u32,
                })
            },
            |_| None,
        );
        let (Some(found), false) = (found, info.is_null()) else { return false };
        // SAFETY: not null.
        unsafe { info.write(found) };
        true
    }
}
