//! Moving and setting bytes.
#![allow(unsafe_code)] // Works on raw memory.

use core::mem::MaybeUninit;

/// `memmove`. The one that boards have takes 1.5 KB of their flash.
///
/// # Safety
/// All bytes are valid, and nobody else uses them. Ranges may overlap.
pub(crate) unsafe fn move_bytes(to: *mut u8, from: *const u8, length: usize) {
    // SAFETY: promised by the caller.
    unsafe { if cfg!(feature = "std") { to.copy_from(from, length) } else { move_in_steps(to, from, length) } }
}

/// `memmove` by `memcpy`, which all programs have.
///
/// # Safety
/// As for [`move_bytes`].
unsafe fn move_in_steps(to: *mut u8, from: *const u8, length: usize) {
    /// Below this a call costs more than it saves.
    const SHORT: usize = 8;
    let distance = to.addr().abs_diff(from.addr());
    let mut left = if distance == 0 { 0 } else { length };
    while left > 0 {
        // Steps no longer than the distance do not overlap themselves, and write what earlier ones have read.
        let step = if distance < SHORT { 1 } else { distance.min(left) };
        let at = if to.addr() < from.addr() { length - left } else { left - step };
        // SAFETY: the step lies within the ranges.
        unsafe {
            if step == 1 {
                to.add(at).write(from.add(at).read());
            } else {
                to.add(at).copy_from_nonoverlapping(from.add(at), step);
            }
        }
        left -= step;
    }
}

/// `memset`. One function for all bytes: Arm's runtime has routines of their own for bytes of 0.
///
/// # Safety
/// All bytes are valid, and nobody else uses them.
#[inline(never)]
pub(crate) unsafe fn set_bytes(start: *mut u8, byte: u8, length: usize) {
    // SAFETY: promised by the caller.
    unsafe { start.write_bytes(byte, length) }
}

/// Types for which bytes of 0 are a value.
///
/// # Safety
/// They are.
pub(crate) unsafe trait Zero: Copy {}

// SAFETY: integers and `false`.
unsafe impl Zero for bool {}
// SAFETY: as above.
unsafe impl Zero for u32 {}
// SAFETY: as above.
unsafe impl Zero for u64 {}
// SAFETY: as for the elements.
unsafe impl<T: Zero, const N: usize> Zero for [T; N] {}

/// The value that is all zeroes.
pub(crate) fn zeroed<T: Zero>() -> T {
    let mut value = MaybeUninit::<T>::uninit();
    // SAFETY: the bytes are the value's, and those of 0 are one of the type.
    unsafe {
        set_bytes(value.as_mut_ptr().cast(), 0, size_of::<T>());
        value.assume_init()
    }
}

#[cfg(test)]
mod tests {
    use super::move_in_steps;

    #[test]
    fn moves_of_any_distance_leave_what_memmove_leaves() {
        let original: [u8; 64] = core::array::from_fn(|index| index as u8);
        for (to, from) in (0..40).flat_map(|to| (0..40).map(move |from| (to, from))) {
            for length in [0, 1, 7, 8, 9, 24] {
                let (mut moved, mut expected) = (original, original);
                expected.copy_within(from..from + length, to);
                let start = moved.as_mut_ptr();
                // SAFETY: both ranges lie in the array.
                unsafe { move_in_steps(start.add(to), start.add(from), length) };
                assert_eq!(moved, expected, "{length} from {from} to {to}");
            }
        }
    }
}
