//! Kinds of files: which of them bytes are.
#![allow(unsafe_code)] // C names and pointers.

use core::ffi::c_uint;

use graver_loader::format::{MAGIC, VERSION};

use crate::exported::exported;
use crate::load::Mod;

// `package_type_t`.
pub(crate) const BYTECODE: c_uint = 0;
pub(crate) const IMAGE: c_uint = 1;
pub(crate) const UNKNOWN: c_uint = 0xFFFF;

const WASM_MAGIC: &[u8] = b"\0asm";

/// What bytes are.
pub(crate) fn of(bytes: &[u8]) -> c_uint {
    if bytes.starts_with(&MAGIC) {
        IMAGE
    } else if bytes.starts_with(WASM_MAGIC) {
        BYTECODE
    } else {
        UNKNOWN
    }
}

/// The bytes of a client.
///
/// # Safety
/// `bytes` is null or has `size` bytes for `'a`.
pub(crate) unsafe fn client_bytes<'a>(bytes: *const u8, size: u32) -> &'a [u8] {
    if bytes.is_null() {
        return &[];
    }
    // SAFETY: promised by the caller.
    unsafe { core::slice::from_raw_parts(bytes, size as usize) }
}

exported! {
    /// What kind of file bytes are: 0 bytecode, 1 an image, 0xFFFF neither.
    fn wasm_runtime_get_file_package_type(bytes: *const u8, size: u32) -> c_uint {
        // SAFETY: bytes of the client.
        of(unsafe { client_bytes(bytes, size) })
    }

    /// The older name of `wasm_runtime_get_file_package_type`.
    fn get_package_type(bytes: *const u8, size: u32) -> c_uint {
        // SAFETY: as promised to this function.
        unsafe { wasm_runtime_get_file_package_type(bytes, size) }
    }

    /// What kind of file a module was: 1, an image.
    fn wasm_runtime_get_module_package_type(module: *const Mod) -> c_uint {
        if module.is_null() { UNKNOWN } else { IMAGE }
    }

    /// The version in the header of bytes; 0 if there is none.
    fn wasm_runtime_get_file_package_version(bytes: *const u8, size: u32) -> u32 {
        // SAFETY: bytes of the client.
        let bytes = unsafe { client_bytes(bytes, size) };
        match (of(bytes), bytes.get(4..8)) {
            (UNKNOWN, _) | (_, None) => 0,
            (_, Some(version)) => version.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)),
        }
    }

    /// The version of a module's image; 0 without one.
    fn wasm_runtime_get_module_package_version(module: *const Mod) -> u32 {
        // SAFETY: null, or a module of the client.
        unsafe { module.as_ref() }.map_or(0, |_| VERSION)
    }

    /// The version that the library loads; 0 for what it does not.
    fn wasm_runtime_get_current_package_version(package_type: c_uint) -> u32 {
        match package_type {
            IMAGE => VERSION,
            BYTECODE => 1,
            _ => 0,
        }
    }

    /// Whether bytes are an image that can run where they are: every image can, as far as the machine allows it.
    fn wasm_runtime_is_xip_file(bytes: *const u8, size: u32) -> bool {
        // SAFETY: bytes of the client.
        of(unsafe { client_bytes(bytes, size) }) == IMAGE
    }
}
