//! Relocations as descriptors: one row each, applied by one generic patcher.
//!
//! Letters as in the psABIs: S is the address of the symbol, A the addend, P the place being patched, T the bit that
//! marks a Thumb function. Each family of instruction sets has a file with the fields of its instructions.

mod aarch64;
mod arm;
mod riscv;
mod thumb;
mod xtensa;

pub use aarch64::Aarch64Field;
pub use arm::ArmField;
pub use riscv::RiscvField;
pub use thumb::ThumbField;
pub use xtensa::XtensaField;

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
    /// Where one type stands for several instructions: this row is about those whose first byte, masked with the first
    /// number, is the second.
    pub opcode: Option<(u8, u8)>,
}

impl Relocation {
    pub(crate) const fn new(elf_type: u32, name: &'static str, value: Value, field: Field) -> Self {
        Self { elf_type, name, value, field, is_call: false, opcode: None }
    }

    /// One of an instruction that transfers control.
    pub(crate) const fn call(elf_type: u32, name: &'static str, value: Value, field: Field) -> Self {
        Self { is_call: true, ..Self::new(elf_type, name, value, field) }
    }

    /// Whether this row is about an instruction that starts with `first`.
    pub fn suits(&self, first: u8) -> bool {
        self.opcode.is_none_or(|(mask, bits)| first & mask == bits)
    }
}

/// What a relocation computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// S + A - P.
    Relative,
    /// ((S + A) | T) - P.
    RelativeWithCodeBit,
    /// That of another relocation: the symbol is a label at its place. S, A and P are those of that one.
    OfLabelled,
    /// S + A, less the [`Value::Subtrahend`] of the same place. Both exist only together.
    Minuend,
    /// S + A, to be taken from the [`Value::Minuend`] of the same place.
    Subtrahend,
    /// S + A, an address: what the loader adds to offsets, unless the image is linked for a place.
    Absolute,
    /// S + A is the place of a constant that the instruction loads. The linker moves both to where one reaches the other.
    Literal,
    /// S + A - (P + 4), where P is first rounded down to a multiple of 4.
    RelativeToNextWord,
    /// S + A - (P + this).
    RelativeToEnd(u8),
    /// Page(S + A) - Page(P), where Page(X) is X without its last 12 bits and the text begins at 0. The code is right only
    /// at multiples of 4 KiB, unless the page is near enough for the other instruction, which takes Page(S + A) - P: the
    /// linker prefers it.
    Page {
        /// The field of the other instruction.
        near: Field,
    },
    /// S + A - Page(S + A).
    PageOffset,
    /// Nothing: a note to linkers.
    Nothing,
}

/// How a value is stored in the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// 8 bits, signed.
    Byte,
    /// A little-endian word of 16 bits, signed.
    Half,
    /// A little-endian word of 32 bits, signed.
    Word32,
    /// A little-endian word of 64 bits.
    Word64,
    /// The low 31 bits of a word of 32 bits, signed; the top bit stays.
    Word31,
    /// In AArch64 instructions.
    Aarch64(Aarch64Field),
    /// In A32 instructions.
    Arm(ArmField),
    /// In Thumb instructions.
    Thumb(ThumbField),
    /// In RISC-V instructions.
    Riscv(RiscvField),
    /// In Xtensa instructions.
    Xtensa(XtensaField),
}

/// What a field looks like from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Bytes of the place.
    pub bytes: usize,
    /// Values that fit: from minus `1 << range_bits` up to `1 << range_bits`, exclusive.
    pub range_bits: u32,
    /// What a value must be a multiple of.
    pub alignment: i64,
}

impl Shape {
    pub(crate) const fn new(bytes: usize, range_bits: u32, alignment: i64) -> Self {
        Self { bytes, range_bits, alignment }
    }
}

impl Field {
    /// What it looks like from outside.
    pub const fn shape(self) -> Shape {
        match self {
            Self::Byte => Shape::new(1, 7, 1),
            Self::Half => Shape::new(2, 15, 1),
            Self::Word32 => Shape::new(4, 31, 1),
            Self::Word64 => Shape::new(8, 63, 1),
            Self::Word31 => Shape::new(4, 30, 1),
            Self::Aarch64(field) => field.shape(),
            Self::Arm(field) => field.shape(),
            Self::Thumb(field) => field.shape(),
            Self::Riscv(field) => field.shape(),
            Self::Xtensa(field) => field.shape(),
        }
    }
}
