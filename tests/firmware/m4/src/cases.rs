//! What is run, and what is printed about it.

use crate::board::Board;
use crate::paint::Stack;
use cortex_m_semihosting::hprintln;
use graver_loader::{
    CallError, Caller, Instance, Linker, Module, Params, Results, Runtime, StackLimit, Store, StoreOptions,
};

/// Flash holds images at the alignment of their code.
#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

macro_rules! image {
    ($name:literal) => {{
        static IMAGE: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(
            env!("GRAVER_IMAGES", "the folder with the compiled guests: see tests/tests/device.rs"),
            "/",
            $name,
            ".aot"
        )));
        &IMAGE.0
    }};
}

/// Bytes of stack that guests get.
const GUEST_STACK: usize = 8 * 1024;

/// Bytes of stack that must be left when everything has run: proof that the limit was kept.
pub const DISTANCE: usize = 4 * 1024;

type Outcome = Result<(), &'static str>;

/// Prints the result of a call, or why there is none.
macro_rules! show {
    ($store:ident, $instance:ident, $name:literal ($($argument:expr),*) : $params:ty => $result:ty) => {
        let result = call::<$params, $result>(&mut $store, $instance, $name, ($($argument,)*));
        match result {
            Ok(value) => hprintln!(concat!($name, "{:?} = {:?}"), ($($argument,)*), value),
            Err(error) => hprintln!(concat!($name, "{:?}: {}"), ($($argument,)*), error),
        }
    };
}

fn call<P: Params, R: Results>(
    store: &mut Store<'_>,
    instance: Instance,
    name: &str,
    params: P,
) -> Result<R, CallError> {
    instance.typed_func::<P, R>(store, name)?.call(store, params)
}

/// Runs every guest.
pub fn run(runtime: &Runtime<'_>, board: &Board, painted: &Stack) -> Outcome {
    depth(runtime, board, painted)?;
    arithmetic(runtime)?;
    traps(runtime)?;
    host(runtime)
}

/// How far the stack pointer may be above what the board notes: the frame of the function that notes it.
const NOTE: usize = 32;

/// Compares the stack that calls use with what the image's header says they use at most.
fn depth(runtime: &Runtime<'_>, board: &Board, painted: &Stack) -> Outcome {
    let module = load(runtime, image!("stack"))?;
    let bound = module.image().header().stack_bound as usize;
    let mut store = Store::new(runtime, options()).map_err(|_| "store")?;
    let instance = instantiate(runtime, &mut store, &module)?;
    let mut deepest = 0;
    for name in ["nothing", "library", "arguments", "deep"] {
        painted.repaint();
        let result = call::<(i32,), i32>(&mut store, instance, name, (-123_456,)).map_err(|_| "depth")?;
        let used = painted.below(board.entered());
        hprintln!("# {} = {} uses {} of {} bytes of stack", name, result, used, bound);
        deepest = deepest.max(used);
    }
    hprintln!("the stack is as deep as the image says: {}", deepest <= bound && bound <= deepest + NOTE);
    Ok(())
}

fn options() -> StoreOptions {
    StoreOptions { stack: StackLimit::Size(GUEST_STACK), ..StoreOptions::default() }
}

fn load<'r>(runtime: &'r Runtime<'_>, image: &'r [u8]) -> Result<Module<'r>, &'static str> {
    Module::new(runtime, image).map_err(|error| {
        hprintln!("load: {}", error);
        "load"
    })
}

/// A module that imports nothing.
fn instantiate<'m>(
    runtime: &'m Runtime<'_>,
    store: &mut Store<'m>,
    module: &'m Module<'_>,
) -> Result<Instance, &'static str> {
    Linker::new(runtime).instantiate(store, module).map_err(|error| {
        hprintln!("instantiate: {}", error);
        "instantiate"
    })
}

fn arithmetic(runtime: &Runtime<'_>) -> Outcome {
    let module = load(runtime, image!("arithmetic"))?;
    let mut store = Store::new(runtime, options()).map_err(|_| "store")?;
    let instance = instantiate(runtime, &mut store, &module)?;
    show!(store, instance, "factorial"(20i64): (i64,) => i64);
    show!(store, instance, "divide"(-9_000_000_000_000_000_000i64, 7i64): (i64, i64) => i64);
    show!(store, instance, "divide"(1i64, 0i64): (i64, i64) => i64);
    show!(store, instance, "divide"(i64::MIN, -1i64): (i64, i64) => i64);
    show!(store, instance, "divide_unsigned"(-1i64, 10i64): (i64, i64) => i64);
    show!(store, instance, "remainder"(-9_000_000_000_000_000_001i64, 1_000_000_007i64): (i64, i64) => i64);
    show!(store, instance, "both"(1_000_000_000_000i64, 7i64): (i64, i64) => (i64, i64));
    show!(store, instance, "hypotenuse"(3.0f64, 4.0f64): (f64, f64) => f64);
    show!(store, instance, "hypotenuse"(1.0f64, 1.0f64): (f64, f64) => f64);
    show!(store, instance, "basel"(1000i32): (i32,) => f64);
    show!(store, instance, "truncate"(-1e18f64): (f64,) => i64);
    show!(store, instance, "truncate"(1e19f64): (f64,) => i64);
    show!(store, instance, "single"(1.0f32, 3.0f32): (f32, f32) => f32);
    Ok(())
}

