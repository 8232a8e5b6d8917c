//! Links a firmware: a static ELF executable with absolute addresses and writable data, for boards whose usual linkers
//! cannot read LLVM's objects. No feature of images; the tests build their firmware with it.

use super::layout::Layout;
use super::program::{Atom, AtomId, DataKind, Definition, Program, Spot};
use super::{Error, Failure, Object, patch, reach};
use graver_targets::Target;
use object::elf::{ET_EXEC, PF_R, PF_W, PF_X, PT_LOAD};
use std::collections::{HashMap, HashSet};

/// Where the parts of a firmware go.
#[derive(Clone, Copy, Debug)]
pub struct MemoryMap<'a> {
    /// Code.
    pub text: u32,
    /// A symbol whose section lies at the very start of the code: vectors, say. It is kept whether or not anything refers
    /// to it.
    pub first: &'a str,
    /// Read-only data.
    pub rodata: u32,
    /// Sections of read-only data with places of their own.
    pub sections: &'a [(&'a str, u32)],
    /// Writable data.
    pub data: u32,
    /// Symbols with fixed addresses.
    pub symbols: &'a [(&'a str, u32)],
}

/// Links `objects`, and those of `archives` that they need, into an executable that starts at `entry`.
///
/// # Errors
/// What is undefined, or does not fit.
pub fn link(
    target: &'static Target,
    objects: &[Object<'_>],
    archive: &[Object<'_>],
    entry: &str,
    map: &MemoryMap<'_>,
) -> Result<Vec<u8>, Failure<std::convert::Infallible>> {
    let mut program = Program::new(target);
    program.allows_data = true;
    for (name, address) in map.symbols {
        let id = program.global(name);
        program.define(id, Definition::Address((*address).into()));
    }
    for object in objects {
        program.add(object)?;
    }
    let members = index(archive);
    reach::mark(&mut program, &[entry, map.first], |symbol| {
        Ok(members.get(symbol).and_then(|member| archive.get(*member)).map(|member| member.bytes.to_vec()))
    })?;
    Ok(Board { program: &program, map }.link(entry)?)
}

/// Which object of an archive defines a symbol: the first that does.
fn index(archive: &[Object<'_>]) -> HashMap<String, usize> {
    use object::{Object as _, ObjectSymbol as _};
    let mut members = HashMap::new();
    for (number, member) in archive.iter().enumerate() {
        let Ok(file) = object::File::parse(member.bytes) else { continue };
        for symbol in file.symbols().filter(|symbol| symbol.is_global() && symbol.is_definition()) {
            if let Ok(name) = symbol.name() {
                members.entry(name.to_owned()).or_insert(number);
            }
        }
    }
    members
}

struct Board<'a> {
    program: &'a Program,
    map: &'a MemoryMap<'a>,
}

struct Segment {
    flags: u32,
    start: u64,
    bytes: Vec<u8>,
    /// Bytes in memory, of which those behind `bytes` are 0.
    size: u64,
}

impl Board<'_> {
    fn link(&self, entry: &str) -> Result<Vec<u8>, Error> {
        let mut text = self.atoms(|atom| atom.is_text);
        let first = self.spot(self.map.first)?.atom;
        // What the vectors jump to follows them: their jumps do not reach far.
        let targets = self.program.atoms[first].references.iter().map(|reference| self.program.resolve(reference.to));
        let near: HashSet<AtomId> = targets
            .filter_map(|target| match target {
                Definition::Spot(spot) => Some(spot.atom),
                _ => None,
            })
            .collect();
        text.sort_by_key(|id| (*id != first, !near.contains(id)));
        let has_own_place = |atom: &Atom| self.map.sections.iter().any(|(name, _)| atom.name == *name);
        let rodata = self.atoms(|atom| !atom.is_text && atom.data.is_none() && !has_own_place(atom));
        let stored = self.atoms(|atom| atom.data == Some(DataKind::Stored));
        let zeros = self.atoms(|atom| atom.data == Some(DataKind::Zeros));
        let (read, write, execute) = (PF_R.0, PF_W.0, PF_X.0);
        let mut layout = Layout::empty(self.program);
        let mut own = Vec::new();
        let mut place = |atoms: &[AtomId], start: u64| {
            let mut end = start;
            layout.append(self.program, atoms, &mut end);
            end
        };
        let (text_start, rodata_start, data_start) =
            (self.map.text.into(), self.map.rodata.into(), self.map.data.into());
        for (name, start) in self.map.sections {
            let atoms = self.atoms(|atom| !atom.is_text && atom.name == *name);
            let end = place(&atoms, (*start).into());
            own.push((read, atoms, u64::from(*start), end, end));
        }
        let text_end = place(&text, text_start);
        let rodata_end = place(&rodata, rodata_start);
        let stored_end = place(&stored, data_start);
        let zeros_end = place(&zeros, stored_end);
        let mut segments = Vec::new();
        let common = [
            (read | execute, text, text_start, text_end, text_end),
            (read, rodata, rodata_start, rodata_end, rodata_end),
            (read | write, stored, data_start, stored_end, zeros_end),
        ];
        for (flags, atoms, start, end, size_end) in common.into_iter().chain(own) {
            let bytes = self.bytes(&layout, &atoms, start, end)?;
            segments.push(Segment { flags, start, bytes, size: size_end - start });
        }
        segments.retain(|segment| segment.size > 0);
        segments.sort_by_key(|segment| segment.start);
        if let Some([lower, upper]) = segments.windows(2).find(|pair| pair[0].start + pair[0].size > pair[1].start) {
            return Err(Error::Overlap { lower: lower.start, size: lower.size, upper: upper.start });
        }
        let entry = layout.spot(self.spot(entry)?).unwrap_or_default();
        Ok(executable(self.program.target.elf_machine, entry, &segments))
    }

    /// Where a symbol is.
    fn spot(&self, symbol: &str) -> Result<Spot, Error> {
        let id = self.program.globals.iter().position(|global| global.name == symbol);
        match id.map(|id| self.program.definition(id)) {
            Some(Definition::Spot(spot)) => Ok(spot),
            _ => Err(Error::Undefined { symbol: symbol.to_owned(), from: "the memory map".to_owned() }),
        }
    }

    fn atoms(&self, is_wanted: impl Fn(&Atom) -> bool) -> Vec<AtomId> {
        let atoms = self.program.atoms.iter().enumerate();
        atoms.filter(|(_, atom)| atom.is_live && is_wanted(atom)).map(|(id, _)| id).collect()
    }

    fn bytes(&self, layout: &Layout, atoms: &[AtomId], start: u64, end: u64) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; (end - start) as usize];
        for id in atoms {
            let Some(address) = layout.atom(*id) else { continue };
            let patched = patch::atom(self.program, layout, *id, &mut patch::Needs::default())?;
            let place = bytes.get_mut((address - start) as usize..).and_then(|rest| rest.get_mut(..patched.len()));
            place.into_iter().for_each(|place| place.copy_from_slice(&patched));
        }
        Ok(bytes)
    }
}

