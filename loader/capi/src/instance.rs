//! Instances: what each has, and giving them back.
#![allow(unsafe_code)] // C names and pointers.

use core::ffi::{c_uint, c_void};
use core::mem::ManuallyDrop;
use core::ptr::null_mut;

use graver_loader::{Instance, Interrupt, Store};

use crate::context::{COUNT, destroy_contexts};
use crate::env::{self, Env};
use crate::exception::Slot;
use crate::exported::exported;
use crate::externref;
use crate::function::Function;
use crate::heap::Heap;
use crate::list::{self, Linked, List};
use crate::load::{self, Mod};
use crate::lock;
use crate::log::error;
use crate::memory::MemoryHandle;
use crate::parts;
use crate::state::{self, State, is_known};
use crate::threads::{self, Seat};
use crate::wasi::System;

/// `wasm_module_inst_t`.
pub struct Inst {
    next: *mut Self,
    /// The instance of the program that the client made: itself, unless it was made because another module imports from it.
    /// What belongs to a program as a whole is there: exception, exit code, what the client attached, and the system.
    pub(crate) root: *mut Self,
    /// The next instance of the same program.
    pub(crate) next_part: *mut Self,
    pub(crate) module: *mut Mod,
    /// That of the program, dropped by `destroy`. Copies of it are how natives and the host reach it at the same time.
    store: ManuallyDrop<Store<'static>>,
    pub(crate) instance: Option<Instance>,
    /// The instance's own exec env.
    pub(crate) env: *mut Env,
    /// Stack size of that.
    pub(crate) stack_size: u32,
    /// The exec env of the call that runs.
    running: *mut Env,
    /// The thread whose call runs, if any.
    thread: lock::Owner,
    pub(crate) functions: List<Function>,
    pub(crate) memories: List<MemoryHandle>,
    pub(crate) exception: Slot,
    pub(crate) custom_data: *mut c_void,
    pub(crate) contexts: [*mut c_void; COUNT],
    pub(crate) heap: Option<Heap>,
    pub(crate) checks_bounds: bool,
    /// What a program that imports from WASI sees of the system.
    pub(crate) wasi: Option<System>,
    /// Its place among the threads of its program.
    pub(crate) seat: Seat,
}

impl Linked for Inst {
    fn next(&mut self) -> &mut *mut Self {
        &mut self.next
    }
}

impl Inst {
    /// An instance that is not linked yet.
    pub(crate) fn new(
        module: *mut Mod,
        store: Store<'static>,
        stack_size: u32,
        custom_data: *mut c_void,
        seat: Seat,
    ) -> Self {
        Self {
            next: null_mut(),
            root: null_mut(),
            next_part: null_mut(),
            module,
            store: ManuallyDrop::new(store),
            instance: None,
            env: null_mut(),
            stack_size,
            running: null_mut(),
            thread: lock::Owner::nobody(),
            functions: List::new(),
            memories: List::new(),
            exception: Slot::empty(),
            custom_data,
            contexts: [null_mut(); COUNT],
            heap: None,
            checks_bounds: true,
            wasi: None,
            seat,
        }
    }

    /// The store. Natives that run inside a call reach it again, so this is a copy of the handle, never dropped.
    pub(crate) fn store(&self) -> ManuallyDrop<Store<'static>> {
        // SAFETY: a store is a pointer; whoever uses a copy keeps no reference into the store across calls, because copies
        // live in single functions of this crate.
        unsafe { core::ptr::read(&raw const self.store) }
    }

    /// Whether its program has other instances.
    pub(crate) fn is_in_company(&self) -> bool {
        !self.next_part.is_null() || !core::ptr::eq(self, self.root)
    }

    /// Whether a call with this exec env runs, and none inside it. For roots.
    pub(crate) fn is_running_with(&self, env: *const Env) -> bool {
        core::ptr::eq(self.running, env)
    }

    /// Makes a call with an exec env the one that runs; the one before it, or `None` if another thread's call runs. For roots.
    pub(crate) fn enter(&mut self, env: *mut Env) -> Option<Outer> {
        let is_outermost = self.thread.take()?;
        Some(Outer { env: core::mem::replace(&mut self.running, env), is_outermost })
    }

    /// Who runs in it.
    pub(crate) fn holder(&self) -> lock::Holder {
        self.thread.holder()
    }

    /// Undoes [`Self::enter`].
    pub(crate) fn leave(&mut self, outer: &Outer) {
        self.running = outer.env;
        if outer.is_outermost {
            self.thread.leave();
        }
    }
}

/// The exec env of the native that runs, or the instance's own.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn running_env(inst: *mut Inst) -> *mut Env {
    // SAFETY: promised by the caller.
    unsafe {
        let noted = noted_env(inst);
        if noted.is_null() { env::singleton(inst) } else { noted }
    }
}

/// The exec env of the call that runs, else the instance's own; null if it never needed one.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn noted_env(inst: *mut Inst) -> *mut Env {
    // SAFETY: promised by the caller.
    unsafe {
        let running = (*(*inst).root).running;
        if running.is_null() { (*inst).env } else { running }
    }
}

