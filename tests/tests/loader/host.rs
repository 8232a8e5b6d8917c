//! Host functions: typed and untyped closures, errors, exits, panics, calls back into the guest.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use graver_aot_format::BoundsStrategy;
use graver_loader::{
    AccessError, Allocator, CallError, Caller, ExternRef, Func, GuestPtr, HostError, Linker, Module, Runtime, Store,
    StoreOptions, Trap, Val, ValType,
};

use crate::support::{image, image_bounds};

const GUEST: &str = r#"(module
    (import "env" "add" (func $add (param i32 i32) (result i32)))
    (import "env" "note" (func $note (param i32 i32)))
    (import "env" "stop" (func $stop (param i32)))
    (import "env" "again" (func $again (param i32) (result i32)))
    (import "env" "many" (func $many (param i64 f32 externref) (result f32 externref i64)))
    (memory (export "memory") 1)
    (data (i32.const 8) "hello")
    (func (export "add") (param i32 i32) (result i32) (call $add (local.get 0) (local.get 1)))
    (func (export "say") (call $note (i32.const 8) (i32.const 5)))
    (func (export "say too much") (call $note (i32.const 65535) (i32.const 2)))
    (func (export "stop") (param i32) (call $stop (local.get 0)) (unreachable))
    (func (export "nest") (param i32) (result i32) (call $again (local.get 0)))
    (func (export "many") (param i64 f32 externref) (result f32 externref i64)
      (call $many (local.get 0) (local.get 1) (local.get 2)))
    (func (export "trap") (unreachable))
    (export "host add" (func $add)))"#;

fn with_guest(body: impl FnOnce(&mut Store<'_>, graver_loader::Instance, &Cell<String>)) {
    let bytes = image(GUEST);
    let heard = Cell::new(String::new());
    let runtime = Runtime::new(Allocator::system()).unwrap();
    let module = Module::new(&runtime, &bytes).unwrap();
    let mut store = Store::new(&runtime, StoreOptions::default()).unwrap();
    let mut linker = Linker::new(&runtime);
    linker.func(&mut store, "env", "add", |_: &mut Caller<'_, '_>, (a, b): (i32, i32)| a.wrapping_add(b)).unwrap();
    linker
        .func(&mut store, "env", "note", |caller: &mut Caller<'_, '_>, (text, length): (GuestPtr<u8>, u32)| {
            heard.set(text.slice(length).str(caller.bytes())?.to_owned());
            Ok::<_, AccessError>(())
        })
        .unwrap();
    linker
        .func(&mut store, "env", "stop", |caller: &mut Caller<'_, '_>, how: i32| match how {
            0 => Ok(()),
            1 => Err(CallError::Exit(42)),
            2 => Err(CallError::code(7)),
            3 => Err(CallError::message("no more")),
            4 => Err(CallError::other("a boxed error")),
            5 => Err(CallError::Trap(Trap::IntegerOverflow)),
            6 => panic!("told to"),
            // A reason that stays whatever the guest does until this returns, a panic included.
            _ => {
                caller.fail(CallError::code(how as u32));
                let trap = caller.instance().and_then(|instance| instance.typed_func::<(), ()>(caller, "trap").ok());
                let inner = trap.expect("exported").call(caller, ());
                assert!(matches!(inner, Err(CallError::Trap(Trap::Unreachable))), "{inner:?}");
                assert!(how != 8, "told to");
                Ok(())
            }
        })
        .unwrap();
    // Counts down through the guest: host and guest frames alternate, and the innermost call traps.
    linker
        .func(&mut store, "env", "again", |caller: &mut Caller<'_, '_>, left: i32| {
            let instance = caller.instance().ok_or("no instance")?;
            if left < 0 {
                let inner = instance.typed_func::<(), ()>(caller, "trap")?.call(caller, ());
                assert_eq!(inner.unwrap_err().trap(), Some(Trap::Unreachable));
                return Ok::<_, CallError>(0);
            }
            if left == 0 {
                return Err(CallError::message("bottom"));
            }
            let nest = instance.typed_func::<i32, i32>(caller, "nest")?;
            Ok(nest.call(caller, if left == 100 { -1 } else { left - 1 })? + 1)
        })
        .unwrap();
    let many = Func::untyped(
        &mut store,
        &[ValType::I64, ValType::F32, ValType::ExternRef],
        &[ValType::F32, ValType::ExternRef, ValType::I64],
        |_, params, results| {
            let &[integer, float, reference] = params else { return Err(CallError::Signature) };
            results.copy_from_slice(&[float, reference, integer]);
            Ok(())
        },
    );
    linker.define("env", "many", many.unwrap()).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    body(&mut store, instance, &heard);
}

#[test]
fn closures_get_and_return_values() {
    with_guest(|store, instance, heard| {
        let add = instance.typed_func::<(i32, i32), i32>(store, "add").unwrap();
        assert_eq!(add.call(store, (i32::MAX, 1)).unwrap(), i32::MIN);
        instance.typed_func::<(), ()>(store, "say").unwrap().call(store, ()).unwrap();
        assert_eq!(heard.take(), "hello");
        let error = instance.typed_func::<(), ()>(store, "say too much").unwrap().call(store, ()).unwrap_err();
        assert!(matches!(error, CallError::Access(AccessError::OutOfBounds)), "{error}");
        let many = instance.func(store, "many").unwrap();
        let reference = Val::ExternRef(ExternRef::new(5).unwrap());
        let mut results = [Val::I32(0); 3];
        many.call(store, &[Val::I64(-9), Val::F32(0.5), reference], &mut results).unwrap();
        assert_eq!(results, [Val::F32(0.5), reference, Val::I64(-9)]);
    });
}

#[test]
fn a_reexported_host_function_is_called_without_the_guest() {
    with_guest(|store, instance, _| {
        let add = instance.typed_func::<(i32, i32), i32>(store, "host add").unwrap();
        assert_eq!(add.call(store, (2, 3)).unwrap(), 5);
    });
}

#[test]
fn errors_stop_the_guest_and_reach_the_caller() {
    with_guest(|store, instance, _| {
        let stop = instance.typed_func::<i32, ()>(store, "stop").unwrap();
        for _ in 0..2 {
            assert_eq!(stop.call(store, 0).unwrap_err().trap(), Some(Trap::Unreachable));
            assert!(matches!(stop.call(store, 1), Err(CallError::Exit(42))));
            assert!(matches!(stop.call(store, 2), Err(CallError::Host(HostError::Code(7)))));
            assert_eq!(stop.call(store, 3).unwrap_err().to_string(), "no more");
            assert_eq!(stop.call(store, 4).unwrap_err().to_string(), "a boxed error");
            assert_eq!(stop.call(store, 5).unwrap_err().to_string(), "integer overflow");
        }
    });
}

#[test]
fn a_panic_passes_the_guest() {
    with_guest(|store, instance, _| {
        let stop = instance.typed_func::<i32, ()>(store, "stop").unwrap();
        let panic = catch_unwind(AssertUnwindSafe(|| stop.call(store, 6))).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"told to"));
        assert_eq!(stop.call(store, 0).unwrap_err().trap(), Some(Trap::Unreachable));
    });
}

