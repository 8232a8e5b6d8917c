//! Instances that import from each other and from the host.

use graver_aot_format::BoundsStrategy;
use graver_loader::{
    AccessError, Allocator, CallError, Caller, Func, Global, LinkError, Linker, Memory, MemoryType, Mismatch, Module,
    Mutability, Runtime, Store, StoreOptions, Table, TableType, Trap, Val, ValType,
};

use crate::support::{image, image_bounds, with_instance};

const EXPORTER: &str = r#"(module
    (memory (export "memory") 1 4)
    (table (export "table") 4 8 funcref)
    (global $count (export "count") (mut i64) (i64.const 5))
    (func (export "bump") (param i64) (result i64)
      (global.set $count (i64.add (global.get $count) (local.get 0))) (global.get $count))
    (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
    (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;

const IMPORTER: &str = r#"(module
    (import "a" "memory" (memory 1 4))
    (import "a" "table" (table 2 funcref))
    (import "a" "count" (global $count (mut i64)))
    (import "a" "bump" (func $bump (param i64) (result i64)))
    (import "a" "call" (func $call (param i32) (result i32)))
    (elem (i32.const 1) $seven $call_zero)
    (data (i32.const 100) "\2a")
    (func $seven (result i32) (i32.const 7))
    (func $call_zero (result i32) (call $call (i32.const 0)))
    (func (export "bump twice") (result i64) (drop (call $bump (i64.const 1))) (call $bump (i64.const 1)))
    (func (export "count") (result i64) (global.get $count))
    (func (export "via") (param i32) (result i32) (call $call (local.get 0)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "size") (result i32) (memory.size))
    (func (export "poke") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
    (export "again" (func $bump)))"#;

fn share(bounds: BoundsStrategy) {
    let (a, b) = (image_bounds(EXPORTER, bounds), image_bounds(IMPORTER, bounds));
    let runtime = Runtime::new(Allocator::system()).unwrap();
    let (a, b) = (Module::new(&runtime, &a).unwrap(), Module::new(&runtime, &b).unwrap());
    let mut store = Store::new(&runtime, StoreOptions::default()).unwrap();
    let mut linker = Linker::new(&runtime);
    let a = linker.instantiate(&mut store, &a).unwrap();
    linker.instance("a", a).unwrap();
    let b = linker.instantiate(&mut store, &b).unwrap();

    let bump = b.typed_func::<(), i64>(&store, "bump twice").unwrap();
    assert_eq!(bump.call(&mut store, ()).unwrap(), 7);
    let count = a.global(&store, "count").unwrap();
    assert_eq!(count.get(&store), Ok(Val::I64(7)));
    count.set(&mut store, Val::I64(100)).unwrap();
    assert_eq!(b.typed_func::<(), i64>(&store, "count").unwrap().call(&mut store, ()).unwrap(), 100);
    assert_eq!(b.func(&store, "again"), a.func(&store, "bump"));

    let call = a.typed_func::<i32, i32>(&store, "call").unwrap();
    assert_eq!(call.call(&mut store, 1).unwrap(), 7);
    assert_eq!(call.call(&mut store, 2).unwrap_err().trap(), Some(Trap::UninitializedElement));
    let via = b.typed_func::<i32, i32>(&store, "via").unwrap();
    assert_eq!(via.call(&mut store, 1).unwrap(), 7);
    assert_eq!(via.call(&mut store, 9).unwrap_err().trap(), Some(Trap::UndefinedElement));

    // The host fills the table too: with a function of the other module that nobody refers to.
    let table = a.table(&store, "table").unwrap();
    let size = b.func(&store, "size");
    table.set(&mut store, 0, Val::FuncRef(size)).unwrap();
    assert_eq!(table.get(&store, 0), Ok(Val::FuncRef(size)));
    assert_eq!(via.call(&mut store, 2).unwrap(), 1);
    // One of another type, and one of the host's own, whose type some module imports.
    let poke = b.func(&store, "poke");
    table.set(&mut store, 0, Val::FuncRef(poke)).unwrap();
    assert_eq!(via.call(&mut store, 0).unwrap_err().trap(), Some(Trap::IndirectCallType));

    let peek = a.typed_func::<i32, i32>(&store, "peek").unwrap();
    assert_eq!(peek.call(&mut store, 100).unwrap(), 42);
    assert_eq!(peek.call(&mut store, 65536).unwrap_err().trap(), Some(Trap::MemoryOutOfBounds));
    assert_eq!(b.typed_func::<i32, i32>(&store, "grow").unwrap().call(&mut store, 1).unwrap(), 1);
    b.typed_func::<(i32, i32), ()>(&store, "poke").unwrap().call(&mut store, (65536, 9)).unwrap();
    assert_eq!(peek.call(&mut store, 65536).unwrap(), 9);
}

#[test]
fn memories_stay_out_of_the_last_page() {
    // Code computes addresses from each other, relying on it.
    let bytes =
        image(r#"(module (memory 1) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#);
    with_instance(&bytes, |store, instance| {
        let grow = instance.typed_func::<i32, i32>(store, "grow").unwrap();
        assert_eq!(grow.call(store, 0xffff).unwrap(), -1);
        assert_eq!(grow.call(store, 16).unwrap(), 1);
    });
    let runtime = Runtime::new(Allocator::system()).unwrap();
    let mut store = Store::new(&runtime, StoreOptions::default()).unwrap();
    let memory = Memory::new(&mut store, MemoryType::new(0, None)).unwrap();
    assert_eq!(memory.grow(&mut store, 0x1_0000), Err(AccessError::CannotGrow));
}

#[test]
fn instances_share_guarded_memories() {
    share(BoundsStrategy::Guard);
}

#[test]
fn instances_share_checked_memories() {
    share(BoundsStrategy::Software);
}

const WITH_FLOATS: &str = r#"(module
    (import "" "trap" (func $trap))
    (func (export "float then trap") (param f64) (result f64) (call $trap) (f64.sqrt (local.get 0)))
    (func (export "half") (param f64) (result f64) (f64.mul (local.get 0) (f64.const 0.5))))"#;

#[test]
fn a_module_without_floats_traps_below_one_with_floats() {
    let (integers, floats) = (image("(module (func (export \"trap\") (unreachable)))"), image(WITH_FLOATS));
    let runtime = Runtime::new(Allocator::system()).unwrap();
    let (integers, floats) = (Module::new(&runtime, &integers).unwrap(), Module::new(&runtime, &floats).unwrap());
    let mut store = Store::new(&runtime, StoreOptions::default()).unwrap();
    let mut linker = Linker::new(&runtime);
    let instance = linker.instantiate(&mut store, &integers).unwrap();
    linker.instance("", instance).unwrap();
    let instance = linker.instantiate(&mut store, &floats).unwrap();
    let trap = instance.typed_func::<f64, f64>(&store, "float then trap").unwrap();
    for _ in 0..3 {
        assert_eq!(trap.call(&mut store, 2.0).unwrap_err().trap(), Some(Trap::Unreachable));
    }
    let half = instance.typed_func::<f64, f64>(&store, "half").unwrap();
    assert_eq!(half.call(&mut store, 3.0).unwrap(), 1.5);
}

const FAILING: &str = r#"(module
    (import "a" "table" (table 4 funcref))
    (import "a" "memory" (memory 1))
    (func $nine (result i32) (i32.const 9))
    (elem (i32.const 3) $nine)
    (data (i32.const 200) "\07")
    (data (i32.const 65536) "x"))"#;

#[test]
fn what_a_failing_instance_wrote_stays_and_works() {
    let (a, b) = (image(EXPORTER), image(FAILING));
    let runtime = Runtime::new(Allocator::system()).unwrap();
    let (a, b) = (Module::new(&runtime, &a).unwrap(), Module::new(&runtime, &b).unwrap());
    let mut store = Store::new(&runtime, StoreOptions::default()).unwrap();
    let mut linker = Linker::new(&runtime);
    let a = linker.instantiate(&mut store, &a).unwrap();
    linker.instance("a", a).unwrap();
    let error = linker.instantiate(&mut store, &b).unwrap_err();
    assert!(matches!(error, LinkError::Start(CallError::Trap(Trap::MemoryOutOfBounds))), "{error}");
    let call = a.typed_func::<i32, i32>(&store, "call").unwrap();
    assert_eq!(call.call(&mut store, 3).unwrap(), 9);
    assert_eq!(a.typed_func::<i32, i32>(&store, "peek").unwrap().call(&mut store, 200).unwrap(), 7);
}

const HOST_MADE: &str = r#"(module
    (import "spectest" "memory" (memory 1 2))
    (import "spectest" "table" (table 10 20 funcref))
    (import "spectest" "global_i32" (global i32))
    (import "spectest" "global_f64" (global f64))
    (import "spectest" "print" (func $print (param i32)))
    (global $sum i32 (i32.add (global.get 0) (i32.const 4)))
    (global $print_ref funcref (ref.func $print))
    (elem (i32.const 9) $print)
    (data (global.get 0) "z")
    (func (export "sum") (result i32) (global.get $sum))
    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "print") (param i32) (call_indirect (param i32) (local.get 0) (i32.const 9)))
    (func (export "ref") (result funcref) (global.get $print_ref)))"#;

