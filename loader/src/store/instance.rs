//! Instances of a store.

use graver_aot_format::abi::{ContextHead, HostRecord};
use graver_aot_format::{ExternKind, NONE, RecordSizes};

use super::StoreInner;
use super::cell::Context;
use super::function::FuncId;
use super::global::GlobalEntry;
use super::memory::MemoryEntry;
use super::table::TableEntry;
use crate::alloc::Buf;
use crate::module::Module;
use crate::value::Signature;

/// An instance: its context, and where its imports and own entities are in the store.
#[derive(Debug)]
pub(crate) struct InstanceEntry<'m> {
    pub(crate) module: &'m Module<'m>,
    pub(crate) context: Context<'m>,
    /// What imported functions are.
    pub(crate) imports: Buf<'m, FuncId>,
    /// Memories of the store by index in the module.
    pub(crate) memories: Buf<'m, u32>,
    /// Tables of the store by index in the module; [`NONE`] for constant ones.
    pub(crate) tables: Buf<'m, u32>,
    /// Globals of the store by index in the module.
    pub(crate) globals: Buf<'m, u32>,
    /// Records of imported host functions; generated code has their addresses.
    pub(crate) _records: Buf<'m, HostRecord>,
    /// Whether a segment was dropped: its length is 0 from then on.
    pub(crate) dropped_data: Buf<'m, bool>,
    /// The same for element segments.
    pub(crate) dropped_elements: Buf<'m, bool>,
}

/// An entity of a store by its index there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntityId {
    Function(FuncId),
    Table(u32),
    Memory(u32),
    Global(u32),
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

impl InstanceEntry<'_> {
    /// What function `index` of the module is; `own` is the index of this instance.
    pub(crate) fn function(&self, own: u32, index: u32) -> FuncId {
        match self.imports.get(index as usize) {
            Some(imported) => *imported,
            None => FuncId { owner: own, index },
        }
    }

    /// What an export is; `own` is the index of this instance.
    pub(crate) fn export(&self, own: u32, name: &str) -> Option<EntityId> {
        let export = self.module.image().find_export(name.as_bytes())?;
        self.entity(own, export.kind, export.index)
    }

    /// An entity of the module; constant tables are none.
    pub(crate) fn entity(&self, own: u32, kind: u8, index: u32) -> Option<EntityId> {
        let find = |list: &[u32]| list.get(index as usize).copied().filter(|found| *found != NONE);
        Some(match ExternKind::from_raw(kind)? {
            ExternKind::Function => EntityId::Function(self.function(own, index)),
            ExternKind::Table => EntityId::Table(find(&self.tables)?),
            ExternKind::Memory => EntityId::Memory(find(&self.memories)?),
            ExternKind::Global => EntityId::Global(find(&self.globals)?),
            ExternKind::Tag => return None,
        })
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
