//! The routines that are IR, run natively and in an emulator.

use crate::helpers::{Helper, find};
use crate::link::test_tools::{compile, tool};
use graver_targets::{LibraryBody, Target};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A fresh directory for a test's files.
fn directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("graver-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

/// Links the routines that `is_tested` selects with a C program that checks them.
fn check(name: &str, source: &str, is_tested: fn(&LibraryBody) -> bool, flags: &[&str], emulator: &[&str]) {
    let target = Target::find(name).unwrap();
    let directory = directory(&format!("{source}-{name}"));
    let program = directory.join("program");
    let mut clang = Command::new(tool("clang"));
    clang.args(["-O1", "-fno-builtin", "-o"]).arg(&program).args(flags);
    clang.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/helpers/tests").join(source));
    for call in target.library.iter().flat_map(|group| group.iter()) {
        if !is_tested(&call.body) {
            continue;
        }
        let Some(Helper::Ir(ir)) = find(target, call.symbol) else { panic!("{} is IR", call.symbol) };
        let object = directory.join(format!("{}.o", call.symbol));
        let renamed = ir.replace(&format!("@{}(", call.symbol), &format!("@tested_{}(", call.symbol));
        std::fs::write(&object, compile(target, &renamed)).unwrap();
        clang.arg(object);
    }
    assert!(clang.status().unwrap().success());
    let command: Vec<_> = emulator.iter().map(std::ffi::OsStr::new).chain([program.as_os_str()]).collect();
    let status = Command::new(command[0]).args(&command[1..]).status().unwrap();
    assert_eq!(status.code(), Some(0), "{name}: the check in that line of {source} failed");
    std::fs::remove_dir_all(directory).unwrap();
}

fn is_memory(body: &LibraryBody) -> bool {
    matches!(body, LibraryBody::Memory(_))
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn native_routines_copy_and_set() {
    check("x86_64", "memory.c", is_memory, &["-Wl,-z,noexecstack"], &[]);
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn native_routines_divide() {
    let is_wide = |body: &LibraryBody| matches!(body, LibraryBody::WideDivision { .. });
    check("x86_64", "wide_division.c", is_wide, &["-Wl,-z,noexecstack"], &[]);
}

#[test]
fn thumb_routines_copy_and_set() {
    let bare = ["-mcpu=cortex-m4", "-ffreestanding", "-nostdlib", "-fuse-ld=lld", "-static"];
    let emulator = ["qemu-arm", "-cpu", "cortex-a15"];
    check(
        "thumbv7em",
        "memory.c",
        is_memory,
        &[&["--target=thumbv7em-none-eabi", "-mfpu=none"], &bare[..]].concat(),
        &emulator,
    );
    check("thumbv7em-hf", "memory.c", is_memory, &[&["--target=thumbv7em-none-eabihf"], &bare[..]].concat(), &emulator);
}
