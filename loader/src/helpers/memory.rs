//! Bulk operations on memories. Each checks all bounds before it writes anything.

use graver_aot_format::abi::Trap;

use super::{FAILED, caller, code, range};
use crate::store::StoreInner;
use crate::store::memory::MemoryEntry;

const OUT: Trap = Trap::MemoryOutOfBounds;

/// Memory `index` of an instance.
fn find<'s, 'm>(store: &'s mut StoreInner<'m>, instance: usize, index: usize) -> Result<&'s mut MemoryEntry<'m>, Trap> {
    let position = *store.instances.get(instance).and_then(|found| found.memories.get(index)).ok_or(OUT)?;
    store.memories.get_mut(position as usize).ok_or(OUT)
}

pub(super) unsafe extern "C" fn grow(ctx: usize, memory: usize, pages: usize) -> usize {
    // SAFETY: called by generated code with its context.
    let Some((store, instance)) = (unsafe { caller(ctx) }) else { return FAILED };
    let grown = find(store, instance, memory).ok().and_then(|memory| memory.grow(pages as u64).ok());
    grown.map_or(FAILED, |old| old as usize)
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
    let Some((store, instance)) = (unsafe { caller(ctx) }) else { return code(Err(OUT)) };
    code(copy_segment(store, instance, [memory, segment], to, from, length))
}

/// `memory.init`, also for active segments.
pub(crate) fn copy_segment(
    store: &mut StoreInner<'_>,
    instance: usize,
    [memory, segment]: [usize; 2],
    to: usize,
    from: usize,
    length: usize,
) -> Result<(), Trap> {
    let found = store.instances.get(instance).ok_or(OUT)?;
    let image = *found.module.image();
    let is_dropped = found.dropped_data.get(segment).copied().unwrap_or(true);
    let bytes = image.data_segments().get(segment).filter(|_| !is_dropped).map_or(&[][..], |data| image.data(&data));
    let source = bytes.get(range(from, length, bytes.len()).ok_or(OUT)?).ok_or(OUT)?;
    let data = find(store, instance, memory)?.data_mut();
    let range = range(to, length, data.len()).ok_or(OUT)?;
    data.get_mut(range).ok_or(OUT)?.copy_from_slice(source);
    Ok(())
}

pub(super) unsafe extern "C" fn copy(
    ctx: usize,
    to_memory: usize,
    from_memory: usize,
    to: usize,
    from: usize,
    length: usize,
) -> usize {
    // SAFETY: called by generated code with its context.
    let Some((store, instance)) = (unsafe { caller(ctx) }) else { return code(Err(OUT)) };
    code(copy_between(store, instance, [to_memory, from_memory], to, from, length))
}

fn copy_between(
    store: &mut StoreInner<'_>,
    instance: usize,
    [to_memory, from_memory]: [usize; 2],
    to: usize,
    from: usize,
    length: usize,
) -> Result<(), Trap> {
    let memories = &store.instances.get(instance).ok_or(OUT)?.memories;
    let position = |index: usize| memories.get(index).map(|position| *position as usize).ok_or(OUT);
    let (to_position, from_position) = (position(to_memory)?, position(from_memory)?);
    if to_position == from_position {
        let data = store.memories.get_mut(to_position).ok_or(OUT)?.data_mut();
        let source = range(from, length, data.len()).ok_or(OUT)?;
        range(to, length, data.len()).ok_or(OUT)?;
        data.copy_within(source, to);
        return Ok(());
    }
    let [target, source] = store.memories.get_disjoint_mut([to_position, from_position]).map_err(|_| OUT)?;
    let source = source.data();
    let source = source.get(range(from, length, source.len()).ok_or(OUT)?).ok_or(OUT)?;
    let target = target.data_mut();
    let range = range(to, length, target.len()).ok_or(OUT)?;
    target.get_mut(range).ok_or(OUT)?.copy_from_slice(source);
    Ok(())
}

pub(super) unsafe extern "C" fn fill(ctx: usize, memory: usize, to: usize, byte: usize, length: usize) -> usize {
    // SAFETY: called by generated code with its context.
    let Some((store, instance)) = (unsafe { caller(ctx) }) else { return code(Err(OUT)) };
    let fill = |store| {
        let data = find(store, instance, memory)?.data_mut();
        let range = range(to, length, data.len()).ok_or(OUT)?;
        data.get_mut(range).ok_or(OUT)?.fill(byte as u8);
        Ok(())
    };
    code(fill(store))
}

pub(super) unsafe extern "C" fn drop_data(ctx: usize, segment: usize) -> usize {
    // SAFETY: called by generated code with its context.
    if let Some((store, instance)) = unsafe { caller(ctx) } {
        let dropped = store.instances.get_mut(instance).and_then(|found| found.dropped_data.get_mut(segment));
        if let Some(dropped) = dropped {
            *dropped = true;
        }
    }
    0
}
