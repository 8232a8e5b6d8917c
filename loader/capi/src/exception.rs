//! The exception of a program: why the last call into its instances failed.
#![allow(unsafe_code)] // C names and pointers.

use core::cell::UnsafeCell;
use core::ffi::c_char;
use core::fmt;
use core::ptr::null;

use graver_loader::CallError;

use crate::exported::exported;
use crate::instance::Inst;
use crate::lock::{Flag, Holder, Lock};
use crate::text::{Text, str_of};
use crate::threads;

/// The text of an exception, with its prefix.
pub(crate) type Exception = Text<128>;

/// What a program that ended itself leaves as an exception.
pub(crate) const PROC_EXIT: &str = "wasi proc exit";

/// The exception of an instance, which other threads of its program may set.
pub(crate) struct Slot {
    /// Only looked at by those who hold [`LOCK`], or know that nobody else uses the instance.
    text: UnsafeCell<Exception>,
    /// What C has a pointer to, where other threads may change the text meanwhile.
    #[cfg(feature = "std")]
    shown: UnsafeCell<Exception>,
    is_set: Flag,
    /// As `text`.
    exit_code: UnsafeCell<u32>,
}

static LOCK: Lock = Lock::new();

impl Slot {
    pub(crate) const fn empty() -> Self {
        Self {
            text: UnsafeCell::new(Exception::EMPTY),
            #[cfg(feature = "std")]
            shown: UnsafeCell::new(Exception::EMPTY),
            is_set: Flag::new(),
            exit_code: UnsafeCell::new(0),
        }
    }

    pub(crate) fn is_set(&self) -> bool {
        self.is_set.get()
    }

    pub(crate) fn get(&self) -> Exception {
        // SAFETY: the lock is held.
        LOCK.hold(|| unsafe { *self.text.get() })
    }

    pub(crate) fn set(&self, text: Exception) {
        self.set_if(text, || true, || ());
    }

    /// Sets it if a condition holds, and does something more before anybody else can change it.
    pub(crate) fn set_if(&self, text: Exception, condition: impl FnOnce() -> bool, then: impl FnOnce()) {
        LOCK.hold(|| {
            if condition() {
                // SAFETY: the lock is held.
                unsafe { *self.text.get() = text };
                self.is_set.set(!text.is_empty());
                then();
            }
        });
    }

    /// The code that the program ended itself with.
    pub(crate) fn exit_code(&self) -> u32 {
        // SAFETY: the lock is held.
        LOCK.hold(|| unsafe { *self.exit_code.get() })
    }

    pub(crate) fn set_exit_code(&self, code: u32) {
        // SAFETY: the lock is held.
        LOCK.hold(|| unsafe { *self.exit_code.get() = code });
    }

    /// Forgets it, unless a condition holds that is looked at under the lock.
    pub(crate) fn clear_unless(&self, condition: impl FnOnce() -> bool) {
        if self.is_set() {
            self.set_if(Exception::EMPTY, || !condition(), || ());
        }
    }

    /// For C, until it is asked for again; null if there is none.
    fn show(&self) -> *const c_char {
        if !self.is_set() {
            return null();
        }
        #[cfg(not(feature = "std"))]
        // SAFETY: nobody else uses the instance.
        return unsafe { (*self.text.get()).as_ptr() };
        #[cfg(feature = "std")]
        LOCK.hold(|| {
            // SAFETY: the lock is held. Who has got the pointer reads the same bytes again, or gives them up.
            unsafe {
                if (*self.shown.get()).bytes() != (*self.text.get()).bytes() {
                    *self.shown.get() = *self.text.get();
                }
                (*self.shown.get()).as_ptr()
            }
        })
    }
}

/// Sets the exception. If this is in a native, the guest stops when that returns; if another thread runs in the instance, its
/// guest stops as soon as it can.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn set(inst: *mut Inst, text: fmt::Arguments<'_>) {
    let text = Exception::of(format_args!("Exception: {text}"));
    // SAFETY: promised by the caller.
    unsafe {
        let inst = (*inst).root;
        match (*inst).holder() {
            Holder::Here => {
                (*inst).exception.set(text);
                stop_running(inst);
            }
            Holder::Nobody => {
                (*inst).exception.set(text);
                threads::stop_others(inst);
            }
            #[cfg(feature = "std")]
            Holder::Elsewhere => threads::stop_program(inst, text),
        }
    }
}

/// Makes the guest stop when the native that runs returns.
///
/// # Safety
/// The instance lives, and no other thread runs in it.
pub(crate) unsafe fn stop_running(inst: *mut Inst) {
    // SAFETY: promised by the caller.
    let mut store = unsafe { (*inst).store() };
    if store.is_running() {
        store.set_failure(Some(CallError::code(0)));
    }
}

/// Forgets the exception, and does not stop a guest that would have stopped for it.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn clear(inst: *mut Inst) {
    // SAFETY: promised by the caller.
    unsafe {
        let inst = (*inst).root;
        (*inst).exception.set(Exception::EMPTY);
        (*inst).seat.go_on();
        let mut store = (*inst).store();
        if (*inst).holder() == Holder::Here && store.is_running() {
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
                (*inst).exception.set_exit_code(code.cast_unsigned());
                (*inst).exception.set(Exception::of(format_args!("Exception: {PROC_EXIT}")));
            }
            _ if (*inst).exception.is_set() => {}
            error => (*inst).exception.set(Exception::of(format_args!("Exception: {error}"))),
        }
    }
}

exported! {
    /// Why the last call failed: `Exception: ...`, valid until the next call; null if it did not.
    fn wasm_runtime_get_exception(inst: *mut Inst) -> *const c_char {
        // SAFETY: null, or an instance of the client, whose root lives as long.
        unsafe { inst.as_ref().map_or(null(), |inst| (*inst.root).exception.show()) }
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

    /// Stops the program, from any thread: all that its threads run ends with the exception `terminated by user`, and so do
    /// calls that start later, until the exception is cleared.
    fn wasm_runtime_terminate(inst: *mut Inst) {
        if !inst.is_null() {
            // SAFETY: an instance of the client.
            unsafe { threads::stop_program(inst, Exception::of(format_args!("Exception: terminated by user"))) };
        }
    }
}
