//! Clients as firmware of a Cortex-M with FPU, with GCC and newlib, under the target's emulator.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use graver_targets::{Board, Target};
use rayon::prelude::*;

use super::{Check, Client, WARNINGS, compare, finish, images, in_parallel, sources, stem};
use crate::emulator::Runner;

pub(crate) const COMPILER: &str = "arm-none-eabi-gcc";

/// The board that `host/cortex_m.c` and the memory map are for.
const BOARD: &str = "mps2-an386";

/// What the compiler is told of the core.
pub(crate) const CORE: &[&str] = &["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"];
const FLAGS: &[&str] = &["-std=gnu11", "-O1", "-g"];

/// Where things are.
pub(super) struct Machine {
    board: &'static Board,
    prefix: PathBuf,
    folder: PathBuf,
    /// Start-up code and images.
    objects: Vec<PathBuf>,
}

impl Machine {
    /// Compiles the guests and what all clients are linked with.
    pub(super) fn prepare(target: &'static Target, prefix: &Path, folder: &Path) -> Result<Self> {
        let board = target.board.as_ref().filter(|board| board.name == BOARD);
        let board = board.with_context(|| format!("clients have start-up code for {BOARD} only"))?;
        let modules = images::modules(&folder.join("modules"), false)?;
        let arrays = images::arrays(&modules, target, &folder.join("arrays"))?;
        let mut machine = Self {
            board,
            prefix: prefix.to_owned(),
            folder: folder.to_owned(),
            objects: Vec::with_capacity(arrays.len()),
        };
        machine.objects = arrays.par_iter().map(|source| machine.object(source, &[])).collect::<Result<_>>()?;
        machine.objects.push(machine.object(&sources().join("host/cortex_m.c"), WARNINGS)?);
        Ok(machine)
    }

    fn compiler(&self) -> Command {
        let include = self.prefix.join("include");
        let mut command = Command::new(COMPILER);
        command.args(CORE).args(FLAGS).arg("-I").arg(sources()).arg("-I").arg(&include);
        command.arg("-I").arg(include.join("samples-compat"));
        command
    }

    fn object(&self, source: &Path, warnings: &[&str]) -> Result<PathBuf> {
        let objects = self.folder.join("objects");
        fs::create_dir_all(&objects)?;
        let object = objects.join(stem(source)?).with_added_extension("o");
        finish(self.compiler().args(warnings).arg("-c").arg(source).arg("-o").arg(&object))?;
        Ok(object)
    }

    /// Every client.
    pub(super) fn run(&self, clients: &[Client]) -> Vec<Check> {
        in_parallel(clients, |client| Check::new(format!("{} on {BOARD}", client.name), self.check(client)))
    }

    fn check(&self, client: &Client) -> Result<()> {
        let program = self.folder.join(format!("{}.elf", client.name));
        let map = sources().join("host/mps2_an386.ld");
        let mut command = self.compiler();
        command.args(WARNINGS).args(["-nostartfiles", "--specs=rdimon.specs", "-Wl,--gc-sections,-z,noexecstack"]);
        command.args(["-ffunction-sections", "-fdata-sections", "-Wl,--no-warn-rwx-segments"]);
        command.arg("-T").arg(map).arg("-o").arg(&program).arg(&client.source).args(&self.objects);
        finish(command.arg("-L").arg(self.prefix.join("lib")).arg("-lgraver"))?;
        let lines = Runner { board: self.board, program }.lines()?;
        ensure!(!lines.is_empty(), "it printed nothing");
        compare(client, &lines.join("\n"))
    }
}
