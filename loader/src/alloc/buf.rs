//! A growable array whose every allocation can fail.
#![allow(unsafe_code)] // Keeps typed elements in raw memory.

use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use graver_aot_format::grown;

use super::{Allocator, Block, OutOfMemory};
use crate::bytes::Zero;

/// The vector of this crate.
#[derive(Debug)]
pub(crate) struct Buf<'a, T> {
    block: Block<'a>,
    length: usize,
    elements: PhantomData<T>,
}

impl<'a, T> Buf<'a, T> {
    /// Empty, without memory.
    pub(crate) fn new(allocator: &'a Allocator<'a>) -> Self {
        Self { block: Block::empty(allocator, align_of::<T>()), length: 0, elements: PhantomData }
    }

    /// Empty, with room for exactly `capacity` elements.
    pub(crate) fn with_capacity(allocator: &'a Allocator<'a>, capacity: usize) -> Result<Self, OutOfMemory> {
        let mut buf = Self::new(allocator);
        buf.block.grow(capacity.checked_mul(size_of::<T>()).ok_or(OutOfMemory)?)?;
        Ok(buf)
    }

    /// Makes room for `additional` more elements, which [`Self::push`] then adds without failing.
    pub(crate) fn reserve(&mut self, additional: usize) -> Result<(), OutOfMemory> {
        const { assert!(size_of::<T>() != 0) };
        reserve(&mut self.block, self.length, additional, size_of::<T>())
    }

    /// Appends an element.
    pub(crate) fn push(&mut self, value: T) -> Result<(), OutOfMemory> {
        self.reserve(1)?;
        // SAFETY: there is room, and the place holds no element yet.
        unsafe { self.start().add(self.length).write(value) };
        self.length += 1;
        Ok(())
    }

    /// Drops all elements but the first `length`.
    pub(crate) fn truncate(&mut self, length: usize) {
        if let Some(dropped) = self.get_mut(length..) {
            let dropped = core::ptr::from_mut(dropped);
            self.length = length;
            // SAFETY: the elements were initialised, and no longer belong to the buffer.
            unsafe { dropped.drop_in_place() }
        }
    }

    /// Address of the first element; elements stay where they are until the next growth.
    pub(crate) fn start(&self) -> NonNull<T> {
        self.block.start().cast()
    }
}

/// The same for all types, so that there is one of it.
#[inline(never)]
fn reserve(block: &mut Block<'_>, length: usize, additional: usize, size: usize) -> Result<(), OutOfMemory> {
    let bytes = |count: usize| count.checked_mul(size).ok_or(OutOfMemory);
    let needed = length.checked_add(additional).ok_or(OutOfMemory)?;
    if bytes(needed)? <= block.size() {
        return Ok(());
    }
    let wanted = grown(length, needed);
    match block.grow(bytes(wanted)?) {
        // A full pool may still have what is needed.
        Err(OutOfMemory) if wanted > needed => block.grow(bytes(needed)?),
        result => result,
    }
}

impl<T: Zero> Buf<'_, T> {
    /// Makes `count` elements of 0 of an empty buffer.
    pub(crate) fn fill_with_zeroes(&mut self, count: usize) -> Result<(), OutOfMemory> {
        self.reserve(count)?;
        // There is room, and all memory of a block is initialised, with 0 in the first place.
        self.length = count;
        Ok(())
    }
}

impl<T: Copy> Buf<'_, T> {
    /// Appends `count` elements, each `value`.
    pub(crate) fn extend(&mut self, value: T, count: usize) -> Result<(), OutOfMemory> {
        self.reserve(count)?;
        for _ in 0..count {
            // SAFETY: there is room, and the place holds no element yet.
            unsafe { self.start().add(self.length).write(value) };
            self.length += 1;
        }
        Ok(())
    }
}

impl<T> Deref for Buf<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: the first `length` elements are initialised.
        unsafe { core::slice::from_raw_parts(self.start().as_ptr(), self.length) }
    }
}

impl<T> DerefMut for Buf<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as for `deref`, and the borrow is exclusive.
        unsafe { core::slice::from_raw_parts_mut(self.start().as_ptr(), self.length) }
    }
}

impl<T> Drop for Buf<'_, T> {
    fn drop(&mut self) {
        // The block frees their memory.
        self.truncate(0);
    }
}
