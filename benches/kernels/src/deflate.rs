//! Compression and decompression with the miniz_oxide crate.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec;

use crate::random::{Random, mix};

/// Text that compresses about as well as prose: words from a small vocabulary, the short ones more often.
fn text(length: usize) -> Vec<u8> {
    const SYLLABLES: [&str; 16] =
        ["an", "ber", "ci", "do", "el", "fra", "gu", "hin", "is", "jo", "ka", "lem", "mi", "non", "o", "pra"];
    let mut random = Random::new(3);
    let mut text = Vec::new();
    while text.len() < length {
        let word = random.next() >> (8 + random.next() % 16);
        let mut rest = word % 4096;
        loop {
            text.extend_from_slice(SYLLABLES[rest as usize % 16].as_bytes());
            rest /= 16;
            if rest == 0 {
                break;
            }
        }
        text.push(b' ');
    }
    text
}

/// A round packs 64 KiB of text at level 6 and unpacks it four times.
pub fn run(rounds: u32) -> u64 {
    let mut text = text(1 << 16);
    let mut checksum = 0;
    for round in 0..rounds {
        text[round as usize % (1 << 16)] ^= 1;
        let packed = compress_to_vec(&text, 6);
        checksum = mix(checksum, packed.len() as u64);
        for _ in 0..4 {
            let again = decompress_to_vec(&packed).unwrap_or_default();
            checksum = mix(checksum, again.iter().map(|byte| u64::from(*byte)).sum());
        }
    }
    checksum
}
