//! What the C library takes of a Cortex-M4: a firmware in C with all that an embedder needs of the API, compiled by GCC and
//! linked with newlib's small variant, less the same firmware without it, and less the image.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use graver_compiler::Format;
use graver_guests::{exclusively, output_directory, repository, run, rust::cargo};
use graver_targets::{Board, Target};

use super::budget::Figure;
use super::loader::{Comparison, image};
use crate::clients::{COMPILER, CORE};
use crate::emulator::Runner;

pub(crate) const PART: &str = "capi";

const TARGET: &str = "thumbv7em-hf";

const FLAGS: &[&str] = &["-std=gnu11", "-Os", "-ffunction-sections", "-fdata-sections", "-Wall", "-Wextra", "-Werror"];
const LINK: &[&str] =
    &["-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections,-z,noexecstack", "-Wl,--no-warn-rwx-segments"];

pub(crate) fn measure() -> Result<Vec<Figure>> {
    let target = Target::find(TARGET)?;
    let board = target.board.as_ref().context("no board")?;
    let image = image(target, Format::Aot)?;
    let (with, without) = exclusively("footprint-c", || {
        let place = Place::prepare(target)?;
        Ok((place.link(board, true)?, place.link(board, false)?))
    })
    .map_err(|error| anyhow!("{error}"))?;
    let firmware = Comparison { what: "the C library", with, without, image_bytes: image.len() as u64 };
    let (lines, flash) = firmware.measure()?;
    Ok(vec![
        Figure::new(format!("{PART}/text-and-data"), flash),
        Figure::new(format!("{PART}/pool"), lines.number("pool")?),
        Figure::new(format!("{PART}/stack"), lines.number("stack")?),
    ])
}

/// Where things are.
struct Place {
    /// The library as users get it.
    prefix: PathBuf,
    folder: PathBuf,
}

impl Place {
    /// Installs the library, and writes the image as an array.
    fn prepare(target: &'static Target) -> Result<Self, graver_guests::Error> {
        let folder = output_directory()?.join("footprint-c");
        std::fs::create_dir_all(&folder)?;
        let prefix = folder.join("prefix");
        run(cargo().args(["xtask", "install", "--target", TARGET, "--prefix"]).arg(&prefix))?;
        std::fs::write(folder.join("guest.c"), image(target, Format::CArray)?)?;
        Ok(Self { prefix, folder })
    }

    fn link(&self, board: &'static Board, is_client: bool) -> Result<Runner, graver_guests::Error> {
        let sources = repository().join("tests/firmware/footprint-c");
        let program = self.folder.join(if is_client { "with.elf" } else { "without.elf" });
        let mut command = Command::new(COMPILER);
        command.args(CORE).args(FLAGS).args(LINK).arg("-T").arg(sources.join("link.ld"));
        command.arg("-I").arg(self.prefix.join("include")).arg("-o").arg(&program);
        command.arg(sources.join("main.c")).arg(sources.join("output.c"));
        if is_client {
            let files: [&Path; 2] = [&sources.join("client.c"), &self.folder.join("guest.c")];
            command.arg("-DCLIENT").args(files).arg("-L").arg(self.prefix.join("lib")).arg("-lgraver");
        }
        run(&mut command)?;
        Ok(Runner { board, program })
    }
}
