//! What the process has once: the runtime, and lists of what C holds pointers to.
#![allow(unsafe_code)] // Global state behind a lock.

use core::cell::UnsafeCell;
use core::ffi::c_uint;
use core::ptr::NonNull;

use graver_loader::{Allocator, Runtime};

use crate::alloc::{self, Embedder};
use crate::context::Keys;
use crate::env::Env;
use crate::exported::exported;
use crate::growth::Listener;
use crate::instance::Inst;
use crate::list::{self, List};
use crate::load::Mod;
use crate::lock::Lock;
use crate::log::error;
use crate::modules::Linking;
use crate::natives::{self, Registration};
use crate::platform::PLATFORM;
use crate::types::{RuntimeInitArgs, alloc_type};

/// Everything but the allocator, which has a lock of its own.
pub(crate) struct State {
    /// Calls of `init` that were not undone yet.
    users: u32,
    runtime: Option<Runtime<'static>>,
    pub(crate) modules: List<Mod>,
    pub(crate) instances: List<Inst>,
    pub(crate) envs: List<Env>,
    pub(crate) natives: List<Registration>,
    pub(crate) context_keys: Keys,
    pub(crate) growth_listener: Listener,
    /// How many threads a program may have beside its first, if somebody said.
    pub(crate) max_threads: Option<u32>,
    pub(crate) linking: Linking,
}

struct Shared(UnsafeCell<State>);

// SAFETY: only used while the lock is held, but for the runtime, which does not change while anything uses it.
unsafe impl Sync for Shared {}

static STATE: Shared = Shared(UnsafeCell::new(State {
    users: 0,
    runtime: None,
    modules: List::new(),
    instances: List::new(),
    envs: List::new(),
    natives: List::new(),
    context_keys: Keys::NONE,
    growth_listener: Listener::NONE,
    max_threads: None,
    linking: Linking::NONE,
}));
static LOCK: Lock = Lock::new();

/// Uses the state. Must not be nested.
pub(crate) fn with<R>(body: impl FnOnce(&mut State) -> R) -> R {
    // SAFETY: the lock is held, and `body` cannot keep the reference.
    LOCK.hold(|| body(unsafe { &mut *STATE.0.get() }))
}

/// The runtime, if the library was initialised.
pub(crate) fn runtime() -> Option<&'static Runtime<'static>> {
    // SAFETY: it changes in `init` and `destroy` only, and the header forbids to call them while another function runs.
    // Threads share
    // only what is constant in it, and the count of stores, which changes under the lock.
    unsafe { (*STATE.0.get()).runtime.as_ref() }
}

/// Whether something is one of the things that C may hold, and says so if it is not.
pub(crate) fn is_known<T: crate::list::Linked>(
    what: &str,
    value: *const T,
    list: impl FnOnce(&State) -> &List<T>,
) -> bool {
    let known = !value.is_null() && with(|state| list(state).contains(value));
    if !known {
        error!("{what}: null, or destroyed before");
    }
    known
}

fn choose_allocator(args: &RuntimeInitArgs) -> bool {
    match args.mem_alloc_type {
        alloc_type::POOL => {
            // SAFETY: the kind says which of the union it is.
            let pool = unsafe { args.mem_alloc_option.pool };
            let Some(start) = NonNull::new(pool.heap_buf.cast::<u8>()) else { return false };
            // SAFETY: the header says that the pool is the library's until it is destroyed.
            unsafe { alloc::use_pool(start, pool.heap_size as usize) };
        }
        alloc_type::ALLOCATOR => {
            // SAFETY: the kind says which of the union it is, and the header what the functions are.
            let embedder = unsafe {
                let functions = args.mem_alloc_option.allocator;
                if functions.malloc_func.is_null() || functions.realloc_func.is_null() || functions.free_func.is_null()
                {
                    return false;
                }
                Embedder {
                    malloc: core::mem::transmute::<
                        *mut core::ffi::c_void,
                        unsafe extern "C" fn(u32) -> *mut core::ffi::c_void,
                    >(functions.malloc_func),
                    realloc: core::mem::transmute::<
                        *mut core::ffi::c_void,
                        unsafe extern "C" fn(*mut core::ffi::c_void, u32) -> *mut core::ffi::c_void,
                    >(functions.realloc_func),
                    free: core::mem::transmute::<*mut core::ffi::c_void, unsafe extern "C" fn(*mut core::ffi::c_void)>(
                        functions.free_func,
                    ),
                }
            };
            alloc::use_embedder(embedder);
        }
        alloc_type::SYSTEM => alloc::use_system(),
        _ => return false,
    }
    true
}

