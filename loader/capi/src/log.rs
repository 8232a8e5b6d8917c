//! Messages for whoever reads the output.
#![allow(unsafe_code)] // C names; a word without atomic operations.

use core::fmt::{self, Write};

use crate::exported::exported;
use crate::libc::Output;

/// Errors that the C API cannot report otherwise.
pub(crate) const ERROR: i32 = 1;
/// What may be a mistake.
pub(crate) const WARNING: i32 = 2;

#[cfg(feature = "std")]
mod level {
    use core::sync::atomic::{AtomicI32, Ordering};

    static LEVEL: AtomicI32 = AtomicI32::new(super::WARNING);

    pub(super) fn get() -> i32 {
        LEVEL.load(Ordering::Relaxed)
    }

    pub(super) fn set(level: i32) {
        LEVEL.store(level, Ordering::Relaxed);
    }
}

/// Some boards have no atomic operations, not even as calls.
#[cfg(not(feature = "std"))]
mod level {
    use core::cell::UnsafeCell;

    struct Level(UnsafeCell<i32>);

    // SAFETY: a word that is read and written as a whole; without `std` this library knows of no threads.
    unsafe impl Sync for Level {}

    static LEVEL: Level = Level(UnsafeCell::new(super::WARNING));

    pub(super) fn get() -> i32 {
        // SAFETY: nobody has a reference to it.
        unsafe { LEVEL.0.get().read_volatile() }
    }

    pub(super) fn set(level: i32) {
        // SAFETY: nobody has a reference to it.
        unsafe { LEVEL.0.get().write_volatile(level) }
    }
}

/// Prints a line, if the level allows it.
pub(crate) fn log(level: i32, text: fmt::Arguments<'_>) {
    if level <= level::get() {
        let kind = if level == ERROR { "error" } else { "warning" };
        // Printing to standard output does not fail here.
        let _ = writeln!(Output, "{kind}: {text}");
    }
}

macro_rules! warning {
    ($($arguments:tt)*) => { $crate::log::log($crate::log::WARNING, format_args!($($arguments)*)) };
}
macro_rules! error {
    ($($arguments:tt)*) => { $crate::log::log($crate::log::ERROR, format_args!($($arguments)*)) };
}
pub(crate) use {error, warning};

exported! {
    /// Chooses which messages are printed: 0 fatal, 1 errors, 2 warnings (the default), 3 and 4 more.
    fn wasm_runtime_set_log_level(level: i32) {
        level::set(level);
    }
}
