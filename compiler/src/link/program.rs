//! The program being linked: objects, the atoms they consist of, and global symbols.

use super::{ConstantTable, Error, Object, TEXT_SYMBOL, read};
use graver_aot_format::{Record, TableEntry};
use graver_targets::{Relocation, Target};
use std::collections::HashMap;

/// Index in [`Program::atoms`].
pub(super) type AtomId = usize;
/// Index in [`Program::globals`].
pub(super) type GlobalId = usize;

/// What a section is for the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Rodata,
    /// Writable data, and data that begins as zeros: not in images.
    Data,
    Zeros,
    /// Constants of `entry` bytes each, of which equal ones may be one.
    Constants {
        entry: u64,
    },
}

/// A section as read.
#[derive(Clone, Debug)]
pub(super) struct ReadSection {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) align: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) references: Vec<Reference>,
}

/// Where a symbol is, in terms of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Undefined,
    Section {
        section: usize,
        offset: u64,
    },
    /// In a section that is not kept.
    Dropped,
    Absolute,
}

/// A symbol as read.
#[derive(Clone, Debug)]
pub(super) struct ReadSymbol {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) is_global: bool,
    pub(super) is_function: bool,
    pub(super) is_section: bool,
    /// The first definition is as good as any.
    pub(super) is_weak: bool,
    pub(super) size: u64,
}

/// A relocation: `symbol` is a number in the object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference {
    pub(super) offset: u64,
    pub(super) row: &'static Relocation,
    pub(super) symbol: usize,
    pub(super) addend: i64,
    pub(super) base: Base<usize>,
}

/// What a value is relative to. Symbols are what the relocation's own is: a number in the object, or in the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base<S> {
    /// An offset in the section; for most relocations that of the place itself.
    Offset(u64),
    /// A symbol and an addend.
    Symbol(S, i64),
}

/// An object as read.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadObject {
    pub(super) name: String,
    pub(super) sections: Vec<ReadSection>,
    pub(super) symbols: Vec<ReadSymbol>,
}

impl ReadObject {
    /// A reference to a section's own symbol could mean any of its constants, so they stay together.
    pub(super) fn keep_sections_referred_to_as_a_whole(&mut self) {
        let references = self.sections.iter().flat_map(|section| &section.references);
        let symbols = references.filter_map(|reference| self.symbols.get(reference.symbol));
        let whole: Vec<usize> = symbols
            .filter(|symbol| symbol.is_section)
            .filter_map(|symbol| match symbol.place {
                Place::Section { section, .. } => Some(section),
                _ => None,
            })
            .collect();
        for section in whole {
            if let Some(section) = self.sections.get_mut(section)
                && matches!(section.kind, Kind::Constants { .. })
            {
                section.kind = Kind::Rodata;
            }
        }
    }
}

/// What is placed as a unit.
#[derive(Clone, Debug)]
pub(super) struct Atom {
    /// Name of the section, for messages.
    pub(super) name: String,
    pub(super) is_text: bool,
    /// Not `Some` in images.
    pub(super) data: Option<DataKind>,
    pub(super) align: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) references: Vec<Bound>,
    /// Functions that begin here, by offset.
    pub(super) functions: Vec<FunctionStart>,
    /// Where code (`false`) and data (`true`) begin in a text, by offset, as far as mapping symbols say so.
    pub(super) marks: Vec<(u64, bool)>,
    pub(super) is_live: bool,
}

/// Data that may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DataKind {
    /// With initial values.
    Stored,
    /// Zeros at the start.
    Zeros,
}

#[derive(Clone, Debug)]
pub(super) struct FunctionStart {
    pub(super) name: String,
    pub(super) offset: u64,
    pub(super) size: u64,
}

/// A relocation with what it refers to in terms of the program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    pub(super) offset: u64,
    /// `None` for a code offset in a constant table.
    pub(super) row: Option<&'static Relocation>,
    pub(super) to: To,
    pub(super) addend: i64,
    pub(super) base: Base<To>,
}

/// What a relocation refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    Global(GlobalId),
    Local(Spot),
}

/// A place in an atom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) atom: AtomId,
    pub(super) offset: u64,
    pub(super) is_function: bool,
    pub(super) size: u64,
}

/// What a global name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Definition {
    Undefined,
    Spot(Spot),
    /// The start of the text.
    Text,
    /// A fixed address, which nothing in an image can have.
    Absolute,
    /// An address of a board.
    Address(u64),
}

/// A global name.
#[derive(Clone, Debug)]
pub(super) struct Global {
    pub(super) name: String,
    pub(super) definition: Definition,
}

/// Everything read so far.
pub(super) struct Program {
    pub(super) target: &'static Target,
    /// Whether objects may have writable data.
    pub(super) allows_data: bool,
    pub(super) atoms: Vec<Atom>,
    pub(super) globals: Vec<Global>,
    pub(super) tables: Vec<AtomId>,
    names: HashMap<String, GlobalId>,
    /// Constants by size and value.
    constants: HashMap<Vec<u8>, AtomId>,
}

