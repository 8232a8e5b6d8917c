//! The app heap: memory for the host inside the guest's memory, for modules that export no allocator.
//!
//! Blocks lie one behind the other, each with its size in front. The guest can write there, so nothing that is read is
//! trusted: a size that leads out of the heap means that the heap is corrupted.

use graver_loader::{Memory, Val};

use crate::instance::Inst;

/// Where the heap is, in bytes from the start of the memory.
#[derive(Clone, Copy)]
pub(crate) struct Heap {
    start: usize,
    end: usize,
}

/// The guest has written over the heap's own words.
pub(crate) struct Corrupted;

/// Before each block: the size, head included, and in the lowest bit whether it is in use. Blocks are multiples of this.
const HEAD: usize = 8;
const MIN_SIZE: u32 = 256;
const MAX_SIZE: u32 = 1 << 30;

impl Heap {
    /// A heap in a part of the memory that nobody uses.
    pub(crate) fn new(data: &mut [u8], start: usize, size: usize) -> Option<Self> {
        let heap = Self { start, end: start.checked_add(size)? };
        data.get(start..heap.end)?;
        heap.set_head(data, start, size, false);
        Some(heap)
    }

    /// Size of the block at `at`, and whether it is in use.
    fn head(self, data: &[u8], at: usize) -> Result<(usize, bool), Corrupted> {
        let bytes = data.get(at..).and_then(|data| data.first_chunk::<4>()).ok_or(Corrupted)?;
        let word = u32::from_le_bytes(*bytes) as usize;
        let size = word & !1;
        let is_good =
            size >= HEAD && size.is_multiple_of(HEAD) && at.checked_add(size).is_some_and(|end| end <= self.end);
        if is_good { Ok((size, word & 1 == 1)) } else { Err(Corrupted) }
    }

    fn set_head(self, data: &mut [u8], at: usize, size: usize, is_used: bool) {
        if let Some(bytes) = data.get_mut(at..).and_then(|data| data.first_chunk_mut::<4>()) {
            *bytes = (size as u32 | u32::from(is_used)).to_le_bytes();
        }
    }

    /// Address of `size` bytes, aligned to 8; `None` if there is no room.
    pub(crate) fn allocate(self, data: &mut [u8], size: usize) -> Result<Option<usize>, Corrupted> {
        let Some(needed) = size.max(1).checked_next_multiple_of(HEAD).and_then(|size| size.checked_add(HEAD)) else {
            return Ok(None);
        };
        let mut at = self.start;
        while at < self.end {
            let (mut own, is_used) = self.head(data, at)?;
            // Free blocks become one when they are met.
            while !is_used && own < needed && at + own < self.end {
                let (next, next_is_used) = self.head(data, at + own)?;
                if next_is_used {
                    break;
                }
                own += next;
            }
            if !is_used && own >= needed {
                if own > needed {
                    self.set_head(data, at + needed, own - needed, false);
                }
                self.set_head(data, at, needed, true);
                return Ok(Some(at + HEAD));
            }
            if !is_used {
                self.set_head(data, at, own, false);
            }
            at += own;
        }
        Ok(None)
    }

    /// As [`Self::allocate`], at a multiple of a power of two.
    pub(crate) fn allocate_aligned(
        self,
        data: &mut [u8],
        size: usize,
        align: usize,
    ) -> Result<Option<usize>, Corrupted> {
        if align <= HEAD {
            return self.allocate(data, size);
        }
        let Some(room) = size.checked_add(align).and_then(|room| room.checked_add(HEAD)) else { return Ok(None) };
        let Some(found) = self.allocate(data, room)? else { return Ok(None) };
        // What lies before it becomes a free block of its own, for which there must be room.
        let mut address = found.next_multiple_of(align);
        if address == found {
            return Ok(Some(found));
        }
        if address - found < HEAD {
            address += align;
        }
        let (all, _) = self.head(data, found - HEAD)?;
        self.set_head(data, found - HEAD, address - found, false);
        self.set_head(data, address - HEAD, all - (address - found), true);
        Ok(Some(address))
    }

    /// How many bytes a block in use has.
    pub(crate) fn size_of(self, data: &[u8], address: usize) -> Option<usize> {
        let mut at = self.start;
        while at < self.end {
            let (size, is_used) = self.head(data, at).ok()?;
            if at + HEAD == address {
                return is_used.then_some(size - HEAD);
            }
            at += size;
        }
        None
    }

