//! Instance handles, and what instances import and export.

use crate::call::{Params, Results, TypedFunc};
use crate::error::{AccessError, CallError};
use crate::func::Func;
use crate::global::Global;
use crate::memory::Memory;
use crate::module::Module;
use crate::store::instance::{EntityId, InstanceEntry};
use crate::store::{AsStore, Inner, StoreInner};
use crate::table::Table;

/// Something that a module can import or export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
    /// A global.
    Global(Global),
}

macro_rules! from_handles {
    ($($handle:ident),*) => {$(
        impl From<$handle> for Extern {
            fn from(handle: $handle) -> Self { Self::$handle(handle) }
        }
    )*};
}
from_handles!(Func, Table, Memory, Global);

impl Extern {
    pub(crate) fn at(store: &StoreInner<'_>, entity: EntityId) -> Self {
        match entity {
            EntityId::Function(id) => Self::Func(Func::new(store, id)),
            EntityId::Table(index) => Self::Table(Table::at(store, index)),
            EntityId::Memory(index) => Self::Memory(Memory::at(store, index)),
            EntityId::Global(index) => Self::Global(Global::at(store, index)),
        }
    }
}

/// An instance of a module in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    store: u32,
    index: u32,
}

impl Instance {
    pub(crate) fn new(store: u32, index: u32) -> Self {
        Self { store, index }
    }

    fn entry<'s, 'm>(&self, store: &'s StoreInner<'m>) -> Option<&'s InstanceEntry<'m>> {
        store.check_owner(self.store).ok()?;
        store.instances.get(self.index as usize)
    }

    /// The export called `name`, if there is one and the handle is of this store.
    pub fn export<'m>(&self, store: &impl AsStore<'m>, name: &str) -> Option<Extern> {
        self.export_of(store.shared(), name)
    }

    pub(crate) fn export_of(&self, store: &StoreInner<'_>, name: &str) -> Option<Extern> {
        Some(Extern::at(store, self.entry(store)?.export(self.index, name)?))
    }

    /// The exported function called `name`.
    pub fn func<'m>(&self, store: &impl AsStore<'m>, name: &str) -> Option<Func> {
        match self.export(store, name)? {
            Extern::Func(func) => Some(func),
            _ => None,
        }
    }

    /// The exported function called `name`, with its Rust type.
    ///
    /// # Errors
    /// [`CallError::Access`] with [`AccessError::NotExported`] if there is none, [`CallError::Signature`] if it has
    /// another type.
    pub fn typed_func<'m, P: Params, R: Results>(
        &self,
        store: &impl AsStore<'m>,
        name: &str,
    ) -> Result<TypedFunc<P, R>, CallError> {
        self.func(store, name).ok_or(AccessError::NotExported)?.typed(store)
    }

    /// The exported memory called `name`.
    pub fn memory<'m>(&self, store: &impl AsStore<'m>, name: &str) -> Option<Memory> {
        match self.export(store, name)? {
            Extern::Memory(memory) => Some(memory),
            _ => None,
        }
    }

    /// The exported table called `name`.
    pub fn table<'m>(&self, store: &impl AsStore<'m>, name: &str) -> Option<Table> {
        match self.export(store, name)? {
            Extern::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The exported global called `name`.
    pub fn global<'m>(&self, store: &impl AsStore<'m>, name: &str) -> Option<Global> {
        match self.export(store, name)? {
            Extern::Global(global) => Some(global),
            _ => None,
        }
    }

    /// The module that this is an instance of.
    pub fn module<'s, 'm: 's>(&self, store: &'s impl AsStore<'m>) -> Option<&'s Module<'m>> {
        Some(self.entry(store.shared())?.module)
    }

    /// Export number `index` in declaration order: its name and what it is.
    pub fn nth_export<'s, 'm: 's>(&self, store: &'s impl AsStore<'m>, index: usize) -> Option<(&'s str, Extern)> {
        let inner = store.shared();
        let entry = self.entry(inner)?;
        let image = entry.module.image();
        let export = image.exports().get(index)?;
        Some((image.name(export.name), Extern::at(inner, entry.entity(self.index, export.kind, export.index)?)))
    }
}
