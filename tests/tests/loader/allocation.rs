//! Memory: from a pool only, and every single failure of it.
#![allow(unsafe_code)] // An allocator that counts.

use core::ffi::c_void;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::mem::MaybeUninit;

use graver_aot_format::{BoundsStrategy, Image, Ram};
use graver_loader::{
    Allocator, CallError, Caller, Functions, Linker, Memory, MemoryType, Module, Runtime, Store, StoreOptions, Val,
};

use crate::support::image_bounds;

const GUEST: &str = r#"(module
    (import "env" "twice" (func $twice (param i32) (result i32)))
    (import "env" "memory" (memory $outer 1))
    (table (export "table") 3 funcref)
    (elem (i32.const 0) $run $twice)
    (elem $passive func $run)
    (global (mut i64) (i64.const 1))
    (data (i32.const 0) "abc")
    (data $later "def")
    (func $run (export "run") (param i32) (result i32)
      (memory.init $later (i32.const 3) (i32.const 0) (i32.const 3))
      (table.init $passive (i32.const 2) (i32.const 0) (i32.const 1))
      (drop (table.grow (ref.null func) (i32.const 5)))
      (drop (memory.grow (i32.const 1)))
      (i32.add (call $twice (local.get 0)) (i32.load8_u (i32.const 3)))))"#;

/// Counts blocks, and refuses one request.
#[derive(Default)]
struct Counter {
    blocks: Cell<isize>,
    requests: Cell<usize>,
    refuse: Cell<usize>,
    sizes: RefCell<HashMap<usize, usize>>,
}

impl Counter {
    fn refuses(&self) -> bool {
        self.requests.set(self.requests.get() + 1);
        self.requests.get() == self.refuse.get()
    }

    /// SAFETY: `user_data` is a `Counter`.
    unsafe extern "C" fn allocate(user_data: *mut c_void, size: usize) -> *mut c_void {
        // SAFETY: see above.
        let counter = unsafe { &*user_data.cast::<Self>() };
        if counter.refuses() {
            return std::ptr::null_mut();
        }
        counter.blocks.set(counter.blocks.get() + 1);
        // SAFETY: any size will do.
        let block = unsafe { libc::malloc(size) };
        counter.sizes.borrow_mut().insert(block.addr(), size);
        block
    }

    /// SAFETY: as `allocate`, and `block` came from there.
    unsafe extern "C" fn reallocate(user_data: *mut c_void, block: *mut c_void, size: usize) -> *mut c_void {
        // SAFETY: see above.
        unsafe {
            let counter = &*user_data.cast::<Self>();
            if counter.refuses() {
                return std::ptr::null_mut();
            }
            counter.sizes.borrow_mut().remove(&block.addr());
            let block = libc::realloc(block, size);
            counter.sizes.borrow_mut().insert(block.addr(), size);
            block
        }
    }

    /// SAFETY: as `reallocate`.
    unsafe extern "C" fn free(user_data: *mut c_void, block: *mut c_void) {
        // SAFETY: see above.
        unsafe {
            let counter = &*user_data.cast::<Self>();
            counter.blocks.set(counter.blocks.get() - 1);
            counter.sizes.borrow_mut().remove(&block.addr());
            libc::free(block);
        }
    }

    /// Bytes in use.
    fn bytes(&self) -> usize {
        self.sizes.borrow().values().sum()
    }

    fn functions(&self) -> Functions {
        Functions {
            allocate: Self::allocate,
            reallocate: Self::reallocate,
            free: Self::free,
            user_data: std::ptr::from_ref(self).cast_mut().cast(),
        }
    }
}

/// Loads, instantiates, calls; `Err` says what failed.
fn everything(allocator: Allocator<'_>, bytes: &[u8]) -> Result<i32, String> {
    fn text(error: impl std::fmt::Display) -> String {
        error.to_string()
    }
    let runtime = Runtime::new(allocator).map_err(text)?;
    let module = Module::new(&runtime, bytes).map_err(text)?;
    let mut store = Store::new(&runtime, StoreOptions::default()).map_err(text)?;
    let mut linker = Linker::new(&runtime);
    let factor = 2;
    let twice = move |_: &mut Caller<'_, '_>, value: i32| Ok::<_, CallError>(value * factor);
    linker.func(&mut store, "env", "twice", twice).map_err(text)?;
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).map_err(text)?;
    linker.define("env", "memory", memory).map_err(text)?;
    let instance = linker.instantiate(&mut store, &module).map_err(text)?;
    let table = instance.table(&store, "table").ok_or("no table")?;
    let run = instance.typed_func::<i32, i32>(&store, "run").map_err(text)?;
    let result = run.call(&mut store, 21).map_err(text)?;
    let func = instance.func(&store, "run");
    table.set(&mut store, 1, Val::FuncRef(func)).map_err(text)?;
    Ok(result)
}