/// What a mapping symbol says: `$d` begins data; `$a`, `$t` and `$x` begin code. More may follow the letter. `None` for
/// other symbols. <https://github.com/ARM-software/abi-aa/blob/main/aaelf32/aaelf32.rst#mapping-symbols>
fn begins_data(symbol: &str) -> Option<bool> {
    match symbol.as_bytes() {
        [b'$', b'd', ..] => Some(true),
        [b'$', b'a' | b't' | b'x', ..] => Some(false),
        _ => None,
    }
}

/// How the atoms of a section were made.
enum Atoms {
    One(AtomId),
    PerEntry(u64, Vec<AtomId>),
}

impl Atoms {
    /// The place of a symbol; `None` if it is beyond the section's end.
    fn spot(&self, offset: u64, symbol: &ReadSymbol, atoms: &[Atom]) -> Option<Spot> {
        let (atom, offset) = match self {
            Self::One(atom) => (*atom, offset),
            Self::PerEntry(entry, entries) => (*entries.get((offset / entry) as usize)?, offset % entry),
        };
        let length = atoms.get(atom)?.bytes.len() as u64;
        let size = symbol.size.min(length.checked_sub(offset)?);
        Some(Spot { atom, offset, is_function: symbol.is_function, size })
    }
}

impl Program {
    pub(super) fn new(target: &'static Target) -> Self {
        let mut program = Self {
            target,
            allows_data: false,
            atoms: Vec::new(),
            globals: Vec::new(),
            tables: Vec::new(),
            names: HashMap::new(),
            constants: HashMap::new(),
        };
        let text = program.global(TEXT_SYMBOL);
        program.define(text, Definition::Text);
        program
    }

    /// The number of a global name, new or known.
    pub(super) fn global(&mut self, name: &str) -> GlobalId {
        if let Some(id) = self.names.get(name) {
            return *id;
        }
        let id = self.globals.len();
        self.globals.push(Global { name: name.to_owned(), definition: Definition::Undefined });
        self.names.insert(name.to_owned(), id);
        id
    }

    pub(super) fn definition(&self, id: GlobalId) -> Definition {
        self.globals.get(id).map_or(Definition::Undefined, |global| global.definition)
    }

    pub(super) fn define(&mut self, id: GlobalId, definition: Definition) {
        if let Some(global) = self.globals.get_mut(id) {
            global.definition = definition;
        }
    }

    /// Reads an object and adds what is in it.
    pub(super) fn add(&mut self, object: &Object<'_>) -> Result<(), Error> {
        let mut read = read::read(self.target, object.name, object.bytes, self.allows_data)?;
        let mut references = Vec::new();
        let mut places = Vec::new();
        for mut section in std::mem::take(&mut read.sections) {
            references.push(std::mem::take(&mut section.references));
            places.push(self.add_section(section));
        }
        let symbols: Vec<To> = self.add_symbols(&read, &places, object.replaces)?;
        for (place, references) in places.iter().zip(references) {
            // Constants have none.
            let Atoms::One(atom) = place else { continue };
            self.bind(*atom, &references, &symbols)?;
        }
        Ok(())
    }

    fn add_section(&mut self, section: ReadSection) -> Atoms {
        match section.kind {
            Kind::Constants { entry } if section.references.is_empty() => {
                let chunks = section.bytes.chunks(entry as usize);
                Atoms::PerEntry(entry, chunks.map(|bytes| self.add_constant(&section, bytes)).collect())
            }
            _ => Atoms::One(self.add_atom(Atom {
                is_text: section.kind == Kind::Text,
                data: match section.kind {
                    Kind::Data => Some(DataKind::Stored),
                    Kind::Zeros => Some(DataKind::Zeros),
                    _ => None,
                },
                name: section.name,
                align: section.align,
                bytes: section.bytes,
                references: Vec::new(),
                functions: Vec::new(),
                marks: Vec::new(),
                is_live: false,
            })),
        }
    }

    fn add_constant(&mut self, section: &ReadSection, bytes: &[u8]) -> AtomId {
        if let Some(atom) = self.constants.get(bytes) {
            let atom = *atom;
            if let Some(known) = self.atoms.get_mut(atom) {
                known.align = known.align.max(section.align);
            }
            return atom;
        }
        let atom = self.add_atom(Atom {
            is_text: false,
            data: None,
            name: section.name.clone(),
            align: section.align,
            bytes: bytes.to_vec(),
            references: Vec::new(),
            functions: Vec::new(),
            marks: Vec::new(),
            is_live: false,
        });
        self.constants.insert(bytes.to_vec(), atom);
        atom
    }

    fn add_atom(&mut self, atom: Atom) -> AtomId {
        self.atoms.push(atom);
        self.atoms.len() - 1
    }

