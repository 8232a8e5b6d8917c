//! All that an embedder needs of the loader.

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicUsize, Ordering};

use graver_loader::platform::Bare;
use graver_loader::{Allocator, CallError, Caller, Instance, Linker, Module, Runtime, StackLimit, Store, StoreOptions};

use crate::output::Output;
use crate::paint;

/// Code runs in place if it is aligned as the image's header asks for, which is 16 on this core.
#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

static IMAGE: &Aligned<[u8]> = &Aligned(*include_bytes!(env!("GRAVER_IMAGE")));

const POOL_BYTES: usize = 4096;
/// Stack that the image may use.
const GUEST_STACK: usize = 1024;

/// What the guest told.
static REPORTS: AtomicUsize = AtomicUsize::new(0);

pub fn run(out: &mut Output, stack: &paint::Stack) -> Result<(), &'static str> {
    let pool = cortex_m::singleton!(: [MaybeUninit<u8>; POOL_BYTES] = [MaybeUninit::uninit(); POOL_BYTES]);
    let pool = pool.ok_or("main runs once")?;
    let steps = embed(pool, stack.end(), &mut |trap| out.text(trap))?;
    out.line("steps", steps as usize);
    out.line("reports", REPORTS.load(Ordering::Relaxed));
    // The smallest pool that suffices.
    let mut bytes = POOL_BYTES;
    while bytes >= 16 && embed(&mut pool[..bytes - 16], stack.end(), &mut |_| ()).is_ok() {
        bytes -= 16;
    }
    out.line("# pool", bytes);
    out.line("# runtime", size_of::<Runtime<'_>>());
    Ok(())
}

/// What a firmware does with the loader. Each step is a function of its own, so that the linker's map says what it takes.
#[inline(never)]
fn embed(
    pool: &mut [MaybeUninit<u8>],
    stack_end: usize,
    print: &mut dyn FnMut(&'static str),
) -> Result<i32, &'static str> {
    let platform = Bare::new(stack_end);
    let runtime = Runtime::with_platform(Allocator::pool(pool), &platform).map_err(|_| "runtime")?;
    let module = load(&runtime)?;
    let options = StoreOptions { stack: StackLimit::Size(GUEST_STACK), ..StoreOptions::default() };
    let mut store = Store::new(&runtime, options).map_err(|_| "store")?;
    let instance = instantiate(&runtime, &mut store, &module)?;
    if let CallError::Trap(trap) = call_forever(&mut store, instance)? {
        print(trap.text());
    }
    call_steps(&mut store, instance)
}

#[inline(never)]
fn load<'r>(runtime: &'r Runtime<'_>) -> Result<Module<'r>, &'static str> {
    Module::new(runtime, &IMAGE.0).map_err(|_| "the image is not for this core")
}

#[inline(never)]
fn instantiate<'m>(
    runtime: &Runtime<'_>,
    store: &mut Store<'m>,
    module: &'m Module<'_>,
) -> Result<Instance, &'static str> {
    let mut linker = Linker::new(runtime);
    let progress = |_: &mut Caller<'_, '_>, _: i32| {
        REPORTS.fetch_add(1, Ordering::Relaxed);
    };
    linker.func(store, "env", "progress", progress).map_err(|_| "native")?;
    linker.instantiate(store, module).map_err(|_| "instantiate")
}

#[inline(never)]
fn call_forever(store: &mut Store<'_>, instance: Instance) -> Result<CallError, &'static str> {
    let forever = instance.typed_func::<(), i32>(store, "forever").map_err(|_| "no `forever`")?;
    forever.call(store, ()).err().ok_or("`forever` ended")
}

#[inline(never)]
fn call_steps(store: &mut Store<'_>, instance: Instance) -> Result<i32, &'static str> {
    let steps = instance.typed_func::<i32, i32>(store, "steps").map_err(|_| "no `steps`")?;
    steps.call(store, 6).map_err(|_| "steps")
}
