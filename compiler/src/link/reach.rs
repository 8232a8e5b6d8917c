//! What the roots reach. Library routines are fetched when something reached refers to them, so the result is a fixed
//! point: a routine may need others.

use super::program::{AtomId, Bound, Definition, GlobalId, Program, Spot, To};
use super::{Error, Failure, Object};
use graver_targets::Value;

/// Marks every atom that the roots and constant tables reach.
pub(super) fn mark<E>(
    program: &mut Program,
    roots: &[&str],
    archive: impl FnMut(&str) -> Result<Option<Vec<u8>>, E>,
) -> Result<(), Failure<E>> {
    let mut marker = Marker { program, archive, work: Vec::new() };
    for atom in marker.program.tables.clone() {
        marker.reach_atom(atom);
    }
    for root in roots {
        let id = marker.program.global(root);
        marker.reach_global(id, "the list of roots")?;
    }
    // First come, first served keeps library routines in the order of their first use.
    let mut next = 0;
    while let Some(atom) = marker.work.get(next).copied() {
        marker.follow(atom)?;
        next += 1;
    }
    Ok(())
}

struct Marker<'a, A> {
    program: &'a mut Program,
    archive: A,
    work: Vec<AtomId>,
}

impl<A, E> Marker<'_, A>
where
    A: FnMut(&str) -> Result<Option<Vec<u8>>, E>,
{
    fn reach_atom(&mut self, atom: AtomId) {
        if let Some(state) = self.program.atoms.get_mut(atom)
            && !state.is_live
        {
            state.is_live = true;
            self.work.push(atom);
        }
    }

    fn reach_global(&mut self, id: GlobalId, from: &str) -> Result<(), Failure<E>> {
        if self.program.definition(id) == Definition::Undefined {
            self.fetch(id, from)?;
        }
        if let Definition::Spot(spot) = self.program.definition(id) {
            self.reach_atom(spot.atom);
        }
        Ok(())
    }

    fn fetch(&mut self, id: GlobalId, from: &str) -> Result<(), Failure<E>> {
        let symbol = self.program.name_of(To::Global(id));
        let found = (self.archive)(&symbol).map_err(|error| Failure::Archive { symbol: symbol.clone(), error })?;
        let Some(bytes) = found else {
            return Err(Error::Undefined { symbol, from: from.to_owned() }.into());
        };
        self.program.add(&Object { name: &symbol, bytes: &bytes, replaces: false })?;
        if self.program.definition(id) == Definition::Undefined {
            return Err(Error::Archive { symbol }.into());
        }
        Ok(())
    }

    fn follow(&mut self, atom: AtomId) -> Result<(), Failure<E>> {
        let Some(state) = self.program.atoms.get(atom) else { return Ok(()) };
        let (is_text, name) = (state.is_text, state.name.clone());
        for reference in state.references.clone() {
            match reference.to {
                To::Global(id) => self.reach_global(id, &name)?,
                To::Local(spot)
                    if !is_text && is_label(self.program, spot) && !is_function_address(self.program, &reference) => {}
                To::Local(spot) => self.reach_atom(spot.atom),
            }
        }
        Ok(())
    }
}

/// Whether a word holds the address of a function, spelled as that of a place in its section.
fn is_function_address(program: &Program, reference: &Bound) -> bool {
    let To::Local(spot) = reference.to else { return false };
    let at = spot.offset.wrapping_add_signed(reference.addend);
    let functions = program.atoms.get(spot.atom).map_or(&[][..], |atom| &atom.functions);
    reference.row.is_some_and(|row| row.value == Value::Absolute)
        && functions.iter().any(|function| function.offset == at)
}

/// Whether a spot is a place within code other than a function. Only jump tables refer to such places, and all the jump
/// tables of an object are in one section: they belong to the functions they point into, and do not keep them.
pub(super) fn is_label(program: &Program, spot: Spot) -> bool {
    !spot.is_function && program.atoms.get(spot.atom).is_some_and(|atom| atom.is_text)
}