/// Counts a user; `Some` if there was one before.
fn add_user() -> Option<bool> {
    with(|state| {
        (state.users != 0).then(|| {
            state.users += 1;
            true
        })
    })
}

fn start() -> bool {
    // SAFETY: the functions are as the loader wants them; a pool and an embedder were promised.
    let allocator = unsafe { Allocator::functions(alloc::functions()) };
    let Ok(runtime) = Runtime::with_platform(allocator, &PLATFORM) else {
        alloc::forget();
        return false;
    };
    with(|state| {
        state.runtime = Some(runtime);
        state.users = 1;
    });
    crate::threads::prepare_thread();
    true
}

exported! {
    /// Initialises the library with C's allocator. Each success wants a `wasm_runtime_destroy`.
    fn wasm_runtime_init() -> bool {
        add_user().unwrap_or_else(|| {
            alloc::use_system();
            start()
        })
    }

    /// Initialises the library with an allocator and natives. Once it is initialised, arguments have no effect.
    fn wasm_runtime_full_init(args: *mut RuntimeInitArgs) -> bool {
        if let Some(done) = add_user() {
            return done;
        }
        // SAFETY: null, or arguments of the client.
        let Some(args) = (unsafe { args.as_ref() }) else { return false };
        if !choose_allocator(args) {
            error!("wasm_runtime_full_init: no such allocator, or one without memory");
            return false;
        }
        if !start() {
            return false;
        }
        with(|state| state.max_threads = Some(args.max_thread_num).filter(|count| *count != 0));
        let count = args.n_native_symbols;
        if count != 0 && !natives::register(args.native_module_name, args.native_symbols, count, false) {
            // SAFETY: initialised just now.
            unsafe { wasm_runtime_destroy() };
            return false;
        }
        true
    }

    /// Undoes one initialisation. The last frees what the library holds; instances and modules must be gone.
    fn wasm_runtime_destroy() {
        let is_last = with(|state| {
            if state.users == 0 {
                return None;
            }
            state.users -= 1;
            Some(state.users == 0)
        });
        match is_last {
            None => error!("wasm_runtime_destroy: not initialised"),
            Some(false) => {}
            Some(true) => {
                with(|state| {
                    state.envs.clear();
                    state.instances.clear();
                });
                // Each by itself, because buffers of modules go back to the client.
                while let Some(module) = NonNull::new(with(|state| state.modules.take_first())) {
                    // SAFETY: nobody else has it.
                    unsafe { list::drop_at(module.as_ptr()) };
                }
                with(|state| {
                    state.natives.clear();
                    state.context_keys = Keys::NONE;
                    state.growth_listener = Listener::NONE;
                    state.max_threads = None;
                    state.linking = Linking::NONE;
                    state.runtime = None;
                });
                alloc::forget();
            }
        }
    }

    /// The version of WAMR whose API this is.
    fn wasm_runtime_get_version(major: *mut u32, minor: *mut u32, patch: *mut u32) {
        for (place, number) in [(major, 2), (minor, 4), (patch, 3)] {
            if !place.is_null() {
                // SAFETY: not null.
                unsafe { place.write(number) };
            }
        }
    }

    /// Whether a way of running exists: the default does, the others are for bytecode.
    @accepted fn wasm_runtime_is_running_mode_supported(mode: c_uint) -> bool {
        mode == 0
    }

    /// Chooses how bytecode runs. Images are machine code: only the default is possible.
    @accepted fn wasm_runtime_set_default_running_mode(mode: c_uint) -> bool {
        mode == 0
    }
}
