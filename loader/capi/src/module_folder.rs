//! `graver-run --native-lib --module-path DIR`: modules that a program imports from, each in `DIR/NAME.aot`.
#![allow(unsafe_code)] // Names and buffers of C.

use std::ffi::{c_char, c_uint};
use std::fs;
use std::path::{Path, PathBuf};
use std::ptr::slice_from_raw_parts_mut;
use std::sync::OnceLock;

use crate::modules::wasm_runtime_set_module_reader;
use crate::text::str_of;

static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Makes the library read modules from a folder, for good.
pub(crate) fn read_from(folder: &Path) {
    FOLDER.get_or_init(|| folder.to_owned());
    // SAFETY: these are such functions.
    unsafe { wasm_runtime_set_module_reader(Some(read), Some(give_back)) };
}

unsafe extern "C" fn read(_: c_uint, name: *const c_char, start: *mut *mut u8, size: *mut u32) -> bool {
    // SAFETY: the library calls this with a text, and places for the results.
    unsafe {
        let name = str_of(name);
        // A name is no path.
        let Some(folder) = FOLDER.get().filter(|_| !name.is_empty() && !name.contains('/')) else { return false };
        let Ok(bytes) = fs::read(folder.join(format!("{name}.aot"))) else { return false };
        let Ok(length) = u32::try_from(bytes.len()) else { return false };
        start.write(Box::leak(bytes.into_boxed_slice()).as_mut_ptr());
        size.write(length);
    }
    true
}

unsafe extern "C" fn give_back(start: *mut u8, size: u32) {
    // SAFETY: the library gives back what `read` gave, once.
    drop(unsafe { Box::from_raw(slice_from_raw_parts_mut(start, size as usize)) });
}
