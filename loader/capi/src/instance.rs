//! Instances: making them, and giving them back.
#![allow(unsafe_code)] // C names and pointers.

use core::ffi::{c_char, c_uint, c_void};
use core::fmt;
use core::mem::ManuallyDrop;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicUsize, Ordering};

use graver_loader::format::ExternKind;
use graver_loader::{CallError, Extern, Func, Global, Instance, LinkError, Mutability, Store, StoreOptions};

use crate::builtin;
use crate::context::{COUNT, destroy_contexts};
use crate::env::{self, Env};
use crate::exception::{self, Exception};
use crate::exported::exported;
use crate::externref;
use crate::function::Function;
use crate::growth;
use crate::heap::{self, Heap};
use crate::list::{Linked, List};
use crate::load::{self, Array, Mod};
use crate::lock;
use crate::log::error;
use crate::memory::MemoryHandle;
use crate::state::{self, is_known};
use crate::text::write_error;
use crate::types::InstantiationArgs;
use crate::{call, list};

/// `wasm_module_inst_t`.
pub struct Inst {
    next: *mut Self,
    pub(crate) module: *mut Mod,
    /// Dropped by `destroy`. Copies of it are how natives and the host reach it at the same time.
    store: ManuallyDrop<Store<'static>>,
    pub(crate) instance: Option<Instance>,
    /// The instance's own exec env.
    pub(crate) env: *mut Env,
    /// Stack size of that.
    pub(crate) stack_size: u32,
    /// The exec env of the call that runs.
    running: *mut Env,
    /// The thread whose call runs, or 0.
    thread: AtomicUsize,
    pub(crate) functions: List<Function>,
    pub(crate) memories: List<MemoryHandle>,
    pub(crate) exception: Exception,
    pub(crate) exit_code: u32,
    pub(crate) custom_data: *mut c_void,
    pub(crate) contexts: [*mut c_void; COUNT],
    pub(crate) heap: Option<Heap>,
    pub(crate) checks_bounds: bool,
}

impl Linked for Inst {
    fn next(&mut self) -> &mut *mut Self {
        &mut self.next
    }
}

impl Inst {
    /// The store. Natives that run inside a call reach it again, so this is a copy of the handle, never dropped.
    pub(crate) fn store(&self) -> ManuallyDrop<Store<'static>> {
        // SAFETY: a store is a pointer; whoever uses a copy keeps no reference into the store across calls, because copies
        // live in single functions of this crate.
        unsafe { core::ptr::read(&raw const self.store) }
    }

    /// The exec env of the native that runs, or the instance's own.
    ///
    /// # Safety
    /// The instance lives.
    pub(crate) unsafe fn running_env(&mut self) -> *mut Env {
        if self.running.is_null() {
            // SAFETY: promised by the caller.
            return unsafe { env::singleton(self) };
        }
        self.running
    }

    /// The exec env of the call that runs, else the instance's own; null if it never needed one.
    pub(crate) fn noted_env(&self) -> *mut Env {
        if self.running.is_null() { self.env } else { self.running }
    }

    /// Makes a call with an exec env the one that runs; the one before it, or `None` if another thread's call runs.
    pub(crate) fn enter(&mut self, env: *mut Env) -> Option<Outer> {
        let thread = lock::thread();
        #[cfg(target_has_atomic = "ptr")]
        let owner = match self.thread.compare_exchange(0, thread, Ordering::Acquire, Ordering::Relaxed) {
            Ok(free) => free,
            Err(owner) => owner,
        };
        #[cfg(not(target_has_atomic = "ptr"))]
        let owner = self.thread.load(Ordering::Relaxed);
        if owner != 0 && owner != thread {
            return None;
        }
        self.thread.store(thread, Ordering::Relaxed);
        Some(Outer { env: core::mem::replace(&mut self.running, env), is_outermost: owner == 0 })
    }

    /// Undoes [`Self::enter`].
    pub(crate) fn leave(&mut self, outer: &Outer) {
        self.running = outer.env;
        if outer.is_outermost {
            self.thread.store(0, Ordering::Release);
        }
    }
}

/// What ran before a call.
pub(crate) struct Outer {
    env: *mut Env,
    pub(crate) is_outermost: bool,
}

