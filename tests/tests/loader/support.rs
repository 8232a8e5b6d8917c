//! Images from text.

use graver_aot_format::BoundsStrategy;
use graver_compiler::{Options, binary, compile};
use graver_loader::{Allocator, Instance, Linker, Module, Runtime, Store, StoreOptions};

/// Compiles a module for this machine.
pub(crate) fn image(text: &str) -> Vec<u8> {
    image_with(text, |_| {})
}

/// The same, with options.
pub(crate) fn image_with(text: &str, change: impl FnOnce(&mut Options)) -> Vec<u8> {
    let target = graver_targets::Target::find("native").expect("the host is a target");
    let mut options = Options::new(target);
    options.opt_level = 1;
    change(&mut options);
    let wasm = binary(text.as_bytes()).expect("valid text");
    compile(&wasm, &options).expect("compiles")
}

/// Compiles a module whose memories are checked in one way.
pub(crate) fn image_bounds(text: &str, bounds: BoundsStrategy) -> Vec<u8> {
    image_with(text, |options| options.bounds = Some(bounds))
}

/// Runs `body` with an instance of a module without imports.
pub(crate) fn with_instance<R>(bytes: &[u8], body: impl FnOnce(&mut Store<'_>, Instance) -> R) -> R {
    let runtime = Runtime::new(Allocator::system()).expect("runtime");
    let module = Module::new(&runtime, bytes).expect("module");
    let mut store = Store::new(&runtime, StoreOptions::default()).expect("store");
    let instance = Linker::new(&runtime).instantiate(&mut store, &module).expect("instance");
    body(&mut store, instance)
}
