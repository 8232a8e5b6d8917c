//! What a firmware takes of a board.

use std::fmt;
use std::path::Path;

use object::{Object, ObjectSection, SectionFlags, SectionKind, elf};

use crate::Error;

/// What a firmware takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Bytes of flash: code, constants, initial values.
    pub flash: u64,
    /// Bytes of RAM without the stack.
    pub ram: u64,
}

impl fmt::Display for Footprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of flash, {} bytes of RAM without the stack", self.flash, self.ram)
    }
}

/// Adds up the sections of an executable.
///
/// # Errors
/// If the file is no object file.
pub fn footprint(executable: &Path) -> Result<Footprint, Error> {
    let bytes = std::fs::read(executable)?;
    let file = object::File::parse(&*bytes)?;
    let mut footprint = Footprint::default();
    for section in file.sections() {
        let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
        let has = |flag: elf::SectionFlags| sh_flags.contains(flag);
        let is_stored = section.kind() != SectionKind::UninitializedData;
        if has(elf::SHF_ALLOC) {
            footprint.flash += if is_stored { section.size() } else { 0 };
            footprint.ram += if has(elf::SHF_WRITE) { section.size() } else { 0 };
        }
    }
    Ok(footprint)
}