/// `struct InstantiationArgs2`.
#[derive(Clone, Copy, Default)]
pub struct Args {
    plain: InstantiationArgs,
    custom_data: Option<core::ptr::NonNull<c_void>>,
}

impl From<InstantiationArgs> for Args {
    fn from(plain: InstantiationArgs) -> Self {
        Self { plain, custom_data: None }
    }
}

/// Makes an instance; on failure null, and `complain` gets the text.
unsafe fn instantiate(module: *mut Mod, args: &Args, complain: &dyn Fn(fmt::Arguments<'_>)) -> *mut Inst {
    let failed = |text: fmt::Arguments<'_>| {
        complain(format_args!("AOT module instantiate failed: {text}"));
        null_mut()
    };
    let (Some(runtime), true) =
        (state::runtime(), is_known("wasm_runtime_instantiate", module, |state| &state.modules))
    else {
        return failed(format_args!("no module"));
    };
    // The runtime counts its stores, and threads share it.
    let Ok(store) = state::with(|_| Store::new(runtime, StoreOptions::default())) else {
        return failed(format_args!("allocate memory failed"));
    };
    let made = Inst {
        next: null_mut(),
        module,
        store: ManuallyDrop::new(store),
        instance: None,
        env: null_mut(),
        stack_size: args.plain.default_stack_size,
        running: null_mut(),
        thread: AtomicUsize::new(0),
        functions: List::new(),
        memories: List::new(),
        exception: Exception::EMPTY,
        exit_code: 0,
        custom_data: args.custom_data.map_or(null_mut(), core::ptr::NonNull::as_ptr),
        contexts: [null_mut(); COUNT],
        heap: None,
        checks_bounds: true,
    };
    // SAFETY: the store and, once it is in the list, the instance are this function's until it returns.
    unsafe {
        let mut store = made.store();
        store.set_grow_failed(Some(growth::of_guest));
        let inst = state::with(|state| state.instances.add(made));
        if inst.is_null() {
            ManuallyDrop::drop(&mut store);
            return failed(format_args!("allocate memory failed"));
        }
        (*module).instances += 1;
        match fill(inst, args, &failed) {
            true => inst,
            false => {
                destroy(inst);
                null_mut()
            }
        }
    }
}

