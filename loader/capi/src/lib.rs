//! The embedding API of WAMR (`wasm_export.h`) for C programs, over Graver's loader.
//!
//! Every function that the header declares is defined here under its name, by [`exported`]; `docs/api.md` lists them with what
//! they do. The loader's own API is safe, this one cannot be: pointers come from C, and each function relies on what its
//! header says about them. What can be checked is checked: null pointers, handles that were destroyed, counts and types.
#![cfg_attr(not(feature = "std"), no_std)]
// Functions and what they point to are public by their names in C.
#![allow(unreachable_pub)]

mod alloc;
mod array;
mod builtin;
mod call;
mod context;
mod env;
mod exception;
mod exported;
mod externref;
mod function;
mod growth;
mod guest_heap;
mod heap;
mod imports;
mod inspect;
mod instance;
mod instantiate;
mod item;
mod libc;
mod list;
mod load;
mod lock;
mod log;
mod main_function;
mod memory;
#[cfg(feature = "native-lib")]
mod module_folder;
mod modules;
#[cfg(feature = "native-lib")]
mod native_lib;
mod natives;
mod package;
mod parts;
mod platform;
mod refused;
mod state;
mod table;
mod text;
mod threads;
mod types;
mod wasi;

pub use exported::{Exported, State};
#[cfg(feature = "native-lib")]
pub use native_lib::run as run_with_natives;
pub use types::*;

/// All functions of the header that this library defines.
pub fn exported() -> impl Iterator<Item = &'static Exported> {
    [
        alloc::EXPORTED,
        call::EXPORTED,
        context::EXPORTED,
        env::EXPORTED,
        exception::EXPORTED,
        externref::EXPORTED,
        function::EXPORTED,
        growth::EXPORTED,
        guest_heap::EXPORTED,
        inspect::EXPORTED,
        instance::EXPORTED,
        instantiate::EXPORTED,
        item::EXPORTED,
        load::EXPORTED,
        log::EXPORTED,
        main_function::EXPORTED,
        memory::EXPORTED,
        modules::EXPORTED,
        natives::EXPORTED,
        package::EXPORTED,
        refused::EXPORTED,
        state::EXPORTED,
        table::EXPORTED,
        threads::EXPORTED,
        wasi::EXPORTED,
    ]
    .into_iter()
    .flatten()
}

/// A panic is a bug of this library. On a board nothing can be said about it.
#[cfg(not(feature = "std"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    libc::abort_now()
}
