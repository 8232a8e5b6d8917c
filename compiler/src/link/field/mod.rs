//! Storing values in instructions and words, and reading them back. Values are checked by the caller. Each family of
//! instruction sets has a file.

mod aarch64;
mod arm;
mod riscv;
mod thumb;
mod xtensa;

use graver_targets::Field;

/// The addend that a place holds, where relocations have none of their own; `None` if the place is too short.
pub(crate) fn decode(field: Field, place: &[u8]) -> Option<i64> {
    Some(match field {
        Field::Byte => sign_extend(u32::from(*place.first()?), 8),
        Field::Half => sign_extend(u32::from(half(place, 0)?), 16),
        Field::Word32 => i64::from(word(place)? as i32),
        Field::Word64 => i64::from_le_bytes(place.get(..8)?.try_into().ok()?),
        Field::Word31 => sign_extend(word(place)?, 31),
        Field::Aarch64(field) => aarch64::decode(field, place)?,
        Field::Arm(field) => arm::decode(field, place)?,
        Field::Thumb(field) => thumb::decode(field, place)?,
        Field::Riscv(field) => riscv::decode(field, place)?,
        Field::Xtensa(field) => xtensa::decode(field, place)?,
    })
}

/// Stores a value; `None` if the place is too short.
pub(super) fn encode(field: Field, place: &mut [u8], value: i64) -> Option<()> {
    match field {
        Field::Byte => put(place, &[value as u8]),
        Field::Half => put(place, &(value as u16).to_le_bytes()),
        Field::Word32 => put_word(place, value as u32),
        Field::Word64 => put(place, &value.to_le_bytes()),
        Field::Word31 => replace(place, !(1 << 31), value as u32),
        Field::Aarch64(field) => aarch64::encode(field, place, value),
        Field::Arm(field) => arm::encode(field, place, value as u32),
        Field::Thumb(field) => thumb::encode(field, place, value as u32),
        Field::Riscv(field) => riscv::encode(field, place, value as u32),
        Field::Xtensa(field) => xtensa::encode(field, place, value as u32),
    }
}

/// Turns the instruction of a [`graver_targets::Value::Page`] into the one that has the field for near pages.
pub(super) fn use_near_page(place: &mut [u8]) -> Option<()> {
    aarch64::adrp_to_adr(place)
}

fn put(place: &mut [u8], bytes: &[u8]) -> Option<()> {
    place.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(())
}

fn put_word(place: &mut [u8], word: u32) -> Option<()> {
    put(place, &word.to_le_bytes())
}

/// Replaces the bits of `mask` in the word.
fn replace(place: &mut [u8], mask: u32, bits: u32) -> Option<()> {
    put_word(place, word(place)? & !mask | bits & mask)
}

fn word(place: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(place.get(..4)?.try_into().ok()?))
}

fn half(place: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(place.get(at..at + 2)?.try_into().ok()?))
}

fn sign_extend(value: u32, bits: u32) -> i64 {
    i64::from((value << (32 - bits)) as i32 >> (32 - bits))
}