/// Links, initialises and starts an instance.
unsafe fn fill(inst: *mut Inst, args: &Args, failed: &dyn Fn(fmt::Arguments<'_>) -> *mut Inst) -> bool {
    // SAFETY: the instance lives, and modules outlive their instances.
    unsafe {
        let module: &'static Mod = &*(*inst).module;
        let image = module.module.image();
        if env::singleton(inst).is_null() {
            failed(format_args!("create singleton exec_env failed"));
            return false;
        }
        let mut store = (*inst).store();
        module.warn_of_missing();
        let Some(mut found) = Array::filled(None, image.imports().len()) else {
            failed(format_args!("allocate memory failed"));
            return false;
        };
        for (import, found) in image.imports().iter().zip(found.get_mut()) {
            if import.kind == ExternKind::Function.raw() {
                *found = import_function(inst, import.index);
            }
            if import.kind == ExternKind::Global.raw()
                && let Some(value) = builtin::global(image.name(import.module), image.name(import.name))
            {
                *found = Global::new(&mut store, Mutability::Const, value).ok().map(Into::into);
            }
        }
        let mut found = found.get().iter();
        let linked = Instance::link(&mut store, &module.module, |_, _| found.next().copied().flatten());
        let instance = match linked {
            Ok(instance) => instance,
            Err(error) => {
                complain_of_link(&error, failed);
                return false;
            }
        };
        (*inst).instance = Some(instance);
        if let Some(Extern::Memory(memory)) = instance.item(&*store, ExternKind::Memory, 0) {
            if args.plain.max_memory_pages != 0 {
                // The handle is of this store.
                let _ = memory.limit(&mut *store, u64::from(args.plain.max_memory_pages));
            }
            if let Err(text) = heap::insert(inst, memory, args.plain.host_managed_heap_size) {
                failed(format_args!("{text}"));
                return false;
            }
        }
        let started = call::guarded(inst, (*inst).env, |store| instance.start(store));
        if !started || !run_hooks(inst) {
            failed(format_args!(
                "{}",
                core::ffi::CStr::from_ptr((*inst).exception.as_ptr()).to_str().unwrap_or_default()
            ));
            return false;
        }
        true
    }
}

/// What toolchains want to be called before anything else, if it is exported.
unsafe fn run_hooks(inst: *mut Inst) -> bool {
    // SAFETY: the instance lives.
    unsafe {
        let is_wasi = is_wasi(inst);
        let hooks: &[&str] =
            if is_wasi { &["_initialize", "__post_instantiate"] } else { &["__post_instantiate", "__wasm_call_ctors"] };
        hooks.iter().all(|name| {
            let store = (*inst).store();
            let Some(func) = (*inst).instance.and_then(|instance| instance.func(&*store, name)) else { return true };
            let is_hook = func.signature(&*store).is_ok_and(|ty| ty.params().len() == 0 && ty.results().len() == 0);
            !is_hook || call::guarded(inst, (*inst).env, |store| func.call_raw(store, &mut []))
        })
    }
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

/// An imported function of the instance: a native, or something that traps.
unsafe fn import_function(inst: *mut Inst, index: u32) -> Option<Extern> {
    // SAFETY: the instance lives, and its module with it.
    unsafe {
        let module: &'static Mod = &*(*inst).module;
        let ty = module.module.function_signature(index)?;
        let link = *module.links.get().get(index as usize)?;
        let mut store = (*inst).store();
        let func = if link.function.is_null() {
            let image = module.module.image();
            let is_it = |import: &graver_loader::format::Import| {
                import.kind == ExternKind::Function.raw() && import.index == index
            };
            let import = image.imports().iter().find(is_it)?;
            let (module_name, name) = (image.name(import.module), image.name(import.name));
            Func::raw(&mut store, ty, move |_, _| {
                exception::set(inst, format_args!("failed to call unlinked import function ({module_name}, {name})"));
                Err(CallError::code(0))
            })
            .ok()?
        } else if let Some(row) = link.builtin {
            Func::raw(&mut store, ty, move |_, cells| builtin::call(row, inst, cells)).ok()?
        } else if link.is_raw {
            Func::raw(&mut store, ty, move |caller, cells| link.call_raw(inst, caller, cells)).ok()?
        } else {
            Func::native(&mut store, &link.native(ty)).ok()?
        };
        Some(func.into())
    }
}

fn complain_of_link(error: &LinkError<'_>, failed: &dyn Fn(fmt::Arguments<'_>) -> *mut Inst) {
    match error {
        LinkError::Missing { module, name } => failed(format_args!("unknown import ({module}, {name})")),
        LinkError::OutOfMemory => failed(format_args!("allocate memory failed")),
        error => failed(format_args!("{error}")),
    };
}

/// Frees an instance and what belongs to it.
///
/// # Safety
/// It is in the list, and no code of it runs.
unsafe fn destroy(inst: *mut Inst) {
    // SAFETY: promised by the caller.
    unsafe {
        let module = (*inst).module;
        let env = (*inst).env;
        externref::forget(inst);
        (*inst).functions.clear();
        (*inst).memories.clear();
        ManuallyDrop::drop(&mut (*inst).store);
        state::with(|state| {
            state.envs.remove(env);
            state.instances.remove(inst);
        });
        load::release(module);
    }
}

/// Adds `more` to arguments that C holds.
fn change(args: *mut Args, more: impl FnOnce(&mut Args)) {
    // SAFETY: null, or arguments of the client.
    if let Some(args) = unsafe { args.as_mut() } {
        more(args);
    }
}

exported! {
    /// An instance of a module, with its start functions run; null on failure, and the reason in the error buffer.
    /// `stack_size` is for the exec env that the instance has for itself, `heap_size` is what `wasm_runtime_module_malloc`
    /// gets inside the memory if the module exports no `malloc`.
    fn wasm_runtime_instantiate(
        module: *mut Mod,
        stack_size: u32,
        heap_size: u32,
        error: *mut c_char,
        error_size: u32,
    ) -> *mut Inst {
        let plain = InstantiationArgs { default_stack_size: stack_size, host_managed_heap_size: heap_size, max_memory_pages: 0 };
        // SAFETY: as promised to this function.
        unsafe { instantiate(module, &plain.into(), &|text| write_error(error, error_size, text)) }
    }

    /// The same with arguments in a structure.
    fn wasm_runtime_instantiate_ex(
        module: *mut Mod,
        args: *const InstantiationArgs,
        error: *mut c_char,
        error_size: u32,
    ) -> *mut Inst {
        // SAFETY: as promised to this function.
        unsafe {
            let plain = args.as_ref().copied().unwrap_or_default();
            instantiate(module, &plain.into(), &|text| write_error(error, error_size, text))
        }
    }

    /// The same with arguments that are set one by one.
    fn wasm_runtime_instantiate_ex2(
        module: *mut Mod,
        args: *const Args,
        error: *mut c_char,
        error_size: u32,
    ) -> *mut Inst {
        // SAFETY: as promised to this function.
        unsafe {
            let args = args.as_ref().copied().unwrap_or_default();
            instantiate(module, &args, &|text| write_error(error, error_size, text))
        }
    }

    /// Arguments for an instance, all with their defaults.
    fn wasm_runtime_instantiation_args_create(to: *mut *mut Args) -> bool {
        if to.is_null() {
            return false;
        }
        let args = list::new(Args::default());
        if args.is_null() {
            return false;
        }
        // SAFETY: not null.
        unsafe { to.write(args) };
        true
    }

    /// Gives arguments back.
    fn wasm_runtime_instantiation_args_destroy(args: *mut Args) {
        if !args.is_null() {
            // SAFETY: arguments of the client.
            unsafe { list::drop_at(args) };
        }
    }

    /// Stack size of the exec env that the instance has for itself.
    fn wasm_runtime_instantiation_args_set_default_stack_size(args: *mut Args, size: u32) {
        change(args, |args| args.plain.default_stack_size = size);
    }

    /// Bytes of the app heap.
    fn wasm_runtime_instantiation_args_set_host_managed_heap_size(args: *mut Args, size: u32) {
        change(args, |args| args.plain.host_managed_heap_size = size);
    }

    /// The most pages of the memory; never below what it starts with.
    fn wasm_runtime_instantiation_args_set_max_memory_pages(args: *mut Args, pages: u32) {
        change(args, |args| args.plain.max_memory_pages = pages);
    }

    /// What `wasm_runtime_get_custom_data` returns, from the start function on.
    fn wasm_runtime_instantiation_args_set_custom_data(args: *mut Args, custom_data: *mut c_void) {
        change(args, |args| args.custom_data = core::ptr::NonNull::new(custom_data));
    }

    /// Chooses how bytecode runs: no effect on images.
    @accepted fn wasm_runtime_set_running_mode(_inst: *mut Inst, _mode: c_uint) -> bool {
        true
    }

    /// How the instance runs: 0, the default.
    @accepted fn wasm_runtime_get_running_mode(_inst: *mut Inst) -> c_uint {
        0
    }

    /// Gives an instance back; destructors of context keys run.
    fn wasm_runtime_deinstantiate(inst: *mut Inst) {
        if !is_known("wasm_runtime_deinstantiate", inst, |state| &state.instances) {
            return;
        }
        // SAFETY: it is in the list.
        unsafe {
            if (*inst).store().is_running() {
                error!("wasm_runtime_deinstantiate: the instance runs, so it stays");
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

    /// Attaches a pointer to an instance.
    fn wasm_runtime_set_custom_data(inst: *mut Inst, custom_data: *mut c_void) {
        // SAFETY: null, or an instance of the client.
        if let Some(inst) = unsafe { inst.as_mut() } {
            inst.custom_data = custom_data;
        }
    }

    /// What is attached to an instance.
    fn wasm_runtime_get_custom_data(inst: *const Inst) -> *mut c_void {
        // SAFETY: null, or an instance of the client.
        unsafe { inst.as_ref() }.map_or(null_mut(), |inst| inst.custom_data)
    }

    /// Whether the module imports from WASI.
    fn wasm_runtime_is_wasi_mode(inst: *const Inst) -> bool {
        // SAFETY: an instance of the client.
        !inst.is_null() && unsafe { is_wasi(inst) }
    }

    /// The code that the program ended itself with.
    fn wasm_runtime_get_wasi_exit_code(inst: *const Inst) -> u32 {
        // SAFETY: null, or an instance of the client.
        unsafe { inst.as_ref() }.map_or(0, |inst| inst.exit_code)
    }
}
