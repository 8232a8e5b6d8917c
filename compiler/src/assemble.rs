//! Links the code of all partitions with the library routines that it needs.

use crate::error::{Error, ErrorKind, Result};
use crate::link::{self, ConstantTable, Failure, Linked};
use crate::llvm::Emitted;
use crate::module::Module;
use crate::options::Options;
use crate::plan::Plan;
use crate::stack::{self, Frames, Stack};
use crate::translate::{library, symbol};

/// Links; also says how much stack the linked code needs.
///
/// # Errors
/// A symbol or relocation that nothing resolves, which is a defect of the compiler.
pub(crate) fn link(
    module: &Module<'_>,
    options: &Options,
    plan: &Plan,
    emitted: &[Emitted],
) -> Result<(Linked, Stack)> {
    let names: Vec<String> = (0..emitted.len()).map(|number| format!("partition {number}")).collect();
    let objects: Vec<link::Object<'_>> = names
        .iter()
        .zip(emitted)
        .map(|(name, emitted)| link::Object { name, bytes: &emitted.bytes, replaces: false })
        .collect();
    let roots = plan.roots(module);
    let roots: Vec<&str> = roots.iter().map(String::as_str).collect();
    let tables = constant_tables(module);
    let input = link::Input { target: options.target, objects: &objects, roots: &roots, constant_tables: &tables };

    let mut frames = Frames::default();
    emitted.iter().for_each(|emitted| frames.add(emitted));
    let linked = link::link(&input, |symbol| {
        let found = library::object(options, symbol)?;
        found.iter().for_each(|emitted| frames.add(emitted));
        Ok(found.map(|emitted| emitted.bytes))
    });
    let linked = linked.map_err(|failure: Failure<Error>| match failure {
        Failure::Link(error) => Error::new(ErrorKind::Link, error.to_string()),
        Failure::Archive { error, .. } => error,
    })?;
    let stack = stack::analyse(options.target, module, plan, &linked, &frames)?;
    Ok((linked, stack))
}

fn constant_tables(module: &Module<'_>) -> Vec<ConstantTable> {
    let mut tables = Vec::new();
    for (index, table) in module.tables.iter().enumerate() {
        let Some(contents) = &table.constant else { continue };
        let entry = |function: &Option<u32>| {
            function.map(|function| (symbol::function(function), module.canonical(module.functions[function as usize])))
        };
        let symbol = symbol::constant_table(index as u32);
        tables.push(ConstantTable { symbol, entries: contents.iter().map(entry).collect() });
    }
    tables
}
