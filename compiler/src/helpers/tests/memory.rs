//! The routines on memory, run natively and in an emulator.

use crate::helpers::{Helper, find};
use crate::link::test_tools::{compile, tool};
use graver_targets::{LibraryBody, Target};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A fresh directory for a test's files.
fn directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("graver-memory-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

fn check(name: &str, flags: &[&str], emulator: &[&str]) {
    let target = Target::find(name).unwrap();
    let directory = directory(name);
    let program = directory.join("program");
    let mut clang = Command::new(tool("clang"));
    clang.args(["-O1", "-fno-builtin", "-o"]).arg(&program).args(flags);
    clang.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/helpers/tests/memory.c"));
    for call in target.library.iter().flat_map(|group| group.iter()) {
        if !matches!(call.body, LibraryBody::Memory(_)) {
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
    assert_eq!(status.code(), Some(0), "{name}: the check in that line of memory.c failed");
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn native_routines_copy_and_set() {
    check("x86_64", &["-Wl,-z,noexecstack"], &[]);
}

#[test]
fn thumb_routines_copy_and_set() {
    let bare = ["-mcpu=cortex-m4", "-ffreestanding", "-nostdlib", "-fuse-ld=lld", "-static"];
    let emulator = ["qemu-arm", "-cpu", "cortex-a15"];
    check("thumbv7em", &[&["--target=thumbv7em-none-eabi", "-mfpu=none"], &bare[..]].concat(), &emulator);
    check("thumbv7em-hf", &[&["--target=thumbv7em-none-eabihf"], &bare[..]].concat(), &emulator);
}
