//! Instances of a store.

use core::ops::Range;

use graver_aot_format::abi::{ContextHead, HostRecord};
use graver_aot_format::{ExternKind, RecordSizes};

use super::StoreInner;
use super::cell::Context;
use super::function::FuncId;
use super::global::GlobalEntry;
use super::memory::MemoryEntry;
use super::table::TableEntry;
use crate::alloc::{Buf, OutOfMemory};
use crate::module::Module;
use crate::runtime::Runtime;
use crate::value::Signature;

/// An instance: its context, and where its imports and own entities are in the store.
#[derive(Debug)]
pub(crate) struct InstanceEntry<'m> {
    pub(crate) module: &'m Module<'m>,
    pub(crate) context: Context<'m>,
    /// What imported functions are.
    pub(crate) imports: Buf<'m, FuncId>,
    /// Where in the store its memories, tables and globals are, in this order, counted from 1; 0 for constant tables.
    positions: Buf<'m, u32>,
    /// Where positions of tables and globals start.
    first_positions: [u32; 2],
    /// Records of imported host functions; generated code has their addresses.
    pub(crate) records: Buf<'m, HostRecord>,
    /// Whether a segment was dropped, those of data first: its length is 0 from then on.
    dropped: Buf<'m, bool>,
    /// Where element segments start.
    first_element: u32,
}

/// What reports of RAM say must be true here.
const _: () = {
    let said = RecordSizes::of(size_of::<usize>() as u8);
    assert!(said.instance as usize == size_of::<InstanceEntry<'_>>());
    assert!(said.memory as usize == size_of::<MemoryEntry<'_>>());
    assert!(said.table as usize == size_of::<TableEntry<'_>>());
    assert!(said.global as usize == size_of::<GlobalEntry<'_>>());
    assert!(said.function as usize == size_of::<FuncId>());
    assert!(said.signature as usize == size_of::<Signature<'_>>());
};

impl<'m> InstanceEntry<'m> {
    /// An instance that has memory for everything but what the store owns, and knows no imports yet.
    pub(crate) fn new(runtime: &'m Runtime<'m>, module: &'m Module<'m>) -> Result<Self, OutOfMemory> {
        let (allocator, image) = (runtime.allocator(), module.image());
        let imported_functions = image.module().imported_functions as usize;
        let (memories, tables, globals) = (image.memories().len(), image.tables().len(), image.globals().len());
        let (data, elements) = (image.data_segments().len(), image.elements().len());
        let mut entry = Self {
            module,
            context: Context::new(runtime, module.layout().size())?,
            imports: Buf::new(allocator),
            positions: Buf::new(allocator),
            first_positions: [memories as u32, (memories + tables) as u32],
            records: Buf::new(allocator),
            dropped: Buf::new(allocator),
            first_element: data as u32,
        };
        entry.imports.fill_with_zeroes(imported_functions)?;
        entry.positions.fill_with_zeroes(memories + tables + globals)?;
        entry.dropped.fill_with_zeroes(data + elements)?;
        Ok(entry)
    }

    fn positions(&self, kind: ExternKind) -> Range<usize> {
        let [tables, globals] = self.first_positions.map(|first| first as usize);
        match kind {
            ExternKind::Memory => 0..tables,
            ExternKind::Table => tables..globals,
            ExternKind::Global => globals..self.positions.len(),
            ExternKind::Function | ExternKind::Tag => 0..0,
        }
    }

    /// Where in the store a memory, table or global is; nowhere if it is a constant table.
    pub(crate) fn position(&self, kind: ExternKind, index: usize) -> Option<usize> {
        (*self.positions.get(self.positions(kind))?.get(index)? as usize).checked_sub(1)
    }

    /// Notes where one is.
    pub(crate) fn set_position(&mut self, kind: ExternKind, index: u32, position: usize) {
        let places = self.positions(kind);
        let place = self.positions.get_mut(places).and_then(|places| places.get_mut(index as usize));
        if let Some(place) = place {
            *place = position as u32 + 1;
        }
    }

    /// Whether a segment was dropped: of elements for tables, of data otherwise.
    pub(crate) fn dropped(&mut self, kind: ExternKind, segment: usize) -> Option<&mut bool> {
        let (data, elements) = self.dropped.split_at_mut_checked(self.first_element as usize)?;
        if kind == ExternKind::Table { elements.get_mut(segment) } else { data.get_mut(segment) }
    }

    /// What function `index` of the module is; `own` is the index of this instance.
    pub(crate) fn function(&self, own: u32, index: u32) -> FuncId {
        match self.imports.get(index as usize) {
            Some(imported) => *imported,
            None => FuncId { owner: own, index },
        }
    }
}

impl StoreInner<'_> {
    /// The head that every context starts with. `instance` is an index, or an extra reference's (see there).
    pub(crate) fn context_head(&self, instance: usize) -> ContextHead {
        ContextHead {
            store: core::ptr::from_ref(self).expose_provenance(),
            helpers: core::ptr::from_ref(&crate::helpers::VECTOR).expose_provenance(),
            instance,
        }
    }
}
