//! Storing values in instructions and words, and reading them back. Values are checked by the caller.

use graver_targets::Field;

/// The addend that a place holds, where relocations have none of their own; `None` if the place is too short.
pub(super) fn decode(field: Field, place: &[u8]) -> Option<i64> {
    Some(match field {
        Field::Word32 => i64::from(word(place)? as i32),
        Field::Word64 => i64::from_le_bytes(place.get(..8)?.try_into().ok()?),
        Field::Word31 => sign_extend(word(place)?, 31),
        Field::ThumbBranch24 => {
            let (high, low) = halves(place)?;
            let sign = u32::from(high) >> 10 & 1;
            // J1 and J2 hold the offset's bits 23 and 22, inverted unless the sign is set.
            let i1 = !(u32::from(low) >> 13 ^ sign) & 1;
            let i2 = !(u32::from(low) >> 11 ^ sign) & 1;
            let bits = sign << 24 | i1 << 23 | i2 << 22 | bits16(high, 0, 10) << 12 | bits16(low, 0, 11) << 1;
            sign_extend(bits, 25)
        }
        Field::ThumbBranch19 => {
            let (high, low) = halves(place)?;
            let (sign, j1, j2) = (bits16(high, 10, 1), bits16(low, 13, 1), bits16(low, 11, 1));
            let bits = sign << 20 | j2 << 19 | j1 << 18 | bits16(high, 0, 6) << 12 | bits16(low, 0, 11) << 1;
            sign_extend(bits, 21)
        }
        Field::ThumbBranch11 => sign_extend(bits16(half(place, 0)?, 0, 11) << 1, 12),
        Field::ThumbBranch8 => sign_extend(bits16(half(place, 0)?, 0, 8) << 1, 9),
        Field::ThumbMovw | Field::ThumbMovt => {
            let (high, low) = halves(place)?;
            let bits =
                bits16(high, 0, 4) << 12 | bits16(high, 10, 1) << 11 | bits16(low, 12, 3) << 8 | bits16(low, 0, 8);
            sign_extend(bits, 16)
        }
    })
}

/// Stores a value; `None` if the place is too short.
pub(super) fn encode(field: Field, place: &mut [u8], value: i64) -> Option<()> {
    let bits = value as u32;
    match field {
        Field::Word32 => put(place, &bits.to_le_bytes())?,
        Field::Word64 => put(place, &value.to_le_bytes())?,
        Field::Word31 => {
            let kept = word(place)? & 1 << 31;
            put(place, &(kept | bits & !(1 << 31)).to_le_bytes())?;
        }
        Field::ThumbBranch24 => {
            let (high, low) = halves(place)?;
            let sign = bits >> 24 & 1;
            let (j1, j2) = (!(bits >> 23 ^ sign) & 1, !(bits >> 22 ^ sign) & 1);
            let high = u32::from(high) & 0xf800 | sign << 10 | bits >> 12 & 0x3ff;
            let low = u32::from(low) & 0xd000 | j1 << 13 | j2 << 11 | bits >> 1 & 0x7ff;
            put_halves(place, high, low)?;
        }
        Field::ThumbBranch19 => {
            let (high, low) = halves(place)?;
            let (sign, j2, j1) = (bits >> 20 & 1, bits >> 19 & 1, bits >> 18 & 1);
            let high = u32::from(high) & 0xfbc0 | sign << 10 | bits >> 12 & 0x3f;
            let low = u32::from(low) & 0xd000 | j1 << 13 | j2 << 11 | bits >> 1 & 0x7ff;
            put_halves(place, high, low)?;
        }
        Field::ThumbBranch11 => {
            let kept = half(place, 0)? & 0xf800;
            put(place, &(kept | (bits >> 1) as u16 & 0x7ff).to_le_bytes())?;
        }
        Field::ThumbBranch8 => {
            let kept = half(place, 0)? & 0xff00;
            put(place, &(kept | (bits >> 1) as u16 & 0xff).to_le_bytes())?;
        }
        Field::ThumbMovw => put_mov(place, bits & 0xffff)?,
        Field::ThumbMovt => put_mov(place, bits >> 16)?,
    }
    Some(())
}

fn put_mov(place: &mut [u8], value: u32) -> Option<()> {
    let (high, low) = halves(place)?;
    let high = u32::from(high) & 0xfbf0 | value >> 12 | (value >> 11 & 1) << 10;
    let low = u32::from(low) & 0x8f00 | (value >> 8 & 7) << 12 | value & 0xff;
    put_halves(place, high, low)
}

fn put(place: &mut [u8], bytes: &[u8]) -> Option<()> {
    place.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(())
}

fn put_halves(place: &mut [u8], high: u32, low: u32) -> Option<()> {
    put(place, &(high | low << 16).to_le_bytes())
}

fn word(place: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(place.get(..4)?.try_into().ok()?))
}

fn half(place: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(place.get(at..at + 2)?.try_into().ok()?))
}

/// A 32-bit Thumb instruction is two halfwords, the leading one first.
fn halves(place: &[u8]) -> Option<(u16, u16)> {
    Some((half(place, 0)?, half(place, 2)?))
}

fn bits16(half: u16, from: u32, count: u32) -> u32 {
    u32::from(half) >> from & ((1 << count) - 1)
}

fn sign_extend(value: u32, bits: u32) -> i64 {
    i64::from((value << (32 - bits)) as i32 >> (32 - bits))
}
