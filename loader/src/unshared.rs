//! Where the loader has no threads, a shared memory is one that has the word in its type, and is made like any other.

use core::ptr::NonNull;

use graver_aot_format::abi::MemoryDescriptor;

use crate::error::AccessError;
use crate::store::StoreInner;
use crate::store::memory::MemoryType;

/// A memory of several threads, of which there is none here.
#[derive(Clone, Debug)]
pub(crate) enum SharedMemory {}

impl SharedMemory {
    /// None: the store makes one that only it has.
    pub(crate) fn make(_: &mut StoreInner<'_>, _: MemoryType) -> Result<Option<(Self, bool)>, AccessError> {
        Ok(None)
    }

    pub(crate) fn ty(&self) -> MemoryType {
        match *self {}
    }

    pub(crate) fn length(&self) -> usize {
        match *self {}
    }

    pub(crate) fn grow(&self, _: u64) -> Result<u64, AccessError> {
        match *self {}
    }

    pub(crate) fn extend(&self, _: usize) -> Result<(), AccessError> {
        match *self {}
    }

    pub(crate) fn start(&self) -> NonNull<u8> {
        match *self {}
    }

    pub(crate) fn reserved(&self) -> usize {
        match *self {}
    }

    pub(crate) fn has_others(&self) -> bool {
        match *self {}
    }

    pub(crate) fn is_guarded(&self) -> bool {
        match *self {}
    }

    pub(crate) fn descriptor(&self) -> NonNull<MemoryDescriptor> {
        match *self {}
    }
}
