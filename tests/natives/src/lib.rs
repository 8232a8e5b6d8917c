//! Native C functions as imports: compiled by the target's C compiler, called by generated code. The checks panic, wherever
//! images run.
#![allow(unsafe_code)] // Declares and hands over C functions.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::time::Duration;

use graver_loader::{
    Allocator, CallError, Caller, ExternRef, Func, Instance, Interrupt, LinkError, Linker, Mismatch, Module, Native,
    NativeError, Runtime, Signature, Store, StoreOptions, Trap, Val, ValType,
};

#[link(name = "graver_test_natives", kind = "static")]
unsafe extern "C" {
    fn native_add();
    fn native_integers();
    fn native_floats();
    fn native_mixed();
    fn native_many();
    fn native_repeat();
    fn native_has_env();
    fn native_reference();
    fn native_doze();
}

use ValType::{ExternRef as R, F32 as F, F64 as D, I32 as I, I64 as L};

/// The guest of all checks.
pub const GUEST: &str = r#"(module
    (import "env" "add" (func $add (param i32 i32) (result i32)))
    (import "env" "integers" (func $integers (param i32 i64 i32 i64 i64 i32 i32 i64 i32 i32) (result i64)))
    (import "env" "floats" (func $floats (param f32 f64 f32 f64 f32 f64 f32 f64 f32 f64 f32) (result f64)))
    (import "env" "mixed" (func $mixed (param i32 f32 i64 f64 i32 f32 i64 f64 i32 f32 i64 f64 i32 f32 i64 f64 i32 f32 i64 f64)
      (result f32)))
    (import "env" "many" (func $many (param f64) (result f32 i32 i64 f64 i32)))
    (import "env" "repeat" (func $repeat (param i32 i32 i32) (result i32)))
    (import "env" "has_env" (func $has_env (result i32)))
    (import "env" "reference" (func $reference (param i32 externref externref) (result externref)))
    (import "env" "fail" (func $fail (param i32)))
    (import "env" "doze" (func $doze))
    (memory (export "memory") 1)
    (data (i32.const 100) "abc\00")
    (data (i32.const 0xfffc) "tail")
    (table 1 funcref)
    (elem (i32.const 0) $add)
    (export "host add" (func $add))
    (func (export "spin") (loop (br 0)))
    (func (export "doze") (loop (call $doze) (br 0)))
    (func (export "add") (param i32 i32) (result i32) (call $add (local.get 0) (local.get 1)))
    (func (export "indirect") (param i32 i32) (result i32)
      (call_indirect (param i32 i32) (result i32) (local.get 0) (local.get 1) (i32.const 0)))
    (func (export "integers") (result i64)
      (call $integers (i32.const -1) (i64.const -0x100000000) (i32.const -3) (i64.const 4) (i64.const -5) (i32.const 6)
        (i32.const -7) (i64.const 0x800000000) (i32.const -9) (i32.const -10)))
    (func (export "floats") (result f64)
      (call $floats (f32.const 1) (f64.const 2) (f32.const 3) (f64.const 4) (f32.const 5) (f64.const 6) (f32.const 7)
        (f64.const 8) (f32.const 9) (f64.const 10) (f32.const 11)))
    (func (export "mixed") (result f32)
      (call $mixed (i32.const -1) (f32.const 2) (i64.const -3) (f64.const 4) (i32.const -5) (f32.const 6) (i64.const -7)
        (f64.const 8) (i32.const -9) (f32.const 10) (i64.const -11) (f64.const 12) (i32.const -13) (f32.const 14)
        (i64.const -15) (f64.const 16) (i32.const -17) (f32.const 18) (i64.const -19) (f64.const 20)))
    (func (export "many") (param f64) (result f32 i32 i64 f64 i32) (call $many (local.get 0)))
    (func (export "repeat") (param i32 i32 i32) (result i32) (call $repeat (local.get 0) (local.get 1) (local.get 2)))
    (func (export "has_env") (result i32) (call $has_env))
    (func (export "reference") (param i32 externref externref) (result externref)
      (call $reference (local.get 0) (local.get 1) (local.get 2)))
    (func (export "fail") (param i32) (result i32) (call $fail (local.get 0)) (i32.const 7)))"#;

/// What `fail` finds attached.
static ATTACHED: u32 = 40;

/// Stops the guest for different reasons; 0 lets it go on.
unsafe extern "C" fn fail(env: NonNull<c_void>, how: i32) {
    // SAFETY: this is a native that is running.
    let mut caller = unsafe { Caller::of_native(env) };
    assert!(caller.instance().is_some() && caller.memory("memory").is_some());
    // SAFETY: what the test attached.
    let attached = unsafe { *caller.attachment().cast::<u32>() };
    match how {
        0 => {}
        1 => caller.fail(CallError::Trap(Trap::IntegerOverflow)),
        2 => caller.fail(CallError::message("the native said no")),
        _ => caller.fail(CallError::code(attached + 2)),
    }
}

