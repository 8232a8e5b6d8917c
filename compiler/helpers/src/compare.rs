//! Comparison of floats as bits.

/// The first operand is less.
pub(crate) const LESS: u32 = 1;
/// The operands are equal.
pub(crate) const EQUAL: u32 = 2;
/// The first operand is greater.
pub(crate) const GREATER: u32 = 4;
/// One of the operands is a NaN.
pub(crate) const UNORDERED: u32 = 8;

/// 1 if the relation of two doubles is one of `wanted`, else 0.
pub(crate) fn double(a: u64, b: u64, wanted: u32) -> u32 {
    const INFINITY: u64 = 0x7ff << 53;
    if a << 1 > INFINITY || b << 1 > INFINITY {
        return u32::from(wanted & UNORDERED != 0);
    }
    relation(rank(a), rank(b), wanted)
}

/// 1 if the relation of two floats is one of `wanted`, else 0.
pub(crate) fn single(a: u32, b: u32, wanted: u32) -> u32 {
    const INFINITY: u32 = 0xff << 24;
    if a << 1 > INFINITY || b << 1 > INFINITY {
        return u32::from(wanted & UNORDERED != 0);
    }
    // Moving the sign to the top keeps the order.
    relation(rank(u64::from(a) << 32), rank(u64::from(b) << 32), wanted)
}

/// -1, 0 or 1 as the first double is less, equal or greater; `unordered` if one is a NaN.
pub(crate) fn three_way_double(a: u64, b: u64, unordered: i32) -> i32 {
    let is = |wanted| double(a, b, wanted) as i32;
    if is(UNORDERED) != 0 { unordered } else { is(GREATER) - is(LESS) }
}

/// The same for floats.
pub(crate) fn three_way_single(a: u32, b: u32, unordered: i32) -> i32 {
    let is = |wanted| single(a, b, wanted) as i32;
    if is(UNORDERED) != 0 { unordered } else { is(GREATER) - is(LESS) }
}

/// Numbers by size; both zeros are 0.
fn rank(bits: u64) -> i64 {
    let magnitude = (bits & !(1 << 63)) as i64;
    if bits >> 63 == 1 { -magnitude } else { magnitude }
}

fn relation(a: i64, b: i64, wanted: u32) -> u32 {
    let holds = wanted & LESS != 0 && a < b || wanted & EQUAL != 0 && a == b || wanted & GREATER != 0 && a > b;
    u32::from(holds)
}
