//! The linker on objects that LLVM's own `llc` makes of small modules.

mod errors;
mod fields;
mod linking;

use super::{ConstantTable, Error, Failure, Input, Linked, Object, link};
use graver_targets::{Cpu, Target};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// One row of each kind of ELF.
const TARGETS: [&str; 3] = ["x86_64", "thumbv7em", "thumbv7em-hf"];

fn target(name: &str) -> &'static Target {
    Target::find(name).unwrap()
}

/// Runs one of LLVM's tools on `text`, for a target; they differ in how they spell the triple.
fn llvm(tool: &str, triple: &str, target: &Target, extra: &[&str], text: &str) -> Vec<u8> {
    let prefix = std::env::var_os("LLVM_SYS_221_PREFIX").unwrap_or_else(|| "/usr/lib/llvm-22".into());
    let Cpu::Named(cpu) = target.llvm.cpu else { panic!("a row with a CPU") };
    let mut child = Command::new(PathBuf::from(prefix).join("bin").join(tool))
        .args([&format!("{triple}={}", target.llvm.triple), &format!("-mcpu={cpu}")])
        .arg(format!("-mattr={}", target.llvm.features))
        .args(["-filetype=obj", "-o", "-"])
        .args(extra)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{tool} failed on:\n{text}");
    output.stdout
}

/// An object of LLVM IR.
fn compile(target: &Target, ir: &str) -> Vec<u8> {
    compile_with(target, &["-O2", "-relocation-model=pic"], ir)
}

fn compile_with(target: &Target, options: &[&str], ir: &str) -> Vec<u8> {
    llvm("llc", "-mtriple", target, options, ir)
}

/// An object of assembly.
fn assemble(target: &Target, text: &str) -> Vec<u8> {
    llvm("llvm-mc", "-triple", target, &[], text)
}

/// IR of a hidden function in its own section.
fn function(name: &str, signature: &str, body: &str) -> String {
    let (result, params) = signature.split_once('(').unwrap();
    format!(
        "define hidden {result} @{name}({params} nounwind \"disable-tail-calls\"=\"true\" \
         section \".text.{name}\" {{\n{body}\n}}\n"
    )
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
