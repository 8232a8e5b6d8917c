//! Numbers from text. A `long` of the guest's has 32 bits: what does not fit is the nearest that does.

use graver_loader::CallError;

use super::string::is_space;
use super::{Guest, Row, arg, int};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "atoi",
        signature: "(i)i",
        run: |guest, args| Ok(int(Number::read(guest, arg(args, 0), 10)?.signed())),
    },
    Row { name: "strtol", signature: "(iii)i", run: |guest, args| Ok(int(with_end(guest, args)?.signed())) },
    Row { name: "strtoul", signature: "(iii)i", run: |guest, args| Ok(u64::from(with_end(guest, args)?.unsigned())) },
];

/// A number in a string.
struct Number {
    is_negative: bool,
    magnitude: u64,
    /// Where it ends; where the string starts, if there is none.
    end: u32,
}

impl Number {
    fn read(guest: &mut Guest, start: u32, base: u32) -> Result<Self, CallError> {
        let text = guest.text(start)?;
        let mut at = text.iter().take_while(|byte| is_space(**byte)).count();
        let mut number = Self { is_negative: false, magnitude: 0, end: start };
        if let Some(sign @ (b'+' | b'-')) = text.get(at) {
            number.is_negative = *sign == b'-';
            at += 1;
        }
        let digit = |at: usize, base: u32| text.get(at).and_then(|byte| char::from(*byte).to_digit(base));
        let has_prefix =
            text.get(at) == Some(&b'0') && matches!(text.get(at + 1), Some(b'x' | b'X')) && digit(at + 2, 16).is_some();
        let base = match base {
            0 | 16 if has_prefix => {
                at += 2;
                16
            }
            0 if text.get(at) == Some(&b'0') => 8,
            0 => 10,
            2..=36 => base,
            _ => return Ok(number),
        };
        while let Some(value) = digit(at, base) {
            number.magnitude = number.magnitude.saturating_mul(u64::from(base)).saturating_add(u64::from(value));
            at += 1;
            number.end = start + at as u32;
        }
        Ok(number)
    }

    fn signed(&self) -> i32 {
        match i64::try_from(self.magnitude) {
            Ok(magnitude) if self.is_negative => (-magnitude).max(i64::from(i32::MIN)) as i32,
            Ok(magnitude) => magnitude.min(i64::from(i32::MAX)) as i32,
            Err(_) if self.is_negative => i32::MIN,
            Err(_) => i32::MAX,
        }
    }

    /// A sign negates in the unsigned type.
    fn unsigned(&self) -> u32 {
        match u32::try_from(self.magnitude) {
            Ok(magnitude) if self.is_negative => magnitude.wrapping_neg(),
            Ok(magnitude) => magnitude,
            Err(_) => u32::MAX,
        }
    }
}

/// Reads a number and stores where it ends, unless that is not wanted.
fn with_end(guest: &mut Guest, args: &[u64]) -> Result<Number, CallError> {
    let number = Number::read(guest, arg(args, 0), arg(args, 2))?;
    let to = arg(args, 1);
    if to != 0 {
        guest.bytes(to, 4)?.copy_from_slice(&number.end.to_le_bytes());
    }
    Ok(number)
}
