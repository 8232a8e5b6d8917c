//! Reading a relocatable ELF object: the sections that an image keeps, the symbols, the relocations.

use super::program::{Base, Kind, Place, ReadObject, ReadSection, ReadSymbol, Reference};
use super::{Error, pairs};
use graver_targets::Target;
use object::elf::{
    FileHeader32, FileHeader64, SHF_ALLOC, SHF_EXECINSTR, SHF_MERGE, SHF_STRINGS, SHF_TLS, SHF_WRITE, SHT_NOBITS,
    SHT_NOTE, SHT_PROGBITS, STT_FUNC, STT_SECTION, SectionFlags,
};
use object::read::elf::{ElfFile, FileHeader, SectionHeader, Sym};
use object::{
    Endianness, Object as _, ObjectSection as _, ObjectSymbol as _, RelocationFlags, RelocationTarget, SectionIndex,
    SymbolIndex, SymbolSection,
};
use std::collections::HashMap;

/// Reads an object for `target`; with `allows_data`, one that may have writable data.
pub(super) fn read(target: &Target, name: &str, bytes: &[u8], allows_data: bool) -> Result<ReadObject, Error> {
    let reader = Reader { target, name, allows_data };
    match target.pointer_bytes {
        8 => reader.read::<FileHeader64<Endianness>>(bytes),
        _ => reader.read::<FileHeader32<Endianness>>(bytes),
    }
}

struct Reader<'a> {
    target: &'a Target,
    name: &'a str,
    allows_data: bool,
}

