//! A32: words of 32 bits.

use super::{replace, sign_extend, word};
use graver_targets::ArmField;

pub(super) fn decode(field: ArmField, place: &[u8]) -> Option<i64> {
    let word = word(place)?;
    Some(match field {
        ArmField::Branch24 => sign_extend(word & 0xff_ffff, 24) << 2,
        // Of both halves the addend is 16 bits wide, signed.
        ArmField::Movw | ArmField::Movt => sign_extend((word >> 16 & 0xf) << 12 | word & 0xfff, 16),
    })
}

pub(super) fn encode(field: ArmField, place: &mut [u8], value: u32) -> Option<()> {
    match field {
        ArmField::Branch24 => replace(place, 0xff_ffff, value >> 2),
        ArmField::Movw => put_mov(place, value & 0xffff),
        ArmField::Movt => put_mov(place, value >> 16),
    }
}

/// `imm4` and `imm12`.
fn put_mov(place: &mut [u8], half: u32) -> Option<()> {
    replace(place, 0xf << 16 | 0xfff, (half >> 12) << 16 | half & 0xfff)
}
