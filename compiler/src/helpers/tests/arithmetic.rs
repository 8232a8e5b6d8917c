//! The routines that are ours, compared with this machine's arithmetic.

#![allow(dead_code)]

#[path = "../../../helpers/src/compare.rs"]
mod compare;
#[path = "../../../helpers/src/divide.rs"]
mod divide;
#[path = "../../../helpers/src/double.rs"]
mod double;
#[path = "../../../helpers/src/narrow.rs"]
mod narrow;
#[path = "../../../helpers/src/round.rs"]
mod round;
#[path = "../../../helpers/src/sqrt.rs"]
mod sqrt;

/// xorshift64*: enough to visit unlike numbers, the same ones each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Numbers of all lengths, with runs of equal bits.
    fn integer(&mut self) -> u64 {
        let (value, mask, shift) = (self.next(), self.next(), self.next() % 64);
        match self.next() % 4 {
            0 => value >> shift,
            1 => (value & mask) << shift,
            2 => !(value >> shift),
            _ => (1_u64 << shift).wrapping_add(value % 5).wrapping_sub(2),
        }
    }

    /// Doubles of all exponents, half of them near 1, with short and long significands.
    fn double(&mut self) -> u64 {
        let value = self.integer();
        match self.next() % 4 {
            0 => value,
            1 => value & !(0x7ff << 52) | (0x3ff - 32 + self.next() % 64) << 52,
            2 => (value as i32 as f64).to_bits(),
            _ => value & (1 << 63) | (self.next() % 64) << 52 | value >> 12,
        }
    }

    fn single(&mut self) -> u32 {
        let value = self.integer() as u32;
        match self.next() % 3 {
            0 => value,
            1 => value & !(0xff << 23) | (0x7f - 16 + self.next() as u32 % 32) << 23,
            _ => (value as i32 as f32).to_bits(),
        }
    }
}

const DOUBLES: &[u64] = &[
    0,
    1,
    2,
    0x000f_ffff_ffff_ffff,
    0x0010_0000_0000_0000,
    0x0010_0000_0000_0001,
    0x3cb0_0000_0000_0000,
    0x3fdf_ffff_ffff_ffff,
    0x3fe0_0000_0000_0000,
    0x3fe0_0000_0000_0001,
    0x3fef_ffff_ffff_ffff,
    0x3ff0_0000_0000_0000,
    0x3ff0_0000_0000_0001,
    0x3ff8_0000_0000_0000,
    0x4000_0000_0000_0000,
    0x4004_0000_0000_0000,
    0x4008_0000_0000_0000,
    0x4320_0000_0000_0001,
    0x432f_ffff_ffff_ffff,
    0x4330_0000_0000_0000,
    0x4330_0000_0000_0001,
    0x7fe0_0000_0000_0000,
    0x7fef_ffff_ffff_ffff,
    0x7ff0_0000_0000_0000,
    0x7ff0_0000_0000_0001,
    0x7ff8_0000_0000_0000,
    0x7fff_ffff_ffff_ffff,
];

const ROUNDS: u32 = 2_000_000;

/// Every pair of edge cases, and many others.
fn pairs(mut check: impl FnMut(u64, u64)) {
    let signed = || DOUBLES.iter().flat_map(|bits| [*bits, *bits | 1 << 63]);
    for a in signed() {
        for b in signed() {
            check(a, b);
        }
    }
    let mut random = Random(0x1234_5678_9abc_def1);
    for _ in 0..ROUNDS {
        check(random.double(), random.double());
    }
}

fn doubles(mut check: impl FnMut(u64)) {
    pairs(|a, b| {
        check(a);
        check(b);
    });
}

fn singles(mut check: impl FnMut(u32)) {
    let mut random = Random(0x1234_5678_9abc_def1);
    for _ in 0..ROUNDS {
        check(random.single());
    }
    for exponent in 0..=255 {
        for fraction in [0, 1, 0x3f_ffff, 0x40_0000, 0x40_0001, 0x7f_ffff] {
            for sign in [0, 1] {
                check(sign << 31 | exponent << 23 | fraction);
            }
        }
    }
}

