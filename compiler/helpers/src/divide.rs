//! 64-bit division out of 32-bit multiplications: with no division instruction, nothing can trap or call itself.

/// A lower bound of `2^63 / d`, less than 8 below, for a `d` with its top bit set.
///
/// With `b = d / 2^32` and `y = x / 2^32` this is Newton's iteration `y = 2 * y * (1 - b * y)` for `1 / (2 * b)`. Rounding
/// always down keeps it below the limit, and so within 32 bits.
pub(crate) fn reciprocal(d: u32) -> u32 {
    // The line 3/4 + 1/sqrt(2) - b, which is within 9 % of 1/(2 * b); each step doubles the number of right bits.
    let mut x = 0x7504_f333_u32.wrapping_sub(d);
    for _ in 0..4 {
        let rest = !(wide(x, d) >> 32) as u32;
        x = (wide(x, rest) >> 31) as u32;
    }
    x
}

/// A divisor with its top bit set, and `(2^64 - 1) / d - 2^32`.
/// Möller and Granlund, "Improved division by invariant integers", 2011.
struct Divisor {
    d: u32,
    inverse: u32,
}

impl Divisor {
    fn new(d: u32) -> Self {
        let mut quotient = (u64::from(reciprocal(d)) << 1).max(1 << 32);
        let mut rest = !quotient.wrapping_mul(u64::from(d));
        while rest >= u64::from(d) {
            rest -= u64::from(d);
            quotient += 1;
        }
        Self { d, inverse: quotient as u32 }
    }

    /// Quotient and remainder of `high * 2^32 + low`; `high` is less than the divisor.
    fn divide(&self, high: u32, low: u32) -> (u32, u32) {
        let estimate = wide(self.inverse, high).wrapping_add(u64::from(high) << 32 | u64::from(low));
        let mut quotient = ((estimate >> 32) as u32).wrapping_add(1);
        let mut rest = low.wrapping_sub(quotient.wrapping_mul(self.d));
        if rest > estimate as u32 {
            quotient = quotient.wrapping_sub(1);
            rest = rest.wrapping_add(self.d);
        }
        if rest >= self.d {
            quotient = quotient.wrapping_add(1);
            rest -= self.d;
        }
        (quotient, rest)
    }
}

/// `n / d`; 0 for a division by zero, which callers exclude.
pub(crate) fn unsigned(n: u64, d: u64) -> u64 {
    if n < d || d == 0 {
        return 0;
    }
    if d >> 32 == 0 { by_word(n, d as u32) } else { by_two_words(n, d) }
}

/// `n / d`, wrapping; 0 for a division by zero.
pub(crate) fn signed(n: i64, d: i64) -> i64 {
    let quotient = unsigned(n.unsigned_abs(), d.unsigned_abs()) as i64;
    if n ^ d < 0 { quotient.wrapping_neg() } else { quotient }
}

/// What `n / d` leaves; `n` for a division by zero, which callers exclude.
pub(crate) fn remainder(n: u64, d: u64) -> u64 {
    n.wrapping_sub(unsigned(n, d).wrapping_mul(d))
}

/// What `n / d` leaves, with the sign of `n`.
pub(crate) fn signed_remainder(n: i64, d: i64) -> i64 {
    n.wrapping_sub(signed(n, d).wrapping_mul(d))
}

/// Schoolbook division with digits of 32 bits.
fn by_word(n: u64, d: u32) -> u64 {
    let shift = d.leading_zeros();
    let divisor = Divisor::new(d << shift);
    let shifted = n << shift;
    let overflow = ((n >> 32) << shift >> 32) as u32;
    let (high, rest) =
        if n >> 32 == 0 { (0, (shifted >> 32) as u32) } else { divisor.divide(overflow, (shifted >> 32) as u32) };
    let (low, _) = divisor.divide(rest, shifted as u32);
    u64::from(high) << 32 | u64::from(low)
}

/// The quotient has one digit: estimate it from the divisor's leading digit. Halving `n` makes room for the division, and
/// the estimate is right or one too large; see Warren, "Hacker's Delight", 9-5.
fn by_two_words(n: u64, d: u64) -> u64 {
    let shift = d.leading_zeros();
    let half = n >> 1;
    let (digit, _) = Divisor::new((d << shift >> 32) as u32).divide((half >> 32) as u32, half as u32);
    let quotient = (u64::from(digit) << shift >> 31).saturating_sub(1);
    quotient + u64::from(n.wrapping_sub(quotient.wrapping_mul(d)) >= d)
}

fn wide(a: u32, b: u32) -> u64 {
    u64::from(a) * u64::from(b)
}
