//! Initial values, active segments and the start function.
#![allow(unsafe_code)] // Runs guest code.

use graver_aot_format::abi::FunctionReference;
use graver_aot_format::{Init, InitKind, NONE, SegmentMode, ValType};

use crate::call::{Entry, invoke, run};
use crate::error::{AccessError, CallError};
use crate::helpers;
use crate::module::Module;
use crate::store::function::Callee;
use crate::store::{Inner, Store, StoreInner};

/// Gives globals and tables their values, then copies active segments.
pub(super) fn initialise(store: &mut Store<'_>, instance: u32) -> Result<(), CallError> {
    let module = module_of(store, instance)?;
    let (image, facts) = (module.image(), module.image().module());
    for (index, record) in image.globals().iter().enumerate().skip(facts.imported_globals as usize) {
        let value = evaluate(store, instance, &record.init)?;
        let inner = store.exclusive();
        let position = position_of(inner, instance, |entry| entry.globals.get(index))?;
        inner.globals.get(position).ok_or(AccessError::ForeignHandle)?.set(value);
    }
    for (index, record) in image.tables().iter().enumerate().skip(facts.imported_tables as usize) {
        if record.constant == NONE && record.init.kind != InitKind::Null.raw() {
            let value = evaluate(store, instance, &record.init)?;
            let inner = store.exclusive();
            let position = position_of(inner, instance, |entry| entry.tables.get(index))?;
            let table = inner.tables.get_mut(position).ok_or(AccessError::ForeignHandle)?;
            table.elements_mut().fill(value[0] as usize);
        }
    }
    copy_elements(store, instance, module)?;
    copy_data(store, instance, module)
}

/// Active element segments go to their tables; they and declared ones are dropped.
fn copy_elements(store: &mut Store<'_>, instance: u32, module: &Module<'_>) -> Result<(), CallError> {
    for (index, segment) in module.image().elements().iter().enumerate() {
        if segment.mode == SegmentMode::Passive.raw() {
            continue;
        }
        if segment.mode == SegmentMode::Active.raw() {
            let to = index_of(&segment.offset, evaluate(store, instance, &segment.offset)?);
            let places = [segment.table as usize, index];
            let inner = store.exclusive();
            helpers::table::copy_segment(inner, instance as usize, places, to, 0, segment.count as usize)?;
        }
        let entry = store.exclusive().instances.get_mut(instance as usize);
        if let Some(dropped) = entry.and_then(|entry| entry.dropped_elements.get_mut(index)) {
            *dropped = true;
        }
    }
    Ok(())
}

/// Active data segments go to their memories, and are dropped.
fn copy_data(store: &mut Store<'_>, instance: u32, module: &Module<'_>) -> Result<(), CallError> {
    for (index, segment) in module.image().data_segments().iter().enumerate() {
        if segment.mode != SegmentMode::Active.raw() {
            continue;
        }
        let to = index_of(&segment.offset, evaluate(store, instance, &segment.offset)?);
        let places = [segment.memory as usize, index];
        let inner = store.exclusive();
        helpers::memory::copy_segment(inner, instance as usize, places, to, 0, segment.length as usize)?;
        let entry = inner.instances.get_mut(instance as usize);
        if let Some(dropped) = entry.and_then(|entry| entry.dropped_data.get_mut(index)) {
            *dropped = true;
        }
    }
    Ok(())
}

/// Runs the start function, if there is one.
pub(super) fn run_start_function(store: &mut Store<'_>, instance: u32) -> Result<(), CallError> {
    let module = module_of(store, instance)?;
    let start = module.image().module().start_function;
    if start == NONE {
        return Ok(());
    }
    let inner = store.exclusive();
    let function = inner.instances.get(instance as usize).ok_or(AccessError::ForeignHandle)?.function(instance, start);
    // SAFETY: a start function has neither parameters nor results; the store is borrowed exclusively and no reference
    // into it is held.
    unsafe { invoke(crate::store::sealed::Sealed::pointer(store), function, &mut []) }
}

/// An initial value, where that takes no code: the second cell is used by v128 only.
pub(crate) fn initial_value(store: &StoreInner<'_>, instance: usize, init: &Init) -> Option<[u64; 2]> {
    let entry = store.instances.get(instance)?;
    match InitKind::from_raw(init.kind)? {
        InitKind::Constant => Some(init.cells),
        InitKind::Null => Some([0, 0]),
        InitKind::Global => {
            let position = *entry.globals.get(init.index as usize)? as usize;
            Some(store.globals.get(position)?.get())
        }
        InitKind::Function => {
            let position = entry.module.image().functions().get(init.index as usize)?.reference;
            let place = entry.context.at::<FunctionReference>(entry.module.layout().reference(position));
            Some([place.address() as u64, 0])
        }
        InitKind::Code => None,
    }
}

/// An initial value of any kind.
fn evaluate(store: &mut Store<'_>, instance: u32, init: &Init) -> Result<[u64; 2], CallError> {
    if init.kind != InitKind::Code.raw() {
        return Ok(initial_value(store.shared(), instance as usize, init).ok_or(AccessError::ForeignHandle)?);
    }
    let entry = store.shared().instances.get(instance as usize).ok_or(AccessError::ForeignHandle)?;
    let module = entry.module;
    let callee = Callee { code: module.code(init.index), ctx: entry.context.address() };
    let call = Entry::new(store.shared(), module, init.cells[0] as u32, callee);
    let mut cells = [0; 2];
    // SAFETY: the code has no parameters and one result, and the thunk in the image is for that type; the store is
    // borrowed exclusively and no reference into it is held.
    unsafe { run(crate::store::sealed::Sealed::pointer(store), call, &mut cells)? };
    Ok(cells)
}

/// The value of a segment's offset as an index: 32 bits are unsigned, and what does not fit is out of bounds anyway.
fn index_of(offset: &Init, value: [u64; 2]) -> usize {
    let index = if offset.ty == ValType::I64.raw() { value[0] } else { u64::from(value[0] as u32) };
    usize::try_from(index).unwrap_or(usize::MAX)
}

fn module_of<'m>(store: &Store<'m>, instance: u32) -> Result<&'m Module<'m>, CallError> {
    Ok(store.shared().instances.get(instance as usize).ok_or(AccessError::ForeignHandle)?.module)
}

fn position_of<'s, 'm>(
    store: &'s StoreInner<'m>,
    instance: u32,
    find: impl FnOnce(&'s crate::store::instance::InstanceEntry<'m>) -> Option<&'s u32>,
) -> Result<usize, CallError> {
    let entry = store.instances.get(instance as usize).ok_or(AccessError::ForeignHandle)?;
    Ok(*find(entry).ok_or(AccessError::ForeignHandle)? as usize)
}
