//! The helper archive: definitions of the library symbols that LLVM calls.
//!
//! Arithmetic comes from a WebAssembly module of integer routines ([`WASM`], sources in `helpers/`): the compiler
//! translates the export that is needed into an object of its own. What cannot be expressed there is LLVM IR ([`Ir`]
//! text without triple or data layout, for the target at hand): routines on memory, and wrappers for calls that pass
//! floats in floating-point registers or return two values. Nothing here is ever merged with guest code, and every
//! function has the attribute `no-builtins`, so that LLVM does not recognise a `memcpy` within `memcpy`.
//!
//! [`Ir`]: Helper::Ir

mod ir;
#[cfg(test)]
mod tests;

use graver_targets::{LibraryBody, Target};

/// The module of helpers. Exports take and return `i32` and `i64` only, use no memory and cannot trap.
pub(crate) const WASM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/helpers.wasm"));

/// The symbol of an export that wrappers call is this and the export's name.
pub(crate) const EXPORT_PREFIX: &str = "graver_helper_";

/// What defines a library symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Helper {
    /// This export of [`WASM`], as a function with the symbol's name that has the export's integer parameters and result
    /// in the target's C convention, without a context.
    Export(&'static str),
    /// This IR, which defines the symbol in a section of its own.
    Ir(String),
}

/// What defines `symbol` on a target; `None` if LLVM has no business calling it.
pub(crate) fn find(target: &Target, symbol: &str) -> Option<Helper> {
    if let Some(export) = symbol.strip_prefix(EXPORT_PREFIX) {
        return exports_of(target).find(|known| *known == export).map(Helper::Export);
    }
    let call = target.library_call(symbol)?;
    Some(match call.body {
        LibraryBody::Export(export) => Helper::Export(export),
        LibraryBody::Wrapped { export, param, result } => Helper::Ir(ir::wrapper(symbol, export, param, result)),
        LibraryBody::DivMod { quotient } => Helper::Ir(ir::division_wrapper(symbol, quotient)),
        LibraryBody::WideDivision { is_signed, is_remainder } => {
            Helper::Ir(ir::wide_division(symbol, is_signed, is_remainder))
        }
        LibraryBody::Memory(routine) => Helper::Ir(ir::memory_routine(symbol, routine, target)),
    })
}

/// The exports that a target's library calls lead to.
pub(crate) fn exports_of(target: &Target) -> impl Iterator<Item = &'static str> {
    target.library.iter().flat_map(|group| group.iter()).filter_map(|call| match call.body {
        LibraryBody::Export(export)
        | LibraryBody::Wrapped { export, .. }
        | LibraryBody::DivMod { quotient: export } => Some(export),
        LibraryBody::WideDivision { .. } | LibraryBody::Memory(_) => None,
    })
}
