//! WASI for the loader's linker.

use std::ops::Deref;
use std::sync::Arc;

use super::super::functions::{for_each_board_function, for_each_function};
use super::{Errno, GuestMemory, MODULE, Wasi, exit};
use crate::{AccessError, Caller, Linker, Store};

/// A [`Wasi`] that several threads or stores of one program use. Clones are the same.
#[derive(Clone, Debug)]
pub struct SharedWasi(Arc<Wasi>);

impl SharedWasi {
    /// Shares it.
    pub fn new(wasi: Wasi) -> Self {
        Self(Arc::new(wasi))
    }
}

impl Deref for SharedWasi {
    type Target = Wasi;

    fn deref(&self) -> &Wasi {
        &self.0
    }
}

/// Defines all of preview 1 for modules that a linker instantiates in a store. `proc_exit` ends the call that runs the
/// program with [`CallError::Exit`](crate::CallError::Exit).
///
/// A program that runs another one, and keeps what it prints:
///
/// ```no_run
/// use std::error::Error;
/// use graver_loader::wasi::{Capture, Mapping, Stdio, WasiOptions, link};
/// use graver_loader::{Allocator, CallError, Linker, Module, Runtime, Store, StoreOptions};
///
/// fn run(image: &str, input: &'static str) -> Result<(i32, Vec<u8>), Box<dyn Error>> {
///     let runtime = Runtime::new(Allocator::system())?;
///     let module = Module::map_file(&runtime, image)?;
///     let mut store = Store::new(&runtime, StoreOptions::default())?;
///     let output = Capture::default();
///     let wasi = WasiOptions::new()
///         .arg("program")
///         .stdin(Stdio::Reader(Box::new(input.as_bytes())))
///         .stdout(Stdio::Writer(Box::new(output.clone())))
///         .read_only_directory(Mapping { host: "assets".into(), guest: "/assets".into() })
///         .build()?;
///     let mut linker = Linker::new(&runtime);
///     link(&mut linker, &mut store, wasi)?;
///     // The names in a link error are the image's, which does not outlive this function: the conversion copies them.
///     let instance = linker.instantiate(&mut store, &module).map_err(CallError::from)?;
///     let code = match instance.typed_func::<(), ()>(&store, "_start")?.call(&mut store, ()) {
///         Ok(()) => 0,
///         Err(CallError::Exit(code)) => code,
///         Err(error) => return Err(error.into()),
///     };
///     Ok((code, output.contents()))
/// }
/// ```
///
/// # Errors
/// If there is no memory.
pub fn link<'m>(linker: &mut Linker<'_>, store: &mut Store<'m>, wasi: Wasi) -> Result<(), AccessError> {
    link_shared(linker, store, &SharedWasi::new(wasi))
}

/// The same for a program whose threads have stores of their own.
///
/// # Errors
/// If there is no memory.
pub fn link_shared(linker: &mut Linker<'_>, store: &mut Store<'_>, wasi: &SharedWasi) -> Result<(), AccessError> {
    define(linker, store, wasi)?;
    linker.func(store, MODULE, "proc_exit", exit)
}

macro_rules! definitions {
    ($(#[doc = $about:literal] $name:ident($($param:ident: $type:ty),*)$(: $missing:ident)?;)*) => {
        fn define(linker: &mut Linker<'_>, store: &mut Store<'_>, wasi: &SharedWasi) -> Result<(), AccessError> {
            $({
                let wasi = wasi.clone();
                let closure = move |caller: &mut Caller<'_, '_>, ($($param,)*): ($($type,)*)| -> u32 {
                    definitions!(@run wasi, caller, $name($($param),*) $($missing)?)
                };
                linker.func(store, MODULE, stringify!($name), closure)?;
            })*
            Ok(())
        }
    };
    (@run $wasi:ident, $caller:ident, $name:ident($($param:ident),*) missing) => {{
        let _ = (&$wasi, $caller, $($param),*);
        u32::from(Errno::NoSys.number())
    }};
    (@run $wasi:ident, $caller:ident, $name:ident($($param:ident),*)) => {
        run($caller, |memory| $wasi.$name(memory, $($param),*))
    };
}
for_each_function!(definitions);

/// Carries out a function with the memory of the program that called it; a program without one has no valid address.
fn run(caller: &mut Caller<'_, '_>, function: impl FnOnce(&mut GuestMemory<'_>) -> Result<(), Errno>) -> u32 {
    let memory = caller.memory("memory");
    let bytes = memory.and_then(|memory| memory.bytes_mut(caller).ok()).unwrap_or_default();
    Errno::result_of(function(&mut GuestMemory::new(bytes)))
}
