//! Images on emulated boards, run from flash.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use graver_guests::device::{Board, M4, footprint};
use graver_guests::tools::Tools;
use graver_guests::{Error, output_directory, repository};

/// Compiles every guest of a firmware for its board.
fn compile_guests(board: &Board, options: &[&str]) -> Result<PathBuf, Error> {
    let tools = Tools::build()?;
    let images = output_directory()?.join(format!("{}-images{}", board.name, options.concat()));
    fs::create_dir_all(&images)?;
    for entry in fs::read_dir(repository().join(board.folder).join("guests"))? {
        let source = entry?.path();
        let name = source.file_stem().ok_or("a guest without a name")?;
        let image = images.join(Path::new(name).with_extension("aot"));
        tools.compile(&source, &image, &[&["--target", board.target], options].concat())?;
    }
    Ok(images)
}

fn check(board: &Board, options: &[&str]) -> Result<(), Error> {
    let images = compile_guests(board, options)?;
    let firmware = board.build(&images)?;
    let output = board.run(&firmware, Duration::from_secs(60))?;
    let (figures, lines): (Vec<&str>, Vec<&str>) = output.lines().partition(|line| line.starts_with('#'));
    println!("# {} {options:?}: {}\n{}", board.name, footprint(&firmware)?, figures.join("\n"));
    let expected = fs::read_to_string(repository().join(board.folder).join("expected.txt"))?;
    assert_eq!(lines.join("\n"), expected.trim_end(), "left: what the firmware printed, right: expected.txt");
    Ok(())
}

/// One test, because each of them builds the firmware in the same place.
#[test]
fn cortex_m4() -> Result<(), Error> {
    check(&M4, &["--opt-level", "3"])?;
    check(&M4, &["--size-level", "3"])?;
    check(&M4, &["--opt-level", "0"])
}
