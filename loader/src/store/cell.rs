//! Places that generated code reads and writes while the loader keeps their addresses.
#![allow(unsafe_code)] // Shares memory with machine code.

use core::ptr::NonNull;

use crate::alloc::{Block, Buf, OutOfMemory};
use crate::runtime::Runtime;

/// A value that generated code uses too. It never runs while the loader looks: both are on one thread.
#[derive(Debug)]
pub(crate) struct Shared<T>(NonNull<T>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Shared<T> {}

impl<T: Copy> Shared<T> {
    /// # Safety
    /// The place is aligned, holds a `T`, and lives as long as the store in which this is kept.
    pub(crate) const unsafe fn new(place: NonNull<T>) -> Self {
        Self(place)
    }

    pub(crate) fn get(self) -> T {
        // SAFETY: see `new`.
        unsafe { self.0.read() }
    }

    pub(crate) fn set(self, value: T) {
        // SAFETY: see `new`.
        unsafe { self.0.write(value) }
    }

    /// For generated code.
    pub(crate) fn address(self) -> usize {
        self.0.expose_provenance().get()
    }
}

/// The context of an instance.
#[derive(Debug)]
pub(crate) struct Context<'m> {
    block: Block<'m>,
}

impl<'m> Context<'m> {
    /// All zeroes, at an address that stays. Offsets have 32 bits, so nothing larger is a context.
    pub(crate) fn new(runtime: &'m Runtime<'m>, size: u64) -> Result<Self, OutOfMemory> {
        let size = u32::try_from(size).ok().and_then(|size| usize::try_from(size).ok()).ok_or(OutOfMemory)?;
        Ok(Self { block: Block::zeroed(runtime.allocator(), size, align_of::<u64>())? })
    }

    /// For generated code.
    pub(crate) fn address(&self) -> usize {
        self.block.start().expose_provenance().get()
    }

    /// The place at a byte offset, which comes from [`graver_aot_format::abi::ContextLayout`] and so is inside and aligned.
    pub(crate) fn at<T: Copy>(&self, offset: u32) -> Shared<T> {
        let offset = offset as usize;
        // Never true; a layout that disagrees with its own size must not become a stray write.
        let is_outside = offset + size_of::<T>() > self.block.size() || !offset.is_multiple_of(align_of::<T>());
        assert!(!is_outside);
        // SAFETY: inside the block, which was initialised with zeroes (`T` is made of integers) and lives as long as the
        // instance, which the store keeps.
        unsafe { Shared::new(self.block.start().add(offset).cast()) }
    }
}

/// A value of the host's that generated code uses: stays where it is.
#[derive(Debug)]
pub(crate) struct Pinned<'m, T: Copy>(Buf<'m, T>);

impl<'m, T: Copy> Pinned<'m, T> {
    pub(crate) fn new(runtime: &'m Runtime<'m>, values: &[T]) -> Result<Self, OutOfMemory> {
        let mut buf = Buf::with_capacity(runtime.allocator(), values.len())?;
        for value in values {
            buf.push(*value)?;
        }
        Ok(Self(buf))
    }

    /// Value number `index`, if it exists.
    pub(crate) fn at(&self, index: usize) -> Option<Shared<T>> {
        // SAFETY: the buffer never grows, so the value stays; its owner is kept by the store.
        (index < self.0.len()).then(|| unsafe { Shared::new(self.0.start().add(index)) })
    }
}
