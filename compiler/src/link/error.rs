//! Why linking failed.

use thiserror::Error;

/// What is wrong with the objects. None of these comes from the WebAssembly module's contents alone: but for size and
/// distance, each is a construct that the code generator should not have emitted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// Not an ELF object of the target's machine.
    #[error("object `{object}`: not an ELF object for this target ({reason})")]
    Format {
        /// The object.
        object: String,
        /// What the reader says.
        reason: String,
    },
    /// A symbol that nothing defines.
    #[error("undefined symbol `{symbol}`, referenced in `{from}`: neither the code nor the helper archive has it")]
    Undefined {
        /// The symbol.
        symbol: String,
        /// The section or root that refers to it.
        from: String,
    },
    /// A symbol with two definitions.
    #[error("symbol `{symbol}` is defined twice, again in object `{object}`")]
    Duplicate {
        /// The symbol.
        symbol: String,
        /// The object with the second definition.
        object: String,
    },
    /// The archive's object does not define what it was fetched for.
    #[error("the helper archive's object for `{symbol}` does not define it")]
    Archive {
        /// The symbol.
        symbol: String,
    },
    /// Data that would have to be written.
    #[error("object `{object}`: section `{section}` is writable data, which an image cannot have")]
    Writable {
        /// The object.
        object: String,
        /// The section.
        section: String,
    },
    /// A relocation that the target has no descriptor for.
    #[error(
        "relocation type {elf_type} to `{symbol}` in `{section}` of object `{object}` is not known for this target"
    )]
    UnknownRelocation {
        /// The number in the object.
        elf_type: u32,
        /// The symbol it refers to.
        symbol: String,
        /// The section to patch.
        section: String,
        /// The object.
        object: String,
    },
    /// A place outside its section, or one that refers to nothing.
    #[error("a relocation at offset {offset:#x} of `{section}` is malformed")]
    BadPlace {
        /// The section to patch.
        section: String,
        /// Offset in it.
        offset: u64,
    },
    /// One of two relocations that mean something only together.
    #[error("relocation {relocation} at offset {offset:#x} of `{section}` lacks the one it belongs to")]
    LoneRelocation {
        /// The psABI's name of the relocation.
        relocation: &'static str,
        /// The section to patch.
        section: String,
        /// Offset in it.
        offset: u64,
    },
    /// A symbol with an address of its own instead of a place in a section.
    #[error("`{section}` refers to the absolute symbol `{symbol}`")]
    Absolute {
        /// The section to patch.
        section: String,
        /// The symbol.
        symbol: String,
    },
    /// The distance does not fit into the instruction.
    #[error(
        "relocation {relocation} to `{symbol}` in `{section}` is out of range: {value} does not fit; the module's code \
         is too large for this target, try a smaller --opt-level or split the module"
    )]
    OutOfRange {
        /// The psABI's name of the relocation.
        relocation: &'static str,
        /// The symbol it refers to.
        symbol: String,
        /// The section to patch.
        section: String,
        /// The distance.
        value: i64,
    },
    /// The distance is no multiple of what the instruction counts in.
    #[error("relocation {relocation} to `{symbol}` in `{section}`: {value} is not aligned")]
    Unaligned {
        /// The psABI's name of the relocation.
        relocation: &'static str,
        /// The symbol it refers to.
        symbol: String,
        /// The section to patch.
        section: String,
        /// The distance.
        value: i64,
    },
    /// A constant table refers to something that is not a function.
    #[error("constant table `{table}` refers to `{symbol}`, which is not a function")]
    NotAFunction {
        /// The table's symbol.
        table: String,
        /// What it refers to.
        symbol: String,
    },
    /// Code that does not reach the constants in front of it.
    #[error(
        "`{section}` has {size} bytes of code and constants, more than the instruction that loads constants reaches on \
         this target (256 KiB): split the function, or compile with a larger --size-level"
    )]
    FunctionTooLarge {
        /// The section of the function.
        section: String,
        /// Its size with constants.
        size: u64,
    },
    /// Code that reads the text as data, where the machine may not allow it.
    #[error(
        "`{section}` refers to `{symbol}` in the text, which is not code: this target's text cannot be read as data"
    )]
    ReadsText {
        /// The section that refers to it.
        section: String,
        /// The symbol.
        symbol: String,
    },
    /// Parts of a firmware at the same addresses.
    #[error("the {size} bytes at {lower:#x} reach beyond {upper:#x}, where the memory map has something else")]
    Overlap {
        /// Where the lower part begins.
        lower: u64,
        /// Its bytes.
        size: u64,
        /// Where the upper part begins.
        upper: u64,
    },
    /// The code is larger than offsets can say.
    #[error("the code has {0} bytes, more than an image can hold (2 GiB)")]
    TooLarge(u64),
}

/// Why there is no linked code.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Failure<E> {
    /// The objects do not link.
    #[error("{0}")]
    Link(#[from] Error),
    /// The archive could not make an object.
    #[error("library routine `{symbol}`: {error}")]
    Archive {
        /// The symbol that the routine defines.
        symbol: String,
        /// The archive's own reason.
        error: E,
    },
}
