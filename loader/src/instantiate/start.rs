//! Initial values, active segments and the start function.
#![allow(unsafe_code)] // Runs guest code.

use graver_aot_format::abi::{FunctionReference, Trap};
use graver_aot_format::{Data, Element, ExternKind, Init, InitKind, NONE, SegmentMode, ValType};

use crate::call::{Entry, invoke, run};
use crate::error::{AccessError, CallError};
use crate::helpers;
use crate::module::Module;
use crate::store::function::Callee;
use crate::store::memory::MemoryEntry;
use crate::store::{Inner, Store, StoreInner};

/// Gives globals and tables their values, then copies active segments.
pub(super) fn initialise(store: &mut Store<'_>, instance: u32) -> Result<(), CallError> {
    let module = module_of(store, instance)?;
    let (image, facts) = (module.image(), module.image().module());
    let first = facts.imported_globals as usize;
    for (index, record) in (first..).zip(image.globals().after(first).iter()) {
        let value = evaluate(store, instance, &record.init)?;
        let (inner, position) = find(store, instance, ExternKind::Global, index)?;
        inner.globals.get(position).ok_or(AccessError::ForeignHandle)?.set(value);
    }
    let first = facts.imported_tables as usize;
    for (index, record) in (first..).zip(image.tables().after(first).iter()) {
        if record.constant == NONE && record.init.kind != InitKind::Null.raw() {
            let value = evaluate(store, instance, &record.init)?;
            let (inner, position) = find(store, instance, ExternKind::Table, index)?;
            let table = inner.tables.get_mut(position).ok_or(AccessError::ForeignHandle)?;
            table.elements_mut().fill(value[0] as usize);
        }
    }
    copy_segments(store, instance, ExternKind::Table, |index| image.elements().get(index).map(Segment::from))?;
    copy_segments(store, instance, ExternKind::Memory, |index| image.data_segments().get(index).map(Segment::from))
}

/// What segments of both kinds have in common.
struct Segment {
    mode: u8,
    target: u32,
    offset: Init,
    length: u32,
}

impl From<Element> for Segment {
    fn from(record: Element) -> Self {
        Self { mode: record.mode, target: record.table, offset: record.offset, length: record.count }
    }
}

impl From<Data> for Segment {
    fn from(record: Data) -> Self {
        Self { mode: record.mode, target: record.memory, offset: record.offset, length: record.length }
    }
}

/// Active segments go to their tables or memories; they and declared ones are dropped.
fn copy_segments(
    store: &mut Store<'_>,
    instance: u32,
    kind: ExternKind,
    segment: impl Fn(usize) -> Option<Segment>,
) -> Result<(), CallError> {
    let (copy_segment, out): (CopySegment, _) = match kind {
        ExternKind::Table => (helpers::table::copy_segment, Trap::TableOutOfBounds),
        _ => (helpers::memory::copy_segment, Trap::MemoryOutOfBounds),
    };
    for index in 0.. {
        let Some(Segment { mode, target, offset, length }) = segment(index) else { break };
        if mode == SegmentMode::Passive.raw() {
            continue;
        }
        if mode == SegmentMode::Active.raw() {
            let to = index_of(&offset, evaluate(store, instance, &offset)?);
            let places = [target as usize, index];
            // Boards have no other threads.
            let may_be = cfg!(all(feature = "std", target_os = "linux")) && kind == ExternKind::Memory;
            if !may_be || !is_inherited(store, instance, target)? {
                copy_segment(store.exclusive(), instance as usize, places, to, 0, length as usize).ok_or(out)?;
            }
        }
        let entry = store.exclusive().instances.get_mut(instance as usize);
        if let Some(dropped) = entry.and_then(|entry| entry.dropped(kind, index)) {
            *dropped = true;
        }
    }
    Ok(())
}

/// Whether another thread's instance has initialised a memory.
fn is_inherited(store: &mut Store<'_>, instance: u32, memory: u32) -> Result<bool, CallError> {
    let (inner, position) = find(store, instance, ExternKind::Memory, memory as usize)?;
    Ok(inner.memories.get(position).is_some_and(MemoryEntry::is_inherited))
}

/// `table.init` or `memory.init`.
type CopySegment = fn(&mut StoreInner<'_>, usize, [usize; 2], usize, usize, usize) -> Option<()>;

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
            let position = entry.position(ExternKind::Global, init.index as usize)?;
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

/// The store, and where in it an entity of an instance is.
fn find<'s, 'm>(
    store: &'s mut Store<'m>,
    instance: u32,
    kind: ExternKind,
    index: usize,
) -> Result<(&'s mut StoreInner<'m>, usize), CallError> {
    let inner = store.exclusive();
    let entry = inner.instances.get(instance as usize).ok_or(AccessError::ForeignHandle)?;
    let position = entry.position(kind, index).ok_or(AccessError::ForeignHandle)?;
    Ok((inner, position))
}
