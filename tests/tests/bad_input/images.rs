//! Damaged and foreign images. Code of a damaged image is never run: metadata is what a loader can check.

use graver_aot_format::{Arch, Error, Header, Image, Record, Refusal, SectionId, abi};
use graver_compiler::compile;
use graver_loader::{Allocator, LoadError, Module, Runtime};

use crate::sample::{RICH, damaged, image, options, wasm};

fn runtime() -> Runtime<'static> {
    Runtime::new(Allocator::system()).expect("a runtime")
}

/// What the loader says to bytes.
fn load(bytes: &[u8]) -> Result<(), LoadError> {
    Module::new(&runtime(), bytes).map(drop)
}

/// The named error for bytes that must not load.
fn refusal(bytes: &[u8]) -> Error {
    match load(bytes) {
        Err(LoadError::Image(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_truncation_is_refused() {
    let image = image(RICH);
    let step = |length: &usize| *length < 2048 || length.is_multiple_of(97);
    for length in (0..image.len()).filter(step) {
        let error = refusal(&image[..length]);
        assert!(!error.to_string().is_empty());
    }
    assert_eq!(load(&image), Ok(()));
}

#[test]
fn damaged_metadata_is_refused_or_consistent() {
    let whole = image(RICH);
    let metadata = Image::parse(&whole).expect("valid").text_offset();
    let mut random = fastrand::Rng::with_seed(3);
    let (mut loaded, mut refused) = (0, 0);
    for _ in 0..4000 {
        match load(&damaged(&whole, 0, metadata, &mut random)) {
            Ok(()) => loaded += 1,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        }
    }
    assert!(loaded > 50 && refused > 500, "{loaded} loaded, {refused} refused");
}

#[test]
fn an_image_for_another_machine() {
    let board = compile(&wasm(RICH), &options("thumbv7em")).expect("compiles");
    assert_eq!(refusal(&board), Error::Refused(Refusal::Arch(Arch::Thumb.raw())));
}

/// The image with its header changed.
fn with_header(change: fn(&mut Header)) -> Vec<u8> {
    let mut bytes = image(RICH);
    let mut header = Header::read(&bytes);
    change(&mut header);
    let mut raw = Vec::new();
    header.write(&mut raw);
    bytes[..raw.len()].copy_from_slice(&raw);
    bytes
}

#[test]
fn an_image_of_another_version_or_with_unknown_needs() {
    assert_eq!(refusal(&with_header(|header| header.version += 1)), Error::Version(0x4752_0002));
    assert_eq!(refusal(&with_header(|header| header.version = 5)), Error::WamrImage(5));
    assert_eq!(refusal(&with_header(|header| header.abi_version += 1)), Error::AbiVersion(abi::VERSION + 1));
    assert_eq!(refusal(&with_header(|header| header.required_features |= 1 << 63)), Error::RequiredFeature(63));
    assert!(matches!(refusal(&with_header(|header| header.cpu_features |= 1 << 62)), Error::Header(_)));
    assert!(matches!(refusal(&with_header(|header| header.float_abi = 1)), Error::Refused(Refusal::FloatAbi(1))));
}

#[test]
fn an_image_that_uses_what_the_cpu_lacks() {
    let lacking = !runtime().machine().cpu_features;
    let known = graver_aot_format::CpuFeature::ALL.iter().filter(|feature| Some(feature.arch) == Arch::HOST);
    let Some(missing) = known.map(|feature| feature.mask()).find(|mask| mask & lacking != 0) else {
        // This CPU has every feature that an image can ask for; `check_machine` has its own unit test.
        return;
    };
    let mut bytes = image(RICH);
    let mut header = Header::read(&bytes);
    header.cpu_features |= missing;
    let mut raw = Vec::new();
    header.write(&mut raw);
    bytes[..raw.len()].copy_from_slice(&raw);
    assert_eq!(refusal(&bytes), Error::Refused(Refusal::CpuFeatures(missing)));
}

#[test]
fn other_files() {
    assert_eq!(refusal(&wasm(RICH)), Error::WebAssembly);
    assert_eq!(refusal(b"#!/bin/sh\n"), Error::Magic);
    assert_eq!(refusal(b""), Error::TooShort);
    let mut extended = image(RICH);
    extended.push(0);
    assert!(matches!(refusal(&extended), Error::Header(_)));
}

#[test]
fn mapped_files_are_checked_as_well() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("image.aot");
    let whole = image(RICH);
    let runtime = runtime();
    std::fs::write(&path, &whole).expect("writes");
    assert!(Module::map_file(&runtime, &path).is_ok());
    for length in [0, 3, 63, 64, 500, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).expect("writes");
        assert!(matches!(Module::map_file(&runtime, &path).map(drop), Err(LoadError::Image(_) | LoadError::File(_))));
    }
    assert!(matches!(Module::map_file(&runtime, folder.path().join("none")).map(drop), Err(LoadError::File(_))));
    assert!(matches!(Module::map_file(&runtime, folder.path()).map(drop), Err(LoadError::File(_))));
}

#[test]
fn a_section_that_goes_missing_is_named() {
    let whole = image(RICH);
    let count = Header::read(&whole).section_count as usize;
    for position in 0..count {
        let at = Header::SIZE + position * 16;
        let id = u16::from_le_bytes([whole[at], whole[at + 1]]);
        let mut bytes = whole.clone();
        // An optional section that nobody knows: the one that was there is gone.
        bytes[at..at + 4].copy_from_slice(&[0xf0, 0xf0, 0, 0]);
        match load(&bytes) {
            // Nothing refers to it.
            Ok(()) => assert!(id != SectionId::Module.raw() && id != SectionId::Text.raw(), "section {id}"),
            Err(error) => assert!(matches!(error, LoadError::Image(_)), "{error:?}"),
        }
    }
}
