//! Every single allocation during loading, instantiation and a call fails, alone and with all after it: an error, and
//! nothing is leaked.
#![allow(unsafe_code)] // An allocator is made of C functions.

use std::alloc::Layout;
use std::cell::Cell;
use std::ffi::c_void;

use graver_aot_format::BoundsStrategy;
use graver_compiler::compile;
use graver_loader::{
    Allocator, Functions, Global, Linker, Memory, MemoryType, Module, Mutability, Runtime, Store, StoreOptions, Val,
};

use crate::sample::{RICH, options, wasm};

/// Counts blocks, and fails when `countdown` is over: once if it `recovers`, else from then on.
#[derive(Default)]
struct Counter {
    countdown: Cell<usize>,
    recovers: bool,
    asked: Cell<usize>,
    live: Cell<usize>,
}

impl Counter {
    fn may_allocate(&self) -> bool {
        self.asked.set(self.asked.get() + 1);
        let left = self.countdown.get();
        if left > 0 || self.recovers {
            self.countdown.set(left.wrapping_sub(1));
        }
        left != 0
    }

    fn functions(&self) -> Functions {
        let user_data = std::ptr::from_ref(self).cast_mut().cast();
        Functions { allocate, reallocate, free, user_data }
    }
}

/// Room in front of each block for its size.
const HEAD: usize = 16;

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size + HEAD, HEAD).expect("a sensible size")
}

unsafe extern "C" fn allocate(counter: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: `user_data` is the counter, which outlives the runtime.
    let counter = unsafe { &*counter.cast::<Counter>() };
    if !counter.may_allocate() {
        return std::ptr::null_mut();
    }
    counter.live.set(counter.live.get() + 1);
    // SAFETY: the layout has room for the size in front of the block.
    unsafe {
        let start = std::alloc::alloc(layout(size));
        start.cast::<usize>().write(size);
        start.add(HEAD).cast()
    }
}

unsafe extern "C" fn reallocate(counter: *mut c_void, block: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: as in `allocate`; the block is one of ours.
    unsafe {
        if !(*counter.cast::<Counter>()).may_allocate() {
            return std::ptr::null_mut();
        }
        let start = block.cast::<u8>().sub(HEAD);
        let old = start.cast::<usize>().read();
        let start = std::alloc::realloc(start, layout(old), size + HEAD);
        start.cast::<usize>().write(size);
        start.add(HEAD).cast()
    }
}

unsafe extern "C" fn free(counter: *mut c_void, block: *mut c_void) {
    // SAFETY: as in `reallocate`.
    unsafe {
        let counter = &*counter.cast::<Counter>();
        counter.live.set(counter.live.get() - 1);
        let start = block.cast::<u8>().sub(HEAD);
        std::alloc::dealloc(start, layout(start.cast::<usize>().read()));
    }
}

/// Loads, links, instantiates and calls with an allocator.
fn everything(counter: &Counter, image: &[u8]) -> anyhow::Result<i32> {
    // SAFETY: the functions behave like C's, and the counter outlives the runtime.
    let runtime = Runtime::new(unsafe { Allocator::functions(counter.functions()) })?;
    let module = Module::new(&runtime, image)?;
    let mut store = Store::new(&runtime, StoreOptions::default())?;
    let mut linker = Linker::new(&runtime);
    linker.func(&mut store, "env", "log", |_, (_,): (i32,)| ())?;
    linker.define("env", "base", Global::new(&mut store, Mutability::Const, Val::I32(1))?)?;
    linker.define("env", "memory", Memory::new(&mut store, MemoryType::new(1, None))?)?;
    let instance = linker.instantiate(&mut store, &module).map_err(|error| anyhow::anyhow!("{error}"))?;
    let add = instance.typed_func::<(i32, i32), i32>(&store, "add")?;
    let mut results = [Val::I32(0)];
    let apply = instance.func(&store, "apply").ok_or_else(|| anyhow::anyhow!("no export"))?;
    apply.call(&mut store, &[Val::I32(1), Val::I32(9), Val::I32(4)], &mut results)?;
    assert_eq!(results, [Val::I32(5)]);
    Ok(add.call(&mut store, (40, 2))?)
}

fn fail_each(bounds: BoundsStrategy) {
    let mut options = options("native");
    options.bounds = Some(bounds);
    let image = compile(&wasm(RICH), &options).expect("compiles");

    let counter = Counter { countdown: Cell::new(usize::MAX), ..Counter::default() };
    assert_eq!(everything(&counter, &image).expect("with enough memory"), 42);
    assert_eq!(counter.live.get(), 0, "blocks left after everything was dropped");
    let needed = counter.asked.get();
    assert!(needed > 5, "{needed} allocations");

    let mut errors = 0;
    for position in 0..needed {
        for recovers in [true, false] {
            let counter = Counter { countdown: Cell::new(position), recovers, ..Counter::default() };
            match everything(&counter, &image) {
                // A block that could not grow in place was copied to a new one.
                Ok(sum) => assert!(recovers && sum == 42, "allocation {position} failed, and so did all after it"),
                Err(error) => {
                    assert!(error.to_string().contains("memory"), "allocation {position}: {error}");
                    errors += 1;
                }
            }
            assert_eq!(counter.live.get(), 0, "allocation {position} of {needed} failed: blocks left");
        }
    }
    assert!(errors > needed, "{errors} errors for {needed} allocations, each failing alone and with all after it");
}

#[test]
fn each_allocation_fails_once_with_software_checks() {
    fail_each(BoundsStrategy::Software);
}

#[test]
fn each_allocation_fails_once_with_guard_regions() {
    fail_each(BoundsStrategy::Guard);
}

#[test]
fn a_pool_of_any_size_is_enough_or_an_error() {
    let mut options = options("native");
    options.bounds = Some(BoundsStrategy::Software);
    // No memory of its own: the pool holds everything.
    let module = wasm(
        r#"(module (global (mut i64) (i64.const 1)) (table 4 funcref) (elem (i32.const 0) func 0)
        (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#,
    );
    let image = compile(&module, &options).expect("compiles");
    let run = |size: usize| -> anyhow::Result<i32> {
        let mut pool = vec![std::mem::MaybeUninit::uninit(); size];
        let runtime = Runtime::new(Allocator::pool(&mut pool))?;
        let module = Module::new(&runtime, &image)?;
        let mut store = Store::new(&runtime, StoreOptions::default())?;
        let linker = Linker::new(&runtime);
        let instance = linker.instantiate(&mut store, &module).map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(instance.typed_func::<(i32, i32), i32>(&store, "add")?.call(&mut store, (40, 2))?)
    };
    let outcomes: Vec<bool> = (0..512).map(|step| run(step * 16).is_ok_and(|sum| sum == 42)).collect();
    let enough = outcomes.iter().position(|fits| *fits).expect("8 KiB are enough");
    assert!(enough > 10 && outcomes[enough..].iter().all(|fits| *fits), "fits from {} bytes on", enough * 16);
}
