//! Facts that need the whole module: what escapes, what is constant, what grows.

use std::collections::BTreeSet;

use graver_aot_format::{ExternKind, ValType};
use wasmparser::{FuncType, Operator};

use super::{Init, Mode, Module};
use crate::error::Result;

/// The longest constant table: beyond it the read-only data would be larger than the module deserves.
const CONSTANT_TABLE_LIMIT: u64 = 1 << 20;

/// Fills in everything that is derived from the sections.
pub(super) fn complete(module: &mut Module<'_>) -> Result<()> {
    mark_visible(module);
    let mut references = scan_bodies(module)?;
    for table in module.imported_tables as usize..module.tables.len() {
        let contents = constant_contents(module, table as u32);
        module.tables[table].constant = contents;
    }
    references.extend(referenced_by_inits(module));
    module.references = references.into_iter().collect();
    module.escaping = escaping(module);
    module.has_local_type_ids = has_local_type_ids(module);
    Ok(())
}

fn mark_visible(module: &mut Module<'_>) {
    for export in &module.exports {
        let index = export.index as usize;
        match export.kind {
            ExternKind::Memory => module.memories[index].is_visible = true,
            ExternKind::Table => module.tables[index].is_visible = true,
            ExternKind::Global => module.globals[index].is_visible = true,
            ExternKind::Function | ExternKind::Tag => {}
        }
    }
}

/// One pass over all code: which tables and memories are changed and how, and which functions are referenced.
fn scan_bodies(module: &mut Module<'_>) -> Result<BTreeSet<u32>> {
    let mut references = BTreeSet::new();
    let bodies =
        module.bodies.iter().map(wasmparser::FunctionBody::get_operators_reader).collect::<Result<Vec<_>, _>>()?;
    let inits = module.init_functions.iter().map(|(expr, _)| expr.get_operators_reader());
    for reader in bodies.into_iter().chain(inits) {
        for operator in reader {
            match operator? {
                Operator::MemoryGrow { mem } => module.memories[mem as usize].is_grown = true,
                Operator::MemoryCopy { dst_mem, .. } => module.memories[dst_mem as usize].is_copied = true,
                Operator::MemoryFill { mem } => module.memories[mem as usize].is_filled = true,
                Operator::TableGet { table }
                | Operator::TableSet { table }
                | Operator::TableGrow { table }
                | Operator::TableFill { table }
                | Operator::TableInit { table, .. } => module.tables[table as usize].is_accessed = true,
                Operator::TableCopy { dst_table, src_table } => {
                    module.tables[dst_table as usize].is_accessed = true;
                    module.tables[src_table as usize].is_accessed = true;
                }
                Operator::RefFunc { function_index } => {
                    references.insert(function_index);
                }
                operator => module.uses_floats |= is_float_operator(&operator),
            }
        }
    }
    Ok(references)
}

/// Operators that make floats out of something else; all others only pass on floats made by these or by parameters.
fn is_float_operator(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::F32Const { .. }
            | Operator::F64Const { .. }
            | Operator::F32Load { .. }
            | Operator::F64Load { .. }
            | Operator::F32ReinterpretI32
            | Operator::F64ReinterpretI64
            | Operator::F32ConvertI32S
            | Operator::F32ConvertI32U
            | Operator::F32ConvertI64S
            | Operator::F32ConvertI64U
            | Operator::F64ConvertI32S
            | Operator::F64ConvertI32U
            | Operator::F64ConvertI64S
            | Operator::F64ConvertI64U
    )
}

/// The functions in a table that nothing can change: not visible, only called through, filled by literal segments
/// that fit with functions of this module. Later segments overwrite earlier ones.
fn constant_contents(module: &Module<'_>, index: u32) -> Option<Vec<Option<u32>>> {
    let table = &module.tables[index as usize];
    let is_plain = !table.is_visible
        && !table.is_accessed
        && table.element == ValType::FuncRef
        && table.init == Init::Null(ValType::FuncRef)
        && table.limits.minimum <= CONSTANT_TABLE_LIMIT;
    if !is_plain {
        return None;
    }
    let mut contents = vec![None; table.limits.minimum as usize];
    for segment in &module.elements {
        let Mode::Active { target, offset } = segment.mode else { continue };
        if target != index {
            continue;
        }
        let Init::Constant(_, start) = offset else { return None };
        let end = start.checked_add(segment.items.len() as u64)?;
        let places = contents.get_mut(usize::try_from(start).ok()?..usize::try_from(end).ok()?)?;
        for (place, item) in places.iter_mut().zip(&segment.items) {
            *place = match *item {
                Init::Null(_) => None,
                Init::Function(function) if function >= module.imported_functions => Some(function),
                _ => return None,
            };
        }
    }
    Some(contents)
}

/// Functions that globals and segments take references of; segments of constant tables take none.
fn referenced_by_inits(module: &Module<'_>) -> Vec<u32> {
    let is_constant =
        |mode: &Mode| matches!(mode, Mode::Active { target, .. } if module.tables[*target as usize].constant.is_some());
    let items = module
        .elements
        .iter()
        .filter(|segment| !is_constant(&segment.mode) && segment.mode != Mode::Declared)
        .flat_map(|segment| segment.items.iter());
    let globals = module.globals.iter().map(|global| &global.init);
    let tables = module.tables.iter().map(|table| &table.init);
    items
        .chain(globals)
        .chain(tables)
        .filter_map(|init| match init {
            Init::Function(index) => Some(*index),
            _ => None,
        })
        .collect()
}

fn escaping(module: &Module<'_>) -> Vec<u32> {
    let exports = module.exports.iter().filter(|export| export.kind == ExternKind::Function).map(|export| export.index);
    let tables = module.tables.iter().filter_map(|table| table.constant.as_ref()).flatten().flatten().copied();
    let all: BTreeSet<u32> =
        exports.chain(module.references.iter().copied()).chain(module.start).chain(tables).collect();
    all.into_iter().collect()
}

/// A reference can only come in through a visible table or global, or through a parameter or result at the boundary.
fn has_local_type_ids(module: &Module<'_>) -> bool {
    let has_references =
        |ty: &FuncType| ty.params().iter().chain(ty.results()).any(wasmparser::ValType::is_reference_type);
    let boundary = (0..module.imported_functions).chain(module.escaping.iter().copied());
    !module.tables.iter().any(|table| table.is_visible)
        && !module.globals.iter().any(|global| global.is_visible && global.ty == ValType::FuncRef)
        && !boundary.into_iter().any(|function| has_references(module.function_type(function)))
}
