//! Exported tables.
#![allow(unsafe_code)] // C names and pointers.

use core::ffi::c_char;
use core::ptr::null_mut;

use graver_loader::{Extern, Func};

use crate::exported::exported;
use crate::function::{self, Function};
use crate::inspect::kind_of;
use crate::instance::Inst;
use crate::memory::parts;
use crate::parts::export;
use crate::text::str_of;
use crate::types::{TableInst, kind};

exported! {
    /// The exported table of a name: what it has now, until it grows. False if there is none.
    fn wasm_runtime_get_export_table_inst(inst: *mut Inst, name: *const c_char, to: *mut TableInst) -> bool {
        // SAFETY: a text of the client.
        let name = unsafe { str_of(name) };
        let found = parts(inst).and_then(|(store, _)| {
            let Some((_, Extern::Table(table))) = export(inst, name) else { return None };
            let ty = table.ty(&*store).ok()?;
            Some(TableInst {
                elem_kind: kind_of(ty.element.raw()),
                cur_size: u32::try_from(table.size(&*store).ok()?).ok()?,
                max_size: ty.maximum.and_then(|maximum| u32::try_from(maximum).ok()).unwrap_or(u32::MAX),
                elems: table.elements(&*store).ok()?.as_ptr().cast_mut().cast(),
            })
        });
        let (Some(found), false) = (found, to.is_null()) else { return false };
        // SAFETY: not null.
        unsafe { to.write(found) };
        true
    }

    /// The function in an element of a table; null if there is none.
    fn wasm_table_get_func_inst(inst: *mut Inst, table: *const TableInst, index: u32) -> *mut Function {
        // SAFETY: null, or a table that this library described and that has not grown since.
        unsafe {
            let (Some(table), Some((store, _))) = (table.as_ref(), parts(inst)) else { return null_mut() };
            if index >= table.cur_size || table.elem_kind != kind::FUNCREF || table.elems.is_null() {
                return null_mut();
            }
            let reference = table.elems.cast::<usize>().add(index as usize).read();
            let func = Func::from_reference(&*store, reference);
            func.map_or(null_mut(), |func| function::handle(inst, func))
        }
    }
}
