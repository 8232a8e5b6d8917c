//! A block of memory that frees itself.
#![allow(unsafe_code)] // Owns raw memory.

use core::alloc::Layout;
use core::ptr::NonNull;

use super::{Allocator, OutOfMemory};
use crate::bytes::set_bytes;

/// Bytes from the allocator, initialised, at a fixed address until they are resized.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    start: NonNull<u8>,
    layout: Layout,
    allocator: &'a Allocator<'a>,
}

impl<'a> Block<'a> {
    /// A block without memory.
    pub(crate) fn empty(allocator: &'a Allocator<'a>, align: usize) -> Self {
        let layout = Layout::from_size_align(0, align).unwrap_or(Layout::new::<u64>());
        // An address that is aligned and not null, and is never used.
        let start = NonNull::without_provenance(
            core::num::NonZero::<usize>::MIN
                .saturating_mul(core::num::NonZero::new(layout.align()).unwrap_or(core::num::NonZero::<usize>::MIN)),
        );
        Self { start, layout, allocator }
    }

    /// `size` bytes of 0.
    pub(crate) fn zeroed(allocator: &'a Allocator<'a>, size: usize, align: usize) -> Result<Self, OutOfMemory> {
        let mut block = Self::empty(allocator, align);
        if size != 0 {
            let layout = Layout::from_size_align(size, align).map_err(|_| OutOfMemory)?;
            block = Self { start: allocator.allocate_zeroed(layout).ok_or(OutOfMemory)?, layout, allocator };
        }
        Ok(block)
    }

    /// Makes the block larger; new bytes are 0. On failure it is as before.
    pub(crate) fn grow(&mut self, size: usize) -> Result<(), OutOfMemory> {
        let old = self.layout.size();
        if size <= old {
            return Ok(());
        }
        if old == 0 {
            *self = Self::zeroed(self.allocator, size, self.layout.align())?;
            return Ok(());
        }
        let layout = Layout::from_size_align(size, self.layout.align()).map_err(|_| OutOfMemory)?;
        // SAFETY: the block is ours, and neither size is 0.
        let start = unsafe { self.allocator.reallocate(self.start, self.layout, size) }.ok_or(OutOfMemory)?;
        // SAFETY: the block now has `size` bytes, of which the last are new.
        unsafe { set_bytes(start.add(old).as_ptr(), 0, size - old) };
        (self.start, self.layout) = (start, layout);
        Ok(())
    }

    /// Address of the first byte.
    pub(crate) fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Bytes.
    pub(crate) fn size(&self) -> usize {
        self.layout.size()
    }
}

impl Drop for Block<'_> {
    fn drop(&mut self) {
        if self.layout.size() != 0 {
            // SAFETY: the block is ours and this is its last use.
            unsafe { self.allocator.free(self.start, self.layout) };
        }
    }
}
