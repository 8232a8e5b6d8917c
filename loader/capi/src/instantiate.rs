//! Making instances.
#![allow(unsafe_code)] // C names and pointers.

use core::ffi::{c_char, c_int, c_void};
use core::fmt;
use core::mem::ManuallyDrop;
use core::ptr::null_mut;

use graver_loader::format::ExternKind;
use graver_loader::{CallError, Extern, Instance, LinkError, Runtime, Store, StoreOptions, Trap};

use crate::env::Env;
use crate::exported::exported;
use crate::growth;
use crate::heap;
use crate::imports;
use crate::instance::{Inst, accept_stops, destroy, is_wasi};
use crate::load::Mod;
use crate::log::error;
use crate::state::{self, is_known};
use crate::text::write_error;
use crate::threads::{self, Seat};
use crate::types::InstantiationArgs;
use crate::wasi::{self, Settings, System, Texts};
use crate::{call, env, list, load, modules, parts};

/// `struct InstantiationArgs2`.
#[derive(Clone, Default)]
pub struct Args {
    plain: InstantiationArgs,
    custom_data: Option<core::ptr::NonNull<c_void>>,
    pub(crate) wasi: Settings,
}

impl From<InstantiationArgs> for Args {
    fn from(plain: InstantiationArgs) -> Self {
        Self { plain, ..Self::default() }
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
    let Some(store) = new_store(runtime) else {
        return failed(format_args!("{NO_MEMORY}"));
    };
    // SAFETY: the store and, once it is in the list, the instance are this function's until it returns.
    unsafe {
        // It is dropped with the instance.
        let mut store = ManuallyDrop::new(store);
        let inst = add(module, null_mut(), core::ptr::read(&raw const *store), args);
        if inst.is_null() {
            ManuallyDrop::drop(&mut store);
            return failed(format_args!("{NO_MEMORY}"));
        }
        match fill(inst, args) {
            Ok(()) => inst,
            Err(failure) => {
                match failure {
                    Failure::Text(text) => failed(format_args!("{text}")),
                    Failure::System(error) => failed(format_args!("{error}")),
                    Failure::Link(LinkError::Missing { module, name }) => {
                        failed(format_args!("unknown import ({module}, {name})"))
                    }
                    Failure::Link(LinkError::OutOfMemory) => failed(format_args!("{NO_MEMORY}")),
                    Failure::Link(error) => failed(format_args!("{error}")),
                    Failure::Segment(reason) => failed(format_args!("{reason}")),
                    Failure::Exception => failed(format_args!("{}", (*(*inst).root).exception.get())),
                };
                give_up(inst);
                null_mut()
            }
        }
    }
}

/// A store for a program or a thread of one; `None` if there is no memory.
pub(crate) fn new_store(runtime: &'static Runtime<'static>) -> Option<Store<'static>> {
    // The runtime counts its stores, and threads share it.
    let mut store = state::with(|_| Store::new(runtime, StoreOptions::default())).ok()?;
    store.set_grow_failed(Some(growth::of_guest));
    Some(store)
}

/// Stops threads that an instance's start has left, and frees it once they are gone. It stays if one cannot be waited for.
unsafe fn give_up(inst: *mut Inst) {
    // SAFETY: it is in the list, and no code of it runs but in such threads.
    unsafe {
        threads::stop_program(inst, (*inst).exception.get());
        match threads::end_program(inst) {
            Ok(()) => destroy(inst),
            Err(text) => error!("wasm_runtime_instantiate: {text}"),
        }
    }
}

/// Puts an instance that is not linked into the list; null if there is no memory. It is a root if `root` is null. By itself, so
/// that no copy of the instance is on the stack while code runs.
///
/// # Safety
/// The module and the root live.
#[inline(never)]
unsafe fn add(module: *mut Mod, root: *mut Inst, store: Store<'static>, args: &Args) -> *mut Inst {
    let custom_data = args.custom_data.map_or(null_mut(), core::ptr::NonNull::as_ptr);
    let made = Inst::new(module, store, args.plain.default_stack_size, custom_data, Seat::first());
    // SAFETY: promised by the caller.
    unsafe { enlist(made, root) }
}

