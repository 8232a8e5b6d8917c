//! Where everything in an instance's context is.

use super::{ContextHeadField, MemoryField, ReferenceField, SlotField, TableField};

/// How many of each thing a context holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContextShape {
    /// Imported functions, a [`super::FunctionSlot`] each.
    pub imported_functions: u32,
    /// Imported tables, a pointer to a [`super::TableDescriptor`] each.
    pub imported_tables: u32,
    /// Imported memories, a pointer to a [`super::MemoryDescriptor`] each.
    pub imported_memories: u32,
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

/// Byte offsets in a context.
///
/// ```text
/// store | helpers | instance | own memories | imported memories | own globals | imported globals
///       | own tables | imported tables | function slots | type ids | function references
/// ```
/// What hot code reads comes first, within the short offsets of small instruction sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextLayout {
    pointer_bytes: u8,
    memories: u32,
    imported_memories: u32,
    globals: u32,
    imported_globals: u32,
    tables: u32,
    imported_tables: u32,
    function_slots: u32,
    type_ids: u32,
    references: u32,
    size: u64,
}

impl ContextLayout {
    /// Lays out a context. Offsets saturate: a context over 4 GiB has a [`Self::size`] that no allocator grants.
    pub const fn new(shape: &ContextShape, pointer_bytes: u8) -> Self {
        const fn place(at: &mut u64, count: u32, size: u32) -> u32 {
            let start = *at;
            *at += count as u64 * size as u64;
            if start > u32::MAX as u64 { u32::MAX } else { start as u32 }
        }
        /// Up to a multiple of a power of two: small cores have no division of 64 bits.
        const fn aligned(at: u64, align: u64) -> u64 {
            (at + align - 1) & !(align - 1)
        }
        let pointer = pointer_bytes as u32;
        let mut at = ContextHeadField::size(pointer_bytes) as u64;
        let memories = place(&mut at, shape.memories, MemoryField::size(pointer_bytes));
        let imported_memories = place(&mut at, shape.imported_memories, pointer);
        at = aligned(at, 8);
        let globals = place(&mut at, shape.global_cells, 8);
        let imported_globals = place(&mut at, shape.imported_globals, pointer);
        let tables = place(&mut at, shape.tables, TableField::size(pointer_bytes));
        let imported_tables = place(&mut at, shape.imported_tables, pointer);
        let function_slots = place(&mut at, shape.imported_functions, SlotField::size(pointer_bytes));
        let type_ids = place(&mut at, shape.types, 4);
        at = aligned(at, if pointer_bytes == 8 { 8 } else { 4 });
        let references = place(&mut at, shape.references, ReferenceField::size(pointer_bytes));
        Self {
            pointer_bytes,
            memories,
            imported_memories,
            globals,
            imported_globals,
            tables,
            imported_tables,
            function_slots,
            type_ids,
            references,
            size: aligned(at, 8),
        }
    }

    /// Bytes of the whole context, a multiple of 8.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The [`super::MemoryDescriptor`] of own memory `index` (counting own memories only).
    pub const fn memory(&self, index: u32) -> u32 {
        self.memories + index * MemoryField::size(self.pointer_bytes)
    }

    /// The pointer to the descriptor of imported memory `index`.
    pub const fn imported_memory(&self, index: u32) -> u32 {
        self.imported_memories + index * self.pointer_bytes as u32
    }

    /// The cell number `cell` of own globals.
    pub const fn global_cell(&self, cell: u32) -> u32 {
        self.globals + cell * 8
    }

    /// The pointer to the first cell of imported global `index`.
    pub const fn imported_global(&self, index: u32) -> u32 {
        self.imported_globals + index * self.pointer_bytes as u32
    }

    /// The [`super::TableDescriptor`] number `slot` of own tables that are not constant.
    pub const fn table(&self, slot: u32) -> u32 {
        self.tables + slot * TableField::size(self.pointer_bytes)
    }

    /// The pointer to the descriptor of imported table `index`.
    pub const fn imported_table(&self, index: u32) -> u32 {
        self.imported_tables + index * self.pointer_bytes as u32
    }

    /// The [`super::FunctionSlot`] of imported function `index`.
    pub const fn function_slot(&self, index: u32) -> u32 {
        self.function_slots + index * SlotField::size(self.pointer_bytes)
    }

    /// The 4-byte id of type `index` (canonical).
    pub const fn type_id(&self, index: u32) -> u32 {
        self.type_ids + index * 4
    }

    /// The [`super::FunctionReference`] number `position`.
    pub const fn reference(&self, position: u32) -> u32 {
        self.references + position * ReferenceField::size(self.pointer_bytes)
    }
}
