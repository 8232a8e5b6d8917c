//! Rounding of floats, as bits, to floats without fraction.

/// Where to round to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Toward {
    /// Zero.
    Zero,
    /// Positive infinity.
    Positive,
    /// Negative infinity.
    Negative,
    /// The nearest, ties to even.
    Nearest,
}

macro_rules! round {
    ($(#[$meta:meta])* $name:ident, $bits:ty, fraction: $fraction:literal, bias: $bias:literal) => {
        $(#[$meta])*
        #[inline(always)]
        pub(crate) fn $name(bits: $bits, toward: Toward) -> $bits {
            const SIGN: $bits = 1 << (<$bits>::BITS - 1);
            const INFINITY: $bits = (2 * $bias + 1) << $fraction;
            const ONE: $bits = $bias << $fraction;
            let magnitude = bits & !SIGN;
            let sign = bits & SIGN;
            if magnitude > INFINITY {
                return bits | 1 << ($fraction - 1);
            }
            let away = match toward {
                Toward::Positive => sign == 0,
                Toward::Negative => sign != 0,
                Toward::Zero | Toward::Nearest => false,
            };
            if magnitude < ONE {
                let up = match toward {
                    Toward::Nearest => magnitude > ONE - (1 << $fraction),
                    _ => away && magnitude != 0,
                };
                return sign | if up { ONE } else { 0 };
            }
            let integer_bits = (magnitude >> $fraction) as u32 - $bias;
            if integer_bits >= $fraction {
                return bits;
            }
            // The fraction's bits; a carry out of the significand counts the exponent up, as it should.
            let below: $bits = (1 << ($fraction - integer_bits)) - 1;
            let added = match toward {
                Toward::Nearest => (below >> 1) + (magnitude >> ($fraction - integer_bits) & 1),
                _ if away => below,
                _ => 0,
            };
            sign | (magnitude + added) & !below
        }
    };
}

round! {
    /// Rounds a double.
    double, u64, fraction: 52, bias: 1023
}
round! {
    /// Rounds a float.
    single, u32, fraction: 23, bias: 127
}
