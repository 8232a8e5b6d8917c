//! Texts of C: in buffers that cut them off, and ended by NUL.
#![allow(unsafe_code)] // Reads and writes memory of C.

use core::ffi::{CStr, c_char};
use core::fmt::{self, Write};

/// A text of at most `N - 1` bytes and a NUL. What does not fit is cut off.
#[derive(Clone, Copy)]
pub(crate) struct Text<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Text<N> {
    pub(crate) const EMPTY: Self = Self { bytes: [0; N], length: 0 };

    pub(crate) fn of(text: fmt::Arguments<'_>) -> Self {
        let mut made = Self::EMPTY;
        // Cutting off is not an error.
        let _ = made.write_fmt(text);
        made
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// What it says, without NUL.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// For C, as long as `self` stays.
    pub(crate) fn as_ptr(&self) -> *const c_char {
        self.bytes.as_ptr().cast()
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A character that was cut in two at the end is left out.
        let bytes = self.bytes.get(..self.length).unwrap_or_default();
        f.write_str(bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid()))
    }
}

impl<const N: usize> Write for Text<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.length..N.saturating_sub(1)).unwrap_or_default();
        for (to, from) in room.iter_mut().zip(text.bytes()) {
            *to = from;
            self.length += 1;
        }
        Ok(())
    }
}

/// Writes a text to an error buffer of C.
///
/// # Safety
/// `buffer` is null or has `size` bytes.
pub(crate) unsafe fn write_error(buffer: *mut c_char, size: u32, text: fmt::Arguments<'_>) {
    if buffer.is_null() || size == 0 {
        return;
    }
    // SAFETY: promised by the caller. Most buffers are 128 bytes; a longer text than 255 is never made.
    unsafe {
        let text = Text::<256>::of(text);
        let count = text.length.min(size as usize - 1);
        buffer.copy_from_nonoverlapping(text.as_ptr(), count);
        buffer.add(count).write(0);
    }
}

/// A text of C's.
///
/// # Safety
/// `text` is null or ends with NUL, and stays for `'a`.
pub(crate) unsafe fn bytes_of<'a>(text: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: promised by the caller.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// A text of C's that is UTF-8; empty if it is null or not.
///
/// # Safety
/// As for [`bytes_of`].
pub(crate) unsafe fn str_of<'a>(text: *const c_char) -> &'a str {
    // SAFETY: promised by the caller.
    unsafe { bytes_of(text) }.and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default()
}
