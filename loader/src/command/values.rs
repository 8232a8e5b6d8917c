//! Values as text, in the way of WAMR's `iwasm`.

use crate::{ExternRef, Val, ValType};

/// Reads an argument.
pub(super) fn parse(ty: ValType, text: &str) -> Option<Val> {
    Some(match ty {
        ValType::I32 => {
            let value = integer(text)?;
            Val::I32(i32::try_from(value).ok().or_else(|| u32::try_from(value).ok().map(|value| value as i32))?)
        }
        ValType::I64 => {
            let value = integer(text)?;
            Val::I64(i64::try_from(value).ok().or_else(|| u64::try_from(value).ok().map(|value| value as i64))?)
        }
        ValType::F32 => Val::F32(text.parse().ok()?),
        ValType::F64 => Val::F64(text.parse().ok()?),
        ValType::V128 => {
            let (low, high) = text.split_once('\\')?;
            let half = |text| Some(u128::from(integer(text).and_then(|value| u64::try_from(value).ok())?));
            Val::V128(half(low)? | half(high)? << 64)
        }
        ValType::FuncRef => (text == "null").then_some(Val::FuncRef(None))?,
        ValType::ExternRef if text == "null" => Val::ExternRef(ExternRef::NULL),
        ValType::ExternRef => Val::ExternRef(ExternRef::new(u32::try_from(integer(text)?).ok()?)?),
    })
}

/// Decimal, `0x` hexadecimal or `0` octal, like C's `strtol` with base 0.
fn integer(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (base, digits) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => (16, digits),
        None if digits.len() > 1 && digits.starts_with('0') => (8, digits),
        None => (10, digits),
    };
    if !digits.starts_with(|first: char| first.is_ascii_hexdigit()) {
        return None;
    }
    Some(sign * i128::from(u64::from_str_radix(digits, base).ok()?))
}

/// Writes a result: value, colon, type.
pub(super) fn print(value: &Val) -> String {
    match value {
        Val::I32(value) => format!("{value:#x}:i32"),
        Val::I64(value) => format!("{value:#x}:i64"),
        Val::F32(value) => format!("{}:f32", general(f64::from(*value))),
        Val::F64(value) => format!("{}:f64", general(*value)),
        Val::V128(value) => format!("<{:#018x} {:#018x}>:v128", *value as u64, (*value >> 64) as u64),
        Val::FuncRef(None) => "func:ref.null".to_owned(),
        Val::FuncRef(Some(_)) => "func:ref.func".to_owned(),
        Val::ExternRef(reference) => match reference.handle() {
            None => "extern:ref.null".to_owned(),
            Some(handle) => format!("{handle:#x}:ref.extern"),
        },
    }
}

/// C's `%.7g`.
fn general(value: f64) -> String {
    const DIGITS: i32 = 7;
    if !value.is_finite() {
        return match (value.is_nan(), value.is_sign_negative()) {
            (true, false) => "nan",
            (true, true) => "-nan",
            (false, false) => "inf",
            (false, true) => "-inf",
        }
        .to_owned();
    }
    let scientific = format!("{value:.*e}", DIGITS as usize - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..DIGITS).contains(&exponent) {
        let fixed = format!("{value:.*}", (DIGITS - 1 - exponent) as usize);
        return without_zeroes(&fixed).to_owned();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", without_zeroes(mantissa), exponent.abs())
}

/// A decimal fraction without zeroes at its end.
fn without_zeroes(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_look_like_cs_general_format() {
        let cases = [
            (0.0, "0"),
            (1.5, "1.5"),
            (100000.0, "100000"),
            (1234567.0, "1234567"),
            (12345678.0, "1.234568e+07"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-2.5e-7, "-2.5e-07"),
            (f64::INFINITY, "inf"),
            (9999999.7, "1e+07"),
        ];
        for (value, text) in cases {
            assert_eq!(general(value), text);
        }
    }

    #[test]
    fn integers_in_every_base_and_range() {
        assert_eq!(parse(ValType::I32, "-1"), Some(Val::I32(-1)));
        assert_eq!(parse(ValType::I32, "0xffffffff"), Some(Val::I32(-1)));
        assert_eq!(parse(ValType::I32, "010"), Some(Val::I32(8)));
        assert_eq!(parse(ValType::I64, "18446744073709551615"), Some(Val::I64(-1)));
        for wrong in ["", "-", "0x", "1x", "4294967296", "+ 1"] {
            assert_eq!(parse(ValType::I32, wrong), None, "{wrong}");
        }
    }
}
