//! Every header field, every value of every byte of it: the error that names it, or an image that is still sound.

use alloc::vec::Vec;

use super::{exercise::exercise, sample};
use crate::{Error, Header, HeaderField, Image, Record, Refusal};

/// What a damaged field may lead to.
type Expectation = fn(&Error) -> bool;

/// Fields whose every other value is an error, with that error.
const REFUSED: &[(&str, Expectation)] = &[
    ("magic", |error| matches!(error, Error::Magic)),
    ("version", |error| matches!(error, Error::Version(_) | Error::WamrImage(_))),
    ("file_length", |error| matches!(error, Error::Header(HeaderField::FileLength))),
    ("pointer_bytes", |error| matches!(error, Error::Header(HeaderField::PointerBytes))),
    ("abi_version", |error| matches!(error, Error::AbiVersion(_))),
    ("slot_convention", |error| matches!(error, Error::SlotConvention(_))),
    ("reserved", |error| matches!(error, Error::Header(HeaderField::Reserved))),
];

/// Fields with several sound values: what the unsound ones lead to.
const CHECKED: &[(&str, Expectation)] = &[
    // A longer header or stride moves the directory: whatever is read there is checked like any other.
    ("header_length", |_| true),
    ("directory_stride", |_| true),
    // Fewer sections: something is missing. More: the bytes behind the directory are checked as entries.
    ("section_count", |_| true),
    // Another architecture may fit the other facts; then `check_machine` refuses the image.
    ("arch", |error| {
        matches!(error, Error::Header(HeaderField::Arch | HeaderField::PointerBytes | HeaderField::CpuFeatures))
    }),
    ("float_abi", |error| matches!(error, Error::Header(HeaderField::FloatAbi))),
    ("cpu_features", |error| matches!(error, Error::Header(HeaderField::CpuFeatures))),
    // An unknown feature, or a memory that needs one that is no longer declared, or read-only data that may be elsewhere.
    ("required_features", |error| {
        let sections = [crate::SectionId::LoadRelocations, crate::SectionId::BaseAddresses].map(Error::SectionMissing);
        sections.contains(error)
            || matches!(error, Error::RequiredFeature(_) | Error::Record(crate::SectionId::Memories, _))
    }),
    ("stop_mode", |error| matches!(error, Error::Header(HeaderField::StopMode))),
    ("fuel_mode", |error| matches!(error, Error::Header(HeaderField::FuelMode))),
    ("text_align_log2", |error| {
        matches!(error, Error::Header(HeaderField::TextAlign) | Error::SectionBounds(crate::SectionId::Text))
    }),
    ("rodata_align_log2", |error| {
        matches!(
            error,
            Error::Header(HeaderField::RodataAlign)
                | Error::SectionBounds(crate::SectionId::Text | crate::SectionId::Rodata)
        )
    }),
    // Information for people and for stack planning; nothing is computed from it while loading.
    ("stack_bound", |_| false),
    // Only ever added to the stack limit, saturating.
    ("stack_slack", |_| false),
    ("compiler_version", |_| false),
    ("llvm_version", |_| false),
];

fn mutants(field: &(&'static str, usize, usize)) -> impl Iterator<Item = Vec<u8>> {
    let (_, offset, size) = *field;
    let image = sample::image();
    let single = (0..size).flat_map(|byte| (1..=255u8).map(move |flip| (byte, flip)));
    single.map(move |(byte, flip)| {
        let mut mutant = image.clone();
        mutant[offset + byte] ^= flip;
        mutant
    })
}

#[test]
fn every_field_is_in_one_of_the_tables() {
    for (name, ..) in Header::FIELDS {
        let places = REFUSED.iter().chain(CHECKED).filter(|(other, _)| other == name).count();
        assert_eq!(places, 1, "{name}");
    }
    assert_eq!(REFUSED.len() + CHECKED.len(), Header::FIELDS.len());
}

#[test]
fn damaged_fields_are_named_or_harmless() {
    for field in Header::FIELDS {
        let refused = REFUSED.iter().find(|(name, _)| *name == field.0);
        let (_, expected) = refused.or_else(|| CHECKED.iter().find(|(name, _)| *name == field.0)).expect("in a table");
        for mutant in mutants(field) {
            match Image::parse(&mutant) {
                Ok(image) => {
                    assert!(refused.is_none(), "{} accepted: {:?}", field.0, image.header());
                    assert!(exercise(&mutant));
                }
                Err(error) => assert!(expected(&error), "{}: {error:?}", field.0),
            }
        }
    }
}

#[test]
fn the_information_fields_are_read() {
    for (name, offset, _) in [("stack_bound", 48, 4), ("compiler_version", 52, 4), ("llvm_version", 56, 4)] {
        assert!(Header::FIELDS.iter().any(|field| field.0 == name && field.1 == offset), "{name}");
        let mut mutant = sample::image();
        mutant[offset] ^= 0x55;
        assert_ne!(Image::parse(&mutant).expect(name).header(), &Header::read(&sample::image()));
    }
}

#[test]
fn foreign_files_have_their_own_errors() {
    assert_eq!(Image::parse(b"\0asm\x01\0\0\0").err(), Some(Error::WebAssembly));
    assert_eq!(Image::parse(b"\x7fELF and so on").err(), Some(Error::Magic));
    assert_eq!(Image::parse(b"").err(), Some(Error::TooShort));
    assert_eq!(Image::parse(b"\0aot\x05\0\0\0").err(), Some(Error::TooShort));
    let mut wamr = sample::image();
    wamr[4..8].copy_from_slice(&5u32.to_le_bytes());
    assert_eq!(Image::parse(&wamr).err(), Some(Error::WamrImage(5)));
}

#[test]
fn every_error_has_a_text_that_ends_well() {
    let errors = [
        Error::TooShort,
        Error::WebAssembly,
        Error::Magic,
        Error::WamrImage(5),
        Error::Version(0),
        Error::AbiVersion(0),
        Error::SlotConvention(0),
        Error::RequiredFeature(63),
        Error::Header(HeaderField::Arch),
        Error::Refused(Refusal::Arch(4)),
        Error::Refused(Refusal::Arch(99)),
        Error::Refused(Refusal::FloatAbi(1)),
        Error::Refused(Refusal::CpuFeatures(1)),
        Error::Refused(Refusal::GuardedMemory),
        Error::UnknownSection(99),
        Error::SectionBounds(crate::SectionId::Text),
        Error::SectionTwice(crate::SectionId::Text),
        Error::SectionStride(crate::SectionId::Text),
        Error::SectionMissing(crate::SectionId::Text),
        Error::ContextSize(1 << 33),
        Error::Record(crate::SectionId::Types, 7),
    ];
    let texts: alloc::collections::BTreeSet<_> = errors.iter().map(|error| alloc::format!("{error}")).collect();
    assert_eq!(texts.len(), errors.len(), "no two errors look the same");
    assert!(texts.iter().all(|text| text.len() > 10 && !text.ends_with(['.', '\n'])));
}
