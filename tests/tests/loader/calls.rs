//! Calls from the host, typed and untyped, and what goes wrong with them.

use graver_loader::{
    AccessError, Allocator, CallError, ExternRef, Func, Linker, Module, Runtime, Store, StoreOptions, Val,
};

use crate::support::{image, with_instance};

const MATH: &str = r#"(module
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "mixed") (param i64 f32 f64 i32) (result f64 i32 i64 f32)
      (local.get 2) (local.get 3) (local.get 0) (local.get 1))
    (func (export "same") (param externref) (result externref) (local.get 0))
    (func $fac (export "fac") (param i64) (result i64)
      (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 1))
        (else (i64.mul (local.get 0) (call $fac (i64.sub (local.get 0) (i64.const 1)))))))
    (func (export "self") (result funcref) (ref.func $fac))
    (func (export "is-null") (param funcref) (result i32) (ref.is_null (local.get 0)))
    (global (export "g") (mut i32) (i32.const 7))
    (global (export "c") f64 (f64.const 2.5)))"#;

#[test]
fn typed_calls_take_and_return_every_type() {
    with_instance(&image(MATH), |store, instance| {
        let add = instance.typed_func::<(i32, i32), i32>(store, "add").unwrap();
        assert_eq!(add.call(store, (-3, 10)).unwrap(), 7);
        let add = instance.typed_func::<(u32, u32), u32>(store, "add").unwrap();
        assert_eq!(add.call(store, (u32::MAX, 2)).unwrap(), 1);
        let mixed = instance.typed_func::<(i64, f32, f64, i32), (f64, i32, i64, f32)>(store, "mixed").unwrap();
        assert_eq!(mixed.call(store, (-5, 1.5, 2.25, -7)).unwrap(), (2.25, -7, -5, 1.5));
        let fac = instance.typed_func::<u64, u64>(store, "fac").unwrap();
        assert_eq!(fac.call(store, 20).unwrap(), 2_432_902_008_176_640_000);
        let same = instance.typed_func::<ExternRef, ExternRef>(store, "same").unwrap();
        for reference in [ExternRef::NULL, ExternRef::new(0).unwrap(), ExternRef::new(ExternRef::MAX_HANDLE).unwrap()] {
            assert_eq!(same.call(store, reference).unwrap(), reference);
        }
    });
}

#[test]
fn function_references_name_the_same_function() {
    with_instance(&image(MATH), |store, instance| {
        let own = instance.typed_func::<(), Option<Func>>(store, "self").unwrap().call(store, ()).unwrap().unwrap();
        assert_eq!(Some(own), instance.func(store, "fac"));
        let mut results = [Val::I32(0)];
        own.call(store, &[Val::I64(5)], &mut results).unwrap();
        assert_eq!(results, [Val::I64(120)]);
        let is_null = instance.typed_func::<Option<Func>, i32>(store, "is-null").unwrap();
        assert_eq!(is_null.call(store, None).unwrap(), 1);
        // A function that the module itself never refers to.
        let add = instance.func(store, "add");
        assert_eq!(is_null.call(store, add).unwrap(), 0);
    });
}

#[test]
fn wrong_types_and_names_are_errors() {
    with_instance(&image(MATH), |store, instance| {
        assert!(matches!(instance.typed_func::<i32, i32>(store, "add"), Err(CallError::Signature)));
        assert!(matches!(
            instance.typed_func::<i32, i32>(store, "g"),
            Err(CallError::Access(AccessError::NotExported))
        ));
        assert_eq!(instance.export(store, "nothing"), None);
        let add = instance.func(store, "add").unwrap();
        let call = |store: &mut Store<'_>, params: &[Val], results: usize| {
            add.call(store, params, &mut vec![Val::I32(0); results]).map_err(|error| error.to_string())
        };
        let wrong = Err("arguments or results do not have the function's type".to_owned());
        assert_eq!(call(store, &[Val::I32(1)], 1), wrong);
        assert_eq!(call(store, &[Val::I32(1), Val::I64(1)], 1), wrong);
        assert_eq!(call(store, &[Val::I32(1), Val::I32(1)], 2), wrong);
        assert_eq!(call(store, &[Val::I32(1), Val::I32(1)], 1), Ok(()));
    });
}

#[test]
fn globals_are_read_and_assigned_by_type() {
    with_instance(&image(MATH), |store, instance| {
        let g = instance.global(store, "g").unwrap();
        assert_eq!(g.get(store), Ok(Val::I32(7)));
        assert_eq!(g.set(store, Val::I64(1)), Err(AccessError::WrongType));
        assert_eq!(g.set(store, Val::I32(-1)), Ok(()));
        assert_eq!(g.get(store), Ok(Val::I32(-1)));
        let c = instance.global(store, "c").unwrap();
        assert_eq!(c.get(store), Ok(Val::F64(2.5)));
        assert_eq!(c.set(store, Val::F64(0.0)), Err(AccessError::Immutable));
    });
}

#[test]
fn handles_of_another_store_are_refused() {
    let bytes = image(MATH);
    let runtime = Runtime::new(Allocator::system()).unwrap();
    let module = Module::new(&runtime, &bytes).unwrap();
    let linker = Linker::new(&runtime);
    let mut first = Store::new(&runtime, StoreOptions::default()).unwrap();
    let mut second = Store::new(&runtime, StoreOptions::default()).unwrap();
    let instance = linker.instantiate(&mut first, &module).unwrap();
    linker.instantiate(&mut second, &module).unwrap();
    let add = instance.typed_func::<(i32, i32), i32>(&first, "add").unwrap();
    let global = instance.global(&first, "g").unwrap();
    assert!(matches!(add.call(&mut second, (1, 2)), Err(CallError::Access(AccessError::ForeignHandle))));
    assert_eq!(global.get(&second), Err(AccessError::ForeignHandle));
    assert_eq!(instance.export(&second, "add"), None);
    assert_eq!(add.call(&mut first, (1, 2)).unwrap(), 3);
}

#[test]
fn a_mapped_file_runs_like_a_buffer() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("math.aot");
    std::fs::write(&path, image(MATH)).unwrap();
    let runtime = Runtime::new(Allocator::system()).unwrap();
    let module = Module::map_file(&runtime, &path).unwrap();
    let mut store = Store::new(&runtime, StoreOptions::default()).unwrap();
    let instance = Linker::new(&runtime).instantiate(&mut store, &module).unwrap();
    let add = instance.typed_func::<(i32, i32), i32>(&store, "add").unwrap();
    assert_eq!(add.call(&mut store, (1, 2)).unwrap(), 3);

    // The code lies in the file's own pages, and no page can be written and executed.
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    assert!(maps.lines().any(|line| line.contains("r-xp") && line.ends_with("math.aot")), "{maps}");
    assert!(!maps.lines().any(|line| line.contains("rwx")), "{maps}");
}

#[test]
fn files_that_are_not_images_say_so() {
    let runtime = Runtime::new(Allocator::system()).unwrap();
    let error = |bytes: &[u8]| Module::new(&runtime, bytes).unwrap_err().to_string();
    assert!(error(b"\0asm\x01\0\0\0").contains("graver compile"));
    assert!(error(b"hello").contains("not a Graver image"));
    assert!(error(b"").contains("shorter"));
    assert!(Module::map_file(&runtime, "/no/such/file").unwrap_err().to_string().contains("no such file"));
    let bytes = image(MATH);
    for length in 0..bytes.len() {
        assert!(Module::new(&runtime, &bytes[..length]).is_err());
    }
}