impl Reader<'_> {
    fn read<H: FileHeader<Endian = Endianness>>(&self, bytes: &[u8]) -> Result<ReadObject, Error> {
        let file = ElfFile::<H>::parse(bytes).map_err(|error| self.malformed(&error))?;
        if file.elf_header().e_machine(file.endian()).0 != self.target.elf_machine {
            return Err(self.malformed(&"another machine"));
        }
        let mut kept = HashMap::new();
        let mut object = ReadObject { name: self.name.to_owned(), ..ReadObject::default() };
        for section in file.sections() {
            let section_name = section.name().map_err(|error| self.malformed(&error))?;
            let header = section.elf_section_header();
            if let Some(kind) = self.classify(section_name, header, file.endian())? {
                kept.insert(section.index(), object.sections.len());
                object.sections.push(ReadSection {
                    name: section_name.to_owned(),
                    kind,
                    align: self.alignment(section_name, section.align())?,
                    bytes: match kind {
                        Kind::Zeros => vec![0; section.size() as usize],
                        _ => section.data().map_err(|error| self.malformed(&error))?.to_vec(),
                    },
                    references: Vec::new(),
                });
            }
        }
        let numbers = self.read_symbols(&file, &kept, &mut object)?;
        for section in file.sections() {
            let Some(section_number) = kept.get(&section.index()) else { continue };
            let mut references = Vec::new();
            for (offset, relocation) in section.relocations() {
                references.extend(self.reference(offset, &relocation, &numbers, &object, *section_number)?);
            }
            let references = pairs::join(references, &object, *section_number)?;
            if let Some(section) = object.sections.get_mut(*section_number) {
                section.references = references;
            }
        }
        let mut object = super::repool::repool(object)?;
        object.keep_sections_referred_to_as_a_whole();
        Ok(object)
    }

    /// What a section is for the image; `None` if it is dropped.
    fn classify<S: SectionHeader<Endian = Endianness>>(
        &self,
        name: &str,
        header: &S,
        endian: Endianness,
    ) -> Result<Option<Kind>, Error> {
        let flags = header.sh_flags(endian);
        let size: u64 = header.sh_size(endian).into();
        let has = |flag: SectionFlags| flags.0 & flag.0 != 0;
        let section_type = header.sh_type(endian);
        let unwinds = self.target.unwind_sections.iter().any(|prefix| name.starts_with(prefix));
        // Nothing refers to those; but the first function of an object may have its constants at the end of one.
        if !has(SHF_ALLOC) && self.allows_data && name.starts_with(".llvm") {
            return Ok(Some(Kind::Rodata));
        }
        // Programs may want the address of a thing without a size.
        let is_needless = size == 0 && !self.allows_data;
        if !has(SHF_ALLOC) || unwinds || section_type == SHT_NOTE || is_needless {
            return Ok(None);
        }
        if has(SHF_WRITE) || has(SHF_TLS) || section_type == SHT_NOBITS {
            if self.allows_data && !has(SHF_TLS) {
                return Ok(Some(if section_type == SHT_NOBITS { Kind::Zeros } else { Kind::Data }));
            }
            return Err(Error::Writable { object: self.name.to_owned(), section: name.to_owned() });
        }
        if section_type != SHT_PROGBITS {
            return Err(self.malformed(&format_args!("section `{name}` has type {section_type:#x}")));
        }
        let entry: u64 = header.sh_entsize(endian).into();
        Ok(Some(if has(SHF_EXECINSTR) {
            Kind::Text
        } else if has(SHF_MERGE) && !has(SHF_STRINGS) && entry != 0 && size.is_multiple_of(entry) {
            Kind::Constants { entry }
        } else {
            Kind::Rodata
        }))
    }

    /// A power of two up to 64 KiB; 0 means 1.
    fn alignment(&self, name: &str, align: u64) -> Result<u64, Error> {
        match align.max(1) {
            align if align.is_power_of_two() && align <= 1 << 16 => Ok(align),
            align => Err(self.malformed(&format_args!("section `{name}` has alignment {align}"))),
        }
    }

    /// Adds the symbols, and returns their numbers by index in the file.
    fn read_symbols<H: FileHeader<Endian = Endianness>>(
        &self,
        file: &ElfFile<'_, H>,
        kept: &HashMap<SectionIndex, usize>,
        object: &mut ReadObject,
    ) -> Result<HashMap<SymbolIndex, usize>, Error> {
        let mut numbers = HashMap::new();
        for symbol in file.symbols() {
            let name = symbol.name().map_err(|error| self.malformed(&error))?;
            let symbol_type = symbol.elf_symbol().st_type();
            let is_function = symbol_type == STT_FUNC;
            // Bit 0 says which instruction set a function is in, not where it starts.
            let code_bit = if is_function { u64::from(self.target.code_bit()) } else { 0 };
            let place = match symbol.section() {
                SymbolSection::Undefined => Place::Undefined,
                SymbolSection::Section(index) => match kept.get(&index) {
                    Some(section) => Place::Section { section: *section, offset: symbol.address() & !code_bit },
                    None => Place::Dropped,
                },
                SymbolSection::Common => {
                    return Err(Error::Writable { object: self.name.to_owned(), section: name.to_owned() });
                }
                _ => Place::Absolute,
            };
            numbers.insert(symbol.index(), object.symbols.len());
            object.symbols.push(ReadSymbol {
                name: name.to_owned(),
                place,
                is_global: symbol.is_global(),
                is_function,
                is_section: symbol_type == STT_SECTION,
                is_weak: symbol.is_weak(),
                size: symbol.size(),
            });
        }
        Ok(numbers)
    }

    fn reference(
        &self,
        offset: u64,
        relocation: &object::Relocation,
        numbers: &HashMap<SymbolIndex, usize>,
        object: &ReadObject,
        section: usize,
    ) -> Result<Option<Reference>, Error> {
        let section_name = || object.sections.get(section).map(|section| section.name.clone()).unwrap_or_default();
        let symbol = match relocation.target() {
            RelocationTarget::Symbol(index) => numbers.get(&index).copied(),
            RelocationTarget::Absolute => {
                let symbol = format!("{:#x}", relocation.addend());
                return Err(Error::Absolute { section: section_name(), symbol });
            }
            _ => None,
        };
        let RelocationFlags::Elf { r_type } = relocation.flags() else {
            return Err(self.malformed(&"a relocation that is not ELF's"));
        };
        let place = object.sections.get(section).and_then(|section| section.bytes.get(offset as usize..));
        let first = place.and_then(|place| place.first()).copied().unwrap_or_default();
        let Some(row) = self.target.relocation(r_type.0, first) else {
            let symbol = symbol.and_then(|symbol| object.symbols.get(symbol)).map(|symbol| symbol.name.clone());
            return Err(Error::UnknownRelocation {
                elf_type: r_type.0,
                symbol: symbol.unwrap_or_default(),
                section: section_name(),
                object: self.name.to_owned(),
            });
        };
        if row.value == graver_targets::Value::Nothing {
            return Ok(None);
        }
        let bad_place = || Error::BadPlace { section: section_name(), offset };
        let symbol = symbol.ok_or_else(bad_place)?;
        let addend = if relocation.has_implicit_addend() {
            super::field::decode(row.field, place.unwrap_or_default()).ok_or_else(bad_place)?
        } else {
            relocation.addend()
        };
        Ok(Some(Reference { offset, row, symbol, addend, base: Base::Offset(offset) }))
    }

    fn malformed(&self, reason: &dyn std::fmt::Display) -> Error {
        Error::Format { object: self.name.to_owned(), reason: reason.to_string() }
    }
}
