//! Square roots of floats as bits, rounding to nearest, one bit of the result at a time.

macro_rules! sqrt {
    ($(#[$meta:meta])* $name:ident, $bits:ty, fraction: $fraction:literal, bias: $bias:literal) => {
        $(#[$meta])*
        pub(crate) fn $name(bits: $bits) -> $bits {
            const SIGN: $bits = 1 << (<$bits>::BITS - 1);
            const INFINITY: $bits = (2 * $bias + 1) << $fraction;
            const QUIET: $bits = 1 << ($fraction - 1);
            if bits & !SIGN > INFINITY {
                return bits | QUIET;
            }
            if bits & !SIGN == 0 || bits == INFINITY {
                return bits;
            }
            if bits & SIGN != 0 {
                return INFINITY | QUIET;
            }
            let mut exponent = (bits >> $fraction) as i32 - $bias;
            let mut rest = bits & ((1 << $fraction) - 1) | 1 << $fraction;
            if exponent == -$bias {
                let shift = bits.leading_zeros() - (<$bits>::BITS - 1 - $fraction);
                exponent = 1 - $bias - shift as i32;
                rest = bits << shift;
            }
            // An even exponent halves exactly; the significand is then in [1, 4).
            rest <<= 1 + (exponent & 1);
            // Invariant: `rest` is what the square of `root` lacks, scaled; `twice` is twice the root, scaled alike.
            let (mut root, mut twice) = (0, 0);
            let mut bit: $bits = 1 << ($fraction + 1);
            while bit != 0 {
                let tried = twice + bit;
                if tried <= rest {
                    twice = tried + bit;
                    rest -= tried;
                    root += bit;
                }
                rest <<= 1;
                bit >>= 1;
            }
            // One bit more than fits; with something left over it is never a tie.
            root += root & <$bits>::from(rest != 0);
            (root >> 1) + (((exponent >> 1) + $bias - 1) as $bits << $fraction)
        }
    };
}

sqrt! {
    /// The square root of a double.
    double, u64, fraction: 52, bias: 1023
}
sqrt! {
    /// The square root of a float.
    single, u32, fraction: 23, bias: 127
}
