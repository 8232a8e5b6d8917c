//! The exception of a program: why the last call into its instances failed.
#![allow(unsafe_code)] // C names and pointers.

use core::ffi::c_char;
use core::fmt;
use core::ptr::null;

use graver_loader::CallError;

use crate::exported::exported;
use crate::instance::Inst;
use crate::text::{Text, str_of};

/// An exception, with its prefix.
pub(crate) type Exception = Text<128>;

/// What a program that ended itself leaves as an exception.
pub(crate) const PROC_EXIT: &str = "wasi proc exit";

/// Sets the exception. If this is in a native, the guest stops when that returns.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn set(inst: *mut Inst, text: fmt::Arguments<'_>) {
    // SAFETY: promised by the caller.
    unsafe {
        (*(*inst).root).exception = Exception::of(format_args!("Exception: {text}"));
        let mut store = (*inst).store();
        if store.is_running() {
            store.set_failure(Some(CallError::code(0)));
        }
    }
}

/// Forgets the exception, and does not stop a guest that would have stopped for it.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn clear(inst: *mut Inst) {
    // SAFETY: promised by the caller.
    unsafe {
        (*(*inst).root).exception = Exception::EMPTY;
        let mut store = (*inst).store();
        if store.is_running() {
            store.set_failure(None);
        }
    }
}

/// Makes the failure of a call the exception, unless a native has set a better one.
///
/// # Safety
/// The instance lives, and no code of it runs above this call.
pub(crate) unsafe fn keep(inst: *mut Inst, error: &CallError) {
    // SAFETY: promised by the caller.
    unsafe {
        let inst = (*inst).root;
        match error {
            CallError::Exit(code) => {
                (*inst).exit_code = code.cast_unsigned();
                (*inst).exception = Exception::of(format_args!("Exception: {PROC_EXIT}"));
            }
            _ if !(*inst).exception.is_empty() => {}
            error => (*inst).exception = Exception::of(format_args!("Exception: {error}")),
        }
    }
}

exported! {
    /// Why the last call failed: `Exception: ...`, valid until the next call; null if it did not.
    fn wasm_runtime_get_exception(inst: *mut Inst) -> *const c_char {
        // SAFETY: null, or an instance of the client, whose root lives as long.
        match unsafe { inst.as_ref().map(|inst| &*inst.root) } {
            Some(root) if !root.exception.is_empty() => root.exception.as_ptr(),
            _ => null(),
        }
    }

    /// Sets the exception, with the prefix; in a native, the guest stops when that returns. Null clears it.
    fn wasm_runtime_set_exception(inst: *mut Inst, exception: *const c_char) {
        if inst.is_null() {
            return;
        }
        // SAFETY: an instance and a text of the client.
        unsafe {
            match exception.is_null() {
                true => clear(inst),
                false => set(inst, format_args!("{}", str_of(exception))),
            }
        }
    }

    /// Forgets the exception.
    fn wasm_runtime_clear_exception(inst: *mut Inst) {
        if !inst.is_null() {
            // SAFETY: an instance of the client.
            unsafe { clear(inst) };
        }
    }

    /// Stops the program: what runs ends with the exception `terminated by user` when the native that calls this returns.
    fn wasm_runtime_terminate(inst: *mut Inst) {
        if !inst.is_null() {
            // SAFETY: an instance of the client.
            unsafe { set(inst, format_args!("terminated by user")) };
        }
    }
}