#[test]
fn a_reason_to_stop_waits_for_calls_inside_and_for_nothing_else() {
    with_guest(|store, instance, _| {
        let stop = instance.typed_func::<i32, ()>(store, "stop").unwrap();
        let text = |store: &mut Store<'_>, how: i32| stop.call(store, how).unwrap_err().to_string();
        assert_eq!(text(store, 7), "host function failed with code 7");
        assert_eq!(text(store, 0), "unreachable");
        catch_unwind(AssertUnwindSafe(|| stop.call(store, 8))).unwrap_err();
        assert_eq!(text(store, 0), "unreachable", "forgotten with the panic");
    });
}

#[test]
fn calls_nest_through_host_and_guest() {
    with_guest(|store, instance, _| {
        let nest = instance.typed_func::<i32, i32>(store, "nest").unwrap();
        assert_eq!(nest.call(store, 10).unwrap_err().to_string(), "bottom");
        assert_eq!(nest.call(store, -1).unwrap(), 0);
        assert_eq!(nest.call(store, 100).unwrap(), 1);
        // Endless recursion through the host is an overflow of the same stack.
        assert_eq!(nest.call(store, 1_000_000).unwrap_err().trap(), Some(Trap::StackOverflow));
        assert_eq!(nest.call(store, -1).unwrap(), 0);
    });
}

thread_local! {
    static NOT_GROWN: Cell<Option<(u32, u64, AccessError, usize)>> = const { Cell::new(None) };
}

#[test]
fn memories_that_cannot_grow_are_told_of() {
    let guest = r#"(module
        (memory 0)
        (memory (export "memory") 1 100)
        (func (export "grow") (param i32) (result i32) (memory.grow 1 (local.get 0))))"#;
    let bytes = image_bounds(guest, BoundsStrategy::Software);
    let mut room = vec![std::mem::MaybeUninit::uninit(); 1 << 20];
    let runtime = Runtime::new(Allocator::pool(&mut room)).unwrap();
    let module = Module::new(&runtime, &bytes).unwrap();
    let mut store = Store::new(&runtime, StoreOptions::default()).unwrap();
    store.set_grow_failed(Some(|caller, memory, pages, error| {
        let length = caller.memory("memory").map_or(0, |memory| memory.data(caller).map_or(0, <[u8]>::len));
        NOT_GROWN.set(Some((memory, pages, error, length)));
    }));
    let instance = Linker::new(&runtime).instantiate(&mut store, &module).unwrap();
    let grow = instance.typed_func::<i32, i32>(&store, "grow").unwrap();
    assert_eq!(grow.call(&mut store, 1).unwrap(), 1);
    assert_eq!(NOT_GROWN.take(), None);
    assert_eq!(grow.call(&mut store, 99).unwrap(), -1);
    assert_eq!(NOT_GROWN.take(), Some((1, 99, AccessError::CannotGrow, 2 << 16)));
    // More than the pool has.
    assert_eq!(grow.call(&mut store, 98).unwrap(), -1);
    assert_eq!(NOT_GROWN.take(), Some((1, 98, AccessError::OutOfMemory, 2 << 16)));
    store.set_grow_failed(None);
    assert_eq!(grow.call(&mut store, 99).unwrap(), -1);
    assert_eq!(NOT_GROWN.take(), None);
}