fn natives() -> Vec<(&'static str, Native<'static>)> {
    let native = |function: unsafe extern "C" fn(), params, results, signature| Native {
        ty: Signature::of(params, results),
        signature,
        function: function as *const c_void,
        attachment: std::ptr::null_mut(),
    };
    let fail = Native {
        ty: Signature::of(&[I], &[]),
        signature: "(i)",
        function: fail as unsafe extern "C" fn(NonNull<c_void>, i32) as *const c_void,
        attachment: (&raw const ATTACHED).cast_mut().cast(),
    };
    vec![
        ("add", native(native_add, &[I, I], &[I], "(ii)i")),
        ("integers", native(native_integers, &[I, L, I, L, L, I, I, L, I, I], &[L], "")),
        ("floats", native(native_floats, &[F, D, F, D, F, D, F, D, F, D, F], &[D], "(fFfFfFfFfFf)F")),
        ("mixed", native(native_mixed, &[I, F, L, D, I, F, L, D, I, F, L, D, I, F, L, D, I, F, L, D], &[F], "")),
        ("many", native(native_many, &[D], &[F, I, L, D, I], "(F)f")),
        ("repeat", native(native_repeat, &[I, I, I], &[I], "(*~$)i")),
        ("has_env", native(native_has_env, &[], &[I], "()i")),
        ("reference", native(native_reference, &[I, R, R], &[R], "(irr)r")),
        ("doze", native(native_doze, &[], &[], "()")),
        ("fail", fail),
    ]
}

