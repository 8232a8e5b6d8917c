//! Where a text has words for instructions to load between its functions. Nothing in an image says so, but the
//! instructions do: so code is read from every known place on, the last first, and up to the constants of the next.

use graver_aot_format::Image;
use graver_targets::{Relocation, Target, Value};
use std::collections::BTreeSet;

use crate::link;

const WORD: usize = 4;

/// Offsets of such words. `known` places have code; `length` is that of the instruction at an offset.
pub(crate) fn constants(
    image: &Image<'_>,
    target: &Target,
    known: impl Iterator<Item = usize>,
    length: &mut dyn FnMut(usize) -> usize,
) -> BTreeSet<usize> {
    let text = image.text();
    let loads: Vec<&Relocation> = target.relocations.iter().filter(|row| row.value == Value::Literal).collect();
    if loads.is_empty() {
        return BTreeSet::new();
    }
    let mut places: BTreeSet<usize> = known.chain(addresses(image)).filter(|place| *place < text.len()).collect();
    loop {
        let mut found = BTreeSet::new();
        for place in places.iter().rev() {
            let mut at = *place;
            while let Some(code) = text.get(at..).filter(|rest| !rest.is_empty()) {
                found.extend(loads.iter().filter_map(|row| loaded(row, code, at)));
                at += length(at);
                let is_in_constant = found.range(at.saturating_sub(WORD - 1)..=at).next().is_some();
                if is_in_constant || places.contains(&at) {
                    break;
                }
            }
        }
        let before = places.len();
        places.extend(targets(image, &found));
        if places.len() == before {
            return found;
        }
    }
}

/// Text offsets in constants of an image for one place: they are all that tells where its functions are.
fn targets(image: &Image<'_>, constants: &BTreeSet<usize>) -> Vec<usize> {
    let Some(bases) = image.base_addresses() else { return Vec::new() };
    let text = image.text();
    let offset = |at: &usize| usize::try_from(u64::from(word(text, *at)?).checked_sub(bases.text)?).ok();
    constants.iter().filter_map(offset).filter(|offset| *offset < text.len()).collect()
}

/// Text offsets in words that are completed by the loader.
fn addresses<'a>(image: &Image<'a>) -> impl Iterator<Item = usize> + use<'a> {
    let (text, rodata) = (image.text(), image.rodata());
    image.load_relocations().iter().filter(|relocation| !relocation.adds_rodata()).filter_map(move |relocation| {
        let bytes = if relocation.is_in_rodata() { rodata } else { text };
        word(bytes, relocation.offset() as usize).map(|offset| offset as usize)
    })
}

/// The offset of what an instruction loads, if it is one that does.
fn loaded(row: &Relocation, code: &[u8], at: usize) -> Option<usize> {
    let first = *code.first()?;
    let distance = if row.suits(first) { link::decode(row.field, code)? } else { return None };
    at.next_multiple_of(WORD).checked_add_signed(distance as isize)
}

/// The word at an offset.
pub(crate) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_le_bytes(*word))
}
