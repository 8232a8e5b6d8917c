//! Values in blocks of the client's allocator.
#![allow(unsafe_code)] // Owns memory by raw pointers.

use core::ffi::c_char;
use core::ptr::NonNull;

use crate::alloc;

/// Values in a block of their own, none of which needs to be dropped.
pub(crate) struct Array<T: Copy> {
    start: NonNull<T>,
    length: usize,
}

impl<T: Copy> Array<T> {
    pub(crate) const EMPTY: Self = Self { start: NonNull::dangling(), length: 0 };

    /// `length` values; `None` if there is no memory.
    pub(crate) fn filled(value: T, length: usize) -> Option<Self> {
        const { assert!(align_of::<T>() <= alloc::ALIGN) };
        if length == 0 {
            return Some(Self::EMPTY);
        }
        let start = NonNull::new(alloc::allocate(length.checked_mul(size_of::<T>())?))?.cast::<T>();
        for index in 0..length {
            // SAFETY: there is room for `length` of them.
            unsafe { start.add(index).write(value) };
        }
        Some(Self { start, length })
    }

    pub(crate) fn get(&self) -> &[T] {
        // SAFETY: `filled` wrote all of them.
        unsafe { core::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }

    pub(crate) fn get_mut(&mut self) -> &mut [T] {
        // SAFETY: as above.
        unsafe { core::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }
}

impl Array<u8> {
    /// A copy.
    pub(crate) fn copy(bytes: &[u8]) -> Option<Self> {
        let mut copy = Self::filled(0, bytes.len())?;
        copy.get_mut().copy_from_slice(bytes);
        Some(copy)
    }

    /// A copy with NUL behind it.
    pub(crate) fn text(bytes: &[u8]) -> Option<Self> {
        let mut copy = Self::filled(0, bytes.len() + 1)?;
        copy.get_mut().iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Some(copy)
    }

    /// As C's text; empty if there is none.
    pub(crate) fn as_text(&self) -> *const c_char {
        if self.length == 0 { c"".as_ptr() } else { self.start.as_ptr().cast() }
    }
}

impl<T: Copy> Drop for Array<T> {
    fn drop(&mut self) {
        if self.length != 0 {
            // SAFETY: it is a block of the allocator.
            unsafe { alloc::free(self.start.as_ptr().cast()) };
        }
    }
}
