//! The interface as data.

use graver_aot_format::ValType;

use super::super::functions::{Param, for_each_board_function, for_each_function};
use super::{Errno, GuestMemory, Wasi};

/// A function of the interface.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// Its parameters' names.
    pub names: &'static [&'static str],
    /// Its parameters' types. The result is an `i32`, the error number or 0; `proc_exit` has none.
    pub params: &'static [ValType],
    /// Carries it out with parameters in 64-bit cells. None is what the host does not do: the result is `ENOSYS`.
    pub call: Option<Call>,
}

/// A function over parameters in cells, of which it takes the low bits that its types have.
pub type Call = fn(&Wasi, &mut GuestMemory<'_>, &[u64]) -> Result<(), Errno>;

impl Wasi {
    /// Carries out a function of the list with parameters in cells.
    ///
    /// # Errors
    /// The function's own, and [`Errno::NoSys`] if the host does not carry it out.
    pub fn call(&self, function: &Function, memory: &mut GuestMemory<'_>, cells: &[u64]) -> Result<(), Errno> {
        function.call.ok_or(Errno::NoSys)?(self, memory, cells)
    }
}

macro_rules! functions {
    ($(#[doc = $about:literal] $name:ident($($param:ident: $type:ty),*)$(: $missing:ident)?;)*) => {
        /// Every function of preview 1 but `proc_exit`, which alone has no result, and those of WAMR's extension for sockets.
        pub const FUNCTIONS: &[Function] = &[$(Function {
            name: stringify!($name),
            about: $about.trim_ascii(),
            names: &[$(stringify!($param)),*],
            params: &[$(<$type as Param>::TYPE),*],
            call: functions!(@call $name($($param: $type),*) $($missing)?),
        }),*];
    };
    (@call $name:ident($($param:ident: $type:ty),*) missing) => { None };
    (@call $name:ident($($param:ident: $type:ty),*)) => {
        Some(|wasi, memory, cells| {
            let [$($param),*] = *cells else { return Err(Errno::Inval) };
            wasi.$name(memory, $(<$type as Param>::from_cell($param)),*)
        })
    };
}
for_each_function!(functions);
