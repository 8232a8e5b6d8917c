//! Global handles.

use graver_aot_format::Mutability;

use crate::call::{raw_of, val_of};
use crate::error::AccessError;
use crate::store::global::{GlobalEntry, GlobalType};
use crate::store::{AsStore, Inner, Store, StoreInner};
use crate::value::Val;

/// A global of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Global {
    store: u32,
    pub(crate) index: u32,
}

impl Global {
    /// Makes a global that modules can import.
    ///
    /// # Errors
    /// If there is no memory, or a function reference is of another store.
    pub fn new(store: &mut Store<'_>, mutability: Mutability, value: Val) -> Result<Self, AccessError> {
        let inner = store.exclusive();
        let cells = raw_of(inner, value)?;
        let entry = GlobalEntry::of_host(inner.runtime, GlobalType::new(value.ty(), mutability), cells)?;
        inner.globals.push(entry)?;
        Ok(Self::at(inner, inner.globals.len() as u32 - 1))
    }

    pub(crate) fn at(store: &StoreInner<'_>, index: u32) -> Self {
        Self { store: store.id, index }
    }

    pub(crate) fn entry<'s, 'm>(&self, store: &'s StoreInner<'m>) -> Result<&'s GlobalEntry<'m>, AccessError> {
        store.check_owner(self.store)?;
        store.globals.get(self.index as usize).ok_or(AccessError::ForeignHandle)
    }

    /// Its type.
    ///
    /// # Errors
    /// If the handle is of another store.
    pub fn ty<'m>(&self, store: &impl AsStore<'m>) -> Result<GlobalType, AccessError> {
        Ok(self.entry(store.shared())?.ty)
    }

    /// Where its value is, as generated code reads and writes it: a cell, or two.
    ///
    /// # Errors
    /// If the handle is of another store.
    pub fn cells<'m>(&self, store: &impl AsStore<'m>) -> Result<*mut u64, AccessError> {
        let address = self.entry(store.shared())?.address();
        Ok(core::ptr::with_exposed_provenance_mut(address))
    }

    /// Its value.
    ///
    /// # Errors
    /// If the handle is of another store.
    pub fn get<'m>(&self, store: &impl AsStore<'m>) -> Result<Val, AccessError> {
        let inner = store.shared();
        let entry = self.entry(inner)?;
        Ok(val_of(inner, entry.ty.value, entry.get()))
    }

    /// Assigns it.
    ///
    /// # Errors
    /// [`AccessError::Immutable`] or [`AccessError::WrongType`].
    pub fn set<'m>(&self, store: &mut impl AsStore<'m>, value: Val) -> Result<(), AccessError> {
        let inner = store.exclusive();
        let ty = self.entry(inner)?.ty;
        if ty.mutability != Mutability::Var {
            return Err(AccessError::Immutable);
        }
        if ty.value != value.ty() {
            return Err(AccessError::WrongType);
        }
        let cells = raw_of(inner, value)?;
        self.entry(inner)?.set(cells);
        Ok(())
    }
}
