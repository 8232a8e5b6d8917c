//! Where everything in an instance's context is.

use super::{ContextHeadField, MemoryField, ReferenceField, SlotField, TableField};

/// How many of each thing a context holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContextShape {
    /// Imported functions, a [`super::FunctionSlot`] each.
    pub imported_functions: u32,
    /// Imported tables, a pointer to a [`super::TableDescriptor`] each.
    pub imported_tables: u32,
    /// Memories that other instances may have, too, a pointer to a [`super::MemoryDescriptor`] each: the imported ones, or
    /// all if an own one is shared.
    pub memory_pointers: u32,
    /// Imported globals, a pointer to the first cell each.
    pub imported_globals: u32,
    /// Own tables that are not constant, a [`super::TableDescriptor`] each.
    pub tables: u32,
    /// Own memories, a [`super::MemoryDescriptor`] each.
    pub memories: u32,
    /// 64-bit cells of own globals.
    pub global_cells: u32,
    /// Functions whose references live in the context, a [`super::FunctionReference`] each.
    pub references: u32,
    /// Function types whose ids generated code compares with, 4 bytes each.
    pub types: u32,
}

impl ContextShape {
    /// How many of its memories a module reaches by pointers, of `memories` with the imported ones first.
    pub const fn memory_pointers_of(imported: u32, memories: u32, is_any_own_shared: bool) -> u32 {
        if is_any_own_shared { memories } else { imported }
    }
}

/// A part of a context, an array of equal elements.
#[derive(Clone, Copy)]
enum Part {
    Memories,
    MemoryPointers,
    GlobalCells,
    ImportedGlobals,
    Tables,
    ImportedTables,
    FunctionSlots,
    TypeIds,
    References,
}

impl Part {
    const COUNT: usize = Self::References as usize + 1;

    /// Every part in the order of their places: how many words each of its elements has, or bytes if that is no word.
    const ELEMENTS: [(u8, u8); Self::COUNT] = [
        (MemoryField::COUNT as u8, 0),
        (1, 0),
        (0, 8),
        (1, 0),
        (TableField::COUNT as u8, 0),
        (1, 0),
        (SlotField::COUNT as u8, 0),
        (0, 4),
        (ReferenceField::COUNT as u8, 0),
    ];
}

/// Byte offsets in a context.
///
/// ```text
/// store | helpers | instance | own memories | pointers to memories | own globals | imported globals
///       | own tables | imported tables | function slots | type ids | function references
/// ```
/// What hot code reads comes first, within the short offsets of small instruction sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextLayout {
    pointer_bytes: u8,
    /// Where each [`Part`] starts.
    starts: [u32; Part::COUNT],
    size: u64,
}

/// Up to a multiple of a power of two: small cores have no division of 64 bits.
const fn aligned(at: u64, align: u64) -> u64 {
    (at + align - 1) & !(align - 1)
}

/// Bytes of an element.
const fn element((words, bytes): (u8, u8), pointer_bytes: u8) -> u32 {
    words as u32 * pointer_bytes as u32 + bytes as u32
}

impl ContextLayout {
    /// Lays out a context. Offsets saturate: a context over 4 GiB has a [`Self::size`] that no allocator grants.
    pub fn new(shape: &ContextShape, pointer_bytes: u8) -> Self {
        let counts = [
            shape.memories,
            shape.memory_pointers,
            shape.global_cells,
            shape.imported_globals,
            shape.tables,
            shape.imported_tables,
            shape.imported_functions,
            shape.types,
            shape.references,
        ];
        let mut at = ContextHeadField::size(pointer_bytes) as u64;
        let mut counts = counts.into_iter();
        let starts = Part::ELEMENTS.map(|(words, bytes)| {
            at = aligned(at, if words > 0 { pointer_bytes } else { bytes } as u64);
            let start = if at > u32::MAX as u64 { u32::MAX } else { at as u32 };
            at += counts.next().unwrap_or_default() as u64 * element((words, bytes), pointer_bytes) as u64;
            start
        });
        Self { pointer_bytes, starts, size: aligned(at, 8) }
    }

    /// Bytes of the whole context, a multiple of 8.
    pub const fn size(&self) -> u64 {
        self.size
    }

    const fn at(&self, part: Part, index: u32) -> u32 {
        self.starts[part as usize] + index * element(Part::ELEMENTS[part as usize], self.pointer_bytes)
    }

    /// The [`super::MemoryDescriptor`] of own memory `index` (counting own memories only).
    pub const fn memory(&self, index: u32) -> u32 {
        self.at(Part::Memories, index)
    }

    /// The pointer to the descriptor of memory `index`, if that is imported or shared.
    pub const fn memory_pointer(&self, index: u32) -> u32 {
        self.at(Part::MemoryPointers, index)
    }

    /// The cell number `cell` of own globals.
    pub const fn global_cell(&self, cell: u32) -> u32 {
        self.at(Part::GlobalCells, cell)
    }

    /// The pointer to the first cell of imported global `index`.
    pub const fn imported_global(&self, index: u32) -> u32 {
        self.at(Part::ImportedGlobals, index)
    }

    /// The [`super::TableDescriptor`] number `slot` of own tables that are not constant.
    pub const fn table(&self, slot: u32) -> u32 {
        self.at(Part::Tables, slot)
    }

    /// The pointer to the descriptor of imported table `index`.
    pub const fn imported_table(&self, index: u32) -> u32 {
        self.at(Part::ImportedTables, index)
    }

    /// The [`super::FunctionSlot`] of imported function `index`.
    pub const fn function_slot(&self, index: u32) -> u32 {
        self.at(Part::FunctionSlots, index)
    }

    /// The 4-byte id of type `index` (canonical).
    pub const fn type_id(&self, index: u32) -> u32 {
        self.at(Part::TypeIds, index)
    }

    /// The [`super::FunctionReference`] number `position`.
    pub const fn reference(&self, position: u32) -> u32 {
        self.at(Part::References, position)
    }
}
