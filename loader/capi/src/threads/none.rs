//! A board: a program has one thread, as far as this library knows.
#![allow(unsafe_code)] // C names and pointers.

use core::ffi::c_void;
use core::ptr::null_mut;

use graver_loader::Interrupt;

use crate::env::Env;
use crate::exception::{self, Exception};
use crate::exported::exported;
use crate::instance::Inst;

/// An instance's place among the threads of its program.
pub(crate) struct Seat {
    /// By which others stop what runs in the instance.
    pub(crate) interrupt: Interrupt,
}

impl Seat {
    pub(crate) fn first() -> Self {
        Self { interrupt: Interrupt::new() }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.interrupt.is_requested()
    }

    pub(crate) fn is_leaving(&self) -> bool {
        false
    }

    pub(crate) fn go_on(&self) {
        self.interrupt.withdraw();
    }

    pub(crate) fn with_heap<R>(&self, body: impl FnOnce() -> R) -> R {
        body()
    }
}

/// The program begins.
///
/// # Safety
/// None.
pub(crate) unsafe fn begin_program(_inst: *mut Inst) {}

/// Its first instance is linked.
///
/// # Safety
/// None.
pub(crate) unsafe fn found_program(_inst: *mut Inst) {}

/// An instance goes.
///
/// # Safety
/// None.
pub(crate) unsafe fn leave_program(_inst: *mut Inst) {}

/// Waits for threads, of which there are none.
///
/// # Safety
/// None.
pub(crate) unsafe fn end_program(_inst: *mut Inst) -> Result<(), &'static str> {
    Ok(())
}

/// There are none.
///
/// # Safety
/// None.
pub(crate) unsafe fn exit_others(_inst: *mut Inst) {}

/// There are none.
///
/// # Safety
/// None.
pub(crate) unsafe fn stop_others(_inst: *mut Inst) {}

/// Stops what runs when the native that calls this returns, or, in images that look, in loops and functions.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn stop_program(inst: *mut Inst, text: Exception) {
    // SAFETY: promised by the caller.
    unsafe {
        (*inst).exception.set(text);
        (*inst).seat.interrupt.request();
        exception::stop_running(inst);
    }
}

/// Does something with the only instance.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn for_each(inst: *mut Inst, body: impl Fn(*mut Inst)) {
    body(inst);
}

/// None needs it.
pub(crate) fn prepare_thread() {}

/// None is.
pub(crate) fn is_spawned(_env: *const Env) -> bool {
    false
}

exported! {
    /// Prepares the calling thread.
    @accepted fn wasm_runtime_init_thread_env() -> bool {
        true
    }

    /// Undoes that.
    @accepted fn wasm_runtime_destroy_thread_env() {}

    /// Whether the calling thread is prepared.
    @accepted fn wasm_runtime_thread_env_inited() -> bool {
        true
    }

    /// Limits the threads of a program.
    @accepted fn wasm_runtime_set_max_thread_num(_count: u32) {}

    /// There are no threads on boards: null.
    @refused fn wasm_runtime_spawn_exec_env(_env: *mut Env) -> *mut Env {
        null_mut()
    }

    /// There are no threads on boards.
    @refused fn wasm_runtime_destroy_spawned_exec_env(_env: *mut Env) {}

    /// There are no threads on boards: -1.
    @refused fn wasm_runtime_spawn_thread(
        _env: *mut Env,
        _thread: *mut usize,
        _callback: *mut c_void,
        _arg: *mut c_void,
    ) -> i32 {
        -1
    }

    /// There are no threads on boards: -1.
    @refused fn wasm_runtime_join_thread(_thread: usize, _result: *mut *mut c_void) -> i32 {
        -1
    }

    /// The start of something that may block: may start.
    @accepted fn wasm_runtime_begin_blocking_op(_env: *mut Env) -> bool {
        true
    }

    /// The end of something that may block.
    @accepted fn wasm_runtime_end_blocking_op(_env: *mut Env) {}
}
