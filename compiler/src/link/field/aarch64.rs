//! AArch64: words of 32 bits.

use super::{replace, sign_extend, word};
use graver_targets::Aarch64Field;

/// `immlo` and `immhi` of `ADR` and `ADRP`.
const ADR: u32 = 0b11 << 29 | 0x7_ffff << 5;

pub(super) fn decode(field: Aarch64Field, place: &[u8]) -> Option<i64> {
    let word = word(place)?;
    let adr = sign_extend((word >> 5 & 0x7_ffff) << 2 | word >> 29 & 0b11, 21);
    let imm12 = i64::from(word >> 10 & 0xfff);
    Some(match field {
        Aarch64Field::Branch26 => sign_extend(word & 0x3ff_ffff, 26) << 2,
        Aarch64Field::Branch19 => sign_extend(word >> 5 & 0x7_ffff, 19) << 2,
        Aarch64Field::Branch14 => sign_extend(word >> 5 & 0x3fff, 14) << 2,
        Aarch64Field::Adr => adr,
        Aarch64Field::Adrp => adr << 12,
        Aarch64Field::Add12 => imm12,
        Aarch64Field::Access12(log2) => imm12 << log2,
    })
}

pub(super) fn encode(field: Aarch64Field, place: &mut [u8], value: i64) -> Option<()> {
    let adr = |value: i64| (value as u32 & 0b11) << 29 | (value as u32 >> 2 & 0x7_ffff) << 5;
    match field {
        Aarch64Field::Branch26 => replace(place, 0x3ff_ffff, (value >> 2) as u32),
        Aarch64Field::Branch19 => replace(place, 0x7_ffff << 5, (value >> 2 << 5) as u32),
        Aarch64Field::Branch14 => replace(place, 0x3fff << 5, (value >> 2 << 5) as u32),
        Aarch64Field::Adr => replace(place, ADR, adr(value)),
        Aarch64Field::Adrp => replace(place, ADR, adr(value >> 12)),
        Aarch64Field::Add12 => replace(place, 0xfff << 10, (value << 10) as u32),
        Aarch64Field::Access12(log2) => replace(place, 0xfff << 10, (value >> log2 << 10) as u32),
    }
}

/// Makes an `ADRP` an `ADR`: they differ in bit 31.
pub(super) fn adrp_to_adr(place: &mut [u8]) -> Option<()> {
    replace(place, 1 << 31, 0)
}
