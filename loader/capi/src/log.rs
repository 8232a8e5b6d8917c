//! Messages for whoever reads the output.
#![allow(unsafe_code)] // C names.

use core::fmt::{self, Write};
use core::sync::atomic::{AtomicI32, Ordering};

use crate::exported::exported;
use crate::libc::Output;

/// Errors that the C API cannot report otherwise.
pub(crate) const ERROR: i32 = 1;
/// What may be a mistake.
pub(crate) const WARNING: i32 = 2;

static LEVEL: AtomicI32 = AtomicI32::new(WARNING);

/// Prints a line, if the level allows it.
pub(crate) fn log(level: i32, text: fmt::Arguments<'_>) {
    if level <= LEVEL.load(Ordering::Relaxed) {
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
        LEVEL.store(level, Ordering::Relaxed);
    }
}
