//! Fields of Xtensa instructions: 24 bits, the first byte the lowest.

use super::{put, sign_extend};
use graver_targets::XtensaField;

pub(super) fn decode(field: XtensaField, place: &[u8]) -> Option<i64> {
    let bits = instruction(place)?;
    Some(match field {
        XtensaField::L32r => i64::from(((bits >> 8 | 0xffff_0000) << 2) as i32),
        XtensaField::Call => sign_extend(bits >> 6, 18) << 2,
        XtensaField::Jump => sign_extend(bits >> 6, 18),
    })
}

pub(super) fn encode(field: XtensaField, place: &mut [u8], value: u32) -> Option<()> {
    let (kept, bits) = match field {
        XtensaField::L32r => (0xff, value >> 2 << 8),
        XtensaField::Call => (0x3f, value >> 2 << 6),
        XtensaField::Jump => (0x3f, value << 6),
    };
    let [first, second, third, _] = (instruction(place)? & kept | bits).to_le_bytes();
    put(place, &[first, second, third])
}

fn instruction(place: &[u8]) -> Option<u32> {
    let [first, second, third] = *place.first_chunk()?;
    Some(u32::from_le_bytes([first, second, third, 0]))
}
