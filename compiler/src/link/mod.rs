//! The compile-time linker: from LLVM's relocatable objects to the text and read-only data of an image.
//!
//! After it there is nothing left to resolve: an image that could not be loaded cannot be produced. Its steps are those of
//! any linker, without symbols or relocations in the result: read the objects into *atoms* (a section, or one constant of
//! a mergeable section), follow references from the roots and fetch library routines on the way, lay out what was
//! reached, patch it. What the machines differ in is in the rows of `graver-targets`.

pub mod board;
mod error;
mod field;
mod graph;
mod layout;
mod pairs;
mod patch;
mod program;
mod reach;
mod read;
mod relocatable;
mod repool;
#[cfg(test)]
pub(crate) mod test_tools;
#[cfg(test)]
mod tests;

pub use error::{Error, Failure};
pub(crate) use field::decode;
pub use relocatable::for_other_linkers;

use graver_aot_format::LoadRelocation;
use graver_targets::Target;
use std::collections::HashMap;
use std::ops::Range;

/// The start of the text, for code that computes addresses from offsets.
pub const TEXT_SYMBOL: &str = "graver_text";

/// What to link.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The machine.
    pub target: &'static Target,
    /// The objects; their order is the order of the code.
    pub objects: &'a [Object<'a>],
    /// Symbols that must be there; whatever they do not reach is dropped.
    pub roots: &'a [&'a str],
    /// Tables of functions in read-only data; all are kept.
    pub constant_tables: &'a [ConstantTable],
}

/// A relocatable ELF object.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    /// What to call it in messages.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Its symbols replace those of earlier objects. Otherwise a second definition is an error.
    pub replaces: bool,
}

/// A table of `{code offset, type}`, as [`graver_aot_format::TableEntry`] has it.
#[derive(Clone, Debug)]
pub struct ConstantTable {
    /// The symbol by which code refers to it.
    pub symbol: String,
    /// For each element the symbol of its function and its type's canonical index; `None` for null.
    pub entries: Vec<Option<(String, u32)>>,
}

/// The parts of an image that machine code lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Section {
    /// Code, and the constants that compilers put between.
    Text,
    /// Read-only data.
    Rodata,
}

/// Where a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The part of the image.
    pub section: Section,
    /// Offset in that part; for functions a callable address, with the bit that some targets need.
    pub offset: u32,
    /// Bytes.
    pub size: u32,
}

/// A function of the linked text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its symbol.
    pub name: String,
    /// Offset in the text, without the bit that some targets need in callable addresses.
    pub offset: u32,
    /// Bytes.
    pub size: u32,
    /// Functions that it calls or jumps to directly: indexes in [`Linked::functions`], ascending.
    pub calls: Vec<u32>,
    /// Functions whose addresses it takes, ascending.
    pub takes: Vec<u32>,
}

/// Linked code.
#[derive(Clone, Debug)]
pub struct Linked {
    /// The text; offset 0 is never a function of the module.
    pub text: Vec<u8>,
    /// Read-only data, which must follow the text at the next multiple of its alignment unless the target is split.
    pub rodata: Vec<u8>,
    /// Words that addresses must be added to, by place.
    pub load_relocations: Vec<LoadRelocation>,
    /// Log2 of the alignment of the text.
    pub text_align_log2: u8,
    /// Log2 of the alignment of the read-only data.
    pub rodata_align_log2: u8,
    /// Every function, by offset, with its outgoing references.
    pub functions: Vec<Function>,
    /// Functions that constant tables refer to: indexes in `functions`, ascending.
    pub in_tables: Vec<u32>,
    /// Ranges of the text that are data, ascending: constants that compilers put between functions. Known for the targets
    /// whose objects have mapping symbols.
    pub data_in_text: Vec<Range<u32>>,
    symbols: HashMap<String, Placed>,
}

impl Linked {
    /// Where a symbol is, if it was reached.
    pub fn symbol(&self, name: &str) -> Option<Placed> {
        self.symbols.get(name).copied()
    }
}

/// Links. `archive` gives an object that defines an undefined symbol, or `None` if it has none.
pub fn link<E>(
    input: &Input<'_>,
    archive: impl FnMut(&str) -> Result<Option<Vec<u8>>, E>,
) -> Result<Linked, Failure<E>> {
    let mut program = program::Program::new(input.target);
    for object in input.objects {
        program.add(object)?;
    }
    for table in input.constant_tables {
        program.add_table(table)?;
    }
    reach::mark(&mut program, input.roots, archive)?;
    let layout = layout::place(&program)?;
    let patch::Patched { text, rodata, needs } = patch::write(&program, &layout)?;
    let (functions, in_tables) = graph::build(&program, &layout);
    Ok(Linked {
        text,
        rodata,
        load_relocations: needs.load_relocations,
        text_align_log2: layout.text_align_log2.max(needs.text_align_log2),
        rodata_align_log2: layout.rodata_align_log2,
        functions,
        in_tables,
        data_in_text: graph::data_in_text(&program, &layout),
        symbols: graph::symbols(&program, &layout),
    })
}
