//! What the library itself offers to modules without a C library of their own: `libc-builtin`, in WAMR's words, under the
//! module name `env`; and what the official test suite imports, under `spectest`.
//!
//! Functions are safe Rust over the bytes of the caller's memory: every address of the guest's is checked where it is used,
//! and one that leads outside traps with `out of bounds memory access`. Clients' own natives of the same name come first.

mod format;
mod globals;
mod memory;
mod number;
#[cfg(feature = "std")]
mod pthread;
#[cfg(feature = "std")]
mod semaphore;
mod spectest;
mod string;
mod system;

use core::fmt;

use graver_loader::{CallError, Trap};

use crate::exception;
use crate::instance::Inst;
use crate::memory as instance_memory;

pub(crate) use globals::global;

/// A function of the library's.
pub(crate) struct Row {
    name: &'static str,
    /// Types, as letters; addresses are `i`.
    pub(crate) signature: &'static str,
    run: fn(&mut Guest, &[u64]) -> Outcome,
}

/// What a function returns, as a cell.
type Outcome = Result<u64, CallError>;

/// Functions by module name; none without the feature, and then nothing of this is in the library.
const MODULES: &[(&str, &[&[Row]])] = if cfg!(feature = "builtin") {
    &[
        ("env", &[format::ROWS, memory::ROWS, string::ROWS, number::ROWS, system::ROWS]),
        ("spectest", &[spectest::ROWS]),
        ("env", OF_THREADS),
    ]
} else {
    &[]
};

/// Those of programs with threads, where there are any.
#[cfg(feature = "std")]
const OF_THREADS: &[&[Row]] = &[pthread::ROWS, semaphore::ROWS];
#[cfg(not(feature = "std"))]
const OF_THREADS: &[&[Row]] = &[];

/// Those of wasi-threads.
#[cfg(feature = "std")]
const OF_WASI: &[&[Row]] = &[pthread::WASI_ROWS];
#[cfg(not(feature = "std"))]
const OF_WASI: &[&[Row]] = &[];

/// The function for an import; toolchains of old put an underscore before names.
pub(crate) fn find(module: &str, name: &str) -> Option<&'static Row> {
    let plain = name.strip_prefix('_').unwrap_or(name);
    let modules = MODULES.iter().chain(&[("wasi", OF_WASI)]);
    let tables = modules.filter(|(known, _)| *known == module).flat_map(|(_, tables)| *tables);
    tables.copied().flatten().find(|row| row.name == name || row.name == plain)
}

/// Calls a function for an instance, with the cells of its parameters, the first of which takes the result.
pub(crate) fn call(row: &Row, inst: *mut Inst, cells: &mut [u64]) -> Result<(), CallError> {
    let result = (row.run)(&mut Guest { inst }, cells)?;
    if let Some(cell) = cells.first_mut() {
        *cell = result;
    }
    Ok(())
}

/// The instance that calls.
struct Guest {
    inst: *mut Inst,
}

fn out_of_bounds() -> CallError {
    Trap::MemoryOutOfBounds.into()
}

/// A parameter that is an `i32` or an address.
fn arg(cells: &[u64], index: usize) -> u32 {
    cells.get(index).copied().unwrap_or_default() as u32
}

/// A result that is an `i32`.
fn int(value: i32) -> u64 {
    u64::from(value.cast_unsigned())
}

impl Guest {
    /// Its place among the threads of its program.
    #[cfg(feature = "std")]
    #[allow(unsafe_code)] // The instance's handle is a pointer.
    fn seat(&self) -> &crate::threads::Seat {
        // SAFETY: the instance lives and waits while its imports are called.
        unsafe { &(*(*self.inst).root).seat }
    }

    /// What its thread is known by to the others.
    #[cfg(feature = "std")]
    fn thread(&self) -> u64 {
        self.seat().number
    }

    /// All of its memory, until it grows.
    #[allow(unsafe_code)] // The instance's handle is a pointer.
    fn memory(&mut self) -> Result<&mut [u8], CallError> {
        // SAFETY: the instance lives and waits while its imports are called, and the bytes are borrowed from this.
        unsafe { instance_memory::bytes_of_guest(self.inst) }.ok_or_else(out_of_bounds)
    }

    /// A part of its memory.
    fn bytes(&mut self, address: u32, length: u32) -> Result<&mut [u8], CallError> {
        let start = address as usize;
        let end = start.checked_add(length as usize).ok_or_else(out_of_bounds)?;
        self.memory()?.get_mut(start..end).ok_or_else(out_of_bounds)
    }

    /// Memory from an address on.
    fn rest(&mut self, address: u32) -> Result<&mut [u8], CallError> {
        self.memory()?.get_mut(address as usize..).ok_or_else(out_of_bounds)
    }

    /// A string without its NUL, which must be there.
    fn text(&mut self, address: u32) -> Result<&[u8], CallError> {
        let rest = self.rest(address)?;
        let length = rest.iter().position(|byte| *byte == 0).ok_or_else(out_of_bounds)?;
        rest.get(..length).ok_or_else(out_of_bounds)
    }

    /// Two strings.
    fn texts(&mut self, first: u32, second: u32) -> Result<(&[u8], &[u8]), CallError> {
        let (first_length, second_length) = (self.text(first)?.len(), self.text(second)?.len());
        let memory = &*self.memory()?;
        let part = |at: u32, length: usize| memory.get(at as usize..at as usize + length).ok_or_else(out_of_bounds);
        Ok((part(first, first_length)?, part(second, second_length)?))
    }

    /// A byte.
    fn byte(&mut self, address: u32) -> Result<u8, CallError> {
        self.rest(address)?.first().copied().ok_or_else(out_of_bounds)
    }

    /// A word.
    fn word<const N: usize>(&mut self, address: u32) -> Result<[u8; N], CallError> {
        self.rest(address)?.first_chunk().copied().ok_or_else(out_of_bounds)
    }

    /// Ends the guest's call with an exception.
    #[allow(unsafe_code)] // The instance's handle is a pointer.
    fn stop(&mut self, text: fmt::Arguments<'_>) -> CallError {
        // SAFETY: the instance lives while its imports are called.
        unsafe { exception::set(self.inst, text) };
        CallError::code(0)
    }
}
