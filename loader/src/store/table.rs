//! Tables of a store.

use graver_aot_format::abi::TableDescriptor;
use graver_aot_format::{IndexType, Table, ValType};

use super::StoreInner;
use super::cell::{Pinned, Shared};
use crate::alloc::Buf;
use crate::error::AccessError;

/// The most elements that a table can have here, whatever its type says: enough for every program, and few enough that
/// a wild `table.grow` fails instead of using up the machine.
pub const MAX_TABLE_SIZE: u64 = 10_000_000;

/// The type of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableType {
    /// What its elements are.
    pub element: ValType,
    /// Elements at the start.
    pub minimum: u64,
    /// The most elements it can have.
    pub maximum: Option<u64>,
    /// 32-bit or 64-bit indexes.
    pub index_type: IndexType,
}

impl TableType {
    /// A table with 32-bit indexes.
    pub const fn new(element: ValType, minimum: u64, maximum: Option<u64>) -> Self {
        Self { element, minimum, maximum, index_type: IndexType::I32 }
    }

    pub(crate) fn of(record: &Table) -> Self {
        Self {
            element: ValType::from_raw(record.element).unwrap_or(ValType::FuncRef),
            minimum: record.minimum,
            maximum: (record.has_maximum == 1).then_some(record.maximum),
            index_type: IndexType::from_raw(record.index_type).unwrap_or(IndexType::I32),
        }
    }
}

impl<'m> StoreInner<'m> {
    /// Adds a table, whose descriptor is in the context of the instance that owns it, or in `own`; returns its position.
    pub(crate) fn add_table(
        &mut self,
        ty: TableType,
        descriptor: Shared<TableDescriptor>,
        own: Option<Pinned<'m, TableDescriptor>>,
    ) -> Result<usize, AccessError> {
        if !ty.element.is_reference() || ty.maximum.is_some_and(|maximum| maximum < ty.minimum) {
            return Err(AccessError::InvalidLimits);
        }
        let elements = Buf::new(self.runtime.allocator());
        let mut table = TableEntry { elements, descriptor, _own: own, ty };
        table.extend(ty.minimum, 0)?;
        self.tables.push(table)?;
        Ok(self.tables.len() - 1)
    }

    /// The same for one that the host makes.
    pub(crate) fn add_host_table(&mut self, ty: TableType) -> Result<usize, AccessError> {
        let own = Pinned::new(self.runtime, &[TableDescriptor::default()])?;
        let descriptor = own.at(0).ok_or(AccessError::OutOfMemory)?;
        self.add_table(ty, descriptor, Some(own))
    }
}

/// A table in a store. Elements are references as generated code sees them.
#[derive(Debug)]
pub(crate) struct TableEntry<'m> {
    elements: Buf<'m, usize>,
    /// In the context of the instance that owns it, or in `own`.
    descriptor: Shared<TableDescriptor>,
    /// The descriptor of a table that the host made.
    _own: Option<Pinned<'m, TableDescriptor>>,
    pub(crate) ty: TableType,
}

impl TableEntry<'_> {
    /// Number of elements.
    pub(crate) fn size(&self) -> u64 {
        self.elements.len() as u64
    }

    /// For generated code.
    pub(crate) fn descriptor(&self) -> Shared<TableDescriptor> {
        self.descriptor
    }

    /// Adds elements and returns how many there were.
    pub(crate) fn grow(&mut self, count: u64, reference: usize) -> Result<u64, AccessError> {
        let old = self.size();
        let limit = match self.ty.index_type {
            IndexType::I32 => u64::from(u32::MAX),
            IndexType::I64 => u64::MAX,
        };
        let limit = self.ty.maximum.unwrap_or(limit).min(limit);
        if old.checked_add(count).is_none_or(|new| new > limit) {
            return Err(AccessError::CannotGrow);
        }
        self.extend(count, reference)?;
        Ok(old)
    }

    fn extend(&mut self, count: u64, reference: usize) -> Result<(), AccessError> {
        if self.size().saturating_add(count) > MAX_TABLE_SIZE {
            return Err(AccessError::OutOfMemory);
        }
        self.elements.extend(reference, count as usize)?;
        let elements = self.elements.start().expose_provenance().get();
        self.descriptor.set(TableDescriptor { elements, length: self.elements.len() });
        Ok(())
    }

    /// References, as generated code sees them.
    pub(crate) fn elements(&self) -> &[usize] {
        &self.elements
    }

    /// References, as generated code sees them.
    pub(crate) fn elements_mut(&mut self) -> &mut [usize] {
        &mut self.elements
    }
}
