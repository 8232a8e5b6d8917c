//! Bulk operations on tables. Each checks all bounds before it writes anything.

use graver_aot_format::abi::Trap;

use super::{FAILED, caller, code, range};
use crate::instantiate::initial_value;
use crate::store::StoreInner;
use crate::store::table::TableEntry;

const OUT: Trap = Trap::TableOutOfBounds;

/// Table `index` of an instance.
fn find<'s, 'm>(store: &'s mut StoreInner<'m>, instance: usize, index: usize) -> Result<&'s mut TableEntry<'m>, Trap> {
    let position = *store.instances.get(instance).and_then(|found| found.tables.get(index)).ok_or(OUT)?;
    store.tables.get_mut(position as usize).ok_or(OUT)
}

pub(super) unsafe extern "C" fn grow(ctx: usize, table: usize, reference: usize, count: usize) -> usize {
    // SAFETY: called by generated code with its context.
    let Some((store, instance)) = (unsafe { caller(ctx) }) else { return FAILED };
    let grown = find(store, instance, table).ok().and_then(|table| table.grow(count as u64, reference).ok());
    grown.map_or(FAILED, |old| old as usize)
}

pub(super) unsafe extern "C" fn init(
    ctx: usize,
    table: usize,
    segment: usize,
    to: usize,
    from: usize,
    count: usize,
) -> usize {
    // SAFETY: called by generated code with its context.
    let Some((store, instance)) = (unsafe { caller(ctx) }) else { return code(Err(OUT)) };
    code(copy_segment(store, instance, [table, segment], to, from, count))
}

/// `table.init`, also for active segments.
pub(crate) fn copy_segment(
    store: &mut StoreInner<'_>,
    instance: usize,
    [table, segment]: [usize; 2],
    to: usize,
    from: usize,
    count: usize,
) -> Result<(), Trap> {
    let found = store.instances.get(instance).ok_or(OUT)?;
    let image = *found.module.image();
    let is_dropped = found.dropped_elements.get(segment).copied().unwrap_or(true);
    let record = image.elements().get(segment).ok_or(OUT)?;
    let length = if is_dropped { 0 } else { record.count as usize };
    let source = range(from, count, length).ok_or(OUT)?;
    let size = find(store, instance, table)?.elements().len();
    let target = range(to, count, size).ok_or(OUT)?;
    for (from, to) in source.zip(target) {
        let item = image.element_item(&record, from as u32).ok_or(OUT)?;
        // Items are constants, globals or references: reading them again gives what instantiation would have found.
        let word = initial_value(store, instance, &item).ok_or(OUT)?[0] as usize;
        if let Some(place) = find(store, instance, table)?.elements_mut().get_mut(to) {
            *place = word;
        }
    }
    Ok(())
}

pub(super) unsafe extern "C" fn copy(
    ctx: usize,
    to_table: usize,
    from_table: usize,
    to: usize,
    from: usize,
    count: usize,
) -> usize {
    // SAFETY: called by generated code with its context.
    let Some((store, instance)) = (unsafe { caller(ctx) }) else { return code(Err(OUT)) };
    code(copy_between(store, instance, [to_table, from_table], to, from, count))
}

fn copy_between(
    store: &mut StoreInner<'_>,
    instance: usize,
    [to_table, from_table]: [usize; 2],
    to: usize,
    from: usize,
    count: usize,
) -> Result<(), Trap> {
    let tables = &store.instances.get(instance).ok_or(OUT)?.tables;
    let position = |index: usize| tables.get(index).map(|position| *position as usize).ok_or(OUT);
    let (to_position, from_position) = (position(to_table)?, position(from_table)?);
    if to_position == from_position {
        let elements = store.tables.get_mut(to_position).ok_or(OUT)?.elements_mut();
        let source = range(from, count, elements.len()).ok_or(OUT)?;
        range(to, count, elements.len()).ok_or(OUT)?;
        elements.copy_within(source, to);
        return Ok(());
    }
    let [target, source] = store.tables.get_disjoint_mut([to_position, from_position]).map_err(|_| OUT)?;
    let source = source.elements();
    let source = source.get(range(from, count, source.len()).ok_or(OUT)?).ok_or(OUT)?;
    let target = target.elements_mut();
    let range = range(to, count, target.len()).ok_or(OUT)?;
    target.get_mut(range).ok_or(OUT)?.copy_from_slice(source);
    Ok(())
}

pub(super) unsafe extern "C" fn fill(ctx: usize, table: usize, to: usize, reference: usize, count: usize) -> usize {
    // SAFETY: called by generated code with its context.
    let Some((store, instance)) = (unsafe { caller(ctx) }) else { return code(Err(OUT)) };
    let fill = |store| {
        let elements = find(store, instance, table)?.elements_mut();
        let range = range(to, count, elements.len()).ok_or(OUT)?;
        elements.get_mut(range).ok_or(OUT)?.fill(reference);
        Ok(())
    };
    code(fill(store))
}

pub(super) unsafe extern "C" fn drop_element(ctx: usize, segment: usize) -> usize {
    // SAFETY: called by generated code with its context.
    if let Some((store, instance)) = unsafe { caller(ctx) } {
        let dropped = store.instances.get_mut(instance).and_then(|found| found.dropped_elements.get_mut(segment));
        if let Some(dropped) = dropped {
            *dropped = true;
        }
    }
    0
}
