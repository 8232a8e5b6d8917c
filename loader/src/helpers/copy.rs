//! `memory.copy` and `table.copy`: both move bytes.

use core::ptr::NonNull;

use graver_aot_format::ExternKind;

use super::{caller, range};
use crate::bytes::move_bytes;
use crate::store::StoreInner;

/// The operands of a copy, in elements.
#[derive(Clone, Copy)]
pub(super) struct Copy {
    pub(super) to_entity: usize,
    pub(super) from_entity: usize,
    pub(super) to: usize,
    pub(super) from: usize,
    pub(super) length: usize,
}

/// Copies between memories or between tables; `None` if one of the ranges is out of bounds.
///
/// # Safety
/// As for [`caller`].
pub(super) unsafe fn between(ctx: usize, kind: ExternKind, operands: Copy) -> Option<()> {
    let Copy { to_entity, from_entity, to, from, length } = operands;
    // SAFETY: promised by the caller.
    let (store, instance) = unsafe { caller(ctx)? };
    let (target, target_length) = place(store, instance, kind, to_entity)?;
    let (source, source_length) = place(store, instance, kind, from_entity)?;
    let (to, from) = (range(to, length, target_length)?.start, range(from, length, source_length)?.start);
    let unit = if kind == ExternKind::Table { size_of::<usize>() } else { 1 };
    // SAFETY: both ranges lie in their entities, whose bytes nobody else refers to.
    unsafe { move_bytes(target.as_ptr().add(to * unit), source.as_ptr().add(from * unit), length * unit) };
    Some(())
}

/// Where a memory or table is, and how many elements it has.
fn place(store: &mut StoreInner<'_>, instance: usize, kind: ExternKind, index: usize) -> Option<(NonNull<u8>, usize)> {
    let position = store.instances.get(instance)?.position(kind, index)?;
    Some(match kind {
        ExternKind::Table => {
            let elements = store.tables.get_mut(position)?.elements_mut();
            (NonNull::from(&mut *elements).cast(), elements.len())
        }
        _ => {
            let data = store.memories.get_mut(position)?.data_mut();
            (NonNull::from(&mut *data).cast(), data.len())
        }
    })
}
