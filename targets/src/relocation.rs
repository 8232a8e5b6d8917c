//! Relocations as descriptors: one row each, applied by one generic patcher.
//!
//! Letters as in the psABIs: S is the address of the symbol, A the addend, P the place being patched, T the bit that
//! marks a Thumb function.

/// A relocation type of a target's ELF objects.
#[derive(Clone, Copy, Debug)]
pub struct Relocation {
    /// The number in `r_info`.
    pub elf_type: u32,
    /// The psABI's name.
    pub name: &'static str,
    /// What to compute.
    pub value: Value,
    /// Where and how to store it.
    pub field: Field,
    /// Whether the instruction transfers control, so that it is an edge of the call graph rather than a use of the
    /// address.
    pub is_call: bool,
}

/// What a relocation computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// S + A - P.
    Relative,
    /// ((S + A) | T) - P.
    RelativeWithCodeBit,
    /// Nothing: a note to linkers.
    Nothing,
}

/// How a value is stored in the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// A little-endian word of 32 bits, signed.
    Word32,
    /// A little-endian word of 64 bits.
    Word64,
    /// The low 31 bits of a word of 32 bits, signed; the top bit stays.
    Word31,
    /// Thumb-2 `BL`, `B.W`: 25 bits, signed, in halfwords: `S imm10` and `J1 J2 imm11`.
    ThumbBranch24,
    /// Thumb-2 conditional `B.W`: 21 bits, signed: `S cond imm6` and `J1 J2 imm11`.
    ThumbBranch19,
    /// Thumb `B`: 12 bits, signed: `imm11`.
    ThumbBranch11,
    /// Thumb conditional `B`: 9 bits, signed: `imm8`.
    ThumbBranch8,
    /// Thumb-2 `MOVW`: the low 16 bits: `i imm4` and `imm3 imm8`.
    ThumbMovw,
    /// Thumb-2 `MOVT`: the high 16 bits, same places.
    ThumbMovt,
}

impl Field {
    /// Bytes of the place.
    pub const fn size(self) -> usize {
        match self {
            Self::Word64 => 8,
            Self::ThumbBranch11 | Self::ThumbBranch8 => 2,
            _ => 4,
        }
    }

    /// Values that fit: from minus `1 << bits` up to `1 << bits`, exclusive.
    pub const fn range_bits(self) -> u32 {
        match self {
            Self::Word32 => 31,
            Self::Word64 => 63,
            Self::Word31 => 30,
            Self::ThumbBranch24 => 24,
            Self::ThumbBranch19 => 20,
            Self::ThumbBranch11 => 11,
            Self::ThumbBranch8 => 8,
            // Halves of a 32-bit value, which wraps.
            Self::ThumbMovw | Self::ThumbMovt => 32,
        }
    }

    /// What a value must be a multiple of.
    pub const fn alignment(self) -> i64 {
        match self {
            Self::ThumbBranch24 | Self::ThumbBranch19 | Self::ThumbBranch11 | Self::ThumbBranch8 => 2,
            _ => 1,
        }
    }
}
