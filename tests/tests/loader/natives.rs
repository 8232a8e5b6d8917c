//! Native C functions as imports, on this machine and on every other that has Linux.

use std::process::Command;

use graver_compiler::{Options, binary, compile};
use graver_targets::{Environment, Target};
use graver_test_natives::{CHECKS, GUEST};
use graver_tests::emulator;

use crate::support::image_with;

#[test]
fn natives_here() {
    for opt_level in [0, 3] {
        let image = image_with(GUEST, |options| options.opt_level = opt_level);
        for (name, check) in CHECKS {
            println!("{name}, -O{opt_level}");
            check(&image);
        }
    }
}

/// The first row of each board with Linux, under QEMU's user mode. Where Rust has no ready-made standard library, that would
/// take minutes to compile, and the suites call C functions there too.
#[test]
fn natives_elsewhere() {
    let mut boards: Vec<&str> = Vec::new();
    for target in graver_targets::ALL {
        let Some(board) = target.board.as_ref().filter(|board| board.environment == Environment::Linux) else {
            continue;
        };
        if board.emulator.is_some() && !board.rust.builds_core && !boards.contains(&board.name) {
            boards.push(board.name);
            check_on(target);
        }
    }
    assert!(boards.len() >= 3, "{boards:?}");
}

fn check_on(target: &'static Target) {
    let board = target.board.as_ref().expect("a board");
    let folder = tempfile::tempdir().expect("a folder");
    let mut command: Command = emulator::natives_runner(board).expect("builds");
    for opt_level in [0, 3] {
        let mut options = Options::new(target);
        options.opt_level = opt_level;
        let image = compile(&binary(GUEST.as_bytes()).expect("valid text"), &options).expect("compiles");
        let path = folder.path().join(format!("{opt_level}.aot"));
        std::fs::write(&path, image).expect("written");
        command.arg(path);
    }
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {}\n{out}{err}", target.name, output.status);
    assert_eq!(out.lines().count(), 2 * CHECKS.len(), "{}:\n{out}", target.name);
}