fn traps(runtime: &Runtime<'_>) -> Outcome {
    let module = load(runtime, image!("traps"))?;
    let mut store = Store::new(runtime, options()).map_err(|_| "store")?;
    let instance = instantiate(runtime, &mut store, &module)?;
    show!(store, instance, "sum"(16i32, 28i32): (i32, i32) => i32);
    show!(store, instance, "store"(65_520i32, -1i64): (i32, i64) => ());
    show!(store, instance, "load"(65_532i32): (i32,) => i32);
    show!(store, instance, "load"(65_533i32): (i32,) => i32);
    show!(store, instance, "load"(-4i32): (i32,) => i32);
    show!(store, instance, "store"(65_521i32, 0i64): (i32, i64) => ());
    show!(store, instance, "load"(65_532i32): (i32,) => i32);
    // The pool has no room for a second page.
    show!(store, instance, "grow"(1i32): (i32,) => i32);
    show!(store, instance, "grow"(0i32): (i32,) => i32);
    show!(store, instance, "indirect"(0i32, 21i32): (i32, i32) => i32);
    show!(store, instance, "indirect"(1i32, 21i32): (i32, i32) => i32);
    show!(store, instance, "indirect"(2i32, 21i32): (i32, i32) => i32);
    show!(store, instance, "forever"(0i32): (i32,) => i32);
    let depth = call::<(), i32>(&mut store, instance, "calls", ()).map_err(|_| "calls")?;
    show!(store, instance, "forever"(0i32): (i32,) => i32);
    let twice = call::<(), i32>(&mut store, instance, "calls", ()).map_err(|_| "calls")?;
    hprintln!("the second time went as deep as the first: {}, and deep: {}", twice == 2 * depth, depth > 100);
    show!(store, instance, "sum"(16i32, 28i32): (i32, i32) => i32);
    Ok(())
}

fn host(runtime: &Runtime<'_>) -> Outcome {
    let module = load(runtime, image!("host"))?;
    let mut store = Store::new(runtime, options()).map_err(|_| "store")?;
    match Linker::new(runtime).instantiate(&mut store, &module) {
        Ok(_) => return Err("instantiated without imports"),
        Err(error) => hprintln!("{}", error),
    }
    let mut linker = Linker::new(runtime);
    let bias = 1000;
    let add = move |_: &mut Caller<'_, '_>, (a, b): (i32, i32)| a + b + bias;
    let scale = |_: &mut Caller<'_, '_>, (value, factor): (f64, i64)| value * factor as f64;
    let fail =
        |_: &mut Caller<'_, '_>, (): ()| -> Result<(), CallError> { Err(CallError::message("the host said no")) };
    linker.func(&mut store, "env", "add", add).map_err(|_| "add")?;
    linker.func(&mut store, "env", "scale", scale).map_err(|_| "scale")?;
    linker.func(&mut store, "env", "ask", ask).map_err(|_| "ask")?;
    linker.func(&mut store, "env", "fail", fail).map_err(|_| "fail")?;
    let instance = linker.instantiate(&mut store, &module).map_err(|_| "instantiate")?;
    show!(store, instance, "sum"(1i32, 2i32, 3i32): (i32, i32, i32) => i32);
    show!(store, instance, "scaled"(1.25f64, -8i64): (f64, i64) => f64);
    show!(store, instance, "round_trip"(14i32): (i32,) => i32);
    show!(store, instance, "failing"(): () => i32);
    show!(store, instance, "triple"(5i32): (i32,) => i32);
    Ok(())
}

/// From guest to host to guest and back.
fn ask(caller: &mut Caller<'_, '_>, (value,): (i32,)) -> Result<i32, CallError> {
    let instance = caller.instance().ok_or("called by nobody")?;
    let tripled = instance.typed_func::<i32, i32>(caller, "triple")?.call(caller, value)?;
    Ok(tripled * 10)
}
