//! Multiplication and division of doubles as bits, IEEE 754 binary64, rounding to nearest, ties to even; doubles of floats.

use super::divide::reciprocal;

const SIGN: u64 = 1 << 63;
const INFINITY: u64 = 0x7ff << 52;
const QUIET: u64 = 1 << 51;
const DEFAULT_NAN: u64 = INFINITY | QUIET;
const FRACTION: u64 = (1 << 52) - 1;
const BIAS: i32 = 1023;

/// `a * b`.
pub(crate) fn multiply(a: u64, b: u64) -> u64 {
    let sign = (a ^ b) & SIGN;
    let (x, y) = (a & !SIGN, b & !SIGN);
    if x >= INFINITY || y >= INFINITY {
        let has_zero = x == 0 || y == 0;
        return nan(a, b).unwrap_or(if has_zero { DEFAULT_NAN } else { sign | INFINITY });
    }
    if x == 0 || y == 0 {
        return sign;
    }
    let (a_exponent, a) = normalized(x);
    let (b_exponent, b) = normalized(y);
    // 2^63 <= a < 2^64, 2^62 <= b < 2^63: bit 125 or 126 of the product is its top bit.
    let (high, low) = wide(a << 11, b << 10);
    let exponent = a_exponent + b_exponent - BIAS;
    if high >> 62 == 1 {
        pack(sign, exponent + 1, high | u64::from(low != 0))
    } else {
        pack(sign, exponent, high << 1 | low >> 63 | u64::from(low << 1 != 0))
    }
}

/// `a / b`.
pub(crate) fn divide(a: u64, b: u64) -> u64 {
    let sign = (a ^ b) & SIGN;
    let (x, y) = (a & !SIGN, b & !SIGN);
    if x >= INFINITY || y >= INFINITY {
        let infinite = if y == INFINITY { sign } else { sign | INFINITY };
        return nan(a, b).unwrap_or(if x == y { DEFAULT_NAN } else { infinite });
    }
    if y == 0 {
        return if x == 0 { DEFAULT_NAN } else { sign | INFINITY };
    }
    if x == 0 {
        return sign;
    }
    let (a_exponent, mut a) = normalized(x);
    let (b_exponent, b) = normalized(y);
    let mut exponent = a_exponent - b_exponent + BIAS;
    if a < b {
        a <<= 1;
        exponent -= 1;
    }
    // The quotient is in [1, 2): one, and 54 bits in two digits.
    let inverse = reciprocal((b >> 21) as u32) - 2;
    let (first, rest) = digit(a - b, b, inverse);
    let (second, rest) = digit(rest, b, inverse);
    let quotient = 1 << 54 | first << 27 | second;
    pack(sign, exponent, quotient << 8 | u64::from(rest != 0))
}

/// The double of a float.
pub(crate) fn from_single(a: u32) -> u64 {
    const SINGLE_INFINITY: u32 = 0xff << 23;
    let sign = u64::from(a >> 31) << 63;
    let magnitude = a & !(1 << 31);
    let widened = u64::from(magnitude) << 29;
    if magnitude > SINGLE_INFINITY {
        return sign | widened | DEFAULT_NAN;
    }
    if magnitude == SINGLE_INFINITY {
        return sign | INFINITY;
    }
    if magnitude == 0 {
        return sign;
    }
    // Subnormal floats are normal doubles.
    let rebias = (BIAS - 127) as u64;
    if magnitude >> 23 != 0 {
        return sign | (widened + (rebias << 52));
    }
    let shift = magnitude.leading_zeros() - 8;
    sign | ((widened << shift) + ((rebias - u64::from(shift)) << 52))
}

/// Quotient and remainder of `rest * 2^27 / b`, for `rest < b < 2^53` and `inverse` at most `2^84 / b`.
fn digit(rest: u64, b: u64, inverse: u32) -> (u64, u64) {
    // Too small by 2 at most; the remainder is small, so that what overflows above it does not matter.
    let mut quotient = ((rest >> 21) * u64::from(inverse)) >> 36;
    let mut rest = (rest << 27).wrapping_sub(quotient.wrapping_mul(b));
    while rest >= b {
        rest -= b;
        quotient += 1;
    }
    (quotient, rest)
}

/// The quiet form of the first operand that is a NaN.
fn nan(a: u64, b: u64) -> Option<u64> {
    [a, b].into_iter().find(|x| x & !SIGN > INFINITY).map(|x| x | QUIET)
}

/// Biased exponent and 53-bit significand of a finite number that is not zero; exponents of subnormals go below 1.
fn normalized(magnitude: u64) -> (i32, u64) {
    if magnitude >> 52 != 0 {
        return ((magnitude >> 52) as i32, magnitude & FRACTION | 1 << 52);
    }
    let shift = magnitude.leading_zeros() - 11;
    (1 - shift as i32, magnitude << shift)
}

/// Rounds a significand whose top bit is bit 62 and whose bit 0 also stands for everything below it.
fn pack(sign: u64, exponent: i32, significand: u64) -> u64 {
    if exponent > 2046 {
        return sign | INFINITY;
    }
    if exponent >= 1 {
        return sign | round((exponent as u64 - 1) << 52, significand);
    }
    let shift = 1 - exponent;
    if shift > 62 {
        return sign;
    }
    let lost = significand & ((1 << shift) - 1);
    sign | round(0, significand >> shift | u64::from(lost != 0))
}

/// Adds the upper bits of a significand, rounded; its leading bit counts into the exponent, and so does a carry.
fn round(exponent_bits: u64, significand: u64) -> u64 {
    let kept = significand >> 10;
    let below = significand & 0x3ff;
    let up = below > 0x200 || below == 0x200 && kept & 1 == 1;
    exponent_bits + kept + u64::from(up)
}

/// The 128 bits of a product.
fn wide(a: u64, b: u64) -> (u64, u64) {
    let (a_high, a_low) = (a >> 32, a & 0xffff_ffff);
    let (b_high, b_low) = (b >> 32, b & 0xffff_ffff);
    let low = a_low * b_low;
    let middle = a_high * b_low + (low >> 32);
    let other = a_low * b_high + (middle & 0xffff_ffff);
    (a_high * b_high + (middle >> 32) + (other >> 32), other << 32 | low & 0xffff_ffff)
}
