//! Instance handles, and what instances import and export.

use graver_aot_format::ExternKind;

use crate::call::{Params, Results, TypedFunc};
use crate::error::{AccessError, CallError, LinkError};
use crate::func::Func;
use crate::global::Global;
use crate::instantiate;
use crate::memory::Memory;
use crate::module::Module;
use crate::store::function::FuncId;
use crate::store::instance::InstanceEntry;
use crate::store::{AsStore, Inner, Store, StoreInner};
use crate::table::Table;
use crate::value::Val;

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

    /// Makes an instance of a module: the same as [`crate::Linker::instantiate`] with imports from `resolve`, which gets
    /// both names of each in the module's order, and with the start left to [`Self::start`]. Until then globals are 0,
    /// memories have no data, and the start function has not run.
    ///
    /// # Errors
    /// If an import is missing or does not fit, or if there is no memory.
    pub fn link<'m>(
        store: &mut Store<'m>,
        module: &'m Module<'_>,
        resolve: impl FnMut(&str, &str) -> Option<Extern>,
    ) -> Result<Self, LinkError<'m>> {
        let resolve = core::cell::RefCell::new(resolve);
        instantiate::link(store, module, &|_, module, name| resolve.borrow_mut()(module, name))
    }

    /// Gives an instance of [`Self::link`] its initial values and runs the start function, once.
    ///
    /// # Errors
    /// If a segment is out of bounds or the start function does not return.
    pub fn start(&self, store: &mut Store<'_>) -> Result<(), CallError> {
        instantiate::start(store, *self)
    }

    /// The first half of [`Self::start`]: initial values, without the start function.
    ///
    /// # Errors
    /// If a segment is out of bounds.
    pub fn initialise(&self, store: &mut Store<'_>) -> Result<(), CallError> {
        instantiate::initialise(store, *self)
    }

    /// The second half of [`Self::start`].
    ///
    /// # Errors
    /// If the start function does not return.
    pub fn run_start_function(&self, store: &mut Store<'_>) -> Result<(), CallError> {
        instantiate::run_start_function(store, *self)
    }

    /// The number of the instance in its store.
    pub(crate) fn index(&self, store: &StoreInner<'_>) -> Result<u32, AccessError> {
        store.check_owner(self.store)?;
        Ok(self.index)
    }

    /// What the module has under a number, imports first, exported or not. Tables that nothing changes are not there.
    pub fn item<'m>(&self, store: &impl AsStore<'m>, kind: ExternKind, index: u32) -> Option<Extern> {
        let inner = store.shared();
        self.entity(inner, self.entry(inner)?, kind, index)
    }

    /// An element of a table of the module, by the table's number: also of tables that nothing changes. `None` beyond the end.
    pub fn table_element<'m>(&self, store: &impl AsStore<'m>, table: u32, index: u64) -> Option<Val> {
        if let Some(Extern::Table(table)) = self.item(store, ExternKind::Table, table) {
            return table.get(store, index).ok();
        }
        let inner = store.shared();
        let image = self.entry(inner)?.module.image();
        let entry = image.constant_table(&image.tables().get(table as usize)?).get(usize::try_from(index).ok()?)?;
        // Text starts with glue, so no function is at 0.
        let function = image.functions().iter().position(|function| entry.code != 0 && function.code == entry.code);
        let func = |index| Func::new(inner, FuncId { owner: self.index, index: index as u32 });
        Some(Val::FuncRef(function.map(func)))
    }

    /// The number of a function in the module, if it is one of the module's own or an import of it.
    pub fn index_of<'m>(&self, store: &impl AsStore<'m>, func: Func) -> Option<u32> {
        let inner = store.shared();
        let (entry, id) = (self.entry(inner)?, func.id(inner).ok()?);
        if id.owner == self.index {
            return Some(id.index);
        }
        entry.imports.iter().position(|imported| *imported == id).map(|index| index as u32)
    }

    /// The export called `name`, if there is one and the handle is of this store.
    pub fn export<'m>(&self, store: &impl AsStore<'m>, name: &str) -> Option<Extern> {
        self.export_of(store.shared(), name)
    }

    pub(crate) fn export_of(&self, store: &StoreInner<'_>, name: &str) -> Option<Extern> {
        let entry = self.entry(store)?;
        let export = entry.module.image().find_export(name.as_bytes())?;
        self.entity(store, entry, ExternKind::from_raw(export.kind)?, export.index)
    }

    fn entity(
        &self,
        store: &StoreInner<'_>,
        entry: &InstanceEntry<'_>,
        kind: ExternKind,
        index: u32,
    ) -> Option<Extern> {
        if kind == ExternKind::Function {
            return Some(Func::new(store, entry.function(self.index, index)).into());
        }
        let position = entry.position(kind, index as usize)? as u32;
        Some(match kind {
            ExternKind::Table => Table::at(store, position).into(),
            ExternKind::Memory => Memory::at(store, position).into(),
            ExternKind::Global => Global::at(store, position).into(),
            ExternKind::Function | ExternKind::Tag => return None,
        })
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
        let item = self.entity(inner, entry, ExternKind::from_raw(export.kind)?, export.index)?;
        Some((image.name(export.name), item))
    }
}