/// Puts an instance into the list, with the same result.
///
/// # Safety
/// Its module and the root live.
pub(crate) unsafe fn enlist(made: Inst, root: *mut Inst) -> *mut Inst {
    let module = made.module;
    state::with(|state| {
        let inst = state.instances.add(made);
        if !inst.is_null() {
            // SAFETY: promised by the caller.
            unsafe {
                (*inst).root = if root.is_null() { inst } else { root };
                load::retain(state, module);
            }
        }
        inst
    })
}

/// Makes an instance of a module that another one of the program imports from.
///
/// # Safety
/// Both live, and no code of the program runs.
pub(crate) unsafe fn make_part(root: *mut Inst, module: *mut Mod, args: &Args) -> Result<(), Failure> {
    // SAFETY: promised by the caller. Only the root's copy of the store is dropped.
    unsafe {
        let store = ManuallyDrop::into_inner((*root).store());
        let part = add(module, root, store, args);
        if part.is_null() {
            return Err(NO_MEMORY.into());
        }
        (*part).next_part = (*root).next_part;
        (*root).next_part = part;
        fill(part, args)
    }
}

/// Why there is no instance.
pub(crate) enum Failure {
    Text(&'static str),
    System(wasi::Error),
    Link(LinkError<'static>),
    /// One that does not fit.
    Segment(Trap),
    /// Its exception says it.
    Exception,
}

impl From<&'static str> for Failure {
    fn from(text: &'static str) -> Self {
        Self::Text(text)
    }
}

pub(crate) const NO_MEMORY: &str = "allocate memory failed";

/// Links, initialises and starts an instance.
unsafe fn fill(inst: *mut Inst, args: &Args) -> Result<(), Failure> {
    // SAFETY: the instance lives, and modules outlive their instances.
    unsafe {
        let module: &'static Mod = &*(*inst).module;
        let root = (*inst).root;
        let env = env::singleton(root);
        if env.is_null() {
            return Err("create singleton exec_env failed".into());
        }
        if inst == root {
            accept_stops(inst)?;
            threads::begin_program(inst);
        }
        module.warn_of_missing();
        modules::make_parts(inst, args)?;
        if is_wasi(inst) && (*root).wasi.is_none() {
            (*root).wasi = Some(System::open(&(*(*root).module).wasi, &args.wasi).map_err(Failure::System)?);
        }
        let instance = link(inst, module)?;
        (*inst).instance = Some(instance);
        let mut trap = None;
        let is_initialised = call::guarded(inst, env, |store| {
            instance.initialise(store).inspect_err(|error| {
                if let CallError::Trap(reason) = error {
                    trap = Some(*reason);
                }
            })
        });
        if !is_initialised {
            return Err(trap.map_or(Failure::Exception, Failure::Segment));
        }
        // Where the app heap goes is the value of a global.
        set_up_memory(inst, instance, &args.plain)?;
        if inst == root {
            threads::found_program(inst);
        }
        let is_started = call::guarded(inst, env, |store| instance.run_start_function(store)) && run_hooks(inst, env);
        if is_started { Ok(()) } else { Err(Failure::Exception) }
    }
}

/// Links an instance of a module.
///
/// # Safety
/// The instance lives and is not linked yet.
pub(crate) unsafe fn link(inst: *mut Inst, module: &'static Mod) -> Result<Instance, Failure> {
    // SAFETY: promised by the caller.
    unsafe {
        let found = imports::find(inst)?;
        let mut found = found.get().iter();
        let mut store = (*inst).store();
        let linked = Instance::link(&mut store, &module.module, |_, _| found.next().copied().flatten());
        linked.map_err(Failure::Link)
    }
}

/// Limits memory 0, and puts the app heap into it, unless it is another module's.
unsafe fn set_up_memory(inst: *mut Inst, instance: Instance, plain: &InstantiationArgs) -> Result<(), Failure> {
    if parts::owner_of_memory(inst) != inst {
        return Ok(());
    }
    // SAFETY: promised by the caller.
    let mut store = unsafe { (*inst).store() };
    let Some(Extern::Memory(memory)) = instance.item(&*store, ExternKind::Memory, 0) else { return Ok(()) };
    if plain.max_memory_pages != 0 {
        // The handle is of this store.
        let _ = memory.limit(&mut *store, u64::from(plain.max_memory_pages));
    }
    Ok(heap::insert(inst, memory, plain.host_managed_heap_size)?)
}

/// What toolchains want to be called before anything else, if it is exported.
unsafe fn run_hooks(inst: *mut Inst, env: *mut Env) -> bool {
    // SAFETY: the instance lives.
    unsafe {
        // A library that others import from can be a reactor that makes no use of the system.
        let is_reactor = is_wasi(inst)
            || ((*inst).root != inst && (*(*inst).module).module.image().find_export(b"_initialize").is_some());
        // Position-independent modules first want addresses in their data to be made final.
        let hooks: &[&str] = if is_reactor {
            &["__wasm_apply_data_relocs", "_initialize", "__post_instantiate"]
        } else {
            &["__wasm_apply_data_relocs", "__post_instantiate", "__wasm_call_ctors"]
        };
        hooks.iter().all(|name| {
            let store = (*inst).store();
            let Some(func) = (*inst).instance.and_then(|instance| instance.func(&*store, name)) else { return true };
            let is_hook = func.signature(&*store).is_ok_and(|ty| ty.params().len() == 0 && ty.results().len() == 0);
            !is_hook || call::guarded(inst, env, |store| func.call_raw(store, &mut []))
        })
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
            let args = args.as_ref().cloned().unwrap_or_default();
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

    /// The arguments of a WASI program, the first of which is its name.
    fn wasm_runtime_instantiation_args_set_wasi_arg(args: *mut Args, argv: *mut *mut c_char, argc: c_int) {
        // SAFETY: texts of the client.
        change(args, |args| args.wasi.set_args(unsafe { Texts::new(argv.cast(), u32::try_from(argc).unwrap_or(0)) }));
    }

    /// The environment variables of a WASI program, as `NAME=VALUE`.
    fn wasm_runtime_instantiation_args_set_wasi_env(args: *mut Args, env: *mut *const c_char, count: u32) {
        // SAFETY: texts of the client.
        change(args, |args| args.wasi.set_env(unsafe { Texts::new(env, count) }));
    }

    /// The directories of a WASI program: those it sees by their own names, and those as `GUEST::HOST`.
    fn wasm_runtime_instantiation_args_set_wasi_dir(
        args: *mut Args,
        dirs: *mut *const c_char,
        dir_count: u32,
        mapped_dirs: *mut *const c_char,
        mapped_dir_count: u32,
    ) {
        // SAFETY: texts of the client.
        change(args, |args| unsafe {
            args.wasi.set_dirs(Texts::new(dirs, dir_count), Texts::new(mapped_dirs, mapped_dir_count));
        });
    }

    /// The standard streams of a WASI program, as descriptors that stay the client's; -1 for those of the process.
    fn wasm_runtime_instantiation_args_set_wasi_stdio(args: *mut Args, stdin: i64, stdout: i64, stderr: i64) {
        change(args, |args| args.wasi.set_stdio([stdin, stdout, stderr]));
    }

    /// Addresses that the sockets of an instance may use, each as `ADDRESS/PREFIX`; without any there are no sockets.
    fn wasm_runtime_instantiation_args_set_wasi_addr_pool(args: *mut Args, pool: *mut *const c_char, size: u32) {
        // SAFETY: texts of the client.
        change(args, |args| unsafe { args.wasi.set_addresses(Texts::new(pool, size)) });
    }

    /// Names that an instance may look up; a `*` at the start stands for anything.
    fn wasm_runtime_instantiation_args_set_wasi_ns_lookup_pool(args: *mut Args, pool: *mut *const c_char, size: u32) {
        // SAFETY: texts of the client.
        change(args, |args| unsafe { args.wasi.set_names(Texts::new(pool, size)) });
    }
}
