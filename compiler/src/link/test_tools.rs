//! LLVM's command-line tools, for tests that need objects.

use graver_targets::{Cpu, RelocationModel, Target};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// One of LLVM's tools.
pub(crate) fn tool(name: &str) -> PathBuf {
    let prefix = std::env::var_os("LLVM_SYS_221_PREFIX").unwrap_or_else(|| "/usr/lib/llvm-22".into());
    PathBuf::from(prefix).join("bin").join(name)
}

/// Runs one of LLVM's tools on `text`, for a target; they differ in how they spell the triple.
fn llvm(tool: &str, triple: &str, target: &Target, extra: &[&str], text: &str) -> Vec<u8> {
    let Cpu::Named(cpu) = target.llvm.cpu else { panic!("a row with a CPU") };
    let mut child = Command::new(self::tool(tool))
        .args([&format!("{triple}={}", target.llvm.triple), &format!("-mcpu={cpu}")])
        .arg(format!("-mattr={}", target.llvm.features))
        .args(["-o", "-"])
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
pub(crate) fn compile(target: &Target, ir: &str) -> Vec<u8> {
    compile_with(target, &["-O2", model(target)], ir)
}

/// An object of LLVM IR, with options of `llc`.
pub(crate) fn compile_with(target: &Target, options: &[&str], ir: &str) -> Vec<u8> {
    llvm("llc", "-mtriple", target, &[&["-filetype=obj"], options].concat(), ir)
}

fn model(target: &Target) -> &'static str {
    match target.llvm.relocation_model {
        RelocationModel::Pic => "-relocation-model=pic",
        RelocationModel::Static => "-relocation-model=static",
    }
}

/// Assembly of LLVM IR.
pub(crate) fn assembly(target: &Target, ir: &str) -> String {
    let text = llvm("llc", "-mtriple", target, &["-O2", model(target)], ir);
    String::from_utf8(text).unwrap()
}

/// An object of assembly.
pub(crate) fn assemble(target: &Target, text: &str) -> Vec<u8> {
    llvm("llvm-mc", "-triple", target, &["-filetype=obj"], text)
}

/// IR of a hidden function in its own section.
pub(crate) fn function(name: &str, signature: &str, body: &str) -> String {
    let (result, params) = signature.split_once('(').unwrap();
    format!(
        "define hidden {result} @{name}({params} nounwind \"disable-tail-calls\"=\"true\" \
         section \".text.{name}\" {{\n{body}\n}}\n"
    )
}