/// Equal bits, or both NaN and ours quiet.
fn same_double(ours: u64, theirs: f64) -> bool {
    if theirs.is_nan() { f64::from_bits(ours).is_nan() && ours & 1 << 51 != 0 } else { ours == theirs.to_bits() }
}

fn same_single(ours: u32, theirs: f32) -> bool {
    if theirs.is_nan() { f32::from_bits(ours).is_nan() && ours & 1 << 22 != 0 } else { ours == theirs.to_bits() }
}

#[test]
fn doubles_multiply_and_divide() {
    pairs(|a, b| {
        let (x, y) = (f64::from_bits(a), f64::from_bits(b));
        assert!(same_double(double::multiply(a, b), x * y), "{a:#x} * {b:#x} = {:#x}", double::multiply(a, b));
        assert!(same_double(double::divide(a, b), x / y), "{a:#x} / {b:#x} = {:#x}", double::divide(a, b));
    });
}

#[test]
fn canonical_operands_give_canonical_nans() {
    const CANONICAL: u64 = 0x7ff8 << 48;
    for other in DOUBLES.iter().copied().filter(|bits| bits << 1 <= 0x7ff << 53).chain([CANONICAL]) {
        for result in [double::multiply(CANONICAL, other), double::divide(other, CANONICAL)] {
            assert_eq!(result & !(1 << 63), CANONICAL);
        }
    }
    assert_eq!(double::divide(0, 0), CANONICAL);
    assert_eq!(sqrt::double(1 << 63 | 1), CANONICAL);
}

#[test]
fn integers_divide() {
    let mut random = Random(0x1234_5678_9abc_def1);
    let edges = [0, 1, 2, 3, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000, u64::MAX, 1 << 63, u64::MAX >> 1];
    let check = |n: u64, d: u64| {
        assert_eq!(divide::unsigned(n, d), n.checked_div(d).unwrap_or(0), "{n:#x} / {d:#x}");
        let (n, d) = (n as i64, d as i64);
        assert_eq!(divide::signed(n, d), if d == 0 { 0 } else { n.wrapping_div(d) }, "{n:#x} / {d:#x}");
        assert_eq!(divide::signed_remainder(n, d), if d == 0 { n } else { n.wrapping_rem(d) }, "{n:#x} % {d:#x}");
        let (n, d) = (n as u64, d as u64);
        assert_eq!(divide::remainder(n, d), if d == 0 { n } else { n % d }, "{n:#x} % {d:#x}");
    };
    for n in edges {
        for d in edges {
            check(n, d);
        }
    }
    for _ in 0..ROUNDS {
        let (n, d) = (random.integer(), random.integer());
        check(n, d);
        // Products and their neighbours are where estimates fail.
        let product = (n >> 32).wrapping_mul(d >> 32);
        check(product, d >> 32);
        check(product.wrapping_sub(1), d >> 32);
    }
}

#[test]
fn reciprocals_are_lower_bounds() {
    let check = |d: u32| {
        let shortfall = (1_u64 << 63) / u64::from(d) - u64::from(divide::reciprocal(d));
        assert!(shortfall < 8, "{d:#x}: {shortfall}");
    };
    let mut random = Random(0x1234_5678_9abc_def1);
    for _ in 0..ROUNDS {
        check(random.next() as u32 | 1 << 31);
    }
    for i in 0..1000 {
        check((1 << 31) + i);
        check(u32::MAX - i);
    }
}

