//! Exec envs: by which a thread of the host calls into an instance.
#![allow(unsafe_code)] // C names and pointers.

use core::ffi::{c_int, c_void};
use core::ptr::null_mut;

use graver_loader::{StackLimit, Trap};

use crate::exception;
use crate::exported::exported;
use crate::instance::Inst;
use crate::list::Linked;
use crate::log::error;
use crate::parts;
use crate::state::{self, is_known};
use crate::threads;

/// `wasm_exec_env_t`.
pub struct Env {
    next: *mut Self,
    pub(crate) inst: *mut Inst,
    /// What a native of a program with several instances has set instead, until it puts back what it found.
    pub(crate) other: *mut Inst,
    user_data: *mut c_void,
    /// The lowest address of the stack; 0 if the client did not say.
    boundary: usize,
    stack_size: u32,
    /// The size counts although the thread's end of stack is known.
    #[cfg(feature = "native-lib")]
    pub(crate) limits_stack: bool,
    /// What is attached to the raw native that runs.
    pub(crate) attachment: *mut c_void,
}

impl Linked for Env {
    fn next(&mut self) -> &mut *mut Self {
        &mut self.next
    }
}

impl Env {
    #[cfg(feature = "std")]
    pub(crate) fn stack_size(&self) -> u32 {
        self.stack_size
    }

    /// How far code may use the stack: threads of a process know where theirs ends.
    pub(crate) fn stack_limit(&self) -> StackLimit {
        #[cfg(feature = "native-lib")]
        if self.limits_stack {
            return StackLimit::Size(self.stack_size as usize);
        }
        match self.boundary {
            0 if cfg!(feature = "std") => StackLimit::Platform,
            0 => StackLimit::Size(self.stack_size as usize),
            boundary => StackLimit::End(boundary),
        }
    }
}

/// A new exec env; null if there is no memory.
pub(crate) fn make(inst: *mut Inst, stack_size: u32) -> *mut Env {
    // What the API's documents say for 0.
    const DEFAULT: u32 = 12 * 1024;
    let stack_size = if stack_size == 0 { DEFAULT } else { stack_size };
    let env = Env {
        next: null_mut(),
        inst,
        other: null_mut(),
        user_data: null_mut(),
        boundary: 0,
        stack_size,
        #[cfg(feature = "native-lib")]
        limits_stack: false,
        attachment: null_mut(),
    };
    state::with(|state| state.envs.add(env))
}

/// The instance that an exec env stands for: in a native, that which called it, which can be another one of the same program;
/// null if there is none.
///
/// # Safety
/// The exec env is null or lives, and so does its instance.
pub(crate) unsafe fn inst_of(env: *const Env) -> *mut Inst {
    // SAFETY: promised by the caller.
    unsafe {
        match env.as_ref() {
            Some(env) if env.other.is_null() => calling(env).unwrap_or(env.inst),
            Some(env) => env.other,
            None => null_mut(),
        }
    }
}

/// The instance that called the running native, where it is one of several.
unsafe fn calling(env: &Env) -> Option<*mut Inst> {
    // SAFETY: promised by the caller.
    unsafe {
        let inst = env.inst;
        let is_inside = !inst.is_null() && (*inst).is_in_company() && (*(*inst).root).is_running_with(env);
        is_inside.then(|| parts::of_instance(inst, (*inst).store().calling_instance()))
    }
}

/// What an exec env stands for outside of a call.
pub(crate) struct Outside {
    inst: *mut Inst,
    other: *mut Inst,
}

/// Before a call: if a native has made the exec env one of the program that is called, natives inside the call find out by that
/// who calls them, and may set something else.
///
/// # Safety
/// The exec env lives, and so do its instances.
pub(crate) unsafe fn enter(env: *mut Env, root: *const Inst) -> Option<Outside> {
    // SAFETY: promised by the caller.
    unsafe {
        let Env { inst, other, .. } = *env;
        if other.is_null() || !core::ptr::eq((*other).root, root) {
            return None;
        }
        ((*env).inst, (*env).other) = (other, null_mut());
        Some(Outside { inst, other })
    }
}

/// After the call.
///
/// # Safety
/// The program that was called lives.
pub(crate) unsafe fn leave(env: *mut Env, outside: Option<Outside>) {
    let Some(Outside { inst, other }) = outside else { return };
    state::with(|state| {
        if state.envs.contains(env) {
            // A native that forgot to put back what it found may have returned since, and its instance have gone.
            let inst = if state.instances.contains(inst) { inst } else { null_mut() };
            // SAFETY: it is in the list.
            unsafe { ((*env).inst, (*env).other) = (inst, other) };
        }
    });
}

