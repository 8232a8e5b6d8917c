//! A board's WASI for the loader's linker.

use graver_aot_format::{ExternKind, ValType};

use super::super::functions::{Param, for_each_board_function};
use super::super::{MODULE, exit};
use super::{Call, Errno, GuestMemory, Wasi};
use crate::host::closure::{add_raw, add_typed};
use crate::store::{Caller, Inner};
use crate::value::Signature;
use crate::{AccessError, CallError, Func, Linker, Module, Store, Trap};

/// A function that a board carries out.
pub(in super::super) struct Function {
    pub(in super::super) name: &'static str,
    pub(super) params: &'static [ValType],
    /// Takes cells, of which it uses the low bits that its types have.
    pub(super) call: fn(&Call<'_>, &mut GuestMemory<'_>, &[u64]) -> Result<(), Errno>,
}

macro_rules! functions {
    ($(#[doc = $about:literal] $name:ident($($param:ident: $type:ty),*);)*) => {
        /// All of them but `proc_exit`, which has no result.
        pub(in super::super) const FUNCTIONS: &[Function] = &[$(Function {
            name: stringify!($name),
            params: &[$(<$type as Param>::TYPE),*],
            call: |call, memory, cells| {
                let [$($param),*] = *cells else { return Err(Errno::Inval) };
                call.$name(memory, $(<$type as Param>::from_cell($param)),*)
            },
        }),*];
    };
}
for_each_board_function!(functions);

/// Defines what `module` imports of preview 1. `proc_exit` ends the call that runs the program with [`CallError::Exit`]; what
/// a board does not carry out returns `ENOSYS`. What the linker has already under a function's name stays: another program needs
/// a linker of its own. Calls in which an [`Interrupt`](crate::Interrupt) was requested end with [`Trap::Terminated`].
///
/// # Errors
/// If there is no memory.
pub fn link<'l, 'm>(
    linker: &mut Linker<'l>,
    store: &mut Store<'m>,
    module: &'m Module<'_>,
    wasi: &'m Wasi<'_>,
) -> Result<(), AccessError>
where
    'm: 'l,
{
    let imports = module.image().imports();
    for import in imports.iter().filter(|import| import.kind == ExternKind::Function.raw()) {
        let name = module.name(import.name);
        if module.name(import.module) != MODULE || linker.get(store, MODULE, name).is_some() {
            continue;
        }
        let id = if name == "proc_exit" {
            add_typed(store.exclusive(), exit)?
        } else if let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) {
            let carry_out = |caller: &mut Caller<'_, '_>, cells: &mut [u64]| run(wasi, function, caller, cells);
            add_raw(store.exclusive(), Signature::of(function.params, &[ValType::I32]), carry_out)?
        } else {
            // Whatever it takes; one that does not return a number cannot say that it is missing, and is.
            let Some(ty) = module.function_signature(import.index).filter(|ty| ty.results().eq([ValType::I32])) else {
                continue;
            };
            let missing = |_: &mut Caller<'_, '_>, cells: &mut [u64]| {
                give(cells, Err(Errno::NoSys));
                Ok(())
            };
            add_raw(store.exclusive(), ty, missing)?
        };
        let func = Func::new(store.exclusive(), id);
        linker.define(MODULE, name, func)?;
    }
    Ok(())
}

/// Carries out a function with the memory of the program that called it; a program without one has no valid address.
fn run(wasi: &Wasi<'_>, function: &Function, caller: &mut Caller<'_, '_>, cells: &mut [u64]) -> Result<(), CallError> {
    let stop = caller.shared().interrupt_word();
    let memory = caller.memory("memory");
    let bytes = memory.and_then(|memory| memory.data_mut(caller).ok()).unwrap_or_default();
    let params = cells.get(..function.params.len()).unwrap_or_default();
    give(cells, (function.call)(&Call { wasi, stop }, &mut GuestMemory::new(bytes), params));
    // The guest may not look: it need not have been compiled for that, and libraries begin to wait again.
    if stop.get() { Err(CallError::Trap(Trap::Terminated)) } else { Ok(()) }
}

fn give(cells: &mut [u64], result: Result<(), Errno>) {
    if let Some(cell) = cells.first_mut() {
        *cell = Errno::result_of(result).into();
    }
}