    /// Frees a block; what is not the address of one in use is left alone.
    pub(crate) fn free(self, data: &mut [u8], address: usize) -> Result<(), Corrupted> {
        let mut at = self.start;
        while at < self.end {
            let (size, is_used) = self.head(data, at)?;
            if at + HEAD == address {
                if is_used {
                    self.set_head(data, at, size, false);
                }
                return Ok(());
            }
            at += size;
        }
        Ok(())
    }
}

/// Makes room for a heap in the memory of an instance that has its initial values and has not started, unless the module
/// exports its own allocator.
pub(crate) fn insert(inst: *mut Inst, memory: Memory, size: u32) -> Result<(), &'static str> {
    const FAILED: &str = "failed to insert app heap into linear memory, try using `--heap-size=0` option";
    if size == 0 || crate::guest_heap::GuestAllocator::of(inst).is_some() {
        return Ok(());
    }
    let size = size.clamp(MIN_SIZE, MAX_SIZE).next_multiple_of(HEAD as u32) as usize;
    let (mut store, instance) = crate::memory::parts(inst).ok_or(FAILED)?;
    let ty = memory.ty(&*store).map_err(|_| FAILED)?;
    let old = memory.data(&*store).map_err(|_| FAILED)?.len();
    let page = 1_usize << ty.page_log2;
    // A memory that cannot grow beyond its first page gets the bytes behind that; others whole pages.
    let is_one_page = ty.minimum == 1 && ty.maximum == Some(1);
    let base = match instance.global(&*store, "__heap_base") {
        Some(global) if !is_one_page => match global.get(&*store) {
            Ok(Val::I32(base)) if (base.cast_unsigned() as usize) <= old => {
                Some((global, base.cast_unsigned() as usize))
            }
            _ => None,
        },
        _ => None,
    };
    let start = base.as_ref().map_or(old, |(_, base)| base.next_multiple_of(HEAD));
    let end = start.checked_add(size).ok_or(FAILED)?;
    // The module's last page may have room.
    let more = end.saturating_sub(old);
    let more = if is_one_page { more } else { more.checked_next_multiple_of(page).ok_or(FAILED)? };
    if more != 0 {
        memory.append(&mut *store, more).map_err(|_| FAILED)?;
    }
    if let Some((global, _)) = base {
        crate::item::overwrite(&store, global, end as u64);
    }
    let data = memory.data_mut(&mut *store).map_err(|_| FAILED)?;
    let heap = Heap::new(data, start, size).ok_or(FAILED)?;
    crate::guest_heap::set_heap(inst, heap);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_do_not_overlap_and_come_back() {
        let mut data = [0; 1024];
        let heap = Heap::new(&mut data, 64, 512).unwrap();
        let allocate = |data: &mut [u8], size| heap.allocate(data, size).ok().unwrap();
        let first = allocate(&mut data, 100).unwrap();
        let second = allocate(&mut data, 100).unwrap();
        assert_eq!((first, second), (72, 72 + 104 + 8));
        assert_eq!(allocate(&mut data, 400), None);
        heap.free(&mut data, first).ok().unwrap();
        heap.free(&mut data, second).ok().unwrap();
        assert_eq!(allocate(&mut data, 504), Some(72), "both blocks and the rest became one");
        heap.free(&mut data, 80).ok().unwrap();
        assert_eq!(allocate(&mut data, 1), None, "an address inside a block is not a block");
    }

    #[test]
    fn blocks_can_be_aligned() {
        let mut data = [0; 4096];
        let heap = Heap::new(&mut data, 8, 4000).unwrap();
        for align in [4, 8, 16, 64, 256] {
            let address = heap.allocate_aligned(&mut data, 100, align).ok().unwrap().unwrap();
            assert!(address.is_multiple_of(align) && heap.size_of(&data, address) >= Some(100), "{align}: {address}");
            heap.free(&mut data, address).ok().unwrap();
        }
        assert_eq!(heap.allocate(&mut data, 3992).ok().unwrap(), Some(16), "all came back");
        assert_eq!(heap.allocate_aligned(&mut data, usize::MAX, 64).ok().unwrap(), None);
    }

    #[test]
    fn corruption_is_noticed() {
        let mut data = [0; 256];
        let heap = Heap::new(&mut data, 0, 256).unwrap();
        for wrong in [0_u32, 4, 264, u32::MAX] {
            data[..4].copy_from_slice(&wrong.to_le_bytes());
            assert!(heap.allocate(&mut data, 8).is_err(), "{wrong}");
            assert!(heap.free(&mut data, 8).is_err(), "{wrong}");
        }
        assert!(Heap::new(&mut data, 200, 100).is_none());
    }
}
