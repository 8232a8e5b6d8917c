//! Fields of Thumb instructions.

use super::Shape;

/// A field of a Thumb instruction, or of the two halfwords of a 32-bit one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThumbField {
    /// `BL`, `B.W`: 25 bits, signed, in halfwords: `S imm10` and `J1 J2 imm11`.
    Branch24,
    /// Conditional `B.W`: 21 bits, signed: `S cond imm6` and `J1 J2 imm11`.
    Branch19,
    /// `B`: 12 bits, signed: `imm11`.
    Branch11,
    /// Conditional `B`: 9 bits, signed: `imm8`.
    Branch8,
    /// `MOVW`: the low 16 bits: `i imm4` and `imm3 imm8`.
    Movw,
    /// `MOVT`: the high 16 bits, same places.
    Movt,
}

impl ThumbField {
    pub(super) const fn shape(self) -> Shape {
        match self {
            Self::Branch24 => Shape::new(4, 24, 2),
            Self::Branch19 => Shape::new(4, 20, 2),
            Self::Branch11 => Shape::new(2, 11, 2),
            Self::Branch8 => Shape::new(2, 8, 2),
            // Halves of a 32-bit value, which wraps.
            Self::Movw | Self::Movt => Shape::new(4, 32, 1),
        }
    }
}
