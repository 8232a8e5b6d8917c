//! Traps: each with its text, and the store usable afterwards.

use graver_aot_format::BoundsStrategy;
use graver_loader::{AccessError, Allocator, Linker, Module, Runtime, StackLimit, Store, StoreOptions, Trap, Val};

use crate::support::{image, image_bounds, with_instance};

const TRAPS: &str = r#"(module
    (type $nothing (func))
    (memory (export "memory") 1 3)
    (table (export "table") 3 funcref)
    (elem (i32.const 0) $down)
    (func $down (export "unreachable") (unreachable))
    (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "load") (param i32) (result i32) (i32.load offset=4 (local.get 0)))
    (func (export "store") (param i32) (i32.store (local.get 0) (i32.const 1)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
    (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
    (func (export "convert") (param f32) (result i32) (i32.trunc_f32_s (local.get 0)))
    (func (export "indirect") (param i32) (call_indirect (type $nothing) (local.get 0)))
    (func $deep (export "deep") (param i32) (result i32)
      (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
        (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1))))))))"#;

fn check_all(bounds: BoundsStrategy) {
    with_instance(&image_bounds(TRAPS, bounds), |store, instance| {
        let mut call = |name: &str, params: &[i32]| {
            let func = instance.func(&*store, name).unwrap();
            let params: Vec<Val> = params.iter().map(|value| Val::I32(*value)).collect();
            let mut results = vec![Val::I32(0); func.signature(&*store).unwrap().results().len()];
            func.call(store, &params, &mut results).map(|()| results).map_err(|error| error.trap().unwrap())
        };
        let out = Err(Trap::MemoryOutOfBounds);
        for _ in 0..3 {
            assert_eq!(call("unreachable", &[]), Err(Trap::Unreachable));
            assert_eq!(call("divide", &[1, 0]), Err(Trap::IntegerDivideByZero));
            assert_eq!(call("divide", &[i32::MIN, -1]), Err(Trap::IntegerOverflow));
            assert_eq!(call("load", &[65528]), Ok(vec![Val::I32(0)]));
            assert_eq!(call("load", &[65529]), out);
            assert_eq!(call("load", &[-1]), out);
            assert_eq!(call("store", &[65533]), out);
            assert_eq!(call("fill", &[65530, 1, 7]), out);
            assert_eq!(call("fill", &[65530, 0, 6]), Ok(vec![]));
            assert_eq!(call("copy", &[0, 65530, 7]), out);
            assert_eq!(call("indirect", &[0]), Err(Trap::Unreachable));
            assert_eq!(call("indirect", &[1]), Err(Trap::UninitializedElement));
            assert_eq!(call("indirect", &[3]), Err(Trap::UndefinedElement));
            assert_eq!(call("deep", &[i32::MAX]), Err(Trap::StackOverflow));
            assert_eq!(call("deep", &[100]), Ok(vec![Val::I32(100)]));
        }
        assert_eq!(call("grow", &[2]), Ok(vec![Val::I32(1)]));
        assert_eq!(call("grow", &[1]), Ok(vec![Val::I32(-1)]));
        assert_eq!(call("load", &[3 * 65536 - 8]), Ok(vec![Val::I32(0)]));
        assert_eq!(call("load", &[3 * 65536 - 7]), out);
        let memory = instance.memory(&*store, "memory").unwrap();
        assert_eq!(memory.size(&*store), Ok(3));
        assert_eq!(memory.write(store, 3 * 65536 - 1, &[1, 2]), Err(AccessError::OutOfBounds));
        assert_eq!(memory.write(store, 3 * 65536 - 2, &[1, 2]), Ok(()));
        assert_eq!(memory.grow(store, 1), Err(AccessError::CannotGrow));
    });
}

#[test]
fn every_trap_with_guard_regions() {
    check_all(BoundsStrategy::Guard);
}

#[test]
fn every_trap_with_software_checks() {
    check_all(BoundsStrategy::Software);
}

#[test]
fn the_stack_can_be_limited() {
    let bytes = image(TRAPS);
    let runtime = Runtime::new(Allocator::system()).unwrap();
    let module = Module::new(&runtime, &bytes).unwrap();
    let deepest = |stack| {
        let mut store = Store::new(&runtime, StoreOptions { stack, ..StoreOptions::default() }).unwrap();
        let instance = Linker::new(&runtime).instantiate(&mut store, &module).unwrap();
        let deep = instance.typed_func::<i32, i32>(&store, "deep").unwrap();
        (0..24).take_while(|log2| deep.call(&mut store, 1 << log2).is_ok()).count()
    };
    let small = deepest(StackLimit::Size(16 * 1024));
    let large = deepest(StackLimit::Size(256 * 1024));
    assert!(small >= 4 && large == small + 4, "{small} {large}");
}

#[test]
fn threads_have_their_own_stacks() {
    let bytes = image_bounds(TRAPS, BoundsStrategy::Guard);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                with_instance(&bytes, |store, instance| {
                    let deep = instance.typed_func::<i32, i32>(store, "deep").unwrap();
                    let load = instance.typed_func::<i32, i32>(store, "load").unwrap();
                    for _ in 0..10 {
                        let trap = |error: graver_loader::CallError| error.trap();
                        assert_eq!(deep.call(store, i32::MAX).map_err(trap), Err(Some(Trap::StackOverflow)));
                        assert_eq!(load.call(store, -1).map_err(trap), Err(Some(Trap::MemoryOutOfBounds)));
                    }
                });
            });
        }
    });
}
