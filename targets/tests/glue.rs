//! Runs the entry glue of every row: natively, or under an emulator in user mode.
#![cfg(feature = "host")]

use graver_targets::{Cpu, Target};
use std::path::{Path, PathBuf};
use std::process::Command;

fn tool(name: &str) -> PathBuf {
    let prefix = std::env::var_os("LLVM_SYS_221_PREFIX").unwrap_or_else(|| "/usr/lib/llvm-22".into());
    PathBuf::from(prefix).join("bin").join(name)
}

/// Runs a command and returns its exit code.
fn run(command: &mut Command) -> i32 {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    status.code().unwrap_or_else(|| panic!("{command:?}: {status}"))
}

/// Builds `glue.c` with the glue of `target`, and runs it with `emulator` in front.
fn check(name: &str, uses_floats: bool, flags: &[&str], emulator: &[&str]) {
    let target = Target::find(name).unwrap();
    let Cpu::Named(cpu) = target.llvm.cpu else { panic!("{name} has no CPU") };
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("glue-{name}-{uses_floats}"));
    std::fs::create_dir_all(&directory).unwrap();
    let [assembly, object, program] = ["glue.s", "glue.o", "program"].map(|file| directory.join(file));
    std::fs::write(&assembly, target.glue(uses_floats)).unwrap();
    let assembled = run(Command::new(tool("llvm-mc"))
        .args([&format!("-triple={}", target.llvm.triple), &format!("-mcpu={cpu}")])
        .arg(format!("-mattr={}", target.llvm.features))
        .args(["-filetype=obj", "-o"])
        .args([&object, &assembly]));
    assert_eq!(assembled, 0, "{name}: the glue does not assemble");
    let compiled = run(Command::new(tool("clang"))
        .args(["-O1", "-Wall", "-Werror", "-Wno-unused-function", "-fno-omit-frame-pointer", "-o"])
        .args([program.as_path(), Path::new("tests/glue.c"), &object])
        .args(if uses_floats { &["-DFLOATS"][..] } else { &[] })
        .args(flags));
    assert_eq!(compiled, 0, "{name}: the test does not compile");
    let command: Vec<_> = emulator.iter().map(std::ffi::OsStr::new).chain([program.as_os_str()]).collect();
    let line = run(Command::new(command[0]).args(&command[1..]));
    assert_eq!(line, 0, "{name}: the check in line {line} (modulo 256) of glue.c failed");
}

#[test]
#[cfg(target_os = "linux")]
fn x86_64_enters_and_leaves() {
    let flags = ["-mno-red-zone", "-Wl,-z,noexecstack"];
    check("x86_64", false, &flags, &[]);
    check("x86_64", true, &flags, &[]);
}

const BARE: [&str; 4] = ["-ffreestanding", "-nostdlib", "-fuse-ld=lld", "-static"];

#[test]
fn thumb_enters_and_leaves() {
    let flags = |target: &'static str| [&["-mcpu=cortex-m4", target][..], &BARE].concat();
    let emulator = ["qemu-arm", "-cpu", "cortex-a15"];
    check("thumbv7em", false, &[&flags("--target=thumbv7em-none-eabi")[..], &["-mfpu=none"]].concat(), &emulator);
    check("thumbv7em-hf", true, &flags("--target=thumbv7em-none-eabihf"), &emulator);
}

#[test]
fn arm_enters_and_leaves() {
    // The frame pointer is one of the registers to be looked at.
    let flags = |target: &'static str| [&[target, "-mcpu=generic", "-fomit-frame-pointer"][..], &BARE].concat();
    let emulator = ["qemu-arm", "-cpu", "cortex-a9"];
    let soft = |float| [&flags("--target=armv7a-none-eabi")[..], float].concat();
    check("armv7-softfp", false, &soft(&["-mfpu=none"]), &emulator);
    check("armv7-softfp", true, &soft(&["-mfpu=vfpv3-d16", "-mfloat-abi=softfp"]), &emulator);
    let hard = [&flags("--target=armv7a-none-eabihf")[..], &["-mfpu=vfpv3-d16"]].concat();
    check("armv7", true, &hard, &emulator);
}

#[test]
fn baseline_thumb_enters_and_leaves() {
    for (name, cpu) in [("thumbv6m", "-mcpu=cortex-m0"), ("thumbv8m.base", "-mcpu=cortex-m23")] {
        let triple = format!("--target={name}-none-eabi");
        let flags = [&[triple.as_str(), cpu, "-mfpu=none"][..], &BARE].concat();
        check(name, false, &flags, &["qemu-arm", "-cpu", "cortex-a15"]);
    }
}

#[test]
fn riscv_enters_and_leaves() {
    let rows = [
        ("riscv32imc", "ilp32"),
        ("riscv32imac", "ilp32"),
        ("riscv32imafc", "ilp32f"),
        ("riscv32gc", "ilp32d"),
        ("riscv64gc", "lp64d"),
    ];
    for (name, abi) in rows {
        let (march, mabi) = (format!("-march={}", name.replace("gc", "imafdc")), format!("-mabi={abi}"));
        let (triple, emulator) = match name.starts_with("riscv64") {
            true => ("--target=riscv64-none-elf", "qemu-riscv64"),
            false => ("--target=riscv32-none-elf", "qemu-riscv32"),
        };
        let march = march.replace("riscv", "rv");
        let flags = [&[triple, &march, &mabi][..], &BARE].concat();
        check(name, abi != "ilp32", &flags, &[emulator]);
    }
}
