//! What a firmware does with an image. It is the same on every board: load, link, call, and go on after a trap.

use core::fmt::{Arguments, Display};
use core::mem::MaybeUninit;

use graver_loader::platform::Platform;
use graver_loader::{Allocator, CallError, Caller, Interrupt, Linker, Module, Runtime, StackLimit, Store, StoreOptions};

/// Stack that the image may use; the rest belongs to the firmware.
const GUEST_STACK: usize = 4 * 1024;

/// The image was not run to the end. What happened has been printed.
pub struct Failed;

/// Runs `image` where it lies. All memory that it needs comes from `pool`; `print` is the board's.
pub fn run(
    platform: &dyn Platform,
    pool: &mut [MaybeUninit<u8>],
    image: &[u8],
    print: fn(Arguments<'_>),
) -> Result<(), Failed> {
    let runtime = Runtime::with_platform(Allocator::pool(pool), platform).or_else(say(print))?;
    // An image for another machine, or a damaged one, is refused here.
    let module = Module::new(&runtime, image).or_else(say(print))?;
    // Nothing else says that the interrupt below would have no effect.
    if !module.is_interruptible() {
        return say(print)("the image was compiled without --interruptible");
    }
    let options = StoreOptions { stack: StackLimit::Size(GUEST_STACK), ..StoreOptions::default() };
    // Stops code that does not end by itself. Here a native asks for that; were it a static, a timer's interrupt handler or
    // another task could at any time.
    let stop = Interrupt::new();
    let mut store = Store::new(&runtime, options).or_else(say(print))?;
    store.set_interrupt(&stop).or_else(say(print))?;

    // What the image may call.
    let mut linker = Linker::new(&runtime);
    let progress = |_: &mut Caller<'_, '_>, value: i32| {
        print(format_args!(" {value}"));
        if value < 0 {
            stop.request();
        }
    };
    linker.func(&mut store, "env", "progress", progress).or_else(say(print))?;
    let instance = linker.instantiate(&mut store, &module).or_else(say(print))?;

    // What it exports, with the types that it must have.
    let steps = instance.typed_func::<i32, i32>(&store, "steps").or_else(say(print))?;
    let average = instance.typed_func::<(f64, i64), f64>(&store, "average").or_else(say(print))?;
    let forever = instance.typed_func::<(), i32>(&store, "forever").or_else(say(print))?;
    let count_down = instance.typed_func::<i32, ()>(&store, "count_down").or_else(say(print))?;

    print(format_args!("steps(6) by way of"));
    let count = steps.call(&mut store, 6).or_else(say(print))?;
    print(format_args!(": {count}\n"));
    print(format_args!("average(10, 4) = {}\n", average.call(&mut store, (10.0, 4)).or_else(say(print))?));
    // A trap is an error with a text. The instance can be used again.
    if let Err(trap) = average.call(&mut store, (10.0, 0)) {
        print(format_args!("average(10, 0): {trap}\n"));
    }
    if let Err(CallError::Trap(trap)) = forever.call(&mut store, ()) {
        print(format_args!("forever(): {}\n", trap.text()));
    }
    print(format_args!("count_down(3):"));
    if let Err(CallError::Trap(trap)) = count_down.call(&mut store, 3) {
        print(format_args!(": {}\n", trap.text()));
    }
    stop.withdraw();
    print(format_args!("steps(1) by way of"));
    let count = steps.call(&mut store, 1).or_else(say(print))?;
    print(format_args!(": {count}\n"));
    Ok(())
}

/// Prints what went wrong.
fn say<T, E: Display>(print: fn(Arguments<'_>)) -> impl FnOnce(E) -> Result<T, Failed> {
    move |error| {
        print(format_args!("{error}\n"));
        Err(Failed)
    }
}