/// What ran before a call.
pub(crate) struct Outer {
    env: *mut Env,
    pub(crate) is_outermost: bool,
}

/// Whether the module imports from WASI.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn is_wasi(inst: *const Inst) -> bool {
    // SAFETY: promised by the caller.
    let image = unsafe { (*(*inst).module).module.image() };
    image.imports().iter().any(|import| matches!(image.name(import.module), "wasi_snapshot_preview1" | "wasi_unstable"))
}

/// Lets others stop code of an instance, from now on until it goes.
///
/// # Errors
/// If the system does not let them.
///
/// # Safety
/// The instance is in the list.
pub(crate) unsafe fn accept_stops(inst: *mut Inst) -> Result<(), &'static str> {
    // SAFETY: an instance stays where it is, and its store goes before it.
    unsafe {
        let interrupt: &'static Interrupt = &(*inst).seat.interrupt;
        (*inst).store().set_interrupt(interrupt).map_err(|_| "the system has no signal to stop it by")
    }
}

/// Frees the instances of a program and what belongs to them.
///
/// # Safety
/// It is the root, in the list, and no code of the program runs.
pub(crate) unsafe fn destroy(root: *mut Inst) {
    // SAFETY: promised by the caller.
    unsafe {
        threads::leave_program(root);
        for part in parts::of_program(root) {
            externref::forget(part);
            (*part).functions.clear();
            (*part).memories.clear();
        }
        // Modules outlive the store.
        ManuallyDrop::drop(&mut (*root).store);
        // All go before the first module does, whose destroyer is the client's and may use the library.
        state::with(|state| parts::of_program(root).for_each(|part| forget(state, part)));
        let mut next = root;
        while !next.is_null() {
            let (part, module) = (next, (*next).module);
            next = (*part).next_part;
            list::drop_at(part);
            load::release(module);
        }
    }
}

/// Takes an instance without code out of the list.
unsafe fn forget(state: &mut State, inst: *mut Inst) {
    // SAFETY: promised by the caller.
    unsafe {
        state.envs.remove((*inst).env);
        // The client's own exec envs stay, and must not lead to what is gone.
        for env in state.envs.iter() {
            for place in [&raw mut (*env).inst, &raw mut (*env).other] {
                if *place == inst {
                    *place = null_mut();
                }
            }
        }
        state.instances.take(inst);
    }
}

exported! {
    /// Chooses how bytecode runs: no effect on images.
    @accepted fn wasm_runtime_set_running_mode(_inst: *mut Inst, _mode: c_uint) -> bool {
        true
    }

    /// How the instance runs: 0, the default.
    @accepted fn wasm_runtime_get_running_mode(_inst: *mut Inst) -> c_uint {
        0
    }

    /// Gives an instance back, with those that were made for it of the modules that it imports from; destructors of context
    /// keys run.
    fn wasm_runtime_deinstantiate(inst: *mut Inst) {
        if !is_known("wasm_runtime_deinstantiate", inst, |state| &state.instances) {
            return;
        }
        // SAFETY: it is in the list.
        unsafe {
            if (*inst).root != inst {
                error!("wasm_runtime_deinstantiate: the instance is a part of another one's program, and goes with that");
                return;
            }
            if (*inst).holder() != lock::Holder::Nobody || (*inst).store().is_running() {
                error!("wasm_runtime_deinstantiate: the instance runs, so it stays");
                return;
            }
            if let Err(text) = threads::end_program(inst) {
                error!("wasm_runtime_deinstantiate: {text}");
                return;
            }
            destroy_contexts(inst);
            destroy(inst);
        }
    }

    /// The module of an instance.
    fn wasm_runtime_get_module(inst: *const Inst) -> *mut Mod {
        // SAFETY: null, or an instance of the client.
        unsafe { inst.as_ref() }.map_or(null_mut(), |inst| inst.module)
    }

    /// Attaches a pointer to all instances of a program.
    fn wasm_runtime_set_custom_data(inst: *mut Inst, custom_data: *mut c_void) {
        if !inst.is_null() {
            // SAFETY: an instance of the client.
            unsafe { threads::for_each(inst, |inst| (*inst).custom_data = custom_data) };
        }
    }

    /// What is attached to the program of an instance.
    fn wasm_runtime_get_custom_data(inst: *const Inst) -> *mut c_void {
        // SAFETY: null, or an instance of the client, whose root lives as long.
        unsafe { inst.as_ref().map_or(null_mut(), |inst| (*inst.root).custom_data) }
    }

    /// Whether the module imports from WASI.
    fn wasm_runtime_is_wasi_mode(inst: *const Inst) -> bool {
        // SAFETY: an instance of the client.
        !inst.is_null() && unsafe { is_wasi(inst) }
    }

    /// The code that the program ended itself with.
    fn wasm_runtime_get_wasi_exit_code(inst: *const Inst) -> u32 {
        // SAFETY: null, or an instance of the client, whose root lives as long.
        unsafe { inst.as_ref().map_or(0, |inst| (*inst.root).exception.exit_code()) }
    }
}
