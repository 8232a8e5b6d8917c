//! What goes into the builder comes out of the view.

use alloc::vec::Vec;

use super::{exercise::exercise, sample};
use crate::{Image, ImageBuilder, InitKind, ValType};

#[test]
fn every_record_survives() {
    let (built, bytes) = (sample::builder(), sample::image());
    let image = Image::parse(&bytes).expect("a valid image");
    assert_eq!(*image.module(), built.module);
    assert_eq!(image.types().iter().collect::<Vec<_>>(), built.types);
    assert_eq!(image.imports().iter().collect::<Vec<_>>(), built.imports);
    assert_eq!(image.functions().iter().collect::<Vec<_>>(), built.functions);
    assert_eq!(image.tables().iter().collect::<Vec<_>>(), built.tables);
    assert_eq!(image.memories().iter().collect::<Vec<_>>(), built.memories);
    assert_eq!(image.globals().iter().collect::<Vec<_>>(), built.globals);
    assert_eq!(image.exports().iter().collect::<Vec<_>>(), built.exports);
    assert_eq!(image.elements().iter().collect::<Vec<_>>(), built.elements);
    assert_eq!(image.data_segments().iter().collect::<Vec<_>>(), built.data_segments);
    assert_eq!(image.custom_sections().iter().collect::<Vec<_>>(), built.custom_sections);
    assert_eq!(image.references().iter().collect::<Vec<_>>(), built.references);
    assert_eq!(image.load_relocations().iter().collect::<Vec<_>>(), built.load_relocations);
    assert_eq!(image.base_addresses(), built.base_addresses);
    assert_eq!((image.text(), image.rodata()), (&*built.text, &*built.rodata));
    let (header, expected) = (image.header(), &built.header);
    assert_eq!(
        (header.arch, header.float_abi, header.cpu_features, header.required_features, header.stack_bound),
        (expected.arch, expected.float_abi, expected.cpu_features, expected.required_features, expected.stack_bound)
    );
    assert_eq!((header.compiler_version, header.llvm_version), (expected.compiler_version, expected.llvm_version));
    assert!(exercise(&bytes));
}

#[test]
fn signatures_and_canonical_types() {
    use ValType::{ExternRef, F32, F64, FuncRef, I32, I64, V128};
    let bytes = sample::image();
    let image = Image::parse(&bytes).expect("a valid image");
    let raw = |types: &[ValType]| types.iter().map(|ty| ty.raw()).collect::<Vec<_>>();
    let wide = image.types().get(2).expect("type 2");
    assert_eq!(image.params(&wide), raw(&[I64, F32, F64, FuncRef, ExternRef, V128]));
    assert_eq!(image.results(&wide), raw(&[I32, I64]));
    assert_eq!(image.types().iter().map(|ty| ty.canonical).collect::<Vec<_>>(), [0, 1, 2, 1]);
}

#[test]
fn names_have_a_nul_behind_them() {
    let bytes = sample::image();
    let image = Image::parse(&bytes).expect("a valid image");
    let names: Vec<_> = image.exports().iter().map(|export| image.name(export.name)).collect();
    assert_eq!(names, ["run", "host", "z memory", "", "été"]);
    for export in image.exports().iter() {
        let name = image.name_bytes(export.name);
        let end = name.as_ptr() as usize - bytes.as_ptr() as usize + name.len();
        assert_eq!(bytes[end], 0);
    }
}

#[test]
fn exports_are_found_by_name() {
    let bytes = sample::image();
    let image = Image::parse(&bytes).expect("a valid image");
    assert_eq!(image.find_export(b"z memory").map(|export| export.index), Some(1));
    assert_eq!(image.find_export("été".as_bytes()).map(|export| export.index), Some(1));
    for absent in [&b"ru"[..], b"runs", b"env", b"zz", b"\xff"] {
        assert_eq!(image.find_export(absent), None);
    }
}

