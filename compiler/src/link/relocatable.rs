//! Objects for other linkers: those with constants of code get rewritten, as `repool` has them.
//!
//! After that each function has its constants in its own section, so that a linker may place and drop sections as it
//! likes: no instruction reaches out of its section. What is left are addresses in words.

use super::program::{Kind, Place, ReadObject, ReadSection};
use super::{Error, read};
use graver_targets::{Environment, Target, Value};
use object::write::{Object, Relocation, SectionId, Symbol, SymbolId, SymbolSection};
use object::{Object as _, RelocationFlags, SectionKind, SymbolFlags, SymbolKind, SymbolScope};

/// An object as other linkers can place it, only with `allows_data` one with writable data; it stays as it is for targets
/// whose objects are so anyway.
///
/// # Errors
/// What is wrong with the object.
pub fn for_other_linkers(target: &Target, name: &str, bytes: Vec<u8>, allows_data: bool) -> Result<Vec<u8>, Error> {
    let malformed = |reason: &dyn std::fmt::Display| Error::Format { object: name.into(), reason: reason.to_string() };
    if !target.relocations.iter().any(|row| row.value == Value::Literal) {
        let is_bare = target.board.is_some_and(|board| board.environment == Environment::Bare);
        return if is_bare { without_stack_note(&bytes).map_err(|error| malformed(&error)) } else { Ok(bytes) };
    }
    let file = object::File::parse(&*bytes).map_err(|error| malformed(&error))?;
    let mut out = Object::new(file.format(), file.architecture(), file.endianness());
    out.flags = file.flags();
    write(&read::read(target, name, &bytes, allows_data)?, &mut out)?;
    out.write().map_err(|error| malformed(&error))
}

/// Leaves out the note that the stack need not be executable. Compilers for firmware write none, and where one object has it
/// GNU ld warns of all that have not.
fn without_stack_note(bytes: &[u8]) -> object::build::Result<Vec<u8>> {
    let mut object = object::build::elf::Builder::read(bytes)?;
    for section in object.sections.iter_mut().filter(|section| section.name.as_slice() == b".note.GNU-stack") {
        section.delete = true;
    }
    // LLVM has the names of sections and symbols in one section, the writer in two.
    let names = object.sections.add();
    names.name = b".shstrtab".as_slice().into();
    names.sh_type = object::elf::SHT_STRTAB;
    names.data = object::build::elf::SectionData::SectionString;
    let mut out = Vec::new();
    object.write(&mut out)?;
    Ok(out)
}

fn write(read: &ReadObject, out: &mut Object<'_>) -> Result<(), Error> {
    let sections: Vec<SectionId> = read.sections.iter().map(|section| add_section(section, out)).collect();
    let symbols: Vec<Option<SymbolId>> = read.symbols.iter().map(|symbol| add(symbol, &sections, out)).collect();
    for (section, id) in read.sections.iter().zip(sections) {
        for reference in &section.references {
            let (offset, addend) = (reference.offset, reference.addend);
            let bad_place = || Error::BadPlace { section: section.name.clone(), offset };
            let symbol = symbols.get(reference.symbol).copied().flatten().ok_or_else(bad_place)?;
            let flags = RelocationFlags::Elf { r_type: object::elf::RelocationType(reference.row.elf_type) };
            out.add_relocation(id, Relocation { offset, symbol, addend, flags }).map_err(|_| bad_place())?;
        }
    }
    Ok(())
}

fn add_section(section: &ReadSection, out: &mut Object<'_>) -> SectionId {
    let kind = match section.kind {
        Kind::Text => SectionKind::Text,
        Kind::Data => SectionKind::Data,
        Kind::Zeros => SectionKind::UninitializedData,
        Kind::Rodata | Kind::Constants { .. } => SectionKind::ReadOnlyData,
    };
    let id = out.add_section(Vec::new(), section.name.clone().into_bytes(), kind);
    match section.kind {
        Kind::Zeros => out.append_section_bss(id, section.bytes.len() as u64, section.align),
        _ => out.append_section_data(id, &section.bytes, section.align),
    };
    id
}

/// Adds a symbol, unless it is nowhere.
fn add(symbol: &super::program::ReadSymbol, sections: &[SectionId], out: &mut Object<'_>) -> Option<SymbolId> {
    let (section, value) = match symbol.place {
        Place::Section { section, offset } => (SymbolSection::Section(*sections.get(section)?), offset),
        Place::Undefined if symbol.is_global => (SymbolSection::Undefined, 0),
        _ => return None,
    };
    if let (true, Some(section)) = (symbol.is_section, section.id()) {
        return Some(out.section_symbol(section));
    }
    Some(out.add_symbol(Symbol {
        name: symbol.name.clone().into_bytes(),
        value,
        size: symbol.size,
        kind: if symbol.is_function { SymbolKind::Text } else { SymbolKind::Data },
        scope: if symbol.is_global { SymbolScope::Dynamic } else { SymbolScope::Compilation },
        weak: symbol.is_weak,
        section,
        flags: SymbolFlags::None,
    }))
}
