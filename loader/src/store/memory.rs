//! Linear memories of a store.
#![allow(unsafe_code)] // Linear memory is shared with machine code; reservations belong to the platform.

use core::ptr::NonNull;

use graver_aot_format::abi::{GUARD_RESERVATION, MemoryDescriptor, UNUSED_TAIL, WASM_PAGE_LOG2};
use graver_aot_format::{IndexType, Memory};

use super::StoreInner;
use super::cell::{Pinned, Shared};
use crate::alloc::{Block, OutOfMemory};
use crate::error::AccessError;
use crate::platform::Platform;

/// The type of a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryType {
    /// Pages at the start.
    pub minimum: u64,
    /// The most pages it can have.
    pub maximum: Option<u64>,
    /// 32-bit or 64-bit addresses.
    pub index_type: IndexType,
    /// Log2 of the page size.
    pub page_log2: u8,
    /// Shared between threads.
    pub shared: bool,
}

impl MemoryType {
    /// A memory with 32-bit addresses and pages of 64 KiB.
    pub const fn new(minimum: u64, maximum: Option<u64>) -> Self {
        Self { minimum, maximum, index_type: IndexType::I32, page_log2: WASM_PAGE_LOG2, shared: false }
    }

    pub(crate) fn of(record: &Memory) -> Self {
        Self {
            minimum: record.minimum,
            maximum: (record.has_maximum == 1).then_some(record.maximum),
            index_type: IndexType::from_raw(record.index_type).unwrap_or(IndexType::I32),
            page_log2: record.page_log2,
            shared: record.shared == 1,
        }
    }

    /// The most pages that its addresses can reach.
    fn address_limit(&self) -> u64 {
        // There are two page sizes, and shifts of 64 bits by a variable are calls on small cores.
        match (self.index_type, self.page_log2) {
            (IndexType::I32, 0) => 1 << 32,
            (IndexType::I32, _) => 1 << (32 - WASM_PAGE_LOG2),
            (IndexType::I64, 0) => u64::MAX,
            (IndexType::I64, _) => u64::MAX >> WASM_PAGE_LOG2,
        }
    }

    /// The most pages that it can grow to: not into the [`UNUSED_TAIL`].
    fn growth_limit(&self) -> u64 {
        let unused = match self.index_type {
            IndexType::I32 => UNUSED_TAIL as u32 >> self.page_log2,
            IndexType::I64 => 0,
        };
        self.address_limit() - u64::from(unused)
    }

    fn is_valid(&self) -> bool {
        let limit = self.address_limit();
        (self.page_log2 == 0 || self.page_log2 == WASM_PAGE_LOG2)
            && !self.shared
            && self.minimum <= limit
            && self.maximum.is_none_or(|maximum| self.minimum <= maximum && maximum <= limit)
    }
}

/// The bytes of a memory.
#[derive(Debug)]
enum Storage<'m> {
    /// From the allocator: moves when it grows.
    Block(Block<'m>),
    /// The start of a reservation of the platform: grows in place, and every address behind it faults.
    Guarded { start: NonNull<u8>, platform: &'m dyn Platform },
}

const RESERVATION: usize = if size_of::<usize>() == 8 { GUARD_RESERVATION as usize } else { 0 };

impl core::fmt::Debug for dyn Platform + '_ {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Platform")
    }
}

impl Drop for Storage<'_> {
    fn drop(&mut self) {
        if let Self::Guarded { start, platform } = self {
            // SAFETY: it came from `reserve`, and the store that used it is going.
            unsafe { platform.release(*start, RESERVATION) };
        }
    }
}

impl<'m> StoreInner<'m> {
    /// Adds a memory, whose descriptor is in the context of the instance that owns it, or in `own`; returns its position.
    pub(crate) fn add_memory(
        &mut self,
        ty: MemoryType,
        is_guarded: bool,
        descriptor: Shared<MemoryDescriptor>,
        own: Option<Pinned<'m, MemoryDescriptor>>,
    ) -> Result<usize, AccessError> {
        if !ty.is_valid() {
            return Err(AccessError::InvalidLimits);
        }
        let storage = if is_guarded {
            let platform = self.runtime.platform();
            let start = platform.reserve(RESERVATION).ok_or(OutOfMemory)?;
            Storage::Guarded { start, platform }
        } else {
            // 16, so that an address aligned in the guest is aligned in the host up to vectors.
            Storage::Block(Block::empty(self.runtime.allocator(), 16))
        };
        let mut memory = MemoryEntry { storage, descriptor, _own: own, ty, is_frozen: false, is_fixed: false };
        let length = memory.bytes_of(ty.minimum).ok_or(OutOfMemory)?;
        memory.resize(length)?;
        self.memories.push(memory)?;
        Ok(self.memories.len() - 1)
    }