#[test]
fn element_items_of_each_form() {
    let bytes = sample::image();
    let image = Image::parse(&bytes).expect("a valid image");
    let segment = image.elements().get(0).expect("segment 0");
    let kinds: Vec<_> = (0..4).map(|index| image.element_item(&segment, index).map(|item| item.kind)).collect();
    let [function, null, global] = [InitKind::Function, InitKind::Null, InitKind::Global].map(|kind| Some(kind.raw()));
    assert_eq!(kinds[..3], [function, null, global]);
}

#[test]
fn segments_and_constant_tables_have_their_contents() {
    let bytes = sample::image();
    let image = Image::parse(&bytes).expect("a valid image");
    let texts: Vec<_> = image.data_segments().iter().map(|segment| image.data(&segment)).collect();
    assert_eq!(texts, [&b"hello"[..], b", ", b"world"]);
    let table = image.tables().get(2).expect("table 2");
    let codes: Vec<_> = image.constant_table(&table).iter().map(|entry| entry.code).collect();
    assert_eq!(codes, [sample::FIRST_FUNCTION, 0, sample::FIRST_FUNCTION + 32]);
    assert!(image.constant_table(&image.tables().get(0).expect("table 0")).is_empty());
}

#[test]
fn code_keeps_its_distance_and_alignment() {
    for text_file_align_log2 in [0, 6, 12, 16] {
        let mut builder = sample::builder();
        builder.text_file_align_log2 = text_file_align_log2;
        let bytes = builder.finish();
        let image = Image::parse(&bytes).expect("a valid image");
        assert!(image.text_offset().is_multiple_of(1 << text_file_align_log2));
        // 160 bytes of text, then read-only data at the next multiple of 64.
        assert_eq!(image.code_bytes().len(), 192 + image.rodata().len());
        assert_eq!(image.code_align_log2(), 6);
    }
}

#[test]
fn metadata_works_at_any_address() {
    let bytes = sample::image();
    for shift in 0..8 {
        let mut moved = alloc::vec![0; shift];
        moved.extend_from_slice(&bytes);
        assert!(exercise(&moved[shift..]));
    }
}

#[test]
fn the_smallest_image() {
    let mut builder = ImageBuilder::default();
    builder.header = crate::Header { arch: crate::Arch::Thumb.raw(), pointer_bytes: 4, ..crate::Header::default() };
    builder.module.start_function = crate::NONE;
    builder.module.glue_end = 2;
    builder.text = alloc::vec![0; 2];
    let bytes = builder.finish();
    assert!(exercise(&bytes));
    let image = Image::parse(&bytes).expect("a valid image");
    assert!(image.rodata().is_empty() && image.code_bytes() == image.text());
}

#[test]
fn a_larger_stride_and_header_are_skipped() {
    use crate::{DirectoryEntry, Header, Record};
    // What a newer writer does: four more bytes in the header and in each directory entry.
    let old = sample::image();
    let count = Header::read(&old).section_count as usize;
    let start = Header::SIZE;
    let mut header = Header::read(&old);
    let grown = 4 + 4 * count;
    // Keep the text's alignment by growing in whole units of it.
    let padding = grown.next_multiple_of(64) - grown;
    header.header_length += 4;
    header.directory_stride += 4;
    header.file_length += (grown + padding) as u32;
    let mut new = Vec::new();
    header.write(&mut new);
    new.extend_from_slice(&[0xee; 4]);
    for entry in old[start..start + count * DirectoryEntry::SIZE].chunks_exact(DirectoryEntry::SIZE) {
        let mut entry = DirectoryEntry::read(entry);
        entry.offset += (grown + padding) as u32;
        entry.write(&mut new);
        new.extend_from_slice(&[0xee; 4]);
    }
    new.resize(new.len() + padding, 0);
    new.extend_from_slice(&old[start + count * DirectoryEntry::SIZE..]);
    assert!(exercise(&new));
    let (old, new) = (Image::parse(&old).expect("old"), Image::parse(&new).expect("new"));
    assert_eq!(old.exports().iter().collect::<Vec<_>>(), new.exports().iter().collect::<Vec<_>>());
}
