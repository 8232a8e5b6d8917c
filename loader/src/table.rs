//! Table handles.

use crate::call::{raw_of, val_of};
use crate::error::AccessError;
use crate::store::table::{TableEntry, TableType};
use crate::store::{AsStore, Inner, Store, StoreInner};
use crate::value::Val;

/// A table of a store. Tables that nothing can change have no handle: they are part of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Table {
    store: u32,
    pub(crate) index: u32,
}

impl Table {
    /// Makes a table of nulls that modules can import.
    ///
    /// # Errors
    /// If the type is not valid, or there is no memory.
    pub fn new(store: &mut Store<'_>, ty: TableType) -> Result<Self, AccessError> {
        let inner = store.exclusive();
        let position = inner.add_host_table(ty)?;
        Ok(Self::at(inner, position as u32))
    }

    pub(crate) fn at(store: &StoreInner<'_>, index: u32) -> Self {
        Self { store: store.id, index }
    }

    pub(crate) fn entry<'s, 'm>(&self, store: &'s StoreInner<'m>) -> Result<&'s TableEntry<'m>, AccessError> {
        store.check_owner(self.store)?;
        store.tables.get(self.index as usize).ok_or(AccessError::ForeignHandle)
    }

    fn entry_mut<'s, 'm>(&self, store: &'s mut StoreInner<'m>) -> Result<&'s mut TableEntry<'m>, AccessError> {
        store.check_owner(self.store)?;
        store.tables.get_mut(self.index as usize).ok_or(AccessError::ForeignHandle)
    }

    /// Its type; `minimum` is what it was made with.
    ///
    /// # Errors
    /// If the handle is of another store.
    pub fn ty<'m>(&self, store: &impl AsStore<'m>) -> Result<TableType, AccessError> {
        Ok(self.entry(store.shared())?.ty)
    }

    /// Number of elements.
    ///
    /// # Errors
    /// If the handle is of another store.
    pub fn size<'m>(&self, store: &impl AsStore<'m>) -> Result<u64, AccessError> {
        Ok(self.entry(store.shared())?.size())
    }

    /// An element.
    ///
    /// # Errors
    /// [`AccessError::OutOfBounds`] beyond the end.
    pub fn get<'m>(&self, store: &impl AsStore<'m>, index: u64) -> Result<Val, AccessError> {
        let inner = store.shared();
        let entry = self.entry(inner)?;
        let index = usize::try_from(index).map_err(|_| AccessError::OutOfBounds)?;
        let word = *entry.elements().get(index).ok_or(AccessError::OutOfBounds)?;
        Ok(val_of(inner, entry.ty.element, [word as u64, 0]))
    }

    /// All elements, as generated code knows them; see [`crate::Func::from_reference`].
    ///
    /// # Errors
    /// If the handle is of another store.
    pub fn elements<'s, 'm: 's>(&self, store: &'s impl AsStore<'m>) -> Result<&'s [usize], AccessError> {
        Ok(self.entry(store.shared())?.elements())
    }

    /// Sets an element.
    ///
    /// # Errors
    /// [`AccessError::OutOfBounds`] beyond the end, [`AccessError::WrongType`] for values of another type.
    pub fn set<'m>(&self, store: &mut impl AsStore<'m>, index: u64, value: Val) -> Result<(), AccessError> {
        let inner = store.exclusive();
        let word = self.word(inner, value)?;
        let index = usize::try_from(index).map_err(|_| AccessError::OutOfBounds)?;
        *self.entry_mut(inner)?.elements_mut().get_mut(index).ok_or(AccessError::OutOfBounds)? = word;
        Ok(())
    }

    /// Adds elements and returns how many there were.
    ///
    /// # Errors
    /// If the limit or the machine's memory is reached, or the value has another type.
    pub fn grow<'m>(&self, store: &mut impl AsStore<'m>, count: u64, value: Val) -> Result<u64, AccessError> {
        let inner = store.exclusive();
        let word = self.word(inner, value)?;
        self.entry_mut(inner)?.grow(count, word)
    }

    fn word(&self, store: &mut StoreInner<'_>, value: Val) -> Result<usize, AccessError> {
        if self.entry(store)?.ty.element != value.ty() {
            return Err(AccessError::WrongType);
        }
        Ok(raw_of(store, value)?[0] as usize)
    }
}
