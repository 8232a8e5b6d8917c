//! Writing the sections and applying relocations: one patcher for all targets, driven by their descriptors.

use super::layout::Layout;
use super::program::{Atom, AtomId, Base, Bound, Definition, Program, To};
use super::{Error, field, reach};
use graver_aot_format::LoadRelocation;
use graver_targets::{Field, Relocation, Value};

/// The code of an image.
pub(super) struct Patched {
    pub(super) text: Vec<u8>,
    pub(super) rodata: Vec<u8>,
    pub(super) needs: Needs,
}

/// What patched code needs of its place.
#[derive(Default)]
pub(super) struct Needs {
    /// Words that the loader completes.
    pub(super) load_relocations: Vec<LoadRelocation>,
    /// The alignment of the text that distances rely on, besides that of the atoms.
    pub(super) text_align_log2: u8,
}

/// The text and the read-only data, patched.
pub(super) fn write(program: &Program, layout: &Layout) -> Result<Patched, Error> {
    let filler = program.target.text_filler;
    let mut bytes: Vec<u8> = filler.iter().copied().cycle().take(layout.text_length as usize).collect();
    bytes.resize(layout.end as usize, 0);
    let mut needs = Needs::default();
    for id in &layout.order {
        let Some(address) = layout.atom(*id) else { continue };
        let patched = self::atom(program, layout, *id, &mut needs)?;
        if let Some(place) = bytes.get_mut(address as usize..).and_then(|rest| rest.get_mut(..patched.len())) {
            place.copy_from_slice(&patched);
        }
    }
    let rodata = bytes.split_off(layout.rodata_start as usize);
    bytes.truncate(layout.text_length as usize);
    needs.load_relocations.sort_unstable_by_key(|relocation| (relocation.is_in_rodata(), relocation.offset()));
    Ok(Patched { text: bytes, rodata, needs })
}

/// The patched bytes of one atom; adds to `needs`.
pub(super) fn atom(program: &Program, layout: &Layout, id: AtomId, needs: &mut Needs) -> Result<Vec<u8>, Error> {
    let (Some(atom), Some(address)) = (program.atoms.get(id), layout.atom(id)) else { return Ok(Vec::new()) };
    let mut bytes = atom.bytes.clone();
    let patcher = Patcher { program, layout, atom, address };
    for reference in &atom.references {
        patcher.apply(reference, &mut bytes, needs)?;
    }
    Ok(bytes)
}

/// Pages of instructions, whatever the pages of the machine are.
const PAGE_LOG2: u8 = 12;

/// The page of an address, in an address space in which the text begins at 0.
fn page(address: i64) -> i64 {
    address & !((1 << PAGE_LOG2) - 1)
}

fn fits(field: Field, value: i64) -> bool {
    let limit = 1_i128 << field.shape().range_bits;
    (-limit..limit).contains(&i128::from(value))
}

struct Patcher<'a> {
    program: &'a Program,
    layout: &'a Layout,
    atom: &'a Atom,
    address: u64,
}

/// What a reference means: S, and T for functions.
struct Symbol {
    address: i64,
    code_bit: i64,
    is_text: bool,
}

