//! The headers alone: each is whole, may come twice, and is C99, C11 and C++17 to every compiler.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{Check, Client, WARNINGS, finish, here, in_parallel, sources};

/// Compilers and languages.
const COMPILERS: &[(&str, &str, &[&str])] = &[
    ("gcc", "c", &["c99", "c11"]),
    ("clang-22", "c", &["c99", "c11"]),
    ("g++", "c++", &["c++17"]),
    ("clang++-22", "c++", &["c++17"]),
    ("arm-none-eabi-gcc", "c", &["c99", "c11"]),
    ("arm-none-eabi-g++", "c++", &["c++17"]),
];

/// States of the API that a program may ask for.
const VERSIONS: &[&str] = &["1", "2", "2019"];

/// Headers for one state only.
const SPECIAL: &[(&str, &str)] = &[("wasm_export_v1.h", "1"), ("wasm_export_2019.h", "2019"), ("bh_memory.h", "2019")];

/// A header, and how it is compiled.
struct Case {
    header: PathBuf,
    version: &'static str,
    compiler: &'static str,
    language: &'static str,
    standard: &'static str,
}

/// Compiles each header in each way.
pub(super) fn check(include: &Path, quick: bool) -> Result<Vec<Check>> {
    let compat = include.join("samples-compat");
    let mut headers = here::headers(include)?;
    headers.extend(here::headers(&compat)?);
    let mut cases = Vec::new();
    for header in &headers {
        let name = header.file_name().context("a header without a name")?.to_string_lossy();
        let only = SPECIAL.iter().find(|(special, _)| *special == name).map(|(_, version)| *version);
        for version in VERSIONS.iter().filter(|version| only.is_none_or(|only| only == **version)) {
            for (compiler, language, standards) in if quick { &COMPILERS[..1] } else { COMPILERS } {
                cases.extend(standards.iter().map(|standard| Case {
                    header: header.clone(),
                    version,
                    compiler,
                    language,
                    standard,
                }));
            }
        }
    }
    let folder = tempfile::tempdir()?;
    Ok(in_parallel(&cases, |case| {
        let name =
            format!("{} as {} with {}, API {}", case.header.display(), case.standard, case.compiler, case.version);
        Check::new(name, compile(case, include, folder.path()))
    }))
}

/// Compiles every client as C++: macros and inline functions of the headers are used there as well.
pub(super) fn check_in_cpp(clients: &[Client], include: &Path) -> Vec<Check> {
    let pairs: Vec<(&Client, &str)> =
        clients.iter().flat_map(|client| ["g++", "clang++-22"].map(|compiler| (client, compiler))).collect();
    in_parallel(&pairs, |(client, compiler)| {
        let mut command = Command::new(compiler);
        command.args(["-x", "c++", "-std=c++17", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-deprecated"]);
        command.arg("-I").arg(sources()).arg("-I").arg(include).arg("-I").arg(include.join("samples-compat"));
        let result = finish(command.arg(&client.source)).map(drop);
        Check::new(format!("{} as C++ with {compiler}", client.name), result)
    })
}

fn compile(case: &Case, include: &Path, folder: &Path) -> Result<()> {
    let header = case.header.display();
    // What this header wants before it.
    let table = "#include \"lib_export.h\"\nstatic NativeSymbol extended_native_symbol_defs[] = { { 0, 0, 0, 0 } };\n";
    let table = if case.header.ends_with("ext_lib_export.h") { table } else { "" };
    let text = format!("{table}#include \"{header}\"\n#include \"{header}\"\nint client_unit;\n");
    let stem = case.header.file_stem().unwrap_or_default().to_string_lossy();
    let path = folder.join(format!("{stem}-{}-{}-{}", case.compiler, case.standard, case.version));
    std::fs::write(&path, text)?;
    let mut command = Command::new(case.compiler);
    command.args(["-fsyntax-only", &format!("-std={}", case.standard)]).args(WARNINGS);
    command.arg(format!("-DGRAVER_WAMR_API={}", case.version)).arg("-I").arg(include);
    command.arg("-I").arg(include.join("samples-compat")).args(["-x", case.language]).arg(&path);
    finish(&mut command).map(drop)
}
