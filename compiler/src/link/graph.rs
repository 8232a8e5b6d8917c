//! What the linked code is: symbols, functions, and which function refers to which.

use super::layout::Layout;
use super::program::{AtomId, Bound, Definition, FunctionStart, Program, Spot};
use super::{Function, Placed, Section};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Where every global symbol is that was reached.
pub(super) fn symbols(program: &Program, layout: &Layout) -> HashMap<String, Placed> {
    let placed = program.globals.iter().filter_map(|global| match global.definition {
        Definition::Spot(spot) => Some((global.name.clone(), placed(program, layout, spot)?)),
        Definition::Text => Some((global.name.clone(), Placed { section: Section::Text, offset: 0, size: 0 })),
        _ => None,
    });
    placed.collect()
}

fn placed(program: &Program, layout: &Layout, spot: Spot) -> Option<Placed> {
    let address = layout.spot(spot)?;
    let is_text = program.atoms.get(spot.atom)?.is_text;
    let code_bit = if spot.is_function { program.target.code_bit() } else { 0 };
    let (section, start) = if is_text { (Section::Text, 0) } else { (Section::Rodata, layout.rodata_start) };
    Some(Placed { section, offset: (address - start) as u32 | code_bit, size: spot.size as u32 })
}

/// Every function by offset, and those that constant tables refer to.
pub(super) fn build(program: &Program, layout: &Layout) -> (Vec<Function>, Vec<u32>) {
    let mut numbers: HashMap<(AtomId, u64), u32> = HashMap::new();
    let mut functions = Vec::new();
    for (id, start, address) in starts(program, layout) {
        // Aliases are one function.
        numbers.entry((id, start.offset)).or_insert_with(|| {
            functions.push(Function {
                name: start.name.clone(),
                offset: (address + start.offset) as u32,
                size: start.size as u32,
                calls: Vec::new(),
                takes: Vec::new(),
            });
            functions.len() as u32 - 1
        });
    }
    let mut in_tables = HashSet::new();
    for id in &layout.order {
        let Some(atom) = program.atoms.get(*id) else { continue };
        for reference in &atom.references {
            let Some(to) = function_referred_to(program, reference) else { continue };
            let Some(to) = numbers.get(&to).copied() else { continue };
            let Some(row) = reference.row else {
                in_tables.insert(to);
                continue;
            };
            let from = atom.functions.iter().rfind(|function| function.offset <= reference.offset);
            let from = from.and_then(|function| numbers.get(&(*id, function.offset)));
            let Some(from) = from.and_then(|from| functions.get_mut(*from as usize)) else { continue };
            if row.is_call { from.calls.push(to) } else { from.takes.push(to) }
        }
    }
    for function in &mut functions {
        for list in [&mut function.calls, &mut function.takes] {
            list.sort_unstable();
            list.dedup();
        }
    }
    let mut in_tables: Vec<u32> = in_tables.into_iter().collect();
    in_tables.sort_unstable();
    (functions, in_tables)
}

/// Ranges of the text that are data, ascending, as far as mapping symbols say so.
pub(super) fn data_in_text(program: &Program, layout: &Layout) -> Vec<Range<u32>> {
    let mut ranges = Vec::new();
    for id in &layout.order {
        let Some((atom, address)) = program.atoms.get(*id).zip(layout.atom(*id)).filter(|(atom, _)| atom.is_text)
        else {
            continue;
        };
        let ends = atom.marks.iter().skip(1).map(|(offset, _)| *offset).chain([atom.bytes.len() as u64]);
        let is_data = |((start, is_data), end): &(&(u64, bool), u64)| *is_data && start < end;
        let found = atom.marks.iter().zip(ends).filter(is_data);
        ranges.extend(found.map(|((start, _), end)| (address + start) as u32..(address + end) as u32));
    }
    ranges
}

/// The atom and offset of the function that a relocation refers to. Local functions may be referred to by their section
/// and an addend, which for values relative to the place's end lacks the place's size.
fn function_referred_to(program: &Program, reference: &Bound) -> Option<(AtomId, u64)> {
    let Definition::Spot(to) = program.resolve(reference.to) else { return None };
    if to.is_function {
        return Some((to.atom, to.offset));
    }
    let row = reference.row?;
    let aim = to.offset.saturating_add_signed(reference.addend).saturating_add(row.field.shape().bytes as u64);
    let functions = &program.atoms.get(to.atom)?.functions;
    functions.iter().rfind(|function| function.offset <= aim).map(|function| (to.atom, function.offset))
}

fn starts<'a>(program: &'a Program, layout: &'a Layout) -> impl Iterator<Item = (AtomId, &'a FunctionStart, u64)> {
    layout.order.iter().flat_map(|id| {
        let found = program.atoms.get(*id).zip(layout.atom(*id));
        let of_atom = found.map(|(atom, address)| atom.functions.iter().map(move |start| (*id, start, address)));
        of_atom.into_iter().flatten()
    })
}
