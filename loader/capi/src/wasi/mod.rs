//! WASI for programs of the client: what they may see of the system, and the functions that they import.
//!
//! [`Settings`] are a module's or those of arguments for an instance, [`System`] is what an instance made of them has open.
#![allow(unsafe_code)] // C names and pointers.

#[cfg(feature = "wasi")]
mod host;
#[cfg(not(feature = "wasi"))]
mod none;

use core::ffi::{c_char, c_int};

#[cfg(feature = "wasi")]
pub(crate) use host::{Error, Function, Settings, System, find};
#[cfg(not(feature = "wasi"))]
pub(crate) use none::{Error, Function, Settings, System, find};

use crate::exported::exported;
use crate::load::Mod;
use crate::text::bytes_of;

/// An array of texts of a client.
#[derive(Clone, Copy)]
pub(crate) struct Texts {
    start: *const *const c_char,
    count: u32,
}

impl Texts {
    /// # Safety
    /// `start` is null or has `count` texts or nulls, which stay as long as the result is used.
    pub(crate) unsafe fn new(start: *const *const c_char, count: u32) -> Self {
        Self { start, count: if start.is_null() { 0 } else { count } }
    }

    /// All that are not null.
    #[cfg_attr(not(feature = "wasi"), expect(dead_code, reason = "there is no WASI to use them"))]
    fn iter(self) -> impl Iterator<Item = &'static [u8]> {
        // SAFETY: promised to `new`; uses end with the call of the client.
        (0..self.count as usize).filter_map(move |index| unsafe { bytes_of(*self.start.add(index)) })
    }
}

exported! {
    /// What instances of a module see of the system, if they import from WASI: directories by their own names and as
    /// `GUEST::HOST`, environment variables as `NAME=VALUE`, and arguments, the first of which is the program's name. All
    /// texts are copied.
    fn wasm_runtime_set_wasi_args(
        module: *mut Mod,
        dirs: *mut *const c_char,
        dir_count: u32,
        mapped_dirs: *mut *const c_char,
        mapped_dir_count: u32,
        env: *mut *const c_char,
        env_count: u32,
        argv: *mut *mut c_char,
        argc: c_int,
    ) {
        // SAFETY: as promised to this function.
        unsafe {
            wasm_runtime_set_wasi_args_ex(
                module, dirs, dir_count, mapped_dirs, mapped_dir_count, env, env_count, argv, argc, -1, -1, -1,
            );
        }
    }

    /// The same, with descriptors for the standard streams, which stay the client's; -1 for those of the process.
    fn wasm_runtime_set_wasi_args_ex(
        module: *mut Mod,
        dirs: *mut *const c_char,
        dir_count: u32,
        mapped_dirs: *mut *const c_char,
        mapped_dir_count: u32,
        env: *mut *const c_char,
        env_count: u32,
        argv: *mut *mut c_char,
        argc: c_int,
        stdin: i64,
        stdout: i64,
        stderr: i64,
    ) {
        // SAFETY: null, or a module and texts of the client.
        unsafe {
            let Some(module) = module.as_mut() else { return };
            module.wasi.set_dirs(Texts::new(dirs, dir_count), Texts::new(mapped_dirs, mapped_dir_count));
            module.wasi.set_env(Texts::new(env, env_count));
            module.wasi.set_args(Texts::new(argv.cast(), u32::try_from(argc).unwrap_or(0)));
            module.wasi.set_stdio([stdin, stdout, stderr]);
        }
    }

    /// Addresses that the sockets of instances may use, each as `ADDRESS/PREFIX`; without any there are no sockets.
    fn wasm_runtime_set_wasi_addr_pool(module: *mut Mod, pool: *mut *const c_char, size: u32) {
        // SAFETY: null, or a module and texts of the client.
        unsafe {
            let Some(module) = module.as_mut() else { return };
            module.wasi.set_addresses(Texts::new(pool, size));
        }
    }

    /// Names that instances may look up; a `*` at the start stands for anything.
    fn wasm_runtime_set_wasi_ns_lookup_pool(module: *mut Mod, pool: *mut *const c_char, size: u32) {
        // SAFETY: null, or a module and texts of the client.
        unsafe {
            let Some(module) = module.as_mut() else { return };
            module.wasi.set_names(Texts::new(pool, size));
        }
    }
}