#[test]
fn every_failing_allocation_is_an_error_and_nothing_leaks() {
    let bytes = image_bounds(GUEST, BoundsStrategy::Software);
    let attempt = |refuse: usize| {
        let counter = Counter::default();
        counter.refuse.set(refuse);
        let functions = counter.functions();
        // SAFETY: the functions are C's own, and the counter lives longer than the allocator.
        let result = everything(unsafe { Allocator::functions(functions) }, &bytes);
        assert_eq!(counter.blocks.get(), 0, "refusing request {refuse} leaks");
        (result, counter.requests.get())
    };
    let (result, requests) = attempt(0);
    assert_eq!(result, Ok(42 + i32::from(b'd')));
    assert!(requests > 10, "{requests}");
    let mut failures = 0;
    for refuse in 1..=requests {
        match attempt(refuse).0 {
            // Growing inside the guest may fail without harm, and a smaller growth may succeed after all.
            Ok(result) => assert_eq!(result, 42 + i32::from(b'd')),
            Err(text) => {
                assert!(text.starts_with("out of memory"), "{text}");
                failures += 1;
            }
        }
    }
    assert!(failures > 10, "{failures} of {requests}");
}

#[test]
fn a_pool_is_enough() {
    let bytes = image_bounds(GUEST, BoundsStrategy::Software);
    let mut pool = vec![MaybeUninit::uninit(); 256 * 1024];
    for _ in 0..3 {
        assert_eq!(everything(Allocator::pool(&mut pool), &bytes), Ok(42 + i32::from(b'd')));
    }
    let mut small = [MaybeUninit::uninit(); 1024];
    assert!(everything(Allocator::pool(&mut small), &bytes).unwrap_err().starts_with("out of memory"));
}

/// Modules with everything that takes RAM, each with what a first instance of a store has.
const PARTS: &[&str] = &[
    "(module)",
    "(module (memory 5000 (pagesize 1)) (global (mut i64) (i64.const 1)) (global i32 (i32.const 2)))",
    r#"(module (memory 1) (memory 2) (data "abc") (data (i32.const 3) "d") (func (export "f") (result i32) i32.const 1))"#,
    r#"(module (table (export "t") 7 funcref) (table 3 externref) (elem (i32.const 0) $f $g) (elem funcref (ref.func $f))
        (func $f (param i32)) (func $g (param i64)) (func (param f32)) (func (param f64)) (func (result i32) i32.const 1)
        (func (param i32 i32)) (func (param i32 i64)))"#,
    r#"(module (table funcref (elem $f)) (func $f (export "f") (call_indirect (i32.const 0))))"#,
];

#[test]
fn an_instance_takes_what_reports_say() {
    for text in PARTS {
        let bytes = image_bounds(text, BoundsStrategy::Software);
        let image = Image::parse(&bytes).expect("an image");
        let said = Ram::of(&image);
        let counter = Counter::default();
        // SAFETY: the functions are C's own, and the counter lives longer than the allocator.
        let runtime = Runtime::new(unsafe { Allocator::functions(counter.functions()) }).expect("runtime");
        let module = Module::new(&runtime, &bytes).expect("module");
        let mut store = Store::new(&runtime, StoreOptions::default()).expect("store");
        let before = counter.bytes();
        Linker::new(&runtime).instantiate(&mut store, &module).expect("instance");
        // What these functions add for an alignment that C's do not have: the allocator's own.
        let aligned = image.memories().len() * (16 + size_of::<usize>());
        assert_eq!((counter.bytes() - before - aligned) as u64, said.total(), "{said:?} for {text}");
    }
}

/// What `docs/porting.md` says a pool must have.
#[test]
fn the_guide_tells_how_large_a_pool_is() {
    let guide = include_str!("../../../docs/porting.md");
    assert!(guide.contains("ram + ram / 8 + 256 * functions + 1536"));
    for (functions, pages) in [(0, 0), (1, 1), (2, 0), (7, 3), (30, 1)] {
        let names: Vec<String> = (0..functions).map(|index| format!("f{index}")).collect();
        let imports = names.iter().map(|name| format!("(import \"env\" \"{name}\" (func (param i32) (result i32)))"));
        let text = format!(
            "(module {} (memory {pages}) (table 9 funcref) (global (mut i64) (i64.const 1))
               (func (export \"grow\") (drop (table.grow (ref.null func) (i32.const 0)))))",
            imports.collect::<String>()
        );
        let bytes = image_bounds(&text, BoundsStrategy::Software);
        let ram = Ram::of(&Image::parse(&bytes).expect("an image")).total() as usize;
        let mut pool = vec![MaybeUninit::uninit(); ram + ram / 8 + 256 * functions + 1536];
        let runtime = Runtime::new(Allocator::pool(&mut pool)).expect("a runtime");
        let module = Module::new(&runtime, &bytes).expect("a module");
        let mut store = Store::new(&runtime, StoreOptions::default()).expect("a store");
        let mut linker = Linker::new(&runtime);
        for name in &names {
            let closure = |_: &mut Caller<'_, '_>, value: i32| value;
            linker.func(&mut store, "env", name, closure).expect("room for a function");
        }
        linker.instantiate(&mut store, &module).expect("room for an instance");
    }
}
