//! Fields of Xtensa instructions, all of 24 bits.

use super::Shape;

/// A field of an Xtensa instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XtensaField {
    /// `L32R`: the distance from the next multiple of 4, always back, in words: 16 bits above the first 8.
    L32r,
    /// `CALLn`: 20 bits, signed, in words: 18 bits above the first 6.
    Call,
    /// `J`: 18 bits, signed, above the first 6.
    Jump,
}

impl XtensaField {
    pub(super) const fn shape(self) -> Shape {
        match self {
            Self::L32r => Shape::new(3, 18, 4),
            Self::Call => Shape::new(3, 19, 4),
            Self::Jump => Shape::new(3, 17, 1),
        }
    }
}
