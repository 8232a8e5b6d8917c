//! Versions that the image records.

/// This compiler, as major << 16 | minor << 8 | patch.
pub(crate) const COMPILER: u32 = pack([
    parse(env!("CARGO_PKG_VERSION_MAJOR")),
    parse(env!("CARGO_PKG_VERSION_MINOR")),
    parse(env!("CARGO_PKG_VERSION_PATCH")),
]);

pub(crate) const fn pack([major, minor, patch]: [u32; 3]) -> u32 {
    major << 16 | minor << 8 | patch
}

const fn parse(digits: &str) -> u32 {
    let digits = digits.as_bytes();
    let (mut value, mut i) = (0, 0);
    while i < digits.len() {
        value = value * 10 + (digits[i] - b'0') as u32;
        i += 1;
    }
    value
}
