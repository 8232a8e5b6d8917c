//! Fields of A32 instructions.

use super::Shape;

/// A field of an A32 instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArmField {
    /// `B`, `BL`: 26 bits, signed, in words: `imm24`.
    Branch24,
    /// `MOVW`: the low 16 bits: `imm4` and `imm12`.
    Movw,
    /// `MOVT`: the high 16 bits, same places.
    Movt,
}

impl ArmField {
    pub(super) const fn shape(self) -> Shape {
        match self {
            Self::Branch24 => Shape::new(4, 25, 4),
            // Halves of a 32-bit value, which wraps.
            Self::Movw | Self::Movt => Shape::new(4, 32, 1),
        }
    }
}
