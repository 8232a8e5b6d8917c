//! How much RAM an instance takes.
//!
//! The image says what a program needs; what the loader keeps besides is a table here, which the loader asserts to be
//! true of its own types when it is compiled. So a report made on a workstation and the device agree.

use crate::abi::HostField;
use crate::{FunctionType, Image, Module, NONE};

/// Bytes of RAM that an instance asks the loader's allocator for, where it is the first of its store. What the allocator
/// adds for each block is its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ram {
    /// The context: own globals, descriptors, import slots, function references.
    pub context: u64,
    /// Own linear memories at their initial size.
    pub memories: u64,
    /// Elements of own tables that are not constant.
    pub tables: u64,
    /// What the loader keeps about the instance and its parts.
    pub records: u64,
}

/// Bytes of the loader's own types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordSizes {
    /// An instance.
    pub instance: u32,
    /// A memory.
    pub memory: u32,
    /// A table.
    pub table: u32,
    /// A global.
    pub global: u32,
    /// An imported function.
    pub function: u32,
    /// A function type.
    pub signature: u32,
}

impl RecordSizes {
    /// The sizes on machines with pointers of this size.
    pub const fn of(pointer_bytes: u8) -> Self {
        match pointer_bytes {
            8 => Self { instance: 216, memory: 120, table: 120, global: 64, function: 8, signature: 32 },
            _ => Self { instance: 112, memory: 80, table: 80, global: 32, function: 8, signature: 16 },
        }
    }
}

/// How many elements a growing array of `length` makes room for when it needs `needed`: half as much again keeps
/// appending cheap.
pub const fn grown(length: usize, needed: usize) -> usize {
    let more = length + length / 2;
    if more > needed { more } else { needed }
}

impl Ram {
    /// The RAM that an instance of an image takes.
    pub fn of(image: &Image<'_>) -> Self {
        let facts = image.module();
        let own = |imported: u32| imported as usize;
        let memories = image.memories();
        let own_memories = || memories.iter().skip(own(facts.imported_memories));
        let tables = image.tables();
        let own_tables = || tables.iter().skip(own(facts.imported_tables)).filter(|table| table.constant == NONE);
        let pointer = u64::from(image.header().pointer_bytes);
        Self {
            context: image.context_layout().size(),
            memories: own_memories().map(|memory| memory.minimum.saturating_mul(1 << memory.page_log2.min(63))).sum(),
            tables: own_tables().map(|table| table.minimum.saturating_mul(pointer)).sum(),
            records: records(image, own_memories().count(), own_tables().count()),
        }
    }

    /// All of it.
    pub const fn total(&self) -> u64 {
        self.context.saturating_add(self.memories).saturating_add(self.tables).saturating_add(self.records)
    }
}

fn records(image: &Image<'_>, own_memories: usize, own_tables: usize) -> u64 {
    let facts = image.module();
    let pointer_bytes = image.header().pointer_bytes;
    let sizes = RecordSizes::of(pointer_bytes);
    let own_globals = image.globals().len().saturating_sub(facts.imported_globals as usize);
    let count = |number: usize, size: u32| number as u64 * u64::from(size);
    // Positions in the store, of imported and constant ones too.
    let positions = image.memories().len() + image.tables().len() + image.globals().len();
    let imported = facts.imported_functions as usize;
    count(1, sizes.instance)
        + count(own_memories, sizes.memory)
        + count(own_tables, sizes.table)
        + count(own_globals, sizes.global)
        + count(positions, 4)
        // Each has a record of its own if the host provides it.
        + count(imported, sizes.function + HostField::size(pointer_bytes))
        // Whether a segment was dropped.
        + count(image.data_segments().len() + image.elements().len(), 1)
        + count(type_capacity(image), sizes.signature)
}

/// Types get ids one by one, unless they are only compared within the module.
fn type_capacity(image: &Image<'_>) -> usize {
    if image.module().flags & Module::LOCAL_TYPE_IDS != 0 {
        return 0;
    }
    let is_first = |(index, ty): &(u32, FunctionType)| ty.canonical == *index;
    let count = (0..).zip(image.types().iter()).filter(is_first).count();
    (0..count).fold(0, |capacity, length| if length < capacity { capacity } else { grown(length, length + 1) })
}
