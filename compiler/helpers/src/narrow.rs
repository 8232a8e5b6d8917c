//! What the smallest cores lack: 32-bit division, products and shifts wider than a register, counting of zeros. Nothing
//! here is made of an operation that such a core would call this for.

/// Quotient (low half) and remainder (high half); 0 and `n` for a division by zero, which callers exclude.
pub(crate) fn divide(n: u32, d: u32) -> u64 {
    if n < d || d == 0 {
        return pair(n, 0);
    }
    let (mut quotient, mut rest, mut bit) = (0, n, 1);
    let mut shifted = d;
    while shifted <= rest >> 1 {
        shifted <<= 1;
        bit <<= 1;
    }
    while bit != 0 {
        if rest >= shifted {
            rest -= shifted;
            quotient |= bit;
        }
        shifted >>= 1;
        bit >>= 1;
    }
    pair(rest, quotient)
}

/// The same with signs, wrapping: the remainder has the sign of `n`.
pub(crate) fn divide_signed(n: i32, d: i32) -> u64 {
    let both = divide(n.unsigned_abs(), d.unsigned_abs());
    let (quotient, rest) = (both as u32, (both >> 32) as u32);
    let quotient = if n ^ d < 0 { quotient.wrapping_neg() } else { quotient };
    pair(if n < 0 { rest.wrapping_neg() } else { rest }, quotient)
}

/// The low 64 bits of a product.
pub(crate) fn multiply(a: u64, b: u64) -> u64 {
    let (a_low, a_high) = (a as u32, (a >> 32) as u32);
    let (b_low, b_high) = (b as u32, (b >> 32) as u32);
    let (a0, a1, b0, b1) = (a_low & 0xffff, a_low >> 16, b_low & 0xffff, b_low >> 16);
    let low = a0 * b0;
    // No sum of these overflows: (2^16 - 1)^2 + 2 * (2^16 - 1) < 2^32.
    let middle = a1 * b0 + (low >> 16);
    let other = a0 * b1 + (middle & 0xffff);
    let high = a1 * b1 + (middle >> 16) + (other >> 16);
    let high = high.wrapping_add(a_low.wrapping_mul(b_high)).wrapping_add(a_high.wrapping_mul(b_low));
    pair(high, other << 16 | low & 0xffff)
}

/// `value << amount`, for amounts below 64.
pub(crate) fn shift_left(value: u64, amount: u32) -> u64 {
    let (low, high) = (value as u32, (value >> 32) as u32);
    match amount {
        0 => value,
        1..32 => pair(high << amount | low >> (32 - amount), low << amount),
        _ => pair(low << ((amount - 32) & 31), 0),
    }
}

/// `value >> amount`, for amounts below 64.
pub(crate) fn shift_right(value: u64, amount: u32) -> u64 {
    let (low, high) = (value as u32, (value >> 32) as u32);
    match amount {
        0 => value,
        1..32 => pair(high >> amount, high << (32 - amount) | low >> amount),
        _ => pair(0, high >> ((amount - 32) & 31)),
    }
}

/// `value >> amount` with the sign, for amounts below 64.
pub(crate) fn shift_right_signed(value: i64, amount: u32) -> u64 {
    let (low, high) = (value as u32, (value >> 32) as i32);
    match amount {
        0 => value as u64,
        1..32 => pair((high >> amount) as u32, (high as u32) << (32 - amount) | low >> amount),
        _ => pair((high >> 31) as u32, (high >> ((amount - 32) & 31)) as u32),
    }
}

/// How many bits above the highest 1; 32 for 0.
pub(crate) fn leading_zeros(value: u32) -> u32 {
    let (mut rest, mut zeros) = (value, 32);
    for step in [16, 8, 4, 2, 1] {
        if rest >> step != 0 {
            zeros -= step;
            rest >>= step;
        }
    }
    zeros - rest
}

fn pair(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}