    /// The same for one that the host makes: guarded wherever it can be, so that any module can import it.
    pub(crate) fn add_host_memory(&mut self, ty: MemoryType) -> Result<usize, AccessError> {
        let own = Pinned::new(self.runtime, &[MemoryDescriptor::default()])?;
        let descriptor = own.at(0).ok_or(AccessError::OutOfMemory)?;
        let is_guarded =
            self.runtime.machine().guarded_memory && ty.index_type == IndexType::I32 && ty.page_log2 == WASM_PAGE_LOG2;
        self.add_memory(ty, is_guarded, descriptor, Some(own))
    }
}

/// A memory in a store.
#[derive(Debug)]
pub(crate) struct MemoryEntry<'m> {
    storage: Storage<'m>,
    /// In the context of the instance that owns it, or in `own`.
    descriptor: Shared<MemoryDescriptor>,
    /// The descriptor of a memory that the host made.
    _own: Option<Pinned<'m, MemoryDescriptor>>,
    pub(crate) ty: MemoryType,
    /// Some code relies on the length it has now.
    pub(crate) is_frozen: bool,
    /// Some code relies on the length that its module declares.
    pub(crate) is_fixed: bool,
}

impl MemoryEntry<'_> {
    /// Pages.
    pub(crate) fn size(&self) -> u64 {
        (self.descriptor.get().length >> self.ty.page_log2) as u64
    }

    /// Whether accesses behind its end fault.
    pub(crate) fn is_guarded(&self) -> bool {
        matches!(self.storage, Storage::Guarded { .. })
    }

    /// Whether an address is one that guarded code can reach through this memory.
    pub(crate) fn reserves(&self, address: usize) -> bool {
        match self.storage {
            Storage::Guarded { start, .. } => (0..RESERVATION).contains(&address.wrapping_sub(start.addr().get())),
            Storage::Block(_) => false,
        }
    }

    /// For generated code.
    pub(crate) fn descriptor(&self) -> Shared<MemoryDescriptor> {
        self.descriptor
    }

    /// Adds pages of zeroes and returns how many there were.
    pub(crate) fn grow(&mut self, pages: u64) -> Result<u64, AccessError> {
        let old = self.size();
        if pages == 0 {
            return Ok(old);
        }
        let limit = self.ty.maximum.unwrap_or(u64::MAX).min(self.ty.growth_limit());
        let new = old.checked_add(pages).filter(|new| *new <= limit).ok_or(AccessError::CannotGrow)?;
        if self.is_frozen {
            return Err(AccessError::CannotGrow);
        }
        self.resize(self.bytes_of(new).ok_or(OutOfMemory)?)?;
        Ok(old)
    }

    /// Adds bytes behind the last page.
    pub(crate) fn append(&mut self, bytes: usize) -> Result<(), AccessError> {
        let limit = self.ty.growth_limit().checked_shl(u32::from(self.ty.page_log2)).unwrap_or(u64::MAX);
        let length = self.descriptor.get().length.checked_add(bytes).filter(|length| *length as u64 <= limit);
        if self.is_fixed {
            return Err(AccessError::CannotGrow);
        }
        self.resize(length.ok_or(OutOfMemory)?)?;
        let pages = self.size();
        self.ty.maximum = self.ty.maximum.map(|maximum| maximum.max(pages));
        Ok(())
    }

    /// Lowers the maximum.
    pub(crate) fn limit(&mut self, pages: u64) {
        let pages = pages.max(self.size());
        self.ty.maximum = Some(self.ty.maximum.map_or(pages, |maximum| maximum.min(pages)));
    }

    fn bytes_of(&self, pages: u64) -> Option<usize> {
        let pages = usize::try_from(pages).ok()?;
        let length = pages << self.ty.page_log2;
        (length >> self.ty.page_log2 == pages && isize::try_from(length).is_ok()).then_some(length)
    }

    fn resize(&mut self, length: usize) -> Result<(), AccessError> {
        let old = self.descriptor.get().length;
        let base = match &mut self.storage {
            Storage::Block(block) => {
                block.grow(length)?;
                block.start()
            }
            Storage::Guarded { start, platform } => {
                if length > old {
                    // SAFETY: the reservation holds any 32-bit length, and only what lies before `old` is committed.
                    unsafe { platform.commit(start.add(old), length - old) }.map_err(|_| OutOfMemory)?;
                }
                *start
            }
        };
        self.descriptor.set(MemoryDescriptor { base: base.expose_provenance().get(), length });
        Ok(())
    }

    fn start(&self) -> NonNull<u8> {
        match &self.storage {
            Storage::Block(block) => block.start(),
            Storage::Guarded { start, .. } => *start,
        }
    }

    /// The whole memory.
    pub(crate) fn data(&self) -> &[u8] {
        // SAFETY: `resize` keeps storage and length in step, and no code runs while the store is borrowed.
        unsafe { core::slice::from_raw_parts(self.start().as_ptr(), self.descriptor.get().length) }
    }

    /// The whole memory.
    pub(crate) fn data_mut(&mut self) -> &mut [u8] {
        // SAFETY: as for `data`, and the borrow is exclusive.
        unsafe { core::slice::from_raw_parts_mut(self.start().as_ptr(), self.descriptor.get().length) }
    }
}