/// The instance's own exec env, made when it is first asked for; null if there is no memory.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn singleton(inst: *mut Inst) -> *mut Env {
    // SAFETY: promised by the caller.
    unsafe {
        if (*inst).env.is_null() {
            (*inst).env = make(inst, (*inst).stack_size);
        }
        (*inst).env
    }
}

exported! {
    /// An exec env for the calling thread; null if there is no memory. On boards `stack_size` is how much stack the guest
    /// may use from where it is called; elsewhere threads know where their stacks end.
    fn wasm_runtime_create_exec_env(inst: *mut Inst, stack_size: u32) -> *mut Env {
        if !is_known("wasm_runtime_create_exec_env", inst, |state| &state.instances) {
            return null_mut();
        }
        make(inst, stack_size)
    }

    /// Gives an exec env back.
    fn wasm_runtime_destroy_exec_env(env: *mut Env) {
        if threads::is_spawned(env) {
            error!("wasm_runtime_destroy_exec_env: wasm_runtime_destroy_spawned_exec_env is for those that were spawned");
            return;
        }
        if !state::with(|state| state.envs.remove(env)) {
            error!("wasm_runtime_destroy_exec_env: null, or destroyed before");
        }
    }

    /// The exec env that the instance has for itself.
    fn wasm_runtime_get_exec_env_singleton(inst: *mut Inst) -> *mut Env {
        if inst.is_null() {
            return null_mut();
        }
        // SAFETY: an instance of the client.
        unsafe { singleton(inst) }
    }

    /// The instance that an exec env is for; in a native, the one that called it.
    fn wasm_runtime_get_module_inst(env: *mut Env) -> *mut Inst {
        // SAFETY: null, or an exec env of the client.
        unsafe { inst_of(env) }
    }

    /// Makes an exec env one of another instance.
    fn wasm_runtime_set_module_inst(env: *mut Env, inst: *mut Inst) {
        // SAFETY: null, or an exec env of the client, whose instance lives.
        unsafe {
            let Some(env) = env.as_mut() else { return };
            match calling(env) {
                None => (env.inst, env.other) = (inst, null_mut()),
                Some(own) => env.other = if own == inst { null_mut() } else { inst },
            }
        }
    }

    /// What is attached to the native that runs.
    fn wasm_runtime_get_function_attachment(env: *mut Env) -> *mut c_void {
        // SAFETY: null, or an exec env of the client, whose instance lives.
        unsafe {
            let Some(env) = env.as_ref() else { return null_mut() };
            if !env.attachment.is_null() || env.inst.is_null() {
                return env.attachment;
            }
            (*env.inst).store().attachment()
        }
    }

    /// Attaches a pointer to an exec env.
    fn wasm_runtime_set_user_data(env: *mut Env, user_data: *mut c_void) {
        // SAFETY: null, or an exec env of the client.
        if let Some(env) = unsafe { env.as_mut() } {
            env.user_data = user_data;
        }
    }

    /// What is attached to an exec env.
    fn wasm_runtime_get_user_data(env: *mut Env) -> *mut c_void {
        // SAFETY: null, or an exec env of the client.
        unsafe { env.as_ref() }.map_or(null_mut(), |env| env.user_data)
    }

    /// The lowest address of the stack that calls through this exec env use: for tasks and coroutines.
    fn wasm_runtime_set_native_stack_boundary(env: *mut Env, boundary: *mut u8) {
        // SAFETY: null, or an exec env of the client.
        if let Some(env) = unsafe { env.as_mut() } {
            env.boundary = boundary.addr();
        }
    }

    /// Limits how many instructions run: for interpreters, no effect here.
    @accepted fn wasm_runtime_set_instruction_count_limit(_env: *mut Env, _count: c_int) {}

    /// Whether there is stack left; if not, the exception is set.
    fn wasm_runtime_detect_native_stack_overflow(env: *mut Env) -> bool {
        // SAFETY: as promised to this function.
        unsafe { wasm_runtime_detect_native_stack_overflow_size(env, 0) }
    }

    /// Whether so many bytes of stack are left; if not, the exception is set.
    fn wasm_runtime_detect_native_stack_overflow_size(env: *mut Env, size: u32) -> bool {
        // SAFETY: null, or an exec env of the client, whose instance lives.
        unsafe {
            let inst = inst_of(env);
            if inst.is_null() {
                return false;
            }
            let store = (*inst).store();
            if store.stack_left().is_none_or(|left| left >= size as usize) {
                return true;
            }
            exception::set(inst, format_args!("{}", Trap::StackOverflow.text()));
            false
        }
    }
}
