//! Calls from the host, in the three forms that C has for them.
#![allow(unsafe_code)] // C names and pointers; cells of calls.

use graver_loader::format::ExternKind;
use graver_loader::{CallError, Extern, Func, Store, Val as LoaderVal, ValType};

use crate::array::Array;
use crate::env::{self, Env};
use crate::exception::{self, Exception};
use crate::exported::exported;
use crate::function::{self, Function};
use crate::inspect::kind_of;
use crate::instance::Inst;
use crate::log::error;
use crate::threads;
use crate::types::{Val, ValOf, kind};

/// Does something that may run code of the guest. On failure the reason is the instance's exception, and a guest that
/// is under way will stop as well, unless its native clears the exception.
///
/// # Safety
/// The instance and the exec env live.
pub(crate) unsafe fn guarded(
    inst: *mut Inst,
    env: *mut Env,
    body: impl FnOnce(&mut Store<'static>) -> Result<(), CallError>,
) -> bool {
    // SAFETY: promised by the caller; no reference to the instance is held while code runs.
    unsafe {
        let inst = (*inst).root;
        let Some(outer) = (*inst).enter(env) else {
            error!("the instance runs on another thread, so the call is refused");
            return false;
        };
        if outer.is_outermost {
            (*inst).exception.clear_unless(|| (*inst).seat.is_stopped());
            if (*inst).seat.is_stopped() {
                (*inst).leave(&outer);
                return false;
            }
        }
        let outside = env::enter(env, inst);
        let mut store = (*inst).store();
        let native_env = store.set_native_env(env.cast());
        let stack_limit = store.set_stack_limit((*env).stack_limit());
        let result = body(&mut store);
        store.set_stack_limit(stack_limit);
        store.set_native_env(native_env);
        env::leave(env, outside);
        (*inst).leave(&outer);
        match &result {
            Ok(()) if outer.is_outermost && (*inst).exception.is_set() => {
                // Set where the guest could not be stopped, such as by who is told of a memory that does not grow.
                store.set_failure(None);
                threads::stop_others(inst);
                return false;
            }
            Ok(()) => {}
            Err(error) => {
                // A thread that ends itself leaves no exception.
                let is_leaving = (*inst).seat.is_leaving();
                if !is_leaving {
                    exception::keep(inst, error);
                }
                if store.is_running() {
                    store.set_failure(Some(CallError::code(0)));
                } else if !is_leaving {
                    threads::stop_others(inst);
                }
            }
        }
        result.is_ok()
    }
}

/// Cells that fit on the stack.
const FEW: usize = 16;

/// Calls a function whose cells `write` fills and `read` takes.
unsafe fn call_with_cells(
    env: *mut Env,
    func: Func,
    write: impl FnOnce(&mut Store<'static>, &[u8], &mut [u64]) -> Result<(), CallError>,
    read: impl FnOnce(&Store<'static>, &[u8], &[u64]),
) -> bool {
    // SAFETY: promised by the caller.
    unsafe {
        let inst = env::inst_of(env);
        guarded(inst, env, |store| {
            // Another copy, so that the type can be looked at while the store is used.
            let of_type = (*inst).store();
            let ty = func.signature(&*of_type)?;
            let cells = ty.cells();
            let mut few = [0; FEW];
            let mut many = Array::EMPTY;
            let cells = match few.get_mut(..cells) {
                Some(cells) => cells,
                None => {
                    many = Array::filled(0, cells).ok_or(graver_loader::OutOfMemory)?;
                    many.get_mut()
                }
            };
            write(store, ty.raw_params(), cells)?;
            func.call_raw(store, cells)?;
            read(store, ty.raw_results(), cells);
            drop(many);
            Ok(())
        })
    }
}

/// 32-bit words that a value takes in `argv`.
pub(crate) fn words_of(raw: u8) -> usize {
    match kind_of(raw) {
        kind::I64 | kind::F64 => 2,
        kind::V128 => 4,
        kind::EXTERNREF => size_of::<usize>() / 4,
        _ => 1,
    }
}

/// The reference by which code knows function number `index` of the instance; `u32::MAX` is null.
fn reference_of(inst: *mut Inst, store: &mut Store<'static>, index: u32) -> Result<u64, CallError> {
    if index == u32::MAX {
        return Ok(0);
    }
    // SAFETY: the instance is that of the call.
    let instance = unsafe { (*inst).instance };
    match instance.and_then(|instance| instance.item(store, ExternKind::Function, index)) {
        Some(Extern::Func(func)) => Ok(func.reference(store)? as u64),
        _ => Err(CallError::message("invalid function index")),
    }
}

/// The number of the function that a reference refers to; `u32::MAX` for null and for functions of others.
fn index_of(inst: *mut Inst, store: &Store<'static>, reference: u64) -> u32 {
    // SAFETY: the reference came out of cells of this store, and the instance is that of the call.
    unsafe {
        let func = Func::from_reference(store, reference as usize);
        let index = func.and_then(|func| (*inst).instance?.index_of(store, func));
        index.unwrap_or(u32::MAX)
    }
}

unsafe fn call_packed(env: *mut Env, func: Func, argc: u32, argv: *mut u32) -> bool {
    // SAFETY: promised by the caller: `argv` has room for arguments and results.
    unsafe {
        let inst = env::inst_of(env);
        let write = |store: &mut Store<'static>, params: &[u8], cells: &mut [u64]| {
            // A reference counts as one here, whatever it takes: clients of old counted so.
            let needed: usize =
                params.iter().map(|raw| if kind_of(*raw) == kind::EXTERNREF { 1 } else { words_of(*raw) }).sum();
            if (argc as usize) < needed || (argv.is_null() && needed != 0) {
                (*(*inst).root).exception.set(Exception::of(format_args!(
                    "Exception: invalid argument count {argc}, must be no smaller than {needed}"
                )));
                return Err(CallError::Signature);
            }
            let (mut word, mut cells) = (0, cells.iter_mut());
            let mut next = || cells.next();
            for raw in params {
                let low = u64::from(argv.add(word).read());
                let wide = |word: usize| low_high(argv, word);
                match kind_of(*raw) {
                    kind::FUNCREF => put(next(), reference_of(inst, store, low as u32)?),
                    kind::V128 => {
                        put(next(), wide(word));
                        put(next(), wide(word + 2));
                    }
                    _ if words_of(*raw) == 2 => put(next(), wide(word)),
                    _ => put(next(), low),
                }
                word += words_of(*raw);
            }
            Ok(())
        };
        let read = |store: &Store<'static>, results: &[u8], cells: &[u64]| {
            let (mut word, mut cells) = (0, cells.iter().copied());
            for raw in results {
                let cell = cells.next().unwrap_or(0);
                if kind_of(*raw) == kind::FUNCREF {
                    argv.add(word).write(index_of(inst, store, cell));
                } else {
                    put_words(argv.add(word), cell, words_of(*raw).min(2));
                    if words_of(*raw) == 4 {
                        put_words(argv.add(word + 2), cells.next().unwrap_or(0), 2);
                    }
                }
                word += words_of(*raw);
            }
        };
        call_with_cells(env, func, write, read)
    }
}

fn put(cell: Option<&mut u64>, value: u64) {
    if let Some(cell) = cell {
        *cell = value;
    }
}

/// Two words as the machine keeps 64 bits.
unsafe fn low_high(argv: *mut u32, word: usize) -> u64 {
    // SAFETY: promised by the caller.
    unsafe { argv.add(word).cast::<u64>().read_unaligned() }
}

unsafe fn put_words(to: *mut u32, value: u64, words: usize) {
    // SAFETY: promised by the caller. All machines that images exist for are little-endian.
    unsafe {
        to.write(value as u32);
        if words == 2 {
            to.add(1).write((value >> 32) as u32);
        }
    }
}

unsafe fn call_with_values(
    env: *mut Env,
    func: Func,
    (result_count, results): (u32, *mut Val),
    (arg_count, args): (u32, *const Val),
) -> bool {
    // SAFETY: promised by the caller: the arrays are as long as their counts say.
    unsafe {
        let inst = env::inst_of(env);
        let store = (*inst).store();
        let Ok(ty) = func.signature(&*store) else { return false };
        if ty.params().len() != arg_count as usize || ty.results().len() != result_count as usize {
            error!("the function has {} parameters and {} results", ty.params().len(), ty.results().len());
            return false;
        }
        if (args.is_null() && arg_count != 0) || (results.is_null() && result_count != 0) {
            error!("arguments or results are null");
            return false;
        }
        for (index, raw) in ty.raw_params().iter().enumerate() {
            let kind = (*args.add(index)).kind;
            if kind != kind_of(*raw) || kind == kind::V128 {
                error!("argument {index} is of kind {kind}, the parameter of kind {}", kind_of(*raw));
                return false;
            }
        }
        let write = |store: &mut Store<'static>, params: &[u8], cells: &mut [u64]| {
            for ((index, raw), cell) in params.iter().enumerate().zip(cells) {
                let of = (*args.add(index)).of;
                *cell = match kind_of(*raw) {
                    kind::I32 | kind::F32 => u64::from(of.i32.cast_unsigned()),
                    kind::FUNCREF => reference_of(inst, store, of.i32.cast_unsigned())?,
                    kind::EXTERNREF => of.foreign as u64,
                    _ => of.bits,
                };
            }
            Ok(())
        };
        let read = |store: &Store<'static>, types: &[u8], cells: &[u64]| {
            for ((index, raw), cell) in types.iter().enumerate().zip(cells) {
                let kind = kind_of(*raw);
                let bits = match kind {
                    kind::I32 | kind::F32 => u64::from(*cell as u32),
                    kind::FUNCREF => u64::from(index_of(inst, store, *cell)),
                    _ => *cell,
                };
                results.add(index).write(Val { kind, padding: [0; 7], of: ValOf { bits } });
            }
        };
        call_with_cells(env, func, write, read)
    }
}

