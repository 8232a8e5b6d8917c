//! Any bytes give an error or a sound view: truncations, byte flips and interesting words, the same in every run.

use alloc::vec::Vec;

use super::{exercise::exercise, sample};
use crate::{Error, Header, Image};

fn with_file_length(bytes: &[u8]) -> Vec<u8> {
    let mut patched = bytes.to_vec();
    let length = (bytes.len() as u32).to_le_bytes();
    if let Some(field) = patched.get_mut(16..20) {
        field.copy_from_slice(&length);
    }
    patched
}

#[test]
fn every_truncation_is_an_error() {
    let image = sample::image();
    assert_eq!(Header::FIELDS.iter().find(|field| field.0 == "file_length").map(|field| field.1), Some(16));
    for length in 0..image.len() {
        assert!(Image::parse(&image[..length]).is_err(), "{length} bytes");
        // A truncated file that is consistent with its header loses a section, or part of one.
        let error = Image::parse(&with_file_length(&image[..length])).expect_err("a truncated image");
        let expected = matches!(error, Error::TooShort | Error::Header(_) | Error::SectionBounds(_));
        assert!(expected, "{length} bytes: {error:?}");
    }
}

#[test]
fn trailing_bytes_are_an_error() {
    let mut image = sample::image();
    image.push(0);
    assert!(Image::parse(&image).is_err());
}

#[test]
fn every_metadata_byte_damaged() {
    let image = sample::image();
    let metadata = Image::parse(&image).expect("a valid image").text_offset();
    let mut random = fastrand::Rng::with_seed(1);
    let (mut sound, mut refused) = (0u32, 0u32);
    for at in 0..metadata {
        let seeded: [u8; 8] = core::array::from_fn(|_| random.u8(..));
        for value in [0, 1, 0x7f, 0x80, 0xfe, 0xff].into_iter().chain(seeded) {
            let mut mutant = image.clone();
            mutant[at] = value;
            if exercise(&mutant) { sound += 1 } else { refused += 1 }
        }
    }
    // Both outcomes occur: neither the checks nor the mutations do nothing.
    assert!(sound > 1000 && refused > 5000, "{sound} sound, {refused} refused");
}

/// The seeded form of the fuzz target: words of a valid image replaced by numbers that programs get wrong.
#[test]
fn several_words_damaged() {
    let image = sample::image();
    let metadata = Image::parse(&image).expect("a valid image").text_offset();
    let mut random = fastrand::Rng::with_seed(2);
    let mut sound = 0u32;
    for _ in 0..60_000 {
        let mut mutant = image.clone();
        for _ in 0..random.usize(1..4) {
            damage(&mut mutant, metadata, &mut random);
        }
        sound += u32::from(exercise(&mutant));
    }
    assert!(sound > 1000, "{sound} sound");
}

fn damage(bytes: &mut [u8], end: usize, random: &mut fastrand::Rng) {
    let width = *random.choice(&[1usize, 2, 4, 4, 8]).unwrap_or(&4);
    let at = random.usize(64..end - 8) / width * width;
    let length = bytes.len() as u64;
    let interesting = [0, 1, 2, 3, 4, 8, 16, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff, length, length - 1];
    let value = if random.bool() { *random.choice(&interesting).unwrap_or(&0) } else { random.u64(..) };
    bytes[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
}

#[test]
fn bytes_without_structure() {
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..20_000 {
        let mut bytes: Vec<u8> = (0..random.usize(..400)).map(|_| random.u8(..)).collect();
        // Keep a valid start, so that the directory is reached.
        let head = sample::image();
        let keep = random.usize(..=64).min(bytes.len());
        bytes[..keep].copy_from_slice(&head[..keep]);
        exercise(&with_file_length(&bytes));
    }
}
