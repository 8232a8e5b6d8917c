//! The linker on objects that LLVM's own `llc` makes of small modules.

mod boards;
mod errors;
mod fields;
mod linking;
mod pages;
mod pools;

use super::test_tools::{assemble, compile, compile_with, function};
use super::{ConstantTable, Error, Failure, Input, Linked, Object, link};
use graver_targets::Target;

/// One row of each kind of ELF.
const TARGETS: [&str; 9] = [
    "x86_64",
    "aarch64",
    "armv7",
    "armv7-softfp",
    "thumbv7em",
    "thumbv7em-hf",
    "riscv32imac",
    "riscv32gc",
    "riscv64gc",
];

fn target(name: &str) -> &'static Target {
    Target::find(name).unwrap()
}

/// Links objects in order; the archive has nothing.
fn link_all(target: &'static Target, objects: &[&[u8]], roots: &[&str]) -> Result<Linked, Error> {
    link_with(target, objects, roots, &[], &mut |_| None)
}

fn link_with(
    target: &'static Target,
    objects: &[&[u8]],
    roots: &[&str],
    constant_tables: &[ConstantTable],
    archive: &mut dyn FnMut(&str) -> Option<Vec<u8>>,
) -> Result<Linked, Error> {
    let objects: Vec<_> = objects.iter().map(|bytes| Object { name: "test.o", bytes, replaces: false }).collect();
    link_objects(target, &objects, roots, constant_tables, archive)
}

fn link_objects(
    target: &'static Target,
    objects: &[Object<'_>],
    roots: &[&str],
    constant_tables: &[ConstantTable],
    archive: &mut dyn FnMut(&str) -> Option<Vec<u8>>,
) -> Result<Linked, Error> {
    let input = Input { target, objects, roots, constant_tables };
    link(&input, |symbol| Ok::<_, std::convert::Infallible>(archive(symbol))).map_err(|failure| match failure {
        Failure::Link(error) => error,
        Failure::Archive { error, .. } => match error {},
    })
}

fn names(linked: &Linked, numbers: &[u32]) -> Vec<String> {
    numbers.iter().map(|number| linked.functions[*number as usize].name.clone()).collect()
}
