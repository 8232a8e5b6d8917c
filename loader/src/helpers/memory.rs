//! Bulk operations on memories. Each checks all bounds before it writes anything.

use graver_aot_format::ExternKind;
use graver_aot_format::abi::Trap;

use super::copy::{self, Copy};
use super::{FAILED, caller, code, range};
use crate::bytes::set_bytes;
use crate::store::memory::MemoryEntry;
use crate::store::{Caller, StoreInner};

const KIND: ExternKind = ExternKind::Memory;
const OUT: Trap = Trap::MemoryOutOfBounds;

/// Memory `index` of an instance.
pub(super) fn find<'s, 'm>(
    store: &'s mut StoreInner<'m>,
    instance: usize,
    index: usize,
) -> Option<&'s mut MemoryEntry<'m>> {
    let position = store.instances.get(instance)?.position(KIND, index)?;
    store.memories.get_mut(position)
}

pub(super) unsafe extern "C" fn grow(ctx: usize, memory: usize, pages: usize) -> usize {
    // SAFETY: called by generated code with its context.
    let Some((store, instance)) = (unsafe { caller(ctx) }) else { return FAILED };
    let Some(found) = find(store, instance, memory) else { return FAILED };
    match found.grow(pages as u64) {
        Ok(old) => old as usize,
        Err(error) => {
            if let Some(told) = store.grow_failed {
                // SAFETY: the guest waits, and this function uses the store no more.
                let mut caller = unsafe { Caller::new(store.into(), Some(instance as u32)) };
                told(&mut caller, memory as u32, pages as u64, error);
            }
            FAILED
        }
    }
}

pub(super) unsafe extern "C" fn init(
    ctx: usize,
    memory: usize,
    segment: usize,
    to: usize,
    from: usize,
    length: usize,
) -> usize {
    // SAFETY: called by generated code with its context.
    let caller = unsafe { caller(ctx) };
    let copy = |(store, instance)| copy_segment(store, instance, [memory, segment], to, from, length);
    code(caller.and_then(copy), OUT)
}

/// `memory.init`, also for active segments; `None` if something is out of bounds.
pub(crate) fn copy_segment(
    store: &mut StoreInner<'_>,
    instance: usize,
    [memory, segment]: [usize; 2],
    to: usize,
    from: usize,
    length: usize,
) -> Option<()> {
    let found = store.instances.get_mut(instance)?;
    let is_dropped = found.dropped(KIND, segment).is_none_or(|dropped| *dropped);
    let image = found.module.image();
    let bytes = image.data_segments().get(segment).filter(|_| !is_dropped).map_or(&[][..], |data| image.data(&data));
    let source = bytes.get(range(from, length, bytes.len())?)?;
    let data = find(store, instance, memory)?.data_mut();
    let range = range(to, length, data.len())?;
    data.get_mut(range)?.copy_from_slice(source);
    Some(())
}

pub(super) unsafe extern "C" fn copy(
    ctx: usize,
    to_entity: usize,
    from_entity: usize,
    to: usize,
    from: usize,
    length: usize,
) -> usize {
    // SAFETY: called by generated code with its context.
    code(unsafe { copy::between(ctx, KIND, Copy { to_entity, from_entity, to, from, length }) }, OUT)
}

pub(super) unsafe extern "C" fn fill(ctx: usize, memory: usize, to: usize, byte: usize, length: usize) -> usize {
    // SAFETY: called by generated code with its context.
    let caller = unsafe { caller(ctx) };
    let fill = |(store, instance)| {
        let data = find(store, instance, memory)?.data_mut();
        let bytes = data.get_mut(range(to, length, data.len())?)?;
        // SAFETY: they are the memory's own.
        unsafe { set_bytes(bytes.as_mut_ptr(), byte as u8, length) };
        Some(())
    };
    code(caller.and_then(fill), OUT)
}

pub(super) unsafe extern "C" fn drop_data(ctx: usize, segment: usize) -> usize {
    // SAFETY: called by generated code with its context.
    unsafe { super::drop_segment(ctx, KIND, segment) }
}
