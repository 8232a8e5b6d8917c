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
    format!("{CALL_THUNK}{ty}")
}

/// The thunk that stands for a host function of type `ty`.
pub(crate) fn raw_thunk(ty: u32) -> String {
    format!("raw_thunk{ty}")
}

/// The thunk that stands for a native C function of type `ty`.
pub(crate) fn native_thunk(ty: u32) -> String {
    format!("native_thunk{ty}")
}

/// The thunk that calls init functions with this result.
pub(crate) fn init_thunk(ty: ValType) -> String {
    format!("{INIT_THUNK}{}", ty.name())
}

/// The routine that copies within memory `index`.
pub(crate) fn memory_copy(index: u32) -> String {
    format!("memory_copy{index}")
}

/// The routine that fills a part of memory `index`.
pub(crate) fn memory_fill(index: u32) -> String {
    format!("memory_fill{index}")
}

/// The entries of a constant table, which the linker makes.
pub(crate) fn constant_table(index: u32) -> String {
    format!("const_table{index}")
}

/// The index of a wasm function, from its symbol.
pub(crate) fn function_index(symbol: &str) -> Option<u32> {
    symbol.strip_prefix('f')?.parse().ok()
}

/// Everything that can stand for a host function of type `ty`, as far as there is such a thunk.
pub(crate) fn host_thunks(ty: u32) -> [String; 2] {
    [raw_thunk(ty), native_thunk(ty)]
}

/// What names of call thunks begin with.
pub(crate) const CALL_THUNK: &str = "call_thunk";

/// What names of thunks for init functions begin with.
pub(crate) const INIT_THUNK: &str = "init_thunk_";

/// The start of the text, which the linker defines.
pub(crate) const TEXT: &str = "graver_text";
