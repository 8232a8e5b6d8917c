//! What the library uses of C's: the client's own, so that output and blocks mix with the client's.
#![allow(unsafe_code)] // Declares and calls functions of C.

use core::ffi::{c_char, c_double, c_int, c_ulong, c_ulonglong, c_void};

unsafe extern "C" {
    pub(crate) fn malloc(size: usize) -> *mut c_void;
    pub(crate) fn realloc(block: *mut c_void, size: usize) -> *mut c_void;
    pub(crate) fn free(block: *mut c_void);
    pub(crate) fn snprintf(to: *mut c_char, size: usize, format: *const c_char, ...) -> c_int;
    pub(crate) fn strtoul(text: *const c_char, end: *mut *mut c_char, base: c_int) -> c_ulong;
    pub(crate) fn strtoull(text: *const c_char, end: *mut *mut c_char, base: c_int) -> c_ulonglong;
    pub(crate) fn strtod(text: *const c_char, end: *mut *mut c_char) -> c_double;
    pub(crate) fn strtof(text: *const c_char, end: *mut *mut c_char) -> f32;
    fn putchar(byte: c_int) -> c_int;
    #[cfg(not(feature = "std"))]
    fn abort() -> !;
}

/// Ends the program.
#[cfg(not(feature = "std"))]
pub(crate) fn abort_now() -> ! {
    // SAFETY: nothing to get wrong.
    unsafe { abort() }
}

/// Writes a byte to C's standard output.
pub(crate) fn put_byte(byte: u8) {
    // SAFETY: nothing to get wrong.
    unsafe { putchar(c_int::from(byte)) };
}

/// C's standard output.
pub(crate) struct Output;

impl core::fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        text.bytes().for_each(put_byte);
        Ok(())
    }
}
