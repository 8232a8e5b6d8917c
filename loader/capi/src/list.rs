//! Things with an address that C knows, in lists.
#![allow(unsafe_code)] // Owns memory by raw pointers.

use core::ptr::{NonNull, null_mut};

use crate::alloc;

/// Something that is in one list.
pub(crate) trait Linked: Sized {
    /// The next in the list.
    fn next(&mut self) -> &mut *mut Self;
}

/// A list of values with fixed addresses, newest first.
#[derive(Debug)]
pub(crate) struct List<T>(*mut T);

impl<T> List<T> {
    pub(crate) const fn new() -> Self {
        Self(null_mut())
    }
}

impl<T: Linked> List<T> {
    /// Adds a value; null if there is no memory.
    pub(crate) fn add(&mut self, value: T) -> *mut T {
        let place = new(value);
        if let Some(place) = NonNull::new(place) {
            self.push(place);
        }
        place
    }

    /// Adds what [`new`] made.
    pub(crate) fn push(&mut self, mut place: NonNull<T>) {
        // SAFETY: whoever adds it owns it.
        *unsafe { place.as_mut() }.next() = self.0;
        self.0 = place.as_ptr();
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = *mut T> + use<T> {
        let mut next = self.0;
        core::iter::from_fn(move || {
            let place = NonNull::new(next)?;
            // SAFETY: what is in a list lives; the caller removes nothing while iterating.
            next = *unsafe { &mut *place.as_ptr() }.next();
            Some(place.as_ptr())
        })
    }

    /// Whether a pointer that C gave is one of them.
    pub(crate) fn contains(&self, value: *const T) -> bool {
        self.iter().any(|known| known.cast_const() == value)
    }

    /// Takes one out, and drops it; false if it is not there.
    pub(crate) fn remove(&mut self, value: *mut T) -> bool {
        let is_here = self.take(value);
        if is_here {
            // SAFETY: it was in the list.
            unsafe { drop_at(value) };
        }
        is_here
    }

    /// Takes one out, for the caller to drop; false if it is not there.
    pub(crate) fn take(&mut self, value: *mut T) -> bool {
        let mut link: *mut *mut T = &raw mut self.0;
        // SAFETY: links are those of values in the list.
        unsafe {
            while !(*link).is_null() {
                if *link == value {
                    *link = *(*value).next();
                    return true;
                }
                link = (**link).next();
            }
        }
        false
    }

    /// Takes the newest out, for the caller to drop; null if there is none.
    pub(crate) fn take_first(&mut self) -> *mut T {
        let first = self.0;
        if !first.is_null() {
            // SAFETY: it is in the list.
            self.0 = unsafe { *(*first).next() };
        }
        first
    }

    /// Takes all out, and drops them.
    pub(crate) fn clear(&mut self) {
        while let Some(first) = NonNull::new(self.take_first()) {
            // SAFETY: it was in the list.
            unsafe { drop_at(first.as_ptr()) };
        }
    }
}

/// Puts a value into memory of its own; null if there is none.
pub(crate) fn new<T>(value: T) -> *mut T {
    match Room::new() {
        Some(room) => room.put(value).as_ptr(),
        None => null_mut(),
    }
}

/// Memory for a value that is still to come: one that is large is then not on the stack twice.
pub(crate) struct Room<T>(NonNull<T>);

impl<T> Room<T> {
    /// `None` if there is no memory.
    pub(crate) fn new() -> Option<Self> {
        const { assert!(align_of::<T>() <= alloc::ALIGN) };
        NonNull::new(alloc::allocate(size_of::<T>()).cast::<T>()).map(Self)
    }

    /// Puts the value there, for good.
    pub(crate) fn put(self, value: T) -> NonNull<T> {
        let place = core::mem::ManuallyDrop::new(self).0;
        // SAFETY: large enough and aligned.
        unsafe { place.write(value) };
        place
    }
}

impl<T> Drop for Room<T> {
    fn drop(&mut self) {
        // SAFETY: nobody put anything there.
        unsafe { alloc::free(self.0.as_ptr().cast()) };
    }
}

/// Drops a value that [`new`] made.
///
/// # Safety
/// It is not used again.
pub(crate) unsafe fn drop_at<T>(place: *mut T) {
    // SAFETY: promised by the caller.
    unsafe {
        place.drop_in_place();
        alloc::free(place.cast());
    }
}
