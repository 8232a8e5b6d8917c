//! Where each atom that was reached lies.

use super::Error;
use super::program::{Atom, AtomId, Program, Spot};
use graver_targets::Glue;

/// Where the text begins if it does not begin with the glue: offset 0 means null in tables, so no function may be there.
const FIRST_FUNCTION: u64 = 16;

/// Offsets in an address space in which the text begins at 0 and the read-only data follows it.
pub(super) struct Layout {
    /// Live atoms of the text and the read-only data, in order.
    pub(super) order: Vec<AtomId>,
    pub(super) text_length: u64,
    pub(super) rodata_start: u64,
    pub(super) end: u64,
    pub(super) text_align_log2: u8,
    pub(super) rodata_align_log2: u8,
    /// Whether these are addresses rather than offsets.
    pub(super) is_absolute: bool,
    addresses: Vec<Option<u64>>,
}

impl Layout {
    /// The address of an atom, if it is live.
    pub(super) fn atom(&self, atom: AtomId) -> Option<u64> {
        self.addresses.get(atom).copied().flatten()
    }

    /// The address of a spot in a live atom.
    pub(super) fn spot(&self, spot: Spot) -> Option<u64> {
        self.atom(spot.atom)?.checked_add(spot.offset)
    }
}

impl Layout {
    /// Nothing placed yet, in an address space of absolute addresses.
    pub(super) fn empty(program: &Program) -> Self {
        Self {
            order: Vec::new(),
            text_length: 0,
            rodata_start: 0,
            end: 0,
            text_align_log2: 0,
            rodata_align_log2: 0,
            is_absolute: true,
            addresses: vec![None; program.atoms.len()],
        }
    }
}

/// Lays out: the glue, code in the order of the objects; then data, most aligned first, so that no gaps are needed.
pub(super) fn place(program: &Program) -> Result<Layout, Error> {
    let is_live = |wants_text: bool| {
        move |id: &AtomId| program.atoms.get(*id).is_some_and(|atom| atom.is_live && atom.is_text == wants_text)
    };
    let mut text: Vec<AtomId> = (0..program.atoms.len()).filter(is_live(true)).collect();
    text.sort_by_key(|id| !is_glue(program, *id));
    let mut rodata: Vec<AtomId> = (0..program.atoms.len()).filter(is_live(false)).collect();
    rodata.sort_by_key(|id| std::cmp::Reverse(program.atoms.get(*id).map_or(1, |atom| atom.align)));

    let target = program.target;
    let mut layout = Layout {
        order: Vec::with_capacity(text.len() + rodata.len()),
        text_length: 0,
        rodata_start: 0,
        end: 0,
        text_align_log2: target.text_align_log2.max(align_log2(program, &text)),
        rodata_align_log2: target.rodata_align_log2.max(align_log2(program, &rodata)),
        is_absolute: false,
        addresses: vec![None; program.atoms.len()],
    };
    let starts_with_glue = text.first().is_some_and(|id| is_glue(program, *id));
    let mut at = if starts_with_glue || text.is_empty() { 0 } else { FIRST_FUNCTION };
    layout.append(program, &text, &mut at);
    if target.is_split {
        // Copied and read in words.
        at = at.next_multiple_of(4);
    }
    layout.text_length = at;
    at = at.next_multiple_of(1 << layout.rodata_align_log2);
    layout.rodata_start = at;
    layout.append(program, &rodata, &mut at);
    layout.end = at;
    // Offsets are 32 bits wide, and distances must be positive as well as negative.
    if at > i32::MAX as u64 { Err(Error::TooLarge(at)) } else { Ok(layout) }
}

impl Layout {
    pub(super) fn append(&mut self, program: &Program, atoms: &[AtomId], at: &mut u64) {
        for id in atoms {
            let Some(atom) = program.atoms.get(*id) else { continue };
            *at = at.next_multiple_of(atom.align);
            if let Some(address) = self.addresses.get_mut(*id) {
                *address = Some(*at);
            }
            *at += atom.bytes.len() as u64;
            self.order.push(*id);
        }
    }
}

fn is_glue(program: &Program, id: AtomId) -> bool {
    program.atoms.get(id).is_some_and(|atom| atom.name == Glue::SECTION)
}

fn align_log2(program: &Program, atoms: &[AtomId]) -> u8 {
    let aligns = atoms.iter().filter_map(|id| program.atoms.get(*id)).map(|atom: &Atom| atom.align.trailing_zeros());
    aligns.max().unwrap_or(0) as u8
}
