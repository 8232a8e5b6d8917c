//! The firmware in `examples/`: each board prints what is written down.

use std::fs;

use graver_guests::tools::Tools;
use graver_guests::{Error, output_directory, repository};
use graver_targets::Target;
use graver_tests::emulator::Runner;

/// Builds an example for a target's board and runs it.
fn check(folder: &str, target: &str) -> Result<(), Error> {
    let examples = repository().join("examples");
    let target = Target::find(target)?;
    let board = target.board.as_ref().ok_or("no board")?;
    let image = output_directory()?.join(format!("example-{}.aot", target.name));
    Tools::build()?.compile(&examples.join("guest.wat"), &image, &["--target", target.name, "--size-level", "3"])?;
    let name = format!("example-{folder}");
    let firmware = Runner::firmware(board, &name, &format!("examples/{folder}"), &[("GRAVER_IMAGE", &image)])?;
    let expected = fs::read_to_string(examples.join("expected.txt"))?;
    assert_eq!(firmware.lines()?.join("\n"), expected.trim_end(), "left: what {} printed", board.name);
    Ok(())
}

#[test]
fn cortex_m4f() -> Result<(), Error> {
    check("cortex-m", "thumbv7em-hf")
}
