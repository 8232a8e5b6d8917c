//! The helper vector: what generated code asks of the loader while it runs.
#![allow(unsafe_code)] // Called by machine code, with the address of a context.

use core::ptr::NonNull;

use graver_aot_format::ExternKind;
use graver_aot_format::abi::{ContextHead, HelperVector, Trap};

use crate::host::native;
use crate::store::StoreInner;

mod atomic;
mod copy;
pub(crate) mod memory;
pub(crate) mod table;

/// The failure result of `memory.grow` and `table.grow`.
const FAILED: usize = usize::MAX;

/// The helpers, in the order that [`graver_aot_format::abi::Helper`] numbers.
pub(crate) static VECTOR: HelperVector = HelperVector {
    memory_grow: memory::grow,
    memory_init: memory::init,
    memory_copy: memory::copy,
    memory_fill: memory::fill,
    data_drop: memory::drop_data,
    table_grow: table::grow,
    table_init: table::init,
    table_copy: table::copy,
    table_fill: table::fill,
    element_drop: table::drop_element,
    native_arguments: native::arguments,
    native_returned: native::after_return,
    atomic_begin: atomic::begin,
    atomic_end: atomic::end,
    memory_wait: atomic::wait,
    memory_notify: atomic::notify,
};

/// The store and instance index behind a context.
///
/// # Safety
/// `ctx` is the context of an instance whose code is calling, so nothing else refers into its store.
unsafe fn caller<'a>(ctx: usize) -> Option<(&'a mut StoreInner<'a>, usize)> {
    // SAFETY: promised by the caller.
    unsafe {
        let head = core::ptr::with_exposed_provenance::<ContextHead>(ctx).read();
        let mut store = NonNull::new(core::ptr::with_exposed_provenance_mut::<StoreInner<'a>>(head.store))?;
        Some((store.as_mut(), head.instance))
    }
}

/// The code of a result, where `None` is `trap`.
fn code(result: Option<()>, trap: Trap) -> usize {
    if result.is_some() { 0 } else { trap.code() as usize }
}

/// The range `start..start + length`, if it lies in `limit`.
fn range(start: usize, length: usize, limit: usize) -> Option<core::ops::Range<usize>> {
    let end = start.checked_add(length)?;
    (end <= limit).then_some(start..end)
}

/// `data.drop` and `elem.drop`, by the kind of what such segments initialise.
///
/// # Safety
/// As for [`caller`].
unsafe fn drop_segment(ctx: usize, kind: ExternKind, segment: usize) -> usize {
    // SAFETY: promised by the caller.
    let found = unsafe { caller(ctx) }.and_then(|(store, instance)| store.instances.get_mut(instance));
    if let Some(dropped) = found.and_then(|found| found.dropped(kind, segment)) {
        *dropped = true;
    }
    0
}
