//! The firmware in `examples/`: on each board that it has a memory map for, it prints what is written down.

use std::fs;
use std::process::Command;

use graver_guests::tools::Tools;
use graver_guests::{Error, Guest, c, output_directory, repository, rust};
use graver_targets::{ALL, Board, Target};
use graver_tests::emulator::Runner;

/// Builds an example for a target's board, with an image of its own called `name`.
fn build(folder: &str, name: &str, target: &Target, board: &'static Board, options: &[&str]) -> Result<Runner, Error> {
    let image = output_directory()?.join(format!("{name}.aot"));
    let options = [&["--target", target.name, "--size-level", "3"], options].concat();
    Tools::build()?.compile(&repository().join("examples/guest.wat"), &image, &options)?;
    let program = format!("example-{folder}");
    Ok(Runner::firmware(board, &program, &format!("examples/{folder}"), &[("GRAVER_IMAGE", &image)])?)
}

/// Builds an example for a target's board and runs it.
fn check(folder: &str, target: &Target, board: &'static Board, options: &[&str]) -> Result<(), Error> {
    let options = [&["--interruptible"], options].concat();
    let firmware = build(folder, &format!("example-{}", target.name), target, board, &options)?;
    let expected = fs::read_to_string(repository().join("examples/expected.txt"))?;
    assert_eq!(
        firmware.lines()?.join("\n"),
        expected.trim_end(),
        "left: what {} printed on {}",
        target.name,
        board.name
    );
    println!("{folder}: {} on {}", target.name, board.name);
    Ok(())
}

/// Runs an example for every target whose board it has a memory map for. `targets` must be among them. Images are compiled
/// with these options.
fn check_all(folder: &str, targets: &[&str], options: &[&str]) -> Result<(), Error> {
    let maps = repository().join("examples").join(folder).join("boards");
    let mut checked = Vec::new();
    for row in ALL {
        let Some(board) = row.board.as_ref() else { continue };
        if maps.join(board.name).with_extension("x").is_file() {
            check(folder, row, board, options)?;
            checked.push(row.name);
        }
    }
    assert!(targets.iter().all(|target| checked.contains(target)), "{folder} was run for {checked:?}");
    Ok(())
}

#[test]
fn cortex_m() -> Result<(), Error> {
    check_all("cortex-m", &["thumbv6m", "thumbv7em-hf", "thumbv8m.main-hf"], &[])
}

#[test]
fn cortex_m0() -> Result<(), Error> {
    let target = Target::find("cortex-m0")?;
    check("cortex-m", target, target.board("microbit").ok_or("no such board")?, &[])
}

#[test]
fn images_that_nothing_could_stop_are_refused() -> Result<(), Error> {
    let target = Target::find("cortex-m4f")?;
    let board = target.board("mps2-an386").ok_or("no such board")?;
    let firmware = build("cortex-m", "example-without-stops", target, board, &[])?;
    let error = firmware.lines().err().ok_or("it ran")?;
    assert!(format!("{error:#}").contains("the image was compiled without --interruptible"), "{error:#}");
    Ok(())
}

#[test]
fn riscv32() -> Result<(), Error> {
    check_all("riscv32", &["riscv32imc", "riscv32imac", "riscv32imafc"], &[])
}

#[test]
fn aarch64() -> Result<(), Error> {
    check_all("aarch64", &["aarch64-none"], &[])
}

#[test]
fn xtensa() -> Result<(), Error> {
    let targets = ["xtensa-esp32", "xtensa-esp32-call0", "xtensa-esp32s2", "xtensa-esp32s3"];
    check_all("xtensa", &targets, &["--base-address", "0x4000000"])
}

/// A program on a board prints what it prints on this machine, and ends with the same code.
fn check_program(guest: &Guest, options: &[&str]) -> Result<(), Error> {
    let native = Command::new(&guest.native).args(["3", "two words"]).env_clear().env("LEVEL", "high").output()?;
    let code = native.status.code().ok_or("the native program was killed")?;
    let expected = format!("{}\nexit code {code}", String::from_utf8(native.stdout)?);
    assert!(expected.contains("arguments") && expected.contains("high") && code == 3, "{expected}");

    let target = Target::find("thumbv7em-hf")?;
    let image = output_directory()?.join(format!("example-wasi-{}.aot", guest.name));
    Tools::build()?.compile(&guest.wasm, &image, &[&["--target", target.name], options].concat())?;
    let board = target.board.as_ref().ok_or("no board")?;
    let firmware = Runner::firmware(board, "example-wasi", "examples/wasi", &[("GRAVER_IMAGE", &image)])?;
    let errors = String::from_utf8(native.stderr)?;
    // The console has both streams.
    let (printed, reported): (Vec<_>, Vec<_>) =
        firmware.lines()?.into_iter().partition(|line| *line != errors.trim_end());
    assert_eq!(printed.join("\n"), expected, "left: what {} printed on {}", guest.name, board.name);
    assert_eq!(reported.len(), 1, "{errors}");
    Ok(())
}

#[test]
fn wasi() -> Result<(), Error> {
    check_program(&rust::CONSOLE.build()?, &[])?;
    check_program(&c::CONSOLE.build()?, &["--size-level", "3"])
}
