//! Linear memories of a store.
#![allow(unsafe_code)] // Linear memory is shared with machine code; reservations belong to the platform.

use core::ptr::NonNull;

use graver_aot_format::abi::{GUARD_RESERVATION, MemoryDescriptor, UNUSED_TAIL, WASM_PAGE_LOG2};
use graver_aot_format::{IndexType, MachineFacts, Memory};

use super::StoreInner;
use super::cell::{Pinned, Shared};
use crate::alloc::{Block, OutOfMemory};
use crate::error::AccessError;
use crate::platform::Platform;
use crate::shared::SharedMemory;

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
    pub(crate) fn growth_limit(&self) -> u64 {
        let unused = match self.index_type {
            IndexType::I32 => UNUSED_TAIL as u32 >> self.page_log2,
            IndexType::I64 => 0,
        };
        self.address_limit() - u64::from(unused)
    }

    /// Whether a machine can put guard regions around all that code reaches of it.
    pub(crate) fn can_be_guarded(&self, machine: &MachineFacts) -> bool {
        machine.guarded_memory && self.index_type == IndexType::I32 && self.page_log2 == WASM_PAGE_LOG2
    }

    /// The most pages that it can have.
    pub(crate) fn most_pages(&self) -> u64 {
        self.maximum.unwrap_or(u64::MAX).min(self.growth_limit())
    }

    /// The bytes of so many pages, if an address can count them.
    pub(crate) fn bytes_of(&self, pages: u64) -> Option<usize> {
        let pages = usize::try_from(pages).ok()?;
        let length = pages << self.page_log2;
        (length >> self.page_log2 == pages && isize::try_from(length).is_ok()).then_some(length)
    }

    pub(crate) fn is_valid(&self) -> bool {
        let limit = self.address_limit();
        (self.page_log2 == 0 || self.page_log2 == WASM_PAGE_LOG2)
            && (!self.shared || self.maximum.is_some())
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
    /// Belongs to other threads, too. Whether an instance of theirs has initialised it.
    Shared(SharedMemory, bool),
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
        let length = ty.bytes_of(ty.minimum).ok_or(OutOfMemory)?;
        memory.resize(length)?;
        self.memories.push(memory)?;
        Ok(self.memories.len() - 1)
    }

    /// Adds one that other threads may have, too.
    pub(crate) fn add_shared(&mut self, memory: SharedMemory, is_inherited: bool) -> Result<usize, OutOfMemory> {
        // SAFETY: the descriptor lives as long as the memory, which the store keeps.
        let descriptor = unsafe { Shared::new(memory.descriptor()) };
        let ty = memory.ty();
        let storage = Storage::Shared(memory, is_inherited);
        self.memories.push(MemoryEntry { storage, descriptor, _own: None, ty, is_frozen: false, is_fixed: false })?;
        Ok(self.memories.len() - 1)
    }

    /// Adds a memory that the host makes: guarded wherever it can be, so that any module can import it.
    pub(crate) fn add_host_memory(&mut self, ty: MemoryType) -> Result<usize, AccessError> {
        let shared = if ty.shared { SharedMemory::make(self, ty)? } else { None };
        if let Some((memory, is_inherited)) = shared {
            return Ok(self.add_shared(memory, is_inherited)?);
        }
        let own = Pinned::new(self.runtime, &[MemoryDescriptor::default()])?;
        let descriptor = own.at(0).ok_or(AccessError::OutOfMemory)?;
        let is_guarded = ty.can_be_guarded(self.runtime.machine());
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
        (self.length() >> self.ty.page_log2) as u64
    }

    /// Whether accesses behind its end fault.
    pub(crate) fn is_guarded(&self) -> bool {
        match &self.storage {
            Storage::Guarded { .. } => true,
            Storage::Block(_) => false,
            Storage::Shared(memory, _) => memory.is_guarded(),
        }
    }

    /// Whether an address is one that guarded code can reach through this memory.
    pub(crate) fn reserves(&self, address: usize) -> bool {
        let reserved = match &self.storage {
            Storage::Guarded { .. } => RESERVATION,
            Storage::Block(_) => 0,
            Storage::Shared(memory, _) => memory.reserved(),
        };
        address.wrapping_sub(self.start().addr().get()) < reserved
    }

    /// Whether another thread's instance has initialised it.
    pub(crate) fn is_inherited(&self) -> bool {
        matches!(self.storage, Storage::Shared(_, true))
    }

    /// The place of some bytes, if they are all inside.
    pub(crate) fn place(&self, address: usize, bytes: usize) -> Option<NonNull<u8>> {
        let end = address.checked_add(bytes)?;
        // SAFETY: it is not behind the end.
        (end <= self.length()).then(|| unsafe { self.start().add(address) })
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
        let new = old.checked_add(pages).filter(|new| *new <= self.ty.most_pages()).ok_or(AccessError::CannotGrow)?;
        if self.is_frozen {
            return Err(AccessError::CannotGrow);
        }
        if let Storage::Shared(memory, _) = &self.storage {
            return memory.grow(pages);
        }
        self.resize(self.ty.bytes_of(new).ok_or(OutOfMemory)?)?;
        Ok(old)
    }

    /// Adds bytes behind the last page.
    pub(crate) fn append(&mut self, bytes: usize) -> Result<(), AccessError> {
        let limit = self.ty.growth_limit().checked_shl(u32::from(self.ty.page_log2)).unwrap_or(u64::MAX);
        let length = self.length().checked_add(bytes).filter(|length| *length as u64 <= limit);
        // Others rely on what a shared one has.
        let is_others = matches!(&self.storage, Storage::Shared(memory, _) if memory.has_others());
        if self.is_fixed || is_others {
            return Err(AccessError::CannotGrow);
        }
        let length = length.ok_or(OutOfMemory)?;
        match &self.storage {
            Storage::Shared(memory, _) => memory.extend(length)?,
            _ => self.resize(length)?,
        }
        // The maximum stays what importers compare with their own, and nothing grows beyond it.
        Ok(())
    }

    /// Lowers the maximum.
    pub(crate) fn limit(&mut self, pages: u64) {
        // A shared one's is the same for all.
        if self.ty.shared {
            return;
        }
        let pages = pages.max(self.size());
        self.ty.maximum = Some(self.ty.maximum.map_or(pages, |maximum| maximum.min(pages)));
    }

    fn resize(&mut self, length: usize) -> Result<(), AccessError> {
        let old = self.length();
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
            // It grows by itself, see `grow`.
            Storage::Shared(..) => return Err(AccessError::CannotGrow),
        };
        self.descriptor.set(MemoryDescriptor { base: base.expose_provenance().get(), length });
        Ok(())
    }

    pub(crate) fn start(&self) -> NonNull<u8> {
        match &self.storage {
            Storage::Block(block) => block.start(),
            Storage::Guarded { start, .. } => *start,
            Storage::Shared(memory, _) => memory.start(),
        }
    }

    /// Bytes.
    pub(crate) fn length(&self) -> usize {
        if let Storage::Shared(memory, _) = &self.storage {
            return memory.length();
        }
        self.descriptor.get().length
    }

    /// What other threads can use, if it is made for that.
    #[cfg(all(feature = "std", target_os = "linux"))]
    pub(crate) fn shared(&self) -> Option<&SharedMemory> {
        match &self.storage {
            Storage::Shared(memory, _) => Some(memory),
            _ => None,
        }
    }

    /// Copies bytes out, if they are all inside. Bytes that another thread writes meanwhile are old or new ones.
    pub(crate) fn copy_out(&self, address: usize, to: &mut [u8]) -> Option<()> {
        let (place, length) = (self.place(address, to.len())?, to.len());
        // SAFETY: the place has as many bytes, and `to` is memory of the host.
        unsafe { place.copy_to_nonoverlapping(NonNull::from(to).cast(), length) };
        Some(())
    }

    /// Copies bytes in, if there is room for all.
    pub(crate) fn copy_in(&mut self, address: usize, from: &[u8]) -> Option<()> {
        let place = self.place(address, from.len())?;
        // SAFETY: as above.
        unsafe { place.copy_from_nonoverlapping(NonNull::from(from).cast(), from.len()) };
        Some(())
    }

    /// The whole memory, unless other threads have it, too. They can only get it from this store, by `Memory::shared`, which
    /// excludes that the bytes are looked at.
    pub(crate) fn own_data(&self) -> Result<&[u8], AccessError> {
        match &self.storage {
            Storage::Shared(memory, _) if memory.has_others() => Err(AccessError::SharedBytes),
            _ => Ok(self.data()),
        }
    }

    /// The whole memory.
    pub(crate) fn data(&self) -> &[u8] {
        // SAFETY: `resize` keeps storage and length in step, and no code of this store runs while it is borrowed. Code of other
        // threads may write to a shared memory meanwhile, as a device does to its buffers: those who look take a copy of
        // what they decide by.
        unsafe { core::slice::from_raw_parts(self.start().as_ptr(), self.length()) }
    }

    /// The whole memory.
    pub(crate) fn data_mut(&mut self) -> &mut [u8] {
        // SAFETY: as for `data`, and the borrow is exclusive.
        unsafe { core::slice::from_raw_parts_mut(self.start().as_ptr(), self.length()) }
    }
}
