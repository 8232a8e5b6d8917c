//! Images on emulated boards, run from flash.

use std::fs;
use std::path::{Path, PathBuf};

use graver_aot_format::{Arch, Image};
use graver_guests::device::footprint;
use graver_guests::tools::Tools;
use graver_guests::{Error, output_directory, repository};
use graver_targets::Target;
use graver_tests::emulator::Runner;

const NAME: &str = "firmware-m4";
const FOLDER: &str = "tests/firmware/m4";
const TARGET: &str = "thumbv7em-hf";

/// Compiles every guest of the firmware.
fn compile_guests(options: &[&str]) -> Result<PathBuf, Error> {
    let tools = Tools::build()?;
    let images = output_directory()?.join(format!("{NAME}-images{}", options.concat()));
    fs::create_dir_all(&images)?;
    for entry in fs::read_dir(repository().join(FOLDER).join("guests"))? {
        let source = entry?.path();
        let name = source.file_stem().ok_or("a guest without a name")?;
        let image = images.join(Path::new(name).with_extension("aot"));
        tools.compile(&source, &image, &[&["--target", TARGET], options].concat())?;
    }
    Ok(images)
}

fn check(options: &[&str]) -> Result<(), Error> {
    let images = compile_guests(options)?;
    let board = Target::find(TARGET)?.board.as_ref().ok_or("no board")?;
    let firmware = Runner::firmware(board, NAME, FOLDER, &[("GRAVER_IMAGES", &images)])?;
    let output = firmware.lines()?;
    let (figures, lines): (Vec<&str>, Vec<&str>) =
        output.iter().map(String::as_str).partition(|line| line.starts_with('#'));
    println!("# {NAME} {options:?}: {}\n{}", footprint(&firmware.program)?, figures.join("\n"));
    let expected = fs::read_to_string(repository().join(FOLDER).join("expected.txt"))?;
    assert_eq!(lines.join("\n"), expected.trim_end(), "left: what the firmware printed, right: expected.txt");
    Ok(())
}

/// One test, because each of them builds the firmware in the same place.
#[test]
fn cortex_m4() -> Result<(), Error> {
    check(&["--opt-level", "3"])?;
    check(&["--size-level", "3"])?;
    check(&["--opt-level", "0"])
}

/// An image for one place: the firmware gets it in halves, so that nothing is read from the wrong one.
#[test]
fn xtensa_runs_from_flash_with_text_and_data_apart() -> Result<(), Error> {
    let folder = output_directory()?.join("firmware-flash-images");
    fs::create_dir_all(&folder)?;
    let source = repository().join("tests/firmware/flash/guest.wat");
    for name in ["xtensa-esp32", "xtensa-esp32-call0"] {
        let paths = ["image", "text", "data", "far"].map(|part| folder.join(format!("{name}.{part}")));
        let [whole, text, data, far] = &paths;
        let tools = Tools::build()?;
        tools.compile(&source, whole, &["--target", name, "--base-address", "0x4000000,0xff000000"])?;
        tools.compile(&source, far, &["--target", name, "--base-address", "0x44000000,0xff900000"])?;
        let bytes = fs::read(whole)?;
        let image = Image::parse(&bytes)?;
        let in_text = |at: &usize| (image.text_offset()..image.text_offset() + image.text().len()).contains(at);
        let half = |wants_text: bool| {
            let kept = bytes.iter().enumerate().map(|(at, byte)| if in_text(&at) == wants_text { *byte } else { 0 });
            kept.collect::<Vec<u8>>()
        };
        fs::write(text, half(true))?;
        fs::write(data, half(false))?;
        let variables: [(&str, &Path); 4] =
            [("GRAVER_IMAGE", whole), ("GRAVER_TEXT", text), ("GRAVER_DATA", data), ("GRAVER_FAR", far)];
        let board = Target::find(name)?.board.as_ref().ok_or("no board")?;
        let firmware = Runner::firmware(board, "firmware-flash", "tests/firmware/flash", &variables)?;
        let expected = fs::read_to_string(repository().join("tests/firmware/flash/expected.txt"))?;
        let bases = image.base_addresses().ok_or("not for one place")?;
        let expected = expected.replace("RODATA", &format!("{:#x}", bases.rodata));
        // Only returns with register windows stay in a GiB.
        let expected = expected.replace(
            "FAR",
            match image.arch() {
                Arch::XtensaWindowed => "refused: the code is in another GiB than the firmware",
                _ => "loaded at another place",
            },
        );
        let expected = expected.replace("TEXT", &format!("{:#x}", bases.text));
        assert_eq!(firmware.lines()?.join("\n"), expected.trim_end(), "left: what the firmware printed on {name}");
    }
    Ok(())
}
