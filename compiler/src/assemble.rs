//! Links the code of all partitions with the library routines that it needs.

use crate::error::{Error, ErrorKind, Result};
use crate::link::{self, ConstantTable, Failure, Linked};
use crate::llvm::Emitted;
use crate::module::Module;
use crate::options::Options;
use crate::plan::Plan;
use crate::translate::{library, symbol};

/// Bytes that frames have beyond what LLVM reports: return address, pushed arguments, and the frame of the trap call.
const FRAME_OVERHEAD: u32 = 64;

/// Library routines call each other at most this deep.
const LIBRARY_DEPTH: u32 = 3;

/// Links; also says how many bytes of stack unchecked code may need below the limit.
///
/// # Errors
/// A symbol or relocation that nothing resolves, which is a defect of the compiler.
pub(crate) fn link(module: &Module<'_>, options: &Options, plan: &Plan, emitted: &[Emitted]) -> Result<(Linked, u32)> {
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

    let mut library_frame = 0;
    let linked = link::link(&input, |symbol| {
        let found = library::object(options, symbol)?;
        library_frame = library_frame.max(found.as_ref().map_or(0, largest_frame));
        Ok(found.map(|emitted| emitted.bytes))
    });
    let linked = linked.map_err(|failure: Failure<Error>| match failure {
        Failure::Link(error) => Error::new(ErrorKind::Link, error.to_string()),
        Failure::Archive { error, .. } => error,
    })?;
    let own_frame = emitted.iter().map(largest_frame).max().unwrap_or(0);
    let slack = own_frame + FRAME_OVERHEAD + LIBRARY_DEPTH * (library_frame + FRAME_OVERHEAD);
    Ok((linked, slack))
}

fn largest_frame(emitted: &Emitted) -> u32 {
    emitted.frames.values().copied().max().unwrap_or(0)
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
