//! One record at a time made wrong: the error says which.

use super::sample::{self, constant, indexed, null};
use crate::{
    DirectoryEntry, Element, Error, ExternKind, Header, Image, ImageBuilder, InitKind, NONE, Record, SectionId,
    SegmentMode, ValType,
};

/// A rule, and how to break it: the record that is at fault, and the change.
type Case = (&'static str, SectionId, u32, fn(&mut ImageBuilder));

#[rustfmt::skip]
const CASES: &[Case] = &[
    ("more imported functions than functions", SectionId::Module, 0, |b| b.module.imported_functions = 99),
    ("fewer imports than declared", SectionId::Module, 0, |b| b.module.imported_globals = 2),
    ("unknown module flag", SectionId::Module, 0, |b| b.module.flags = 1 << 9),
    ("enter outside the text", SectionId::Module, 0, |b| b.module.enter = 160),
    ("leave outside the text", SectionId::Module, 0, |b| b.module.leave = NONE),
    ("glue that ends before leave", SectionId::Module, 0, |b| b.module.glue_end = 16),
    ("glue that ends outside the text", SectionId::Module, 0, |b| b.module.glue_end = 161),
    ("start function does not exist", SectionId::Module, 0, |b| b.module.start_function = 6),
    ("start function has parameters", SectionId::Module, 0, |b| b.module.start_function = 3),
    ("start function without code", SectionId::Module, 0, |b| b.functions[2].code = NONE),
    ("start function without a thunk", SectionId::Module, 0, |b| b.types[0].call_thunk = NONE),
    ("thunk outside the text", SectionId::Types, 1, |b| b.types[1].raw_thunk = 160),
    ("signature outside the section", SectionId::Types, 2, |b| b.types[2].first = u32::MAX),
    ("signature too long", SectionId::Types, 2, |b| b.types[2].results = u16::MAX),
    ("canonical type differs", SectionId::Types, 3, |b| b.types[3].canonical = 0),
    ("canonical type comes later", SectionId::Types, 1, |b| b.types[1].canonical = 3),
    ("import names overlap the end", SectionId::Imports, 1, |b| b.imports[1].name.length = u32::MAX),
    ("import name without a NUL", SectionId::Imports, 0, |b| b.imports[0].name.length = 1),
    ("imported tag", SectionId::Imports, 0, |b| b.imports[0].kind = ExternKind::Tag.raw()),
    ("imports out of order", SectionId::Imports, 0, |b| b.imports[0].index = 1),
    ("reserved field of an import", SectionId::Imports, 0, |b| b.imports[0].reserved = 1),
    ("function of an unknown type", SectionId::Functions, 4, |b| b.functions[4].ty = 4),
    ("imported function with code", SectionId::Functions, 1, |b| b.functions[1].code = 0),
    ("function code outside the text", SectionId::Functions, 3, |b| b.functions[3].code = 160),
    ("reference to another function", SectionId::Functions, 3, |b| b.functions[3].reference = 1),
    ("reference beyond the list", SectionId::Functions, 3, |b| b.functions[3].reference = 2),
    ("referenced function without code", SectionId::Functions, 3, |b| b.functions[3].code = NONE),
    ("referenced function without a thunk", SectionId::Functions, 3, |b| b.types[1].call_thunk = NONE),
    ("two places for one reference", SectionId::References, 2, |b| b.references.push(3)),
    ("table of integers", SectionId::Tables, 1, |b| b.tables[1].element = ValType::I32.raw()),
    ("table with an unknown index type", SectionId::Tables, 1, |b| b.tables[1].index_type = 2),
    ("table over its maximum", SectionId::Tables, 1, |b| b.tables[1].minimum = 11),
    ("table over 32 bits", SectionId::Tables, 3, |b| b.tables[3].minimum = 1 << 32),
    ("table maximum over 32 bits", SectionId::Tables, 1, |b| b.tables[1].maximum = 1 << 32),
    ("table with a broken flag", SectionId::Tables, 1, |b| b.tables[1].has_maximum = 2),
    ("table initialised with another type", SectionId::Tables, 1, |b| b.tables[1].init = null(ValType::FuncRef)),
    ("imported constant table", SectionId::Tables, 0, |b| b.tables[0].constant = 8),
    ("constant table outside read-only data", SectionId::Tables, 2, |b| b.tables[2].constant = 16),
    ("constant table with a huge length", SectionId::Tables, 2, |b| b.tables[2].minimum = (1 << 32) + 3),
    ("constant table with code outside", SectionId::Tables, 2, |b| b.rodata[8] = 160),
    ("constant table with an unknown type", SectionId::Tables, 2, |b| b.rodata[12] = 4),
    ("constant table with a type that is not canonical", SectionId::Tables, 2, |b| b.rodata[28] = 3),
    ("constant table of externref", SectionId::Tables, 2, |b| b.tables[2].element = ValType::ExternRef.raw()),
    ("memory with an odd page size", SectionId::Memories, 1, |b| b.memories[1].page_log2 = 12),
    ("memory over its maximum", SectionId::Memories, 1, |b| b.memories[1].minimum = 65537),
    ("memory maximum over 4 GiB", SectionId::Memories, 1, |b| b.memories[1].maximum = 65537),
    ("memory minimum over 4 GiB", SectionId::Memories, 0, |b| b.memories[0].minimum = 65537),
    ("unknown bounds strategy", SectionId::Memories, 1, |b| b.memories[1].bounds = 2),
    ("guard with 64-bit indexes", SectionId::Memories, 2, |b| b.memories[2].bounds = 1),
    ("guard with small pages", SectionId::Memories, 1, |b| b.memories[1].page_log2 = 0),
    ("guard that the header does not declare", SectionId::Memories, 1, |b| b.header.required_features &= !1),
    ("shared memory that the header does not declare", SectionId::Memories, 2, |b| b.header.required_features &= !8),
    ("64-bit memory that the header does not declare", SectionId::Memories, 2, |b| b.header.required_features &= !16),
    ("broken memory flag", SectionId::Memories, 1, |b| b.memories[1].fixed = 2),
    ("global of an unknown type", SectionId::Globals, 1, |b| b.globals[1].ty = 0),
    ("global with another initial type", SectionId::Globals, 1, |b| b.globals[1].init = constant(ValType::I32, 0)),
    ("global from a later global", SectionId::Globals, 4, |b| b.globals[4].init.index = 5),
    ("global from itself", SectionId::Globals, 4, |b| b.globals[4].init.index = 4),
    ("global from a global of another type", SectionId::Globals, 4, |b| b.globals[4].init.index = 1),
    ("global from a function without a place", SectionId::Globals, 2, |b| b.globals[2].init.index = 4),
    ("global that is an integer null", SectionId::Globals, 1, |b| b.globals[1].init = null(ValType::I64)),
    ("global that is a constant reference", SectionId::Globals, 2, |b| b.globals[2].init = constant(ValType::FuncRef, 8)),
    ("global from code outside the text", SectionId::Globals, 5, |b| b.globals[5].init.index = 160),
    ("global through a thunk outside the text", SectionId::Globals, 5, |b| b.globals[5].init.cells[0] = 1 << 32),
    ("global with an unknown kind of value", SectionId::Globals, 1, |b| b.globals[1].init.kind = 5),
    ("export of a missing function", SectionId::Exports, 0, |b| b.exports[0].index = 6),
    ("export of a function without code", SectionId::Exports, 0, |b| b.exports[0].index = 4),
    ("export of a constant table", SectionId::Exports, 4, |b| b.exports[4].index = 2),
    ("export of a missing memory", SectionId::Exports, 2, |b| b.exports[2].index = 3),
    ("export of a missing global", SectionId::Exports, 3, |b| b.exports[3].index = 6),
    ("exported tag", SectionId::Exports, 0, |b| b.exports[0].kind = ExternKind::Tag.raw()),
    ("two exports of one name", SectionId::ExportOrder, 2, |b| b.exports[0].name = b.exports[1].name),
    ("init of an integer", SectionId::Inits, 0, |b| b.inits[0] = constant(ValType::I32, 1)),
    ("segment beyond the items", SectionId::Elements, 0, |b| b.elements[0].count = 5),
    ("segment that wraps around", SectionId::Elements, 0, |b| b.elements[0].first = u32::MAX),
    ("item without a place", SectionId::Elements, 0, |b| b.element_items[0] = 4),
    ("item beyond the inits", SectionId::Elements, 0, |b| b.element_items[2] = Element::ITEM_IS_INIT | 2),
    ("item of another type", SectionId::Elements, 0, |b| b.element_items[2] = Element::ITEM_IS_INIT | 1),
    ("segment of a missing table", SectionId::Elements, 0, |b| b.elements[0].table = 4),
    ("segment of a constant table", SectionId::Elements, 0, |b| b.elements[0].table = 2),
    ("segment of a table of another type", SectionId::Elements, 0, |b| b.elements[0].table = 1),
    ("segment with a 64-bit offset", SectionId::Elements, 0, |b| b.elements[0].offset = constant(ValType::I64, 0)),
    ("segment of an unknown mode", SectionId::Elements, 1, |b| b.elements[1].mode = 3),
    ("data beyond the section", SectionId::DataSegments, 2, |b| b.data_segments[2].length = 6),
    ("data that wraps around", SectionId::DataSegments, 2, |b| b.data_segments[2].first = u32::MAX),
    ("custom section beyond the data", SectionId::CustomSections, 0, |b| b.custom_sections[0].length = 11),
    ("custom section without a name", SectionId::CustomSections, 0, |b| b.custom_sections[0].name.offset = u32::MAX),
    ("data of a missing memory", SectionId::DataSegments, 0, |b| b.data_segments[0].memory = 3),
    ("data with an offset of the wrong width", SectionId::DataSegments, 1, |b| b.data_segments[1].memory = 0),
    ("declared data", SectionId::DataSegments, 2, |b| b.data_segments[2].mode = SegmentMode::Declared.raw()),
    ("offset from a function", SectionId::DataSegments, 0, |b| b.data_segments[0].offset = indexed(InitKind::Function, ValType::I32, 3)),
];

#[test]
fn each_broken_rule_names_its_record() {
    for (rule, section, index, break_it) in CASES {
        let mut builder = sample::builder();
        break_it(&mut builder);
        let bytes = builder.finish();
        assert_eq!(Image::parse(&bytes).err(), Some(Error::Record(*section, *index)), "{rule}");
    }
}

/// Rewrites the directory entry of one section.
fn with_entry(id: SectionId, change: fn(&mut DirectoryEntry)) -> alloc::vec::Vec<u8> {
    let mut bytes = sample::image();
    let count = Header::read(&bytes).section_count as usize;
    for at in (0..count).map(|position| Header::SIZE + position * DirectoryEntry::SIZE) {
        let mut entry = DirectoryEntry::read(&bytes[at..]);
        if entry.id == id.raw() {
            change(&mut entry);
            let mut raw = alloc::vec::Vec::new();
            entry.write(&mut raw);
            bytes[at..at + DirectoryEntry::SIZE].copy_from_slice(&raw);
        }
    }
    bytes
}

#[test]
fn each_broken_section_is_named() {
    let exports = SectionId::Exports;
    let error = |bytes: alloc::vec::Vec<u8>| Image::parse(&bytes).err();
    assert_eq!(error(with_entry(exports, |e| e.offset = u32::MAX)), Some(Error::SectionBounds(exports)));
    assert_eq!(error(with_entry(exports, |e| e.length = u32::MAX)), Some(Error::SectionBounds(exports)));
    assert_eq!(error(with_entry(exports, |e| e.stride = 0)), Some(Error::SectionStride(exports)));
    assert_eq!(error(with_entry(exports, |e| e.stride = 15)), Some(Error::SectionStride(exports)));
    assert_eq!(error(with_entry(exports, |e| e.length -= 1)), Some(Error::SectionStride(exports)));
    assert_eq!(error(with_entry(SectionId::Data, |e| e.stride = 2)), Some(Error::SectionStride(SectionId::Data)));
    assert_eq!(
        error(with_entry(exports, |e| e.id = SectionId::Functions.raw())),
        Some(Error::SectionTwice(exports.min(SectionId::Functions)))
    );
    assert_eq!(error(with_entry(SectionId::Module, |e| e.length = 0)), Some(Error::SectionMissing(SectionId::Module)));
    assert_eq!(error(with_entry(SectionId::Text, |e| e.offset += 1)), Some(Error::SectionBounds(SectionId::Text)));
    assert_eq!(error(with_entry(SectionId::Rodata, |e| e.offset -= 4)), Some(Error::SectionBounds(SectionId::Rodata)));
}

#[test]
fn sections_that_a_loader_does_not_know_are_refused_if_required() {
    for (id, expected) in [(999, Error::UnknownSection(999)), (SectionId::Tags.raw(), Error::UnknownSection(21))] {
        let mut builder = sample::builder();
        // Passive data is not needed by anything else, so its section can play the unknown one.
        builder.data_segments.clear();
        builder.custom_sections.clear();
        let bytes = builder.finish();
        let at = (0..).map(|position| Header::SIZE + position * DirectoryEntry::SIZE);
        let at =
            at.into_iter().find(|at| DirectoryEntry::read(&bytes[*at..]).id == SectionId::Data.raw()).expect("data");
        for (flags, outcome) in [(DirectoryEntry::REQUIRED, Some(expected)), (0, None)] {
            let mut mutant = bytes.clone();
            mutant[at..at + 2].copy_from_slice(&u16::to_le_bytes(id));
            mutant[at + 2..at + 4].copy_from_slice(&flags.to_le_bytes());
            assert_eq!(Image::parse(&mutant).err(), outcome);
        }
    }
}

#[test]
fn names_are_utf8_as_the_standard_library_has_it() {
    // The bounds of all ranges of bytes.
    const BYTES: [u8; 24] = [
        0, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0,
        0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
    ];
    let check = |bytes: &[u8]| {
        assert_eq!(crate::verify::is_utf8(bytes), core::str::from_utf8(bytes).is_ok(), "{bytes:x?}");
    };
    for a in BYTES {
        for b in BYTES {
            for c in BYTES {
                for d in BYTES {
                    let bytes = [a, b, c, d, b'x'];
                    (0..=bytes.len()).for_each(|length| check(&bytes[..length]));
                }
            }
        }
    }
}
