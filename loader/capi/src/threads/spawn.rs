//! Instances beside the first one of a program, and threads that run in them.
#![allow(unsafe_code)] // C names and pointers, which go to other threads.

use core::cell::Cell;
use core::mem::ManuallyDrop;
use core::ptr::{null, null_mut};
use std::sync::Arc;
use std::thread::JoinHandle;

use graver_loader::format::ExternKind;
use graver_loader::{CallError, Extern, Val};

use super::aux_stack::Stack;
use super::host::prepare_thread;
use super::program::{HAS_EXCEPTION, Program};
use super::seat::Seat;
use crate::env::{self, Env};
use crate::instance::{self, Inst};
use crate::instantiate::{self, NO_MEMORY};
use crate::lock::Holder;
use crate::log::error;
use crate::{call, state};

/// Address space for the native stack of a thread; what it does not use takes no memory.
const NATIVE_STACK: usize = 8 << 20;

/// What a new instance's code has for a stack.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Bring {
    /// One of those that the program's memory is divided into.
    Stack,
    /// One that the program itself makes.
    Nothing,
}

/// One more instance for a thread that the guest makes, which shares its memory 0 with others or would be of no use.
///
/// # Safety
/// The parent lives.
pub(super) unsafe fn spawn_for_guest(parent: *mut Inst, bring: Bring) -> Result<*mut Inst, &'static str> {
    // SAFETY: promised by the caller.
    unsafe {
        let parent = (*parent).root;
        if !(*parent).seat.change(|members| members.is_first_shared) {
            return Err("the program's memory is not shared");
        }
        spawn(parent, (*parent).stack_size, bring)
    }
}

/// One more instance of the program that `parent` is of, with an exec env.
///
/// # Safety
/// The parent lives.
pub(super) unsafe fn spawn(parent: *mut Inst, stack_size: u32, bring: Bring) -> Result<*mut Inst, &'static str> {
    // SAFETY: promised by the caller. Nobody else knows the new instance before this returns, but for those who stop it.
    unsafe {
        let parent = (*parent).root;
        if (*parent).is_in_company() {
            return Err("the program has several modules, so it has one thread");
        }
        if (*parent).seat.is_stopped() || (*parent).exception.is_set() {
            return Err(HAS_EXCEPTION);
        }
        let stack = match bring {
            Bring::Stack => Some((*parent).seat.change(|members| members.stacks.take())?),
            Bring::Nothing => None,
        };
        let made = make(parent, stack);
        let inst = made.map_or(null_mut(), |made| {
            let mut store = made.store();
            let inst = instantiate::enlist(made, null_mut());
            if inst.is_null() {
                ManuallyDrop::drop(&mut store);
            }
            inst
        });
        if inst.is_null() {
            if let Some(stack) = stack {
                (*parent).seat.change(|members| members.stacks.give_back(stack.number));
            }
            return Err(NO_MEMORY);
        }
        match fill(inst, parent, stack_size, stack.and_then(|stack| stack.pointer)) {
            Ok(()) => Ok(inst),
            Err(text) => {
                instance::destroy(inst);
                Err(text)
            }
        }
    }
}

/// An instance with all that it inherits, not linked.
unsafe fn make(parent: *mut Inst, stack: Option<Stack>) -> Option<Inst> {
    // SAFETY: promised by the caller; the store is the instance's once that is made.
    unsafe {
        let runtime = state::runtime()?;
        let mut store = instantiate::new_store(runtime)?;
        let seat = (*parent).seat.beside(stack.map(|stack| stack.number));
        let members = (*parent).seat.program.lock();
        store.inherit(members.memories.iter().cloned());
        let mut made = Inst::new((*parent).module, store, (*parent).stack_size, null_mut(), seat);
        made.heap = (*parent).heap.filter(|_| members.is_first_shared);
        made.checks_bounds = (*parent).checks_bounds;
        made.wasi = (*parent).wasi.as_ref().map(crate::wasi::System::share);
        Some(made)
    }
}