/// A name, and what panics unless an image of [`GUEST`] does what the name says.
pub type Check = (&'static str, fn(&[u8]));

/// All checks.
pub const CHECKS: &[Check] = &[
    ("arguments arrive in registers and on the stack", arguments_arrive_in_registers_and_on_the_stack),
    ("results beyond the first go through pointers", results_beyond_the_first_go_through_pointers),
    ("pointers are converted and checked", pointers_are_converted_and_checked),
    ("a string must end inside the memory", a_string_must_end_inside_the_memory),
    ("references pass through", references_pass_through),
    ("a native can stop the guest", a_native_can_stop_the_guest),
    ("loops and natives that wait can be stopped", loops_and_natives_that_wait_can_be_stopped),
    ("the host calls natives through the image", the_host_calls_natives_through_the_image),
    ("wrong types are refused", wrong_types_are_refused),
];

/// Runs `body` with an instance of the guest.
fn with_guest(image: &[u8], body: impl FnOnce(&mut Store<'_>, Instance)) {
    let runtime = Runtime::new(Allocator::system()).unwrap();
    let module = Module::new(&runtime, image).unwrap();
    let mut store = Store::new(&runtime, StoreOptions::default()).unwrap();
    let mut linker = Linker::new(&runtime);
    for (name, native) in natives() {
        // SAFETY: types and functions are as `natives.c` and `fail` declare them.
        let func = unsafe { Func::native(&mut store, &native) }.unwrap();
        linker.define("env", name, func).unwrap();
    }
    let instance = linker.instantiate(&mut store, &module).unwrap();
    body(&mut store, instance);
}

fn call<P: graver_loader::Params, T: graver_loader::Results>(
    store: &mut Store<'_>,
    instance: Instance,
    name: &str,
    params: P,
) -> Result<T, CallError> {
    instance.typed_func::<P, T>(store, name).unwrap().call(store, params)
}

fn arguments_arrive_in_registers_and_on_the_stack(image: &[u8]) {
    with_guest(image, |store, guest| {
        assert_eq!(call::<_, i32>(store, guest, "add", (40, 2)).unwrap(), 42);
        assert_eq!(call::<_, i32>(store, guest, "indirect", (-40, -2)).unwrap(), -42);
        let integers = -1 - 2 * 0x1_0000_0000 - 9 + 16 - 25 + 36 - 49 + 8 * 0x8_0000_0000 - 81 - 100;
        assert_eq!(call::<_, i64>(store, guest, "integers", ()).unwrap(), integers);
        let floats: i32 = (1..=11).map(|n| n * n).sum();
        assert_eq!(call::<_, f64>(store, guest, "floats", ()).unwrap(), f64::from(floats));
        let mixed: i32 = (1..=20).map(|n| if n % 2 == 0 { n * n } else { -n * n }).sum();
        assert_eq!(call::<_, f32>(store, guest, "mixed", ()).unwrap(), mixed as f32);
        assert_eq!(call::<_, i32>(store, guest, "has_env", ()).unwrap(), 1);
    });
}

fn results_beyond_the_first_go_through_pointers(image: &[u8]) {
    with_guest(image, |store, guest| {
        let many = call::<_, (f32, i32, i64, f64, i32)>(store, guest, "many", 2.5f64).unwrap();
        assert_eq!(many, (2.5, 2, 2_500_000_000_000, 0.5, 0));
    });
}

fn pointers_are_converted_and_checked(image: &[u8]) {
    with_guest(image, |store, guest| {
        assert_eq!(call::<_, i32>(store, guest, "repeat", (200, 10, 100)).unwrap(), 3);
        let mut bytes = [0; 10];
        guest.memory(store, "memory").unwrap().read(store, 200, &mut bytes).unwrap();
        assert_eq!(&bytes, b"abcabcabc\0");
        // Up to the very end, and not a byte further.
        assert_eq!(call::<_, i32>(store, guest, "repeat", (65_530, 6, 100)).unwrap(), 2);
        for (buffer, length, text) in [(65_530, 7, 100), (-1, 1, 100), (200, -1, 100), (200, 4, 65_536), (200, 4, -4)] {
            let trap = call::<_, i32>(store, guest, "repeat", (buffer, length, text)).unwrap_err();
            assert!(matches!(trap, CallError::Trap(Trap::MemoryOutOfBounds)), "{buffer} {length} {text}: {trap}");
        }
    });
}

fn a_string_must_end_inside_the_memory(image: &[u8]) {
    with_guest(image, |store, guest| {
        let memory = guest.memory(store, "memory").unwrap();
        memory.write(store, 0xfffc, b"tail").unwrap();
        let trap = call::<_, i32>(store, guest, "repeat", (200, 4, 0xfffc)).unwrap_err();
        assert!(matches!(trap, CallError::Trap(Trap::MemoryOutOfBounds)));
        memory.write(store, 0xffff, &[0]).unwrap();
        assert_eq!(call::<_, i32>(store, guest, "repeat", (200, 6, 0xfffc)).unwrap(), 2);
    });
}

fn references_pass_through(image: &[u8]) {
    with_guest(image, |store, guest| {
        let (first, second) = (ExternRef::new(1).unwrap(), ExternRef::new(2).unwrap());
        assert_eq!(call::<_, ExternRef>(store, guest, "reference", (1, first, second)).unwrap(), first);
        assert_eq!(
            call::<_, ExternRef>(store, guest, "reference", (0, first, ExternRef::NULL)).unwrap(),
            ExternRef::NULL
        );
    });
}

fn a_native_can_stop_the_guest(image: &[u8]) {
    with_guest(image, |store, guest| {
        assert_eq!(call::<_, i32>(store, guest, "fail", 0).unwrap(), 7);
        let text = |store: &mut Store<'_>, how: i32| call::<_, i32>(store, guest, "fail", how).unwrap_err().to_string();
        assert_eq!(text(store, 1), "integer overflow");
        assert_eq!(text(store, 2), "the native said no");
        assert_eq!(text(store, 3), "host function failed with code 42");
        assert_eq!(call::<_, i32>(store, guest, "fail", 0).unwrap(), 7, "and then it goes on");
    });
}

fn loops_and_natives_that_wait_can_be_stopped(image: &[u8]) {
    static STOP: Interrupt = Interrupt::new();
    with_guest(image, |store, guest| {
        store.set_interrupt(&STOP).unwrap();
        for name in ["spin", "doze", "spin"] {
            let stopper = std::thread::spawn(|| {
                std::thread::sleep(Duration::from_millis(20));
                STOP.request();
            });
            let trap = call::<_, ()>(store, guest, name, ()).unwrap_err();
            assert!(matches!(trap, CallError::Trap(Trap::Terminated)), "{name}: {trap}");
            stopper.join().unwrap();
            STOP.withdraw();
            assert_eq!(call::<_, i32>(store, guest, "fail", 0).unwrap(), 7, "and then it goes on");
        }
    });
}

fn the_host_calls_natives_through_the_image(image: &[u8]) {
    with_guest(image, |store, guest| {
        let add = guest.func(store, "host add").unwrap();
        let mut results = [Val::I32(0)];
        add.call(store, &[Val::I32(1), Val::I32(2)], &mut results).unwrap();
        assert!(matches!(results, [Val::I32(3)]));
    });
}

fn wrong_types_are_refused(image: &[u8]) {
    let runtime = Runtime::new(Allocator::system()).unwrap();
    let module = Module::new(&runtime, image).unwrap();
    let mut store = Store::new(&runtime, StoreOptions::default()).unwrap();
    let mut linker = Linker::new(&runtime);
    let (_, add) = natives().remove(0);
    // SAFETY: never called.
    let wrong = unsafe { Func::native(&mut store, &Native { signature: "(iI)i", ..add }) };
    assert_eq!(wrong.unwrap_err(), NativeError::Signature);
    // SAFETY: never called.
    let other =
        unsafe { Func::native(&mut store, &Native { ty: Signature::of(&[I], &[I]), signature: "", ..add }) }.unwrap();
    linker.define("env", "add", other).unwrap();
    let refused = linker.instantiate(&mut store, &module).unwrap_err();
    assert!(
        matches!(refused, LinkError::Incompatible { name: "add", mismatch: Mismatch::FunctionType, .. }),
        "{refused}"
    );
}
