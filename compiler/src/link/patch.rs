//! Writing the sections and applying relocations: one patcher for all targets, driven by their descriptors.

use super::layout::Layout;
use super::program::{Atom, Base, Bound, Definition, Program, To};
use super::{Error, field, reach};
use graver_targets::{Field, Relocation, Value};

/// The text and the read-only data, patched.
pub(super) fn write(program: &Program, layout: &Layout) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let filler = program.target.text_filler;
    let mut bytes: Vec<u8> = filler.iter().copied().cycle().take(layout.text_length as usize).collect();
    bytes.resize(layout.end as usize, 0);
    for id in &layout.order {
        let (Some(atom), Some(address)) = (program.atoms.get(*id), layout.atom(*id)) else { continue };
        if let Some(place) = bytes.get_mut(address as usize..).and_then(|rest| rest.get_mut(..atom.bytes.len())) {
            place.copy_from_slice(&atom.bytes);
            for reference in &atom.references {
                Patcher { program, layout, atom, address }.apply(reference, place)?;
            }
        }
    }
    let rodata = bytes.split_off(layout.rodata_start as usize);
    bytes.truncate(layout.text_length as usize);
    Ok((bytes, rodata))
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
}

impl Patcher<'_> {
    fn apply(&self, reference: &Bound, bytes: &mut [u8]) -> Result<(), Error> {
        let bad_place = || Error::BadPlace { section: self.atom.name.clone(), offset: reference.offset };
        let place = bytes.get_mut(reference.offset as usize..).ok_or_else(bad_place)?;
        let (field, value) = match self.symbol(reference.to)? {
            None => (reference.row.map_or(Field::Word32, |row| row.field), 0),
            Some(symbol) => match reference.row {
                None => (Field::Word32, self.code_offset(reference, &symbol)?),
                Some(row) => (row.field, self.value(row, reference, &symbol)?),
            },
        };
        field::encode(field, place, value).ok_or_else(bad_place)
    }

    /// `None` for a place in code that was dropped, which only a jump table of that code refers to.
    fn symbol(&self, to: To) -> Result<Option<Symbol>, Error> {
        let name = || self.program.name_of(to);
        let undefined = || Error::Undefined { symbol: name(), from: self.atom.name.clone() };
        match self.program.resolve(to) {
            Definition::Text => Ok(Some(Symbol { address: 0, code_bit: 0 })),
            Definition::Undefined => Err(undefined()),
            Definition::Absolute => Err(Error::Absolute { section: self.atom.name.clone(), symbol: name() }),
            Definition::Spot(spot) => match self.layout.spot(spot) {
                Some(address) => {
                    let code_bit = if spot.is_function { self.program.target.code_bit() } else { 0 };
                    Ok(Some(Symbol { address: address as i64, code_bit: i64::from(code_bit) }))
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

    /// The formulas of the psABIs.
    fn value(&self, row: &Relocation, reference: &Bound, symbol: &Symbol) -> Result<i64, Error> {
        let base = self.base(reference.base)?;
        let target = symbol.address.wrapping_add(reference.addend);
        let value = match row.value {
            Value::Relative | Value::OfLabelled | Value::Minuend | Value::Subtrahend => target.wrapping_sub(base),
            Value::RelativeWithCodeBit if row.is_call => target.wrapping_sub(base),
            Value::RelativeWithCodeBit => (target | symbol.code_bit).wrapping_sub(base),
            Value::Nothing => return Ok(0),
        };
        let limit = 1_i128 << row.field.shape().range_bits;
        if i128::from(value) < -limit || i128::from(value) >= limit {
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
