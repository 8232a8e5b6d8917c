//! Fields of RISC-V instructions.

use super::Shape;

/// A field of a RISC-V instruction, or of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RiscvField {
    /// `AUIPC` (U-type): the upper 20 bits of 32, rounded, since what completes them has a sign.
    High,
    /// Loads, `ADDI` (I-type): the low 12 bits.
    LowI,
    /// Stores (S-type): the low 12 bits.
    LowS,
    /// `AUIPC` followed by `JALR`: 32 bits.
    Call,
    /// Conditional branches (B-type): 13 bits, signed.
    Branch,
    /// `JAL` (J-type): 21 bits, signed.
    Jump,
    /// `C.BEQZ`, `C.BNEZ` (CB-type): 9 bits, signed.
    ShortBranch,
    /// `C.J`, `C.JAL` (CJ-type): 12 bits, signed.
    ShortJump,
}

impl RiscvField {
    pub(super) const fn shape(self) -> Shape {
        match self {
            // On 64-bit machines they reach 2 KiB less than 2 GiB upwards: half of that is the round figure.
            Self::High | Self::LowI | Self::LowS => Shape::new(4, 30, 1),
            Self::Call => Shape::new(8, 30, 2),
            Self::Branch => Shape::new(4, 12, 2),
            Self::Jump => Shape::new(4, 20, 2),
            Self::ShortBranch => Shape::new(2, 8, 2),
            Self::ShortJump => Shape::new(2, 11, 2),
        }
    }
}