#[test]
fn the_host_makes_memories_tables_and_globals() {
    let bytes = image(HOST_MADE);
    let printed = std::cell::Cell::new(0);
    let runtime = Runtime::new(Allocator::system()).unwrap();
    let module = Module::new(&runtime, &bytes).unwrap();
    let mut store = Store::new(&runtime, StoreOptions::default()).unwrap();
    let mut linker = Linker::new(&runtime);
    let memory = Memory::new(&mut store, MemoryType::new(1, Some(2))).unwrap();
    let table = Table::new(&mut store, TableType::new(ValType::FuncRef, 10, Some(20))).unwrap();
    linker.define("spectest", "memory", memory).unwrap();
    linker.define("spectest", "table", table).unwrap();
    for (name, value) in [("global_i32", Val::I32(666)), ("global_f64", Val::F64(666.6))] {
        let global = Global::new(&mut store, Mutability::Const, value).unwrap();
        linker.define("spectest", name, global).unwrap();
    }
    let print = Func::wrap(&mut store, |_: &mut Caller<'_, '_>, value: i32| printed.set(value)).unwrap();
    // No module of the store has the code for it yet.
    assert!(table.set(&mut store, 0, Val::FuncRef(Some(print))).is_err());
    linker.define("spectest", "print", print).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();

    assert_eq!(instance.typed_func::<(), i32>(&store, "sum").unwrap().call(&mut store, ()).unwrap(), 670);
    let load = instance.typed_func::<i32, i32>(&store, "load").unwrap();
    assert_eq!(load.call(&mut store, 666).unwrap(), i32::from(b'z'));
    memory.write(&mut store, 0, b"q").unwrap();
    assert_eq!(load.call(&mut store, 0).unwrap(), i32::from(b'q'));
    assert_eq!(load.call(&mut store, 65536).unwrap_err().trap(), Some(Trap::MemoryOutOfBounds));
    assert_eq!(memory.grow(&mut store, 1), Ok(1));
    assert_eq!(load.call(&mut store, 65536).unwrap(), 0);

    instance.typed_func::<i32, ()>(&store, "print").unwrap().call(&mut store, 31).unwrap();
    assert_eq!(printed.get(), 31);
    assert_eq!(table.get(&store, 9), Ok(Val::FuncRef(Some(print))));
    let reference = instance.typed_func::<(), Option<Func>>(&store, "ref").unwrap().call(&mut store, ()).unwrap();
    assert_eq!(reference, Some(print));
    table.set(&mut store, 9, Val::FuncRef(None)).unwrap();
    table.set(&mut store, 9, Val::FuncRef(Some(print))).unwrap();
    instance.typed_func::<i32, ()>(&store, "print").unwrap().call(&mut store, 32).unwrap();
    assert_eq!(printed.get(), 32);
    assert_eq!(table.grow(&mut store, 10, Val::FuncRef(None)), Ok(10));
    assert!(table.grow(&mut store, 1, Val::FuncRef(None)).is_err());
}