/// A 32-bit executable of these segments.
/// <https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html>
fn executable(machine: u16, entry: u64, segments: &[Segment]) -> Vec<u8> {
    const HEADER: u32 = 52;
    const PROGRAM_HEADER: u32 = 32;
    let mut out = b"\x7fELF\x01\x01\x01".to_vec();
    out.resize(16, 0);
    let halves = |out: &mut Vec<u8>, halves: &[u16]| halves.iter().for_each(|half| out.extend(half.to_le_bytes()));
    let words = |out: &mut Vec<u8>, words: &[u32]| words.iter().for_each(|word| out.extend(word.to_le_bytes()));
    halves(&mut out, &[ET_EXEC.0, machine]);
    words(&mut out, &[1, entry as u32, HEADER, 0, 0]);
    halves(&mut out, &[HEADER as u16, PROGRAM_HEADER as u16, segments.len() as u16, 0, 0, 0]);
    let mut offset = HEADER + PROGRAM_HEADER * segments.len() as u32;
    for segment in segments {
        let (start, length, size) = (segment.start as u32, segment.bytes.len() as u32, segment.size as u32);
        words(&mut out, &[PT_LOAD.0, offset, start, start, length, size, segment.flags, 4]);
        offset += length;
    }
    segments.iter().for_each(|segment| out.extend_from_slice(&segment.bytes));
    out
}