impl Patcher<'_> {
    /// Patches a place; adds to `needs`.
    fn apply(&self, reference: &Bound, bytes: &mut [u8], needs: &mut Needs) -> Result<(), Error> {
        let bad_place = || Error::BadPlace { section: self.atom.name.clone(), offset: reference.offset };
        let place = bytes.get_mut(reference.offset as usize..).ok_or_else(bad_place)?;
        let (field, value) = match (self.symbol(reference.to)?, reference.row) {
            (None, row) => (row.map_or(Field::Word32, |row| row.field), 0),
            (Some(symbol), None) => (Field::Word32, self.code_offset(reference, &symbol)?),
            (Some(symbol), Some(row)) => match row.value {
                Value::Absolute => {
                    let (value, left) = self.absolute(reference, &symbol)?;
                    needs.load_relocations.extend(left);
                    (row.field, value)
                }
                Value::Page { near } => match self.near_page(near, reference, &symbol)? {
                    Some(value) => {
                        field::use_near_page(place).ok_or_else(bad_place)?;
                        (near, value)
                    }
                    None => {
                        needs.text_align_log2 = PAGE_LOG2;
                        (row.field, self.value(row, reference, &symbol)?)
                    }
                },
                _ => (row.field, self.value(row, reference, &symbol)?),
            },
        };
        field::encode(field, place, value).ok_or_else(bad_place)
    }

    /// `None` for a place in code that was dropped, which only a jump table of that code refers to.
    fn symbol(&self, to: To) -> Result<Option<Symbol>, Error> {
        let name = || self.program.name_of(to);
        let undefined = || Error::Undefined { symbol: name(), from: self.atom.name.clone() };
        match self.program.resolve(to) {
            Definition::Text => Ok(Some(Symbol { address: 0, code_bit: 0, is_text: true })),
            Definition::Undefined => Err(undefined()),
            Definition::Address(address) => Ok(Some(Symbol { address: address as i64, code_bit: 0, is_text: false })),
            Definition::Absolute => Err(Error::Absolute { section: self.atom.name.clone(), symbol: name() }),
            Definition::Spot(spot) => match self.layout.spot(spot) {
                Some(address) => {
                    let code_bit = if spot.is_function { self.program.target.code_bit() } else { 0 };
                    let is_text = self.program.atoms.get(spot.atom).is_some_and(|atom| atom.is_text);
                    Ok(Some(Symbol { address: address as i64, code_bit: i64::from(code_bit), is_text }))
                }
                None if matches!(to, To::Local(_)) && reach::is_label(self.program, spot) => Ok(None),
                None => Err(undefined()),
            },
        }
    }

    /// The address that a value is relative to.
    fn base(&self, base: Base<To>) -> Result<i64, Error> {
        match base {
            Base::Offset(offset) => Ok((self.address + offset) as i64),
            Base::Symbol(to, addend) => Ok(self.symbol(to)?.map_or(0, |symbol| symbol.address.wrapping_add(addend))),
        }
    }

    /// The value for a page that the instruction for near ones reaches.
    fn near_page(&self, near: Field, reference: &Bound, symbol: &Symbol) -> Result<Option<i64>, Error> {
        let value = page(symbol.address.wrapping_add(reference.addend)).wrapping_sub(self.base(reference.base)?);
        Ok(fits(near, value).then_some(value))
    }

    /// The formulas of the psABIs.
    fn value(&self, row: &Relocation, reference: &Bound, symbol: &Symbol) -> Result<i64, Error> {
        let base = self.base(reference.base)?;
        let target = symbol.address.wrapping_add(reference.addend);
        let value = match row.value {
            Value::Relative | Value::OfLabelled | Value::Minuend | Value::Subtrahend => target.wrapping_sub(base),
            Value::RelativeWithCodeBit if row.is_call => target.wrapping_sub(base),
            Value::RelativeWithCodeBit => (target | symbol.code_bit).wrapping_sub(base),
            Value::Page { .. } => page(target).wrapping_sub(page(base)),
            Value::PageOffset => target.wrapping_sub(page(target)),
            Value::RelativeToNextWord => target.wrapping_sub(base & !3).wrapping_sub(4),
            Value::RelativeToEnd(bytes) => target.wrapping_sub(base).wrapping_sub(i64::from(bytes)),
            // Addresses are words of their own, and constants have moved.
            Value::Nothing | Value::Absolute | Value::Literal => return Ok(0),
        };
        if !fits(row.field, value) {
            return Err(Error::OutOfRange {
                relocation: row.name,
                symbol: self.name(reference),
                section: self.atom.name.clone(),
                value,
            });
        }
        if value % row.field.shape().alignment != 0 {
            return Err(Error::Unaligned {
                relocation: row.name,
                symbol: self.name(reference),
                section: self.atom.name.clone(),
                value,
            });
        }
        Ok(value)
    }

    /// A word with an address, or with an offset that the loader adds a base to.
    fn absolute(&self, reference: &Bound, symbol: &Symbol) -> Result<(i64, Option<LoadRelocation>), Error> {
        if symbol.is_text && self.program.target.is_split {
            self.require_code(reference)?;
        }
        let address = symbol.address.wrapping_add(reference.addend) | symbol.code_bit;
        if self.layout.is_absolute {
            return Ok((i64::from(address as i32), None));
        }
        let start = if symbol.is_text { 0 } else { self.layout.rodata_start };
        let offset = address.wrapping_sub(start as i64);
        let place = self.address + reference.offset;
        let (place, in_rodata) = match self.atom.is_text {
            true => (place, 0),
            false => (place - self.layout.rodata_start, LoadRelocation::IN_RODATA),
        };
        if !place.is_multiple_of(4) {
            return Err(Error::BadPlace { section: self.atom.name.clone(), offset: reference.offset });
        }
        let adds_rodata = if symbol.is_text { 0 } else { LoadRelocation::ADD_RODATA };
        Ok((offset, Some(LoadRelocation { place: place as u32 | in_rodata | adds_rodata })))
    }

    /// Code may have the address of code, but of nothing else in a text that cannot be read as data. (Constants in the
    /// text have no symbols: only the instructions that load them, a word at a time, know where they are.)
    fn require_code(&self, reference: &Bound) -> Result<(), Error> {
        let Definition::Spot(spot) = self.program.resolve(reference.to) else { return Ok(()) };
        let at = spot.offset.wrapping_add_signed(reference.addend);
        let functions = self.program.atoms.get(spot.atom).map_or(&[][..], |atom| &atom.functions);
        if functions.iter().any(|function| (function.offset..function.offset + function.size).contains(&at)) {
            return Ok(());
        }
        Err(Error::ReadsText { section: self.atom.name.clone(), symbol: self.name(reference) })
    }

    /// A word of a constant table.
    fn code_offset(&self, reference: &Bound, symbol: &Symbol) -> Result<i64, Error> {
        match self.program.resolve(reference.to) {
            Definition::Spot(spot) if spot.is_function => Ok(symbol.address | symbol.code_bit),
            _ => Err(Error::NotAFunction { table: self.atom.name.clone(), symbol: self.name(reference) }),
        }
    }

    fn name(&self, reference: &Bound) -> String {
        self.program.name_of(reference.to)
    }
}
