//! Bulk operations on tables. Each checks all bounds before it writes anything.

use graver_aot_format::ExternKind;
use graver_aot_format::abi::Trap;

use super::copy::{self, Copy};
use super::{FAILED, caller, code, range};
use crate::instantiate::initial_value;
use crate::store::StoreInner;
use crate::store::table::TableEntry;

const KIND: ExternKind = ExternKind::Table;
const OUT: Trap = Trap::TableOutOfBounds;

/// Table `index` of an instance.
fn find<'s, 'm>(store: &'s mut StoreInner<'m>, instance: usize, index: usize) -> Option<&'s mut TableEntry<'m>> {
    let position = store.instances.get(instance)?.position(KIND, index)?;
    store.tables.get_mut(position)
}

pub(super) unsafe extern "C" fn grow(ctx: usize, table: usize, reference: usize, count: usize) -> usize {
    // SAFETY: called by generated code with its context.
    let Some((store, instance)) = (unsafe { caller(ctx) }) else { return FAILED };
    let grown = find(store, instance, table).and_then(|table| table.grow(count as u64, reference).ok());
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
    let caller = unsafe { caller(ctx) };
    let copy = |(store, instance)| copy_segment(store, instance, [table, segment], to, from, count);
    code(caller.and_then(copy), OUT)
}

/// `table.init`, also for active segments; `None` if something is out of bounds.
pub(crate) fn copy_segment(
    store: &mut StoreInner<'_>,
    instance: usize,
    [table, segment]: [usize; 2],
    to: usize,
    from: usize,
    count: usize,
) -> Option<()> {
    let found = store.instances.get_mut(instance)?;
    let is_dropped = found.dropped(KIND, segment).is_none_or(|dropped| *dropped);
    let image = found.module.image();
    let record = image.elements().get(segment)?;
    let length = if is_dropped { 0 } else { record.count as usize };
    let source = range(from, count, length)?;
    let size = find(store, instance, table)?.elements().len();
    let target = range(to, count, size)?;
    for (from, to) in source.zip(target) {
        let item = image.element_item(&record, from as u32)?;
        // Items are constants, globals or references: reading them again gives what instantiation would have found.
        let word = initial_value(store, instance, &item)?[0] as usize;
        *find(store, instance, table)?.elements_mut().get_mut(to)? = word;
    }
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

pub(super) unsafe extern "C" fn fill(ctx: usize, table: usize, to: usize, reference: usize, count: usize) -> usize {
    // SAFETY: called by generated code with its context.
    let caller = unsafe { caller(ctx) };
    let fill = |(store, instance)| {
        let elements = find(store, instance, table)?.elements_mut();
        let range = range(to, count, elements.len())?;
        elements.get_mut(range)?.fill(reference);
        Some(())
    };
    code(caller.and_then(fill), OUT)
}

pub(super) unsafe extern "C" fn drop_element(ctx: usize, segment: usize) -> usize {
    // SAFETY: called by generated code with its context.
    unsafe { super::drop_segment(ctx, KIND, segment) }
}