    /// Defines the object's global symbols; returns what each of its symbols stands for.
    fn add_symbols(&mut self, read: &ReadObject, places: &[Atoms], replaces: bool) -> Result<Vec<To>, Error> {
        let mut symbols = Vec::with_capacity(read.symbols.len());
        for symbol in &read.symbols {
            let definition = match symbol.place {
                Place::Section { section, offset } => places
                    .get(section)
                    .and_then(|atoms| atoms.spot(offset, symbol, &self.atoms))
                    .map_or(Definition::Undefined, Definition::Spot),
                Place::Absolute => Definition::Absolute,
                Place::Undefined | Place::Dropped => Definition::Undefined,
            };
            if let Definition::Spot(spot) = definition
                && symbol.is_function
                && let Some(atom) = self.atoms.get_mut(spot.atom)
            {
                let start = FunctionStart { name: symbol.name.clone(), offset: spot.offset, size: spot.size };
                atom.functions.push(start);
            }
            if let Definition::Spot(spot) = definition
                && let Some(is_data) = begins_data(&symbol.name)
                && let Some(atom) = self.atoms.get_mut(spot.atom)
            {
                atom.marks.push((spot.offset, is_data));
            }
            symbols.push(match definition {
                Definition::Spot(spot) if !symbol.is_global => To::Local(spot),
                _ => To::Global(self.add_global(read, symbol, definition, replaces)?),
            });
        }
        for atoms in places {
            if let Atoms::One(atom) = atoms
                && let Some(atom) = self.atoms.get_mut(*atom)
            {
                atom.functions.sort_by_key(|function| function.offset);
                atom.marks.sort_by_key(|mark| mark.0);
            }
        }
        Ok(symbols)
    }

    fn add_global(
        &mut self,
        read: &ReadObject,
        symbol: &ReadSymbol,
        definition: Definition,
        replaces: bool,
    ) -> Result<GlobalId, Error> {
        if !symbol.is_global {
            // A local symbol outside of all sections: its own name, so that nothing else is found by it.
            let id = self.globals.len();
            self.globals.push(Global { name: symbol.name.clone(), definition });
            return Ok(id);
        }
        let id = self.global(&symbol.name);
        if definition == Definition::Undefined {
            return Ok(id);
        }
        if self.definition(id) != Definition::Undefined && symbol.is_weak {
            return Ok(id);
        }
        if self.definition(id) != Definition::Undefined && !replaces {
            return Err(Error::Duplicate { symbol: symbol.name.clone(), object: read.name.clone() });
        }
        self.define(id, definition);
        Ok(id)
    }

    fn bind(&mut self, atom: AtomId, references: &[Reference], symbols: &[To]) -> Result<(), Error> {
        let Some(atom) = self.atoms.get_mut(atom) else { return Ok(()) };
        for reference in references {
            let bad_place = || Error::BadPlace { section: atom.name.clone(), offset: reference.offset };
            let to = *symbols.get(reference.symbol).ok_or_else(bad_place)?;
            let end = reference.offset.checked_add(reference.row.field.shape().bytes as u64).ok_or_else(bad_place)?;
            if end > atom.bytes.len() as u64 {
                return Err(bad_place());
            }
            atom.references.push(Bound {
                offset: reference.offset,
                row: Some(reference.row),
                to,
                addend: reference.addend,
                base: match reference.base {
                    Base::Offset(offset) => Base::Offset(offset),
                    Base::Symbol(symbol, addend) => Base::Symbol(*symbols.get(symbol).ok_or_else(bad_place)?, addend),
                },
            });
        }
        Ok(())
    }

    /// Adds a constant table: zeros, references to its functions, and types.
    pub(super) fn add_table(&mut self, table: &ConstantTable) -> Result<(), Error> {
        let mut bytes = Vec::with_capacity(table.entries.len() * TableEntry::SIZE);
        let mut references = Vec::new();
        for entry in &table.entries {
            if let Some((symbol, _)) = entry {
                let to = To::Global(self.global(symbol));
                let offset = bytes.len() as u64;
                references.push(Bound { offset, row: None, to, addend: 0, base: Base::Offset(offset) });
            }
            TableEntry { code: 0, ty: entry.as_ref().map_or(0, |(_, ty)| *ty) }.write(&mut bytes);
        }
        let size = bytes.len() as u64;
        let atom = self.add_atom(Atom {
            name: table.symbol.clone(),
            is_text: false,
            data: None,
            align: 4,
            bytes,
            references,
            functions: Vec::new(),
            marks: Vec::new(),
            is_live: false,
        });
        self.tables.push(atom);
        let id = self.global(&table.symbol);
        if self.definition(id) != Definition::Undefined {
            return Err(Error::Duplicate { symbol: table.symbol.clone(), object: "constant tables".to_owned() });
        }
        self.define(id, Definition::Spot(Spot { atom, offset: 0, is_function: false, size }));
        Ok(())
    }

    /// The name of what a relocation refers to, for messages.
    pub(super) fn name_of(&self, to: To) -> String {
        match to {
            To::Global(id) => self.globals.get(id).map(|global| global.name.clone()).unwrap_or_default(),
            To::Local(spot) => self.atoms.get(spot.atom).map(|atom| atom.name.clone()).unwrap_or_default(),
        }
    }

    /// What a relocation refers to.
    pub(super) fn resolve(&self, to: To) -> Definition {
        match to {
            To::Global(id) => self.definition(id),
            To::Local(spot) => Definition::Spot(spot),
        }
    }
}
