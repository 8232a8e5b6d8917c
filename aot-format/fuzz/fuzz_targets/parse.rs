//! Any bytes: an error, or a view whose promises hold.
#![no_main]

extern crate alloc;

// The exercise names the format's types as its own crate's, because the unit tests share it.
pub(crate) use graver_aot_format::*;

#[path = "../exercise.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    exercise::exercise(bytes);
});