/// Links the instance, gives it its stack, and runs the start function: others of the module's are run for the first one only.
unsafe fn fill(
    inst: *mut Inst,
    parent: *mut Inst,
    stack_size: u32,
    pointer: Option<(u32, u32)>,
) -> Result<(), &'static str> {
    // SAFETY: promised by the caller, and modules outlive their instances.
    unsafe {
        let env = env::make(inst, stack_size);
        (*inst).env = env;
        if env.is_null() {
            return Err(NO_MEMORY);
        }
        instance::accept_stops(inst)?;
        let linked = instantiate::link(inst, &*(*inst).module).map_err(|_| "the instance cannot be linked")?;
        (*inst).instance = Some(linked);
        let program = &(*inst).seat.program;
        let most = if (*inst).seat.stack.is_some() { u32::MAX } else { program.most_with_stacks() };
        program.join(inst, parent, most)?;
        let started = call::guarded(inst, env, |store| {
            linked.initialise(store)?;
            if let Some((global, top)) = pointer {
                let Some(Extern::Global(global)) = linked.item(store, ExternKind::Global, global) else {
                    return Err(CallError::Signature);
                };
                global.set(store, Val::I32(top.cast_signed()))?;
            }
            linked.run_start_function(store)
        });
        (*inst).seat.spreads.set(true);
        if started { Ok(()) } else { Err("the start function failed") }
    }
}

/// Whether an exec env is one that [`spawn`] has made.
pub(crate) fn is_spawned(env: *const Env) -> bool {
    state::with(|state| {
        // SAFETY: what is in the list lives, and so does its instance or it has none.
        state.envs.contains(env)
            && unsafe {
                let inst = (*env).inst;
                !inst.is_null() && (*inst).seat.is_spawned && (*inst).env.cast_const() == env
            }
    })
}

/// A pointer that may go to another thread.
struct Sent(*mut Inst);

// SAFETY: the instance is used by the thread that gets it only.
unsafe impl Send for Sent {}

std::thread_local! {
    /// The program that this thread was started for.
    static PROGRAM: Cell<*const Program> = const { Cell::new(null()) };
}

/// Counts a thread for as long as it runs.
struct Running(Arc<Program>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
        self.0.changed.notify_all();
    }
}

/// Starts a thread that runs `body` with a spawned instance, which is `body`'s to give back.
///
/// # Safety
/// The instance lives, and nobody else uses it.
pub(super) unsafe fn start_thread(
    inst: *mut Inst,
    body: impl FnOnce(*mut Inst) -> usize + Send + 'static,
) -> std::io::Result<JoinHandle<usize>> {
    // SAFETY: promised by the caller.
    let program = unsafe { Arc::clone(&(*inst).seat.program) };
    program.lock().running += 1;
    // SAFETY: promised by the caller.
    unsafe { (*inst).seat.is_of_thread = true };
    let (running, inst) = (Running(program), Sent(inst));
    std::thread::Builder::new().name("guest".to_owned()).stack_size(NATIVE_STACK).spawn(move || {
        let Running(program) = &running;
        PROGRAM.set(Arc::as_ptr(program));
        prepare_thread();
        // All of it, not the pointer alone.
        let inst = inst;
        body(inst.0)
    })
}

/// The same for a thread that nobody but the program joins.
///
/// # Safety
/// As there.
pub(super) unsafe fn start_own_thread(
    seat: &Seat,
    inst: *mut Inst,
    body: impl FnOnce(*mut Inst) -> usize + Send + 'static,
) -> bool {
    // SAFETY: promised by the caller.
    let Ok(handle) = (unsafe { start_thread(inst, body) }) else { return false };
    let ended = seat.change(|members| {
        let (ended, running) = core::mem::take(&mut members.handles).into_iter().partition(JoinHandle::is_finished);
        members.handles = running;
        members.handles.push(handle);
        ended
    });
    join(ended);
    true
}

/// Waits for threads that have ended or are about to.
fn join(threads: Vec<JoinHandle<usize>>) {
    for thread in threads {
        // What a thread of the program left is looked at by those who joined it there.
        let _ = thread.join();
    }
}

/// Waits until the other threads of a program have ended, before its first instance goes.
///
/// # Errors
/// Why they do not.
///
/// # Safety
/// The instance lives, and no code of it runs.
pub(crate) unsafe fn end_program(inst: *mut Inst) -> Result<(), &'static str> {
    // SAFETY: promised by the caller; spawned instances that nobody runs in are given back.
    unsafe {
        let seat = &(*inst).seat;
        if seat.is_spawned {
            return Err("a spawned instance goes with its exec env");
        }
        if PROGRAM.get() == Arc::as_ptr(&seat.program) {
            return Err("a thread of the program cannot wait for its own end");
        }
        let mut members = seat.program.lock();
        while members.running != 0 {
            members = seat.program.wait(members);
        }
        let handles = core::mem::take(&mut members.handles);
        drop(members);
        join(handles);
        for spawned in seat.program.spawned() {
            if (*spawned).holder() != Holder::Nobody {
                return Err("a spawned exec env is still in use, so the instance stays");
            }
            error!("wasm_runtime_deinstantiate: a spawned exec env was not destroyed");
            instance::destroy(spawned);
        }
        Ok(())
    }
}
