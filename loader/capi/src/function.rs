//! Functions of an instance.
#![allow(unsafe_code)] // C names and pointers.

use core::ffi::c_char;
use core::ptr::null_mut;

use graver_loader::format::ExternKind;
use graver_loader::{Extern, Func};

use crate::exported::exported;
use crate::inspect::kind_of;
use crate::instance::Inst;
use crate::list::Linked;
use crate::load::Mod;
use crate::lock::Lock;
use crate::log::error;
use crate::parts;
use crate::text::str_of;

/// `wasm_function_inst_t`: kept by its instance.
pub struct Function {
    next: *mut Self,
    func: Func,
    /// Whose it is: the first instance of the program, and the module. Only compared.
    root: *const Inst,
    module: *const Mod,
    /// Its number in the module.
    index: u32,
}

impl Linked for Function {
    fn next(&mut self) -> &mut *mut Self {
        &mut self.next
    }
}

/// The handle of a function; null if there is no memory.
///
/// # Safety
/// The instance lives, and the function is of its store.
pub(crate) unsafe fn handle(inst: *mut Inst, func: Func) -> *mut Function {
    // SAFETY: promised by the caller.
    LOCK.hold(|| unsafe {
        if let Some(known) = (*inst).functions.iter().find(|known| (**known).func == func) {
            return known;
        }
        let index = (*inst).instance.and_then(|instance| instance.index_of(&*(*inst).store(), func));
        let (root, module, index) = ((*inst).root, (*inst).module, index.unwrap_or(u32::MAX));
        (*inst).functions.add(Function { next: null_mut(), func, root, module, index })
    })
}

/// Held while an instance's list is used: threads of a program may look functions of its first instance up.
static LOCK: Lock = Lock::new();

/// What a handle stands for in calls to an instance: a handle that a thread brings along, of another instance of the same
/// module, stands for the function of that number. The loader refuses one of another module.
///
/// # Safety
/// The handle is one of the client's, and the instance lives.
pub(crate) unsafe fn seen_from(function: *const Function, inst: *const Inst) -> Func {
    // SAFETY: promised by the caller.
    unsafe {
        let Function { func, root, module, index, .. } = *function;
        if root == (*inst).root || module != (*inst).module {
            return func;
        }
        let own = (*inst).instance.and_then(|own| own.item(&*(*inst).store(), ExternKind::Function, index));
        if let Some(Extern::Func(own)) = own { own } else { func }
    }
}

/// The handle of an exported function; null if there is none.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn lookup(inst: *mut Inst, name: &str) -> *mut Function {
    // SAFETY: promised by the caller.
    unsafe {
        match parts::export(inst, name) {
            Some((inst, Extern::Func(func))) => handle(inst, func),
            _ => null_mut(),
        }
    }
}

/// Uses the types of a function as C numbers them: parameters, then results.
///
/// # Safety
/// The handle is null or one of the client's, and the instance is null or lives.
unsafe fn types<R>(function: *const Function, inst: *const Inst, none: R, body: impl FnOnce(&[u8], &[u8]) -> R) -> R {
    // SAFETY: promised by the caller.
    unsafe {
        if function.is_null() || inst.is_null() {
            return none;
        }
        let store = (*inst).store();
        match seen_from(function, inst).signature(&*store) {
            Ok(ty) => body(ty.raw_params(), ty.raw_results()),
            Err(_) => none,
        }
    }
}

unsafe fn write_kinds(raw: &[u8], to: *mut u8) {
    if to.is_null() {
        return;
    }
    for (index, raw) in raw.iter().enumerate() {
        // SAFETY: the client made room for as many as the function has.
        unsafe { to.add(index).write(kind_of(*raw)) };
    }
}

exported! {
    /// The exported function of a name; null if there is none. It stays as long as the instance. `$MODULE$NAME` is what another
    /// module of the program exports, here and where memories, tables and globals are looked up.
    fn wasm_runtime_lookup_function(inst: *mut Inst, name: *const c_char) -> *mut Function {
        if inst.is_null() || name.is_null() {
            return null_mut();
        }
        // SAFETY: an instance and a text of the client.
        unsafe { lookup(inst, str_of(name)) }
    }

    /// The function `_start` of a WASI command; null if there is none.
    fn wasm_runtime_lookup_wasi_start_function(inst: *mut Inst) -> *mut Function {
        if inst.is_null() {
            return null_mut();
        }
        // SAFETY: an instance of the client.
        unsafe {
            let function = lookup(inst, "_start");
            if types(function, inst, true, |params, results| !params.is_empty() || !results.is_empty()) {
                error!("there is no function _start without parameters and results");
                return null_mut();
            }
            function
        }
    }

    /// How many parameters a function has.
    fn wasm_func_get_param_count(function: *const Function, inst: *const Inst) -> u32 {
        // SAFETY: as promised to this function.
        unsafe { types(function, inst, 0, |params, _| params.len() as u32) }
    }

    /// How many results a function has.
    fn wasm_func_get_result_count(function: *const Function, inst: *const Inst) -> u32 {
        // SAFETY: as promised to this function.
        unsafe { types(function, inst, 0, |_, results| results.len() as u32) }
    }

    /// The kinds of all parameters, into an array of the client.
    fn wasm_func_get_param_types(function: *const Function, inst: *const Inst, to: *mut u8) {
        // SAFETY: as promised to this function.
        unsafe { types(function, inst, (), |params, _| write_kinds(params, to)) }
    }

    /// The kinds of all results, into an array of the client.
    fn wasm_func_get_result_types(function: *const Function, inst: *const Inst, to: *mut u8) {
        // SAFETY: as promised to this function.
        unsafe { types(function, inst, (), |_, results| write_kinds(results, to)) }
    }
}
