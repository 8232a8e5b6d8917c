//! Runs an image where it lies in flash: calls it, lets it call a native, and catches its traps.
//!
//! All memory that the image needs comes from a pool of 4 KiB. The image uses no linear memory; one that does needs a pool
//! that has room for it.

#![no_std]
#![no_main]

use core::mem::MaybeUninit;

use cortex_m_rt::entry;
use graver_loader::platform::Bare;
use graver_loader::{Allocator, CallError, Caller, Linker, Module, Runtime, StackLimit, Store, StoreOptions};
use semihosting::{print, println};

/// Code runs in place if it is aligned as the image's header asks for, which is 16 on these cores.
#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

/// `graver compile guest.wat --target cortex-m4f -o guest.aot`
static IMAGE: &Aligned<[u8]> = &Aligned(*include_bytes!(env!("GRAVER_IMAGE")));

/// Stack that the image may use; the rest belongs to the firmware.
const GUEST_STACK: usize = 4 * 1024;

unsafe extern "C" {
    // From cortex-m-rt's linker script: the lowest address of the stack.
    static _stack_end: u8;
}

#[entry]
fn main() -> ! {
    let Some(pool) = cortex_m::singleton!(: [MaybeUninit<u8>; 4096] = [MaybeUninit::uninit(); 4096]) else {
        panic!("main runs once");
    };
    match run(pool) {
        Ok(()) => semihosting::process::exit(0),
        Err(what) => {
            println!("failed: {}", what);
            semihosting::process::exit(1)
        }
    }
}

fn run(pool: &mut [MaybeUninit<u8>]) -> Result<(), &'static str> {
    let platform = Bare::new((&raw const _stack_end).addr());
    let runtime = Runtime::with_platform(Allocator::pool(pool), &platform).map_err(|_| "runtime")?;
    let module = Module::new(&runtime, &IMAGE.0).map_err(|_| "the image is not for this core")?;
    let options = StoreOptions { stack: StackLimit::Size(GUEST_STACK), ..StoreOptions::default() };
    let mut store = Store::new(&runtime, options).map_err(|_| "store")?;

    let mut linker = Linker::new(&runtime);
    let progress = |_: &mut Caller<'_, '_>, value: i32| print!(" {}", value);
    linker.func(&mut store, "env", "progress", progress).map_err(|_| "native")?;
    let instance = linker.instantiate(&mut store, &module).map_err(|_| "instantiate")?;

    let steps = instance.typed_func::<i32, i32>(&store, "steps").map_err(|_| "no `steps`")?;
    let average = instance.typed_func::<(f64, i64), f64>(&store, "average").map_err(|_| "no `average`")?;
    let forever = instance.typed_func::<(), i32>(&store, "forever").map_err(|_| "no `forever`")?;

    print!("steps(6) by way of");
    println!(": {}", steps.call(&mut store, 6).map_err(|_| "steps")?);
    println!("average(10, 4) = {}", average.call(&mut store, (10.0, 4)).map_err(|_| "average")?);
    // A trap is an error with a text. The instance can be used again.
    if let Err(trap) = average.call(&mut store, (10.0, 0)) {
        println!("average(10, 0): {}", trap);
    }
    if let Err(CallError::Trap(trap)) = forever.call(&mut store, ()) {
        println!("forever(): {}", trap.text());
    }
    print!("steps(1) by way of");
    println!(": {}", steps.call(&mut store, 1).map_err(|_| "steps")?);
    Ok(())
}
