//! Names of symbols in objects.

use graver_aot_format::ValType;

/// Wasm function `index`.
pub(crate) fn function(index: u32) -> String {
    format!("f{index}")
}

/// The function that computes constant expression `number`.
pub(crate) fn init(number: u32) -> String {
    format!("init{number}")
}

/// The thunk that calls functions of type `ty` with cells.
pub(crate) fn call_thunk(ty: u32) -> String {
    format!("call_thunk{ty}")
}

/// The thunk that stands for a host function of type `ty`.
pub(crate) fn raw_thunk(ty: u32) -> String {
    format!("raw_thunk{ty}")
}

/// The thunk that calls init functions with this result.
pub(crate) fn init_thunk(ty: ValType) -> String {
    format!("init_thunk_{}", ty.name())
}

/// The entries of a constant table, which the linker makes.
pub(crate) fn constant_table(index: u32) -> String {
    format!("const_table{index}")
}

/// The start of the text, which the linker defines.
pub(crate) const TEXT: &str = "graver_text";