#[test]
fn imports_that_do_not_fit_are_named() {
    let exporter = image(EXPORTER);
    let runtime = Runtime::new(Allocator::system()).unwrap();
    let module = Module::new(&runtime, &exporter).unwrap();
    let check = |import: &str, expected: Option<Mismatch>| {
        let bytes = image(&format!("(module (import \"a\" {import}))"));
        let importer = Module::new(&runtime, &bytes).unwrap();
        let mut store = Store::new(&runtime, StoreOptions::default()).unwrap();
        let mut linker = Linker::new(&runtime);
        let a = linker.instantiate(&mut store, &module).unwrap();
        linker.instance("a", a).unwrap();
        match (linker.instantiate(&mut store, &importer), expected) {
            (Ok(_), None) => {}
            (Err(LinkError::Incompatible { module: "a", mismatch, .. }), Some(expected)) => {
                assert_eq!(mismatch, expected, "{import}");
            }
            (Err(LinkError::Missing { module: "a", name }), None) => assert_eq!(name, "none", "{import}"),
            (other, _) => panic!("{import}: {other:?}"),
        }
    };
    check(r#""none" (func)"#, None);
    check(r#""bump" (func (param i64) (result i64))"#, None);
    check(r#""bump" (func (param i64))"#, Some(Mismatch::FunctionType));
    check(r#""bump" (memory 1)"#, Some(Mismatch::Kind));
    check(r#""memory" (memory 1)"#, None);
    check(r#""memory" (memory 0 4)"#, None);
    check(r#""memory" (memory 2)"#, Some(Mismatch::Limits));
    check(r#""memory" (memory 1 3)"#, Some(Mismatch::Limits));
    check(r#""table" (table 4 8 funcref)"#, None);
    check(r#""table" (table 5 funcref)"#, Some(Mismatch::Limits));
    check(r#""table" (table 4 externref)"#, Some(Mismatch::ElementType));
    check(r#""count" (global (mut i64))"#, None);
    check(r#""count" (global i64)"#, Some(Mismatch::Mutability));
    check(r#""count" (global (mut i32))"#, Some(Mismatch::GlobalType));
}
