//! Threads of the client's: spawned exec envs, and threads that run a callback with one.
#![allow(unsafe_code)] // C names, pointers and callbacks.

use core::cell::Cell;
use core::ffi::c_void;
use core::ptr::null_mut;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use super::errno;
use super::spawn::{self, Bring};
use crate::env::Env;
use crate::exported::exported;
use crate::instance;
use crate::lock::Holder;
use crate::log::error;
use crate::memory::write_to;
use crate::state::{self, is_known};

/// `wasm_thread_callback_t`.
type Callback = unsafe extern "C" fn(*mut Env, *mut c_void) -> *mut c_void;

/// Threads that nobody has joined, by number.
struct Threads {
    last: usize,
    by_number: BTreeMap<usize, JoinHandle<usize>>,
}

static THREADS: Mutex<Threads> = Mutex::new(Threads { last: 0, by_number: BTreeMap::new() });

std::thread_local! {
    /// Whether the client, or this library, has prepared the thread.
    static IS_PREPARED: Cell<bool> = const { Cell::new(false) };
    /// The number of this thread, if a client may join it; else 0.
    static NUMBER: Cell<usize> = const { Cell::new(0) };
}

/// Notes that this thread may call.
pub(crate) fn prepare_thread() {
    IS_PREPARED.set(true);
}

/// An exec env for another thread; null, with a message, if there can be none.
///
/// # Safety
/// The exec env is null or was the client's.
unsafe fn spawn_env(what: &str, env: *mut Env) -> *mut Env {
    if !is_known(what, env, |state| &state.envs) {
        return null_mut();
    }
    // SAFETY: it is in the list, and its instance lives if it has one.
    unsafe {
        let parent = (*env).inst;
        if parent.is_null() {
            error!("{what}: the instance of the exec env was deinstantiated");
            return null_mut();
        }
        match spawn::spawn(parent, (*env).stack_size(), Bring::Stack) {
            Ok(inst) => (*inst).env,
            Err(text) => {
                error!("{what}: {text}");
                null_mut()
            }
        }
    }
}

exported! {
    /// Prepares the calling thread. Calls do the same, so none depends on it.
    fn wasm_runtime_init_thread_env() -> bool {
        prepare_thread();
        true
    }

    /// Undoes `wasm_runtime_init_thread_env`.
    fn wasm_runtime_destroy_thread_env() {
        IS_PREPARED.set(false);
    }

    /// Whether the calling thread is prepared: by `wasm_runtime_init_thread_env`, or because it has initialised the library or is
    /// one of the library's own.
    fn wasm_runtime_thread_env_inited() -> bool {
        IS_PREPARED.get()
    }

    /// Limits the threads that programs instantiated from now on can have beside their first, to at most 1024; 0 changes
    /// nothing. If nobody says, C programs can have 4 and those of wasi-threads 64. Not on boards.
    fn wasm_runtime_set_max_thread_num(count: u32) {
        if count != 0 {
            state::with(|state| state.max_threads = Some(count));
        }
    }

    /// An exec env for another thread, with an instance that shares memory, custom data, contexts and WASI with that of the
    /// given one, and has globals, tables and a stack of its own. Null if there is no room, or the program has an exception; on
    /// boards always.
    fn wasm_runtime_spawn_exec_env(env: *mut Env) -> *mut Env {
        // SAFETY: as promised to this function.
        unsafe { spawn_env("wasm_runtime_spawn_exec_env", env) }
    }

    /// Gives a spawned exec env back, with its instance. Not while it runs.
    fn wasm_runtime_destroy_spawned_exec_env(env: *mut Env) {
        if !spawn::is_spawned(env) {
            error!("wasm_runtime_destroy_spawned_exec_env: null, destroyed before, or not spawned");
            return;
        }
        // SAFETY: it is in the list.
        unsafe {
            let inst = (*env).inst;
            if (*inst).seat.is_of_thread || (*inst).holder() != Holder::Nobody {
                error!("wasm_runtime_destroy_spawned_exec_env: the exec env runs, so it stays");
                return;
            }
            instance::destroy(inst);
        }
    }

    /// Runs a callback with a spawned exec env on a new thread: 0, or an error's number. On boards -1.
    fn wasm_runtime_spawn_thread(env: *mut Env, thread: *mut usize, callback: *mut c_void, arg: *mut c_void) -> i32 {
        if callback.is_null() || thread.is_null() {
            error!("wasm_runtime_spawn_thread: no callback, or no place for the thread");
            return -1;
        }
        // SAFETY: as promised to this function; the callback is what the header says.
        unsafe {
            let spawned = spawn_env("wasm_runtime_spawn_thread", env);
            if spawned.is_null() {
                return -1;
            }
            let callback = core::mem::transmute::<*mut c_void, Callback>(callback);
            let (inst, arg) = ((*spawned).inst, arg.expose_provenance());
            // Held until the thread can be found by its number.
            let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
            threads.last += 1;
            let number = threads.last;
            write_to(thread, number);
            let started = spawn::start_thread(inst, move |inst| {
                NUMBER.set(number);
                let arg = core::ptr::with_exposed_provenance_mut(arg);
                let result = callback((*inst).env, arg).expose_provenance();
                instance::destroy(inst);
                result
            });
            match started {
                Ok(handle) => {
                    threads.by_number.insert(number, handle);
                    0
                }
                Err(error) => {
                    instance::destroy(inst);
                    error.raw_os_error().unwrap_or(-1)
                }
            }
        }
    }

    /// Waits for such a thread: 0, and what the callback returned. An error's number for one that was joined before, and for the
    /// calling thread itself; on boards -1.
    fn wasm_runtime_join_thread(thread: usize, result: *mut *mut c_void) -> i32 {
        let handle = {
            let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
            match threads.by_number.get(&thread) {
                None => {
                    error!("wasm_runtime_join_thread: no such thread, or joined before");
                    return errno::SRCH;
                }
                Some(_) if thread == NUMBER.get() => return errno::DEADLK,
                Some(_) => threads.by_number.remove(&thread),
            }
        };
        match handle.map(JoinHandle::join) {
            Some(Ok(value)) => {
                write_to(result, core::ptr::with_exposed_provenance_mut(value));
                0
            }
            _ => -1,
        }
    }

    /// Before a native blocks: false if the program has been stopped.
    fn wasm_runtime_begin_blocking_op(env: *mut Env) -> bool {
        // SAFETY: null, or an exec env of the client, whose instance lives.
        unsafe { env.as_ref().and_then(|env| env.inst.as_ref()) }.is_some_and(|inst| unsafe { !(*inst.root).seat.is_stopped() })
    }

    /// After it: nothing is left to do, as signals end the system calls of natives whose program is stopped.
    @accepted fn wasm_runtime_end_blocking_op(_env: *mut Env) {}
}