#[test]
fn comparisons_agree() {
    pairs(|a, b| {
        let (x, y) = (f64::from_bits(a), f64::from_bits(b));
        let relation = [(compare::LESS, x < y), (compare::EQUAL, x == y), (compare::GREATER, x > y)];
        for (wanted, holds) in relation.into_iter().chain([(compare::UNORDERED, x.is_nan() || y.is_nan())]) {
            assert_eq!(compare::double(a, b, wanted), u32::from(holds), "{a:#x} {wanted} {b:#x}");
        }
        assert_eq!(compare::double(a, b, compare::LESS | compare::EQUAL), u32::from(x <= y));
        let order = x.partial_cmp(&y).map_or(7, |order| order as i32);
        assert_eq!(compare::three_way_double(a, b, 7), order);
        let (a, b) = ((a >> 32) as u32, (b >> 32) as u32);
        let (x, y) = (f32::from_bits(a), f32::from_bits(b));
        let order = x.partial_cmp(&y).map_or(7, |order| order as i32);
        assert_eq!(compare::three_way_single(a, b, 7), order);
        assert_eq!(compare::single(a, b, compare::GREATER | compare::EQUAL), u32::from(x >= y));
        assert_eq!(compare::single(a, b, compare::LESS), u32::from(x < y));
        assert_eq!(compare::single(a, b, compare::UNORDERED), u32::from(x.is_nan() || y.is_nan()));
    });
}

#[test]
fn doubles_round() {
    use round::Toward::{Nearest, Negative, Positive, Zero};
    doubles(|bits| {
        let x = f64::from_bits(bits);
        let expected = [(Zero, x.trunc()), (Positive, x.ceil()), (Negative, x.floor()), (Nearest, x.round_ties_even())];
        for (toward, expected) in expected {
            assert!(same_double(round::double(bits, toward), expected), "{bits:#x}");
        }
    });
}

#[test]
fn singles_round() {
    use round::Toward::{Nearest, Negative, Positive, Zero};
    singles(|bits| {
        let x = f32::from_bits(bits);
        let expected = [(Zero, x.trunc()), (Positive, x.ceil()), (Negative, x.floor()), (Nearest, x.round_ties_even())];
        for (toward, expected) in expected {
            assert!(same_single(round::single(bits, toward), expected), "{bits:#x}");
        }
    });
}

#[test]
fn singles_become_doubles() {
    singles(|bits| assert!(same_double(double::from_single(bits), f64::from(f32::from_bits(bits))), "{bits:#x}"));
}

#[test]
fn square_roots_agree() {
    doubles(|bits| assert!(same_double(sqrt::double(bits), f64::from_bits(bits).sqrt()), "{bits:#x}"));
    singles(|bits| assert!(same_single(sqrt::single(bits), f32::from_bits(bits).sqrt()), "{bits:#x}"));
}

#[test]
fn narrow_operations_agree() {
    let mut random = Random(0x1234_5678_9abc_def1);
    let edges = [0, 1, 2, 31, 32, 63, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_0000, u64::MAX, 1 << 63];
    let check = |a: u64, b: u64| {
        assert_eq!(narrow::multiply(a, b), a.wrapping_mul(b), "{a:#x} * {b:#x}");
        let shift = b as u32 & 63;
        assert_eq!(narrow::shift_left(a, shift), a << shift, "{a:#x} << {shift}");
        assert_eq!(narrow::shift_right(a, shift), a >> shift, "{a:#x} >> {shift}");
        assert_eq!(narrow::shift_right_signed(a as i64, shift), (a as i64 >> shift) as u64, "{a:#x} >> {shift}");
        let (n, d) = (a as u32, b as u32);
        assert_eq!(narrow::leading_zeros(n), n.leading_zeros(), "{n:#x}");
        if let (Some(quotient), Some(rest)) = (n.checked_div(d), n.checked_rem(d)) {
            let (quotient, rest) = (u64::from(quotient), u64::from(rest));
            assert_eq!(narrow::divide(n, d), rest << 32 | quotient, "{n:#x} / {d:#x}");
            let (n, d) = (n as i32, d as i32);
            let (quotient, rest) = (n.wrapping_div(d) as u32, n.wrapping_rem(d) as u32);
            assert_eq!(narrow::divide_signed(n, d), u64::from(rest) << 32 | u64::from(quotient), "{n:#x} / {d:#x}");
        }
    };
    for a in edges {
        for b in edges {
            check(a, b);
        }
    }
    for _ in 0..ROUNDS {
        check(random.integer(), random.integer());
    }
}