/// Why a function is not called that has another type.
pub(crate) const OTHER_TYPE: &str = "indirect call type mismatch";

/// The function in an element of the instance's first table, or why there is none.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn element(inst: *mut Inst, index: u32) -> Result<Func, &'static str> {
    // SAFETY: promised by the caller.
    unsafe {
        let store = (*inst).store();
        let Some(instance) = (*inst).instance else { return Err("undefined element") };
        match instance.table_element(&*store, 0, u64::from(index)) {
            None => Err("undefined element"),
            Some(LoaderVal::FuncRef(Some(func))) => Ok(func),
            Some(value) if value.ty() == ValType::FuncRef => Err("uninitialized element"),
            Some(_) => Err(OTHER_TYPE),
        }
    }
}

/// The instance of an exec env for a call; null, with a message, if there is none.
///
/// # Safety
/// The exec env is null or lives.
unsafe fn callee(env: *const Env, what: &str) -> *mut Inst {
    // SAFETY: promised by the caller.
    let inst = unsafe { env::inst_of(env) };
    if inst.is_null() {
        error!("{what}: no exec env, or one whose instance was deinstantiated");
    }
    inst
}

exported! {
    /// Calls a function. Arguments are 32-bit words in `argv`, two for 64 bits; results overwrite them. False if the call
    /// failed: `wasm_runtime_get_exception` says why.
    fn wasm_runtime_call_wasm(env: *mut Env, function: *const Function, argc: u32, argv: *mut u32) -> bool {
        if function.is_null() {
            error!("wasm_runtime_call_wasm: no function");
            return false;
        }
        // SAFETY: as promised to this function.
        unsafe {
            let inst = callee(env, "wasm_runtime_call_wasm");
            !inst.is_null() && call_packed(env, function::seen_from(function, inst), argc, argv)
        }
    }

    /// Calls a function with values that know their kinds. Counts and kinds that are not the function's are an error without
    /// an exception.
    fn wasm_runtime_call_wasm_a(
        env: *mut Env,
        function: *const Function,
        result_count: u32,
        results: *mut Val,
        arg_count: u32,
        args: *const Val,
    ) -> bool {
        if function.is_null() {
            error!("wasm_runtime_call_wasm_a: no function");
            return false;
        }
        // SAFETY: as promised to this function.
        unsafe {
            let inst = callee(env, "wasm_runtime_call_wasm_a");
            if inst.is_null() {
                return false;
            }
            let func = function::seen_from(function, inst);
            call_with_values(env, func, (result_count, results), (arg_count, args))
        }
    }

    /// Calls the function in an element of table 0. Its type is not checked: arguments must be those that it has.
    fn wasm_runtime_call_indirect(env: *mut Env, index: u32, argc: u32, argv: *mut u32) -> bool {
        // SAFETY: as promised to this function.
        unsafe {
            let inst = callee(env, "wasm_runtime_call_indirect");
            if inst.is_null() {
                return false;
            }
            match element(inst, index) {
                Ok(func) => call_packed(env, func, argc, argv),
                Err(text) => {
                    exception::set(inst, format_args!("{text}"));
                    false
                }
            }
        }
    }
}
