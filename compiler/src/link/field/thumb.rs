//! Thumb: 32-bit instructions are two halfwords, the leading one first.

use super::{half, put, sign_extend};
use graver_targets::ThumbField;

pub(super) fn decode(field: ThumbField, place: &[u8]) -> Option<i64> {
    Some(match field {
        ThumbField::Branch24 => {
            let (high, low) = halves(place)?;
            let sign = bits(high, 10, 1);
            // J1 and J2 hold the offset's bits 23 and 22, inverted unless the sign is set.
            let i1 = !(bits(low, 13, 1) ^ sign) & 1;
            let i2 = !(bits(low, 11, 1) ^ sign) & 1;
            let offset = sign << 24 | i1 << 23 | i2 << 22 | bits(high, 0, 10) << 12 | bits(low, 0, 11) << 1;
            sign_extend(offset, 25)
        }
        ThumbField::Branch19 => {
            let (high, low) = halves(place)?;
            let (sign, j1, j2) = (bits(high, 10, 1), bits(low, 13, 1), bits(low, 11, 1));
            let offset = sign << 20 | j2 << 19 | j1 << 18 | bits(high, 0, 6) << 12 | bits(low, 0, 11) << 1;
            sign_extend(offset, 21)
        }
        ThumbField::Branch11 => sign_extend(bits(half(place, 0)?, 0, 11) << 1, 12),
        ThumbField::Branch8 => sign_extend(bits(half(place, 0)?, 0, 8) << 1, 9),
        ThumbField::Movw | ThumbField::Movt => {
            let (high, low) = halves(place)?;
            let value = bits(high, 0, 4) << 12 | bits(high, 10, 1) << 11 | bits(low, 12, 3) << 8 | bits(low, 0, 8);
            sign_extend(value, 16)
        }
    })
}

pub(super) fn encode(field: ThumbField, place: &mut [u8], value: u32) -> Option<()> {
    match field {
        ThumbField::Branch24 => {
            let (high, low) = halves(place)?;
            let sign = value >> 24 & 1;
            let (j1, j2) = (!(value >> 23 ^ sign) & 1, !(value >> 22 ^ sign) & 1);
            let high = u32::from(high) & 0xf800 | sign << 10 | value >> 12 & 0x3ff;
            let low = u32::from(low) & 0xd000 | j1 << 13 | j2 << 11 | value >> 1 & 0x7ff;
            put_halves(place, high, low)
        }
        ThumbField::Branch19 => {
            let (high, low) = halves(place)?;
            let (sign, j2, j1) = (value >> 20 & 1, value >> 19 & 1, value >> 18 & 1);
            let high = u32::from(high) & 0xfbc0 | sign << 10 | value >> 12 & 0x3f;
            let low = u32::from(low) & 0xd000 | j1 << 13 | j2 << 11 | value >> 1 & 0x7ff;
            put_halves(place, high, low)
        }
        ThumbField::Branch11 => {
            let kept = half(place, 0)? & 0xf800;
            put(place, &(kept | (value >> 1) as u16 & 0x7ff).to_le_bytes())
        }
        ThumbField::Branch8 => {
            let kept = half(place, 0)? & 0xff00;
            put(place, &(kept | (value >> 1) as u16 & 0xff).to_le_bytes())
        }
        ThumbField::Movw => put_mov(place, value & 0xffff),
        ThumbField::Movt => put_mov(place, value >> 16),
    }
}

fn put_mov(place: &mut [u8], value: u32) -> Option<()> {
    let (high, low) = halves(place)?;
    let high = u32::from(high) & 0xfbf0 | value >> 12 | (value >> 11 & 1) << 10;
    let low = u32::from(low) & 0x8f00 | (value >> 8 & 7) << 12 | value & 0xff;
    put_halves(place, high, low)
}

fn put_halves(place: &mut [u8], high: u32, low: u32) -> Option<()> {
    put(place, &(high | low << 16).to_le_bytes())
}

fn halves(place: &[u8]) -> Option<(u16, u16)> {
    Some((half(place, 0)?, half(place, 2)?))
}

fn bits(half: u16, from: u32, count: u32) -> u32 {
    u32::from(half) >> from & ((1 << count) - 1)
}
