//! One value of any type at a fixed address: the box of this crate.
#![allow(unsafe_code)] // Forgets and remembers the type of a value.

use core::marker::PhantomData;
use core::ptr::NonNull;

use super::{Allocator, Block, OutOfMemory};

/// A value whose type has been forgotten, dropped with this.
#[derive(Debug)]
pub(crate) struct Owned<'a> {
    block: Block<'a>,
    drop: unsafe fn(NonNull<u8>),
    value: PhantomData<*mut ()>,
}

impl<'a> Owned<'a> {
    /// Moves `value` into memory of its own.
    pub(crate) fn new<T: 'a>(allocator: &'a Allocator<'a>, value: T) -> Result<Self, OutOfMemory> {
        /// SAFETY: `value` points to a `T` that is not used again.
        unsafe fn drop<T>(value: NonNull<u8>) {
            // SAFETY: see above.
            unsafe { value.cast::<T>().drop_in_place() }
        }
        let block = Block::zeroed(allocator, size_of::<T>(), align_of::<T>())?;
        // SAFETY: the block has the size and alignment of `T` (any aligned address will do for size 0).
        unsafe { block.start().cast::<T>().write(value) };
        Ok(Self { block, drop: drop::<T>, value: PhantomData })
    }

    /// Address of the value.
    pub(crate) fn start(&self) -> NonNull<u8> {
        self.block.start()
    }
}

impl Drop for Owned<'_> {
    fn drop(&mut self) {
        // SAFETY: `new` put the value there, and this is its last use.
        unsafe { (self.drop)(self.block.start()) }
    }
}
