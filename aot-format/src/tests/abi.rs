//! The layout that compiler and loader share, for both pointer sizes.

use alloc::vec::Vec;

use crate::abi::{ContextLayout, ContextShape, Helper, HelperVector, MemoryField, StoreField, Trap};

const SHAPE: ContextShape = ContextShape {
    imported_functions: 3,
    imported_tables: 1,
    memory_pointers: 1,
    imported_globals: 5,
    tables: 2,
    memories: 1,
    global_cells: 3,
    references: 4,
    types: 3,
};

/// Start of every part of a context, in the order of the layout, then its end.
fn parts(layout: &ContextLayout, shape: &ContextShape) -> Vec<(u32, u32)> {
    [
        (layout.memory(0), layout.memory(shape.memories)),
        (layout.memory_pointer(0), layout.memory_pointer(shape.memory_pointers)),
        (layout.global_cell(0), layout.global_cell(shape.global_cells)),
        (layout.imported_global(0), layout.imported_global(shape.imported_globals)),
        (layout.table(0), layout.table(shape.tables)),
        (layout.imported_table(0), layout.imported_table(shape.imported_tables)),
        (layout.function_slot(0), layout.function_slot(shape.imported_functions)),
        (layout.type_id(0), layout.type_id(shape.types)),
        (layout.reference(0), layout.reference(shape.references)),
    ]
    .into()
}

#[test]
fn parts_do_not_overlap_and_are_aligned() {
    for pointer_bytes in [4, 8] {
        let layout = ContextLayout::new(&SHAPE, pointer_bytes);
        let parts = parts(&layout, &SHAPE);
        assert!(parts.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{parts:?}");
        assert!(u64::from(parts.last().expect("parts").1) <= layout.size());
        assert!(layout.global_cell(0).is_multiple_of(8) && layout.size().is_multiple_of(8));
        let pointers = [0, 1, 3, 4, 5, 6, 8];
        assert!(pointers.iter().all(|part: &usize| parts[*part].0.is_multiple_of(pointer_bytes.into())));
    }
}

#[test]
fn the_first_memory_is_within_short_offsets() {
    // Thumb-1 loads reach 124 bytes from a register.
    let layout = ContextLayout::new(&SHAPE, 4);
    assert!(layout.memory(0) + MemoryField::Length.offset(4) <= 124);
    assert!(StoreField::Stop.offset(4) <= 124);
}

#[test]
fn a_context_beyond_32_bits_says_so() {
    let shape = ContextShape { references: u32::MAX, imported_functions: u32::MAX, ..SHAPE };
    assert!(ContextLayout::new(&shape, 8).size() > u64::from(u32::MAX));
    assert!(ContextLayout::new(&shape, 4).size() > u64::from(u32::MAX));
}

#[test]
fn helpers_are_numbered_like_the_vector() {
    let width = size_of::<usize>() as u8;
    for (number, helper) in Helper::ALL.iter().enumerate() {
        assert_eq!(helper.offset(4), 4 * number as u32);
        assert_eq!(helper.offset(8), 8 * number as u32);
    }
    assert_eq!(Helper::MemoryGrow.offset(width) as usize, core::mem::offset_of!(HelperVector, memory_grow));
    assert_eq!(Helper::ElementDrop.offset(width) as usize, core::mem::offset_of!(HelperVector, element_drop));
    assert_eq!((Helper::MemoryCopy.params(), Helper::MemoryCopy.name()), (5, "memory_copy"));
}

#[test]
fn trap_numbers_are_dense_and_their_texts_differ() {
    let numbers: Vec<u32> = Trap::ALL.iter().map(|trap| trap.code()).collect();
    assert_eq!(numbers, (1..=Trap::ALL.len() as u32).collect::<Vec<_>>());
    for trap in Trap::ALL {
        assert_eq!(Trap::from_code(trap.code() as usize), Some(*trap));
        assert_eq!(Trap::ALL.iter().filter(|other| other.text() == trap.text()).count(), 1);
    }
    assert_eq!(Trap::from_code(0), None);
    assert_eq!(Trap::from_code(Trap::ALL.len() + 1), None);
}
