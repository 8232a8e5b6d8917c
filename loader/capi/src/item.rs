//! Exported globals.
#![allow(unsafe_code)] // C names and pointers.

use core::ffi::c_char;

use graver_loader::{Extern, Global, Mutability, Store};

use crate::exported::exported;
use crate::inspect::kind_of;
use crate::instance::Inst;
use crate::memory::parts;
use crate::parts::export;
use crate::text::str_of;
use crate::types::GlobalInst;

/// Changes the value of a global that may be constant, before code has run.
pub(crate) fn overwrite(store: &Store<'static>, global: Global, value: u64) {
    if let Ok(cell) = global.cells(store) {
        // SAFETY: cells of globals live as long as the store, and no code runs.
        unsafe { cell.write(value) };
    }
}

exported! {
    /// The exported global of a name: its kind, and where its value is, live. False if there is none.
    fn wasm_runtime_get_export_global_inst(inst: *mut Inst, name: *const c_char, to: *mut GlobalInst) -> bool {
        // SAFETY: a text of the client.
        let name = unsafe { str_of(name) };
        let found = parts(inst).and_then(|(store, _)| {
            let Some((_, Extern::Global(global))) = export(inst, name) else { return None };
            let ty = global.ty(&*store).ok()?;
            Some(GlobalInst {
                kind: kind_of(ty.value.raw()),
                is_mutable: ty.mutability == Mutability::Var,
                global_data: global.cells(&*store).ok()?.cast(),
            })
        });
        let (Some(found), false) = (found, to.is_null()) else { return false };
        // SAFETY: not null.
        unsafe { to.write(found) };
        true
    }
}
