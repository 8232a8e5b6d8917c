//! Fields of AArch64 instructions.

use super::Shape;

/// A field of an AArch64 instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aarch64Field {
    /// `B`, `BL`: 28 bits, signed, in words: `imm26`.
    Branch26,
    /// `B.cond`, `CBZ`, `LDR (literal)`: 21 bits, signed, in words: `imm19`.
    Branch19,
    /// `TBZ`: 16 bits, signed, in words: `imm14`.
    Branch14,
    /// `ADR`: 21 bits, signed: `immlo` and `immhi`.
    Adr,
    /// `ADRP`: the same in pages of 4 KiB.
    Adrp,
    /// `ADD (immediate)`: 12 bits, unsigned: `imm12`.
    Add12,
    /// Loads and stores: the same, in units of the access, whose size is a power of two with this exponent.
    Access12(u8),
}

impl Aarch64Field {
    pub(super) const fn shape(self) -> Shape {
        match self {
            Self::Branch26 => Shape::new(4, 27, 4),
            Self::Branch19 => Shape::new(4, 20, 4),
            Self::Branch14 => Shape::new(4, 15, 4),
            Self::Adr => Shape::new(4, 20, 1),
            Self::Adrp => Shape::new(4, 32, 1 << 12),
            // Values are offsets in pages, and never negative.
            Self::Add12 => Shape::new(4, 12, 1),
            Self::Access12(log2) => Shape::new(4, 12, 1 << log2),
        }
    }
}
