//! Globals of a store.

use graver_aot_format::{Global, Mutability, ValType};

use super::cell::{Pinned, Shared};
use crate::alloc::OutOfMemory;
use crate::runtime::Runtime;

/// The type of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalType {
    /// What it holds.
    pub value: ValType,
    /// Whether it can be assigned.
    pub mutability: Mutability,
}

impl GlobalType {
    /// A global type.
    pub const fn new(value: ValType, mutability: Mutability) -> Self {
        Self { value, mutability }
    }

    pub(crate) fn of(record: &Global) -> Self {
        Self {
            value: ValType::from_raw(record.ty).unwrap_or(ValType::I32),
            mutability: Mutability::from_raw(record.mutability).unwrap_or(Mutability::Const),
        }
    }
}

/// A global in a store.
#[derive(Debug)]
pub(crate) struct GlobalEntry<'m> {
    /// Its cells: one, or two for v128. In the context of the instance that owns it, or in `own`.
    cells: [Shared<u64>; 2],
    /// The cells of a global that the host made.
    _own: Option<Pinned<'m, u64>>,
    pub(crate) ty: GlobalType,
}

impl<'m> GlobalEntry<'m> {
    /// The global of an instance, whose cells are in its context.
    pub(crate) fn of_instance(ty: GlobalType, cells: [Shared<u64>; 2]) -> Self {
        Self { cells, _own: None, ty }
    }

    /// A global that the host makes.
    pub(crate) fn of_host(runtime: &'m Runtime<'m>, ty: GlobalType, value: [u64; 2]) -> Result<Self, OutOfMemory> {
        let own = Pinned::new(runtime, &value)?;
        let (Some(first), Some(second)) = (own.at(0), own.at(1)) else { return Err(OutOfMemory) };
        Ok(Self { cells: [first, second], _own: Some(own), ty })
    }

    /// For generated code.
    pub(crate) fn address(&self) -> usize {
        self.cells[0].address()
    }

    /// The value; the second cell is used by v128 only.
    pub(crate) fn get(&self) -> [u64; 2] {
        match self.ty.value.cells() {
            1 => [self.cells[0].get(), 0],
            _ => self.cells.map(Shared::get),
        }
    }

    pub(crate) fn set(&self, value: [u64; 2]) {
        for (cell, value) in self.cells.iter().zip(value).take(self.ty.value.cells()) {
            cell.set(value);
        }
    }
}
