//! The entry glue of machines that have no linker but ours, on their emulated boards: the same checks as those that
//! `targets/tests/glue.rs` runs elsewhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use graver_aot_format::{Arch, CpuFeature};
use graver_guests::{Error, repository, run};
use graver_targets::{ALL, Cpu, RustBuild, Target};
use graver_tests::board_link;
use graver_tests::emulator::Runner;

fn tool(name: &str) -> Command {
    let prefix = std::env::var_os("LLVM_SYS_221_PREFIX").unwrap_or_else(|| "/usr/lib/llvm-22".into());
    Command::new(PathBuf::from(prefix).join("bin").join(name))
}

/// An object of what `input` has, made by one of LLVM's tools.
fn object(command: &mut Command, target: &Target, input: &Path) -> Result<PathBuf, Error> {
    let Cpu::Named(cpu) = target.llvm.cpu else { return Err("no CPU".into()) };
    let output = input.with_extension("o");
    command.args([format!("-mcpu={cpu}"), format!("-mattr={}", target.llvm.features)]);
    run(command.args(["-filetype=obj", "-o"]).arg(&output).arg(input))?;
    Ok(output)
}

/// What the description of the board's Rust target passes to the linker.
fn linker_arguments(description: &str) -> Result<Vec<String>, Error> {
    let text = fs::read_to_string(repository().join("tests/firmware").join(description))?;
    let json: serde_json::Value = serde_json::from_str(&text)?;
    let list = json["pre-link-args"]["gnu"].as_array().ok_or("no arguments for the linker")?;
    Ok(list.iter().filter_map(|argument| argument.as_str().map(str::to_owned)).collect())
}

fn check(target: &'static Target, uses_floats: bool) -> Result<(), Error> {
    let board = target.board.as_ref().ok_or("no board")?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("glue-{}-{uses_floats}", target.name));
    fs::create_dir_all(&folder)?;
    let [code, glue, program] = ["code.ll", "glue.s", "program"].map(|name| folder.join(name));
    let mut clang = tool("clang");
    clang.args([
        "-O1",
        "-Wall",
        "-Werror",
        "-Wno-unused-function",
        "-ffreestanding",
        "-fno-builtin",
        "-S",
        "-emit-llvm",
    ]);
    clang.args([&format!("--target={}", target.llvm.triple), "-o"]).arg(&code);
    let defined = [(uses_floats, "-DFLOATS"), (target.arch == Arch::XtensaWindowed, "-D__XTENSA_WINDOWED__")];
    clang.args(defined.iter().filter(|(is_defined, _)| *is_defined).map(|(_, definition)| definition));
    // A frame pointer would be one of the registers that the checks change.
    run(clang.arg("-fomit-frame-pointer").arg(repository().join("targets/tests/glue.c")))?;
    fs::write(&glue, target.glue(uses_floats))?;
    let triple = target.llvm.triple;
    let objects = [
        object(tool("llc").args(["-O1", "-function-sections", &format!("-mtriple={triple}")]), target, &code)?,
        object(tool("llvm-mc").arg(format!("-triple={triple}")), target, &glue)?,
    ];
    let maps = repository().join("tests/firmware/runner/boards");
    fs::copy(maps.join(board.name).with_extension("x"), folder.join("memory.x"))?;
    let mut arguments = linker_arguments(board.rust.target)?;
    let paths = [Path::new("-L"), &folder, Path::new("-o"), &program].into_iter().map(Path::to_path_buf);
    arguments.extend(paths.chain(objects).map(|path| path.display().to_string()));
    board_link::link(&arguments)?;
    // The exit code is the line that failed, modulo 256.
    Runner { board, program }.lines().map_err(|error| format!("{}: glue.c: {error:#}", target.name))?;
    Ok(())
}

#[test]
fn every_row_enters_and_leaves() -> Result<(), Error> {
    let is_ours =
        |target: &&&'static Target| target.board.is_some_and(|board| board.rust.linker == Some(RustBuild::OUR_LINKER));
    let mut checked = 0;
    for target in ALL.iter().filter(is_ours) {
        check(target, false)?;
        let fpu = CpuFeature::find(target.arch, "fp").map_or(0, CpuFeature::mask);
        if target.cpu_features & fpu != 0 {
            check(target, true)?;
        }
        checked += 1;
    }
    assert!(checked >= 5, "{checked} rows");
    Ok(())
}
