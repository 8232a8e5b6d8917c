//! WASI for the loader's linker.

use core::cell::RefCell;
use std::rc::Rc;

use super::functions::for_each_function;
use super::{Errno, Exit, GuestMemory, MODULE, Wasi};
use crate::{AccessError, CallError, Caller, Linker, Store};

type Shared = Rc<RefCell<Wasi>>;

/// Defines all of preview 1 for modules that a linker instantiates in a store. `proc_exit` ends the call that runs the
/// program with [`CallError::Exit`].
///
/// # Errors
/// If there is no memory.
pub fn link<'m>(linker: &mut Linker<'_>, store: &mut Store<'m>, wasi: Wasi) -> Result<(), AccessError> {
    let wasi = Rc::new(RefCell::new(wasi));
    define(linker, store, &wasi)?;
    linker.func(store, MODULE, "proc_exit", move |_: &mut Caller<'_, '_>, code: u32| -> Result<(), CallError> {
        let Exit(code) = wasi.borrow_mut().proc_exit(code);
        Err(CallError::Exit(code.cast_signed()))
    })
}

macro_rules! definitions {
    ($(#[doc = $about:literal] $name:ident($($param:ident: $type:ty),*)$(: $missing:ident)?;)*) => {
        fn define(linker: &mut Linker<'_>, store: &mut Store<'_>, wasi: &Shared) -> Result<(), AccessError> {
            $({
                let wasi = Rc::clone(wasi);
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
        run(&$wasi, $caller, |wasi, memory| wasi.$name(memory, $($param),*))
    };
}
for_each_function!(definitions);

/// Carries out a function with the memory of the program that called it; a program without one has no valid address.
fn run(
    wasi: &Shared,
    caller: &mut Caller<'_, '_>,
    function: impl FnOnce(&mut Wasi, &mut GuestMemory<'_>) -> Result<(), Errno>,
) -> u32 {
    let memory = caller.memory("memory");
    let bytes = memory.and_then(|memory| memory.data_mut(caller).ok()).unwrap_or_default();
    let result = function(&mut wasi.borrow_mut(), &mut GuestMemory::new(bytes));
    result.map_or_else(|error| u32::from(error.number()), |()| 0)
}
