//! Memory handles.

use crate::error::AccessError;
use crate::store::memory::{MemoryEntry, MemoryType};
use crate::store::{AsStore, Inner, Store, StoreInner};

/// A linear memory of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Memory {
    store: u32,
    pub(crate) index: u32,
}

impl Memory {
    /// Makes a memory that modules can import.
    ///
    /// # Errors
    /// If the limits are not valid, or there is no memory.
    pub fn new(store: &mut Store<'_>, ty: MemoryType) -> Result<Self, AccessError> {
        let inner = store.exclusive();
        let position = inner.add_host_memory(ty)?;
        Ok(Self::at(inner, position as u32))
    }

    /// Puts a memory that other threads have, too, into a store.
    ///
    /// # Errors
    /// If there is no memory.
    #[cfg(all(feature = "std", target_os = "linux"))]
    pub fn of_shared(store: &mut Store<'_>, memory: &crate::SharedMemory) -> Result<Self, AccessError> {
        let inner = store.exclusive();
        let position = inner.add_shared(memory.clone(), false)?;
        Ok(Self::at(inner, position as u32))
    }

    /// The memory itself, for a store on another thread; none if it is not shared. From then on its bytes can only be copied.
    ///
    /// # Errors
    /// If the handle is of another store.
    #[cfg(all(feature = "std", target_os = "linux"))]
    pub fn shared<'m>(&self, store: &mut impl AsStore<'m>) -> Result<Option<crate::SharedMemory>, AccessError> {
        Ok(self.entry(store.exclusive())?.shared().cloned())
    }

    pub(crate) fn at(store: &StoreInner<'_>, index: u32) -> Self {
        Self { store: store.id, index }
    }

    pub(crate) fn entry<'s, 'm>(&self, store: &'s StoreInner<'m>) -> Result<&'s MemoryEntry<'m>, AccessError> {
        store.check_owner(self.store)?;
        store.memories.get(self.index as usize).ok_or(AccessError::ForeignHandle)
    }

    fn entry_mut<'s, 'm>(&self, store: &'s mut StoreInner<'m>) -> Result<&'s mut MemoryEntry<'m>, AccessError> {
        store.check_owner(self.store)?;
        store.memories.get_mut(self.index as usize).ok_or(AccessError::ForeignHandle)
    }

    /// Its type; `minimum` is what it was made with.
    ///
    /// # Errors
    /// If the handle is of another store.
    pub fn ty<'m>(&self, store: &impl AsStore<'m>) -> Result<MemoryType, AccessError> {
        Ok(self.entry(store.shared())?.ty)
    }

    /// Pages that it has now.
    ///
    /// # Errors
    /// If the handle is of another store.
    pub fn size<'m>(&self, store: &impl AsStore<'m>) -> Result<u64, AccessError> {
        Ok(self.entry(store.shared())?.size())
    }

    /// Adds pages and returns how many there were. Where code relies on the length, this fails.
    ///
    /// # Errors
    /// If the limit or the machine's memory is reached.
    pub fn grow<'m>(&self, store: &mut impl AsStore<'m>, pages: u64) -> Result<u64, AccessError> {
        self.entry_mut(store.exclusive())?.grow(pages)
    }

    /// Adds bytes behind the last page, whatever the limit: room for the host in the guest's address space. Only before
    /// [`crate::Instance::start`]; where code relies on the length at compile time, this fails.
    ///
    /// # Errors
    /// If the code relies on the length, or there is no room.
    pub fn append<'m>(&self, store: &mut impl AsStore<'m>, bytes: usize) -> Result<(), AccessError> {
        self.entry_mut(store.exclusive())?.append(bytes)
    }

    /// Lowers the number of pages that it can grow to; never below what it has.
    ///
    /// # Errors
    /// If the handle is of another store.
    pub fn limit<'m>(&self, store: &mut impl AsStore<'m>, pages: u64) -> Result<(), AccessError> {
        self.entry_mut(store.exclusive())?.limit(pages);
        Ok(())
    }

    /// All bytes.
    ///
    /// # Errors
    /// If the handle is of another store, or other threads have the memory.
    pub fn data<'s, 'm: 's>(&self, store: &'s impl AsStore<'m>) -> Result<&'s [u8], AccessError> {
        self.entry(store.shared())?.own_data()
    }

    /// All bytes.
    ///
    /// # Errors
    /// If the handle is of another store, or other threads have the memory.
    pub fn data_mut<'s, 'm: 's>(&self, store: &'s mut impl AsStore<'m>) -> Result<&'s mut [u8], AccessError> {
        let entry = self.entry_mut(store.exclusive())?;
        entry.own_data()?;
        Ok(entry.data_mut())
    }

    /// All bytes, also of a memory of several threads, for those who copy what they decide by.
    #[cfg(all(feature = "wasi", target_os = "linux"))]
    pub(crate) fn bytes_mut<'s, 'm: 's>(&self, store: &'s mut impl AsStore<'m>) -> Result<&'s mut [u8], AccessError> {
        Ok(self.entry_mut(store.exclusive())?.data_mut())
    }

    /// Where its bytes are, and how many there are, until it grows: for C. Also of a memory of several threads.
    ///
    /// # Errors
    /// If the handle is of another store.
    pub fn range<'m>(&self, store: &impl AsStore<'m>) -> Result<(core::ptr::NonNull<u8>, usize), AccessError> {
        let entry = self.entry(store.shared())?;
        Ok((entry.start(), entry.length()))
    }

    /// Copies bytes from `address` on out of the memory.
    ///
    /// # Errors
    /// [`AccessError::OutOfBounds`] if they are not all inside; nothing is copied then.
    pub fn read<'m>(&self, store: &impl AsStore<'m>, address: u64, to: &mut [u8]) -> Result<(), AccessError> {
        let start = usize::try_from(address).map_err(|_| AccessError::OutOfBounds)?;
        self.entry(store.shared())?.copy_out(start, to).ok_or(AccessError::OutOfBounds)
    }

    /// Copies bytes into the memory, from `address` on.
    ///
    /// # Errors
    /// [`AccessError::OutOfBounds`] if there is not room for all; nothing is copied then.
    pub fn write<'m>(&self, store: &mut impl AsStore<'m>, address: u64, from: &[u8]) -> Result<(), AccessError> {
        let start = usize::try_from(address).map_err(|_| AccessError::OutOfBounds)?;
        self.entry_mut(store.exclusive())?.copy_in(start, from).ok_or(AccessError::OutOfBounds)
    }
}
