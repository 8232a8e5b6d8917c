//! Calls from the host into the guest.

mod cells;
mod enter;
mod typed;

pub(crate) use cells::{raw_of, read_val, val_of, with_cells, write_val};
pub(crate) use enter::{Entry, invoke, run, stack_pointer};
pub use typed::{Params, Results, TypedFunc, WasmType};
pub(crate) use typed::{sealed, signature_of};
