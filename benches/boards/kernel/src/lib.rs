//! One kernel for boards, without an operating system: what it allocates comes from a small array, on either side.

#![no_std]

extern crate alloc;

#[path = "../../../kernels/src/coremark.rs"]
mod coremark;
#[path = "../../../kernels/src/random.rs"]
#[expect(dead_code, reason = "other kernels use the rest")]
mod random;

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::null_mut;

/// Rounds of the kernel; returns a checksum of all it computes.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn run_coremark(rounds: u32) -> u64 {
    ARENA.clear();
    coremark::run(rounds)
}

const ARENA_BYTES: usize = 8 * 1024;

/// Memory that is only ever taken, until the kernel starts again.
#[repr(C, align(8))]
struct Arena {
    bytes: UnsafeCell<[u8; ARENA_BYTES]>,
    used: UnsafeCell<usize>,
}

#[global_allocator]
static ARENA: Arena = Arena { bytes: UnsafeCell::new([0; ARENA_BYTES]), used: UnsafeCell::new(0) };

// SAFETY: boards and modules run the kernel on one thread.
unsafe impl Sync for Arena {}

impl Arena {
    fn clear(&self) {
        // SAFETY: one thread; everything that was allocated has been dropped at the end of the run before.
        unsafe { *self.used.get() = 0 };
    }
}

// SAFETY: blocks do not overlap, are aligned, and lie within the array.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: one thread.
        let used = unsafe { &mut *self.used.get() };
        let start = used.next_multiple_of(layout.align());
        if layout.align() > align_of::<Self>() || layout.size() > ARENA_BYTES.saturating_sub(start) {
            return null_mut();
        }
        *used = start + layout.size();
        self.bytes.get().cast::<u8>().wrapping_add(start)
    }

    unsafe fn dealloc(&self, _block: *mut u8, _layout: Layout) {}
}

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
