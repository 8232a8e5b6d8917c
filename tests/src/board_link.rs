//! The linker of firmware for boards whose usual linkers cannot read LLVM's objects. It takes the arguments of a Unix
//! linker, finds the memory map as `memory.x` in a folder given with `-L`, and gets from the target's description which
//! start-up code to assemble.
//!
//! Or it makes objects and archives such that other linkers can read them: `--for-others INPUT -o OUTPUT`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow};
use graver_compiler::link::board::{self, MemoryMap};
use graver_compiler::link::{Object, for_other_linkers};
use graver_guests::repository;
use graver_targets::Target;
use object::read::archive::ArchiveFile;

/// The argument by which a target's description names the start-up code.
const START: &str = "--start=";
/// The argument by which objects and archives are made for other linkers.
const FOR_OTHERS: &str = "--for-others";
/// What the assembler is to know.
const DEFINITION: &str = "--defsym=";
/// Any row: they all have the same objects.
const TARGET: &str = "xtensa-esp32";

/// Links an executable.
///
/// # Errors
/// Arguments that say too little, files that cannot be read, what is undefined, or does not fit.
pub fn link(arguments: &[String]) -> Result<()> {
    let target = Target::find(TARGET).map_err(|error| anyhow!("{error}"))?;
    match arguments {
        [option, input, o, output] if option == FOR_OTHERS && o == "-o" => {
            return for_others(target, Path::new(input), Path::new(output));
        }
        _ => {}
    }
    let (mut objects, mut members, mut output, mut start) = (Vec::new(), Vec::new(), None, None);
    let (mut symbols, mut definitions) = (Vec::new(), Vec::new());
    let mut rest = arguments.iter().map(String::as_str);
    while let Some(argument) = rest.next() {
        let path = Path::new(argument);
        match argument {
            "-o" => output = rest.next(),
            "-L" => symbols.extend(rest.next().map(|folder| read_map(Path::new(folder))).unwrap_or_default()),
            _ if argument.starts_with(START) => start = argument.strip_prefix(START),
            _ if argument.starts_with(DEFINITION) => definitions.push(argument),
            _ if argument.ends_with(".rlib") || argument.ends_with(".a") => members.extend(read_archive(path)?),
            _ if argument.ends_with(".o") => objects.push((argument.to_owned(), std::fs::read(path)?)),
            // What a linker would do with the others happens here anyway, or is about debugging.
            _ => {}
        }
    }
    let start = start.context("no start-up code")?;
    let source = repository().join("tests/firmware/xtensa").join(start);
    objects.push((start.to_owned(), assemble(target, &source, &definitions)?));

    let named = |list: &[(String, u32)], wanted: &str| -> Result<u32> {
        let found = list.iter().find(|(name, _)| name == wanted);
        found.map(|(_, address)| *address).with_context(|| format!("no {wanted} in the memory map"))
    };
    let fixed: Vec<(&str, u32)> = symbols.iter().map(|(name, address)| (name.as_str(), *address)).collect();
    // `_NAME_start` is also the place of the section `.NAME`, if there is one.
    let sections: Vec<(String, u32)> = symbols
        .iter()
        .filter_map(|(name, address)| Some((name.strip_prefix('_')?.strip_suffix("_start")?, *address)))
        .filter(|(name, _)| !["text", "rodata", "data"].contains(name))
        .map(|(name, address)| (format!(".{name}"), address))
        .collect();
    let sections: Vec<(&str, u32)> = sections.iter().map(|(name, address)| (name.as_str(), *address)).collect();
    let map = MemoryMap {
        text: named(&symbols, "_text_start")?,
        first: "graver_vectors",
        rodata: named(&symbols, "_rodata_start")?,
        sections: &sections,
        data: named(&symbols, "_data_start")?,
        symbols: &fixed,
    };
    let elf = board::link(target, &as_objects(&objects), &as_objects(&members), "graver_start", &map)?;
    std::fs::write(output.context("no output")?, elf)?;
    Ok(())
}

/// Rewrites an object, or those in an archive.
fn for_others(target: &Target, input: &Path, output: &Path) -> Result<()> {
    let rewritten = |name: &str, bytes| for_other_linkers(target, name, bytes, true).with_context(|| name.to_owned());
    if input.extension().is_none_or(|extension| extension != "a") {
        let name = input.display().to_string();
        return Ok(std::fs::write(output, rewritten(&name, std::fs::read(input)?)?)?);
    }
    let folder = tempfile::tempdir()?;
    let mut files = Vec::new();
    for (number, (name, bytes)) in read_archive(input)?.into_iter().enumerate() {
        // Names in an archive need not differ.
        let file = format!("{number}.o");
        std::fs::write(folder.path().join(&file), rewritten(&name, bytes)?)?;
        files.push(file);
    }
    let output = std::path::absolute(output)?;
    if output.exists() {
        std::fs::remove_file(&output)?;
    }
    // Deterministic: without times and owners.
    let mut archive = Command::new(llvm_tool("llvm-ar"));
    let done = archive.current_dir(folder.path()).arg("rcsD").arg(output).args(&files).output().context("llvm-ar")?;
    anyhow::ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Ok(())
}

fn as_objects(files: &[(String, Vec<u8>)]) -> Vec<Object<'_>> {
    files.iter().map(|(name, bytes)| Object { name, bytes, replaces: false }).collect()
}

/// The objects in an archive.
fn read_archive(path: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let archive = ArchiveFile::parse(&*bytes)?;
    let mut members = Vec::new();
    for member in archive.members() {
        let member = member?;
        let data = member.data(&*bytes)?;
        // Rust's libraries also have metadata in them.
        if data.starts_with(b"\x7fELF") {
            members.push((String::from_utf8_lossy(member.name()).into_owned(), data.to_vec()));
        }
    }
    Ok(members)
}

/// The assignments in a memory map: `NAME = 0x...;`.
fn read_map(folder: &Path) -> Vec<(String, u32)> {
    let Ok(text) = std::fs::read_to_string(folder.join("memory.x")) else { return Vec::new() };
    let assignment = |line: &str| {
        let (name, value) = line.trim().strip_suffix(';')?.split_once(" = 0x")?;
        Some((name.to_owned(), u32::from_str_radix(value, 16).ok()?))
    };
    text.lines().filter_map(assignment).collect()
}

fn assemble(target: &Target, source: &Path, definitions: &[&str]) -> Result<Vec<u8>> {
    let mut command = Command::new(llvm_tool("llvm-mc"));
    command.arg(format!("-triple={}", target.llvm.triple)).args(["-mcpu=esp32", "-filetype=obj", "-o", "-"]);
    let output = command.args(definitions).arg(source).output().context("llvm-mc")?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

fn llvm_tool(name: &str) -> PathBuf {
    let prefix = std::env::var_os("LLVM_SYS_221_PREFIX").unwrap_or_else(|| "/usr/lib/llvm-22".into());
    PathBuf::from(prefix).join("bin").join(name)
}
