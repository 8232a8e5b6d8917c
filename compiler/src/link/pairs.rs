//! Relocations that mean something only together become one each, which says what its value is relative to.

use super::Error;
use super::program::{Base, Place, ReadObject, Reference};
use graver_targets::Value;
use std::collections::HashMap;

/// Joins the relocations of a section.
pub(super) fn join(references: Vec<Reference>, object: &ReadObject, section: usize) -> Result<Vec<Reference>, Error> {
    let lone = |reference: &Reference| {
        let section = object.sections.get(section).map(|section| section.name.clone()).unwrap_or_default();
        Error::LoneRelocation { relocation: reference.row.name, section, offset: reference.offset }
    };
    let of = |value: Value| references.iter().filter(move |reference| reference.row.value == value);
    let by_offset = |value| -> HashMap<u64, &Reference> { of(value).map(|first| (first.offset, first)).collect() };
    let mut subtrahends = by_offset(Value::Subtrahend);
    // Empty unless there is something to find in it.
    let labelled = if of(Value::OfLabelled).next().is_some() { by_offset(Value::Relative) } else { HashMap::new() };
    let mut joined = Vec::with_capacity(references.len());
    for reference in &references {
        joined.push(match reference.row.value {
            Value::Subtrahend => continue,
            Value::Minuend => {
                let other =
                    subtrahends.remove(&reference.offset).filter(|other| other.row.field == reference.row.field);
                let other = other.ok_or_else(|| lone(reference))?;
                Reference { base: Base::Symbol(other.symbol, other.addend), ..*reference }
            }
            Value::OfLabelled => {
                let first = match object.symbols.get(reference.symbol).map(|symbol| symbol.place) {
                    Some(Place::Section { section: there, offset }) if there == section => labelled.get(&offset),
                    _ => None,
                };
                let first = first.ok_or_else(|| lone(reference))?;
                Reference { offset: reference.offset, row: reference.row, ..**first }
            }
            _ => *reference,
        });
    }
    match subtrahends.into_values().min_by_key(|reference| reference.offset) {
        Some(left) => Err(lone(left)),
        None => Ok(joined),
    }
}
