//! Moving bytes to where they may overlap themselves.
#![allow(unsafe_code)] // Works on raw memory.

/// `memmove`.
///
/// # Safety
/// All bytes are valid, and nobody else uses them. Ranges may overlap.
#[cfg(feature = "std")]
pub(crate) unsafe fn move_bytes(to: *mut u8, from: *const u8, length: usize) {
    // SAFETY: promised by the caller.
    unsafe { to.copy_from(from, length) }
}

/// `memmove` by `memcpy`, which boards have anyway: the other would take 1.5 KB of their flash.
///
/// # Safety
/// All bytes are valid, and nobody else uses them. Ranges may overlap.
#[cfg(not(feature = "std"))]
pub(crate) unsafe fn move_bytes(to: *mut u8, from: *const u8, length: usize) {
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

#[cfg(test)]
mod tests {
    use super::move_bytes;

    #[test]
    fn moves_of_any_distance_leave_what_memmove_leaves() {
        let original: [u8; 64] = core::array::from_fn(|index| index as u8);
        for (to, from) in (0..40).flat_map(|to| (0..40).map(move |from| (to, from))) {
            for length in [0, 1, 7, 8, 9, 24] {
                let (mut moved, mut expected) = (original, original);
                expected.copy_within(from..from + length, to);
                let start = moved.as_mut_ptr();
                // SAFETY: both ranges lie in the array.
                unsafe { move_bytes(start.add(to), start.add(from), length) };
                assert_eq!(moved, expected, "{length} from {from} to {to}");
            }
        }
    }
}
