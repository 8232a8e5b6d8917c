//! What goes wrong, as a program that embeds the loader sees it: types, texts, sources.

use std::error::Error;
use std::fmt;

use graver_loader::{
    AccessError, Allocator, CallError, Caller, LinkError, Linker, LoadError, Mismatch, Module, Runtime,
};
use graver_loader::{Store, StoreOptions, Trap, Val};

use crate::support::{image, image_with, with_instance};

const IMPORTS: &str =
    r#"(module (func $f (import "env" "f") (param i32)) (func (export "run") (call $f (i32.const 1))))"#;

/// A reason of the host's, with a reason of its own.
#[derive(Debug)]
struct Reason(fmt::Error);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("out of paper")
    }
}

impl Error for Reason {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// Instantiates in a function that everything is local to, so that only what owns its parts can leave it.
fn instantiate(bytes: &[u8], define: impl FnOnce(&mut Linker<'_>, &mut Store<'_>)) -> Result<(), Box<dyn Error>> {
    let runtime = Runtime::new(Allocator::system())?;
    let module = Module::new(&runtime, bytes)?;
    let mut store = Store::new(&runtime, StoreOptions::default())?;
    let mut linker = Linker::new(&runtime);
    define(&mut linker, &mut store);
    let instance = linker.instantiate(&mut store, &module).map_err(CallError::from)?;
    Ok(instance.typed_func::<(), ()>(&store, "run")?.call(&mut store, ())?)
}

#[test]
fn link_errors_can_leave_the_function_that_has_the_module() {
    let bytes = image(IMPORTS);
    let missing = instantiate(&bytes, |_, _| {}).expect_err("an import is missing");
    assert_eq!(missing.to_string(), r#"unknown import: nothing was defined for "env" "f""#);
    let unfit = instantiate(&bytes, |linker, store| {
        linker.func(store, "env", "f", |_: &mut Caller<'_, '_>, _: i64| ()).expect("memory");
    });
    let text = r#"incompatible import type: "env" "f": the function has another type"#;
    assert_eq!(unfit.expect_err("a wrong type").to_string(), text);
    // What stopped a start function keeps its type.
    let start = instantiate(&image("(module (func $f unreachable) (start $f))"), |_, _| {}).expect_err("a trap");
    assert_eq!(start.downcast_ref::<CallError>().and_then(CallError::trap), Some(Trap::Unreachable));
    let memory = CallError::from(LinkError::OutOfMemory);
    assert!(matches!(memory, CallError::Access(AccessError::OutOfMemory)));
    assert_eq!(Mismatch::PageSize.to_string(), "the memory has another page size");
}

#[test]
fn reasons_of_the_host_keep_their_type_and_source() {
    let fails = |_: &mut Caller<'_, '_>, _: i32| Err::<(), _>(CallError::other(Reason(fmt::Error)));
    let error = instantiate(&image(IMPORTS), |linker, store| linker.func(store, "env", "f", fails).expect("memory"))
        .expect_err("the host refuses");
    let error = error.downcast_ref::<CallError>().expect("that of the call");
    assert_eq!(error.to_string(), "out of paper");
    assert!(error.downcast_ref::<Reason>().is_some());
    assert!(error.downcast_ref::<fmt::Error>().is_none());
    assert_eq!(error.source().map(ToString::to_string), Some(fmt::Error.to_string()));
    assert!(CallError::code(1).downcast_ref::<Reason>().is_none());
}

#[test]
fn files_that_are_none() {
    let runtime = Runtime::new(Allocator::system()).expect("runtime");
    let text = |path: &str| Module::map_file(&runtime, path).map(|_| ()).map_err(|error| error.to_string());
    assert_eq!(text("/nowhere/app.aot"), Err("no such file or directory".into()));
    assert_eq!(text("/"), Err("is a directory".into()));
    let directory = Module::map_file(&runtime, "/").map(|_| ());
    assert_eq!(directory, Err(LoadError::File(std::io::ErrorKind::IsADirectory)));
}

#[test]
fn exports_of_another_kind() {
    with_instance(&image("(module (memory (export \"m\") 1))"), |store, instance| {
        let error = instance.typed_func::<(), ()>(store, "m").expect_err("a memory");
        assert_eq!(error.to_string(), "there is no export of this kind and name");
    });
}

#[test]
fn custom_sections_by_name() {
    let text = r#"(module (@custom "notes" "written down") (@custom "empty" "") (@custom "left" "out"))"#;
    let bytes = image_with(text, |options| options.custom_sections = vec!["notes".into(), "empty".into()]);
    let runtime = Runtime::new(Allocator::system()).expect("runtime");
    let module = Module::new(&runtime, &bytes).expect("module");
    assert_eq!(module.custom_section("notes"), Some(b"written down".as_slice()));
    assert_eq!(module.custom_section("empty"), Some([].as_slice()));
    assert_eq!(module.custom_section("left"), None);
    // Everything can be printed while something else is debugged, on one screen.
    let printed = format!("{:?}", module.image());
    assert!(printed.len() < 2000, "{} bytes", printed.len());
}

#[test]
fn values_from_rust_and_back() {
    assert_eq!(Val::from(7), Val::I32(7));
    assert_eq!(Val::from(7i64).i64(), Some(7));
    assert_eq!(Val::from(0.5f64).f64(), Some(0.5));
    assert_eq!(Val::from(0.5f32).f64(), None);
    assert_eq!(Val::from(None).func_ref(), Some(None));
}
