//! Instructions that an emulated machine executes, counted by a plugin of the emulator: benches/boards/count.c.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use graver_guests::{exclusively, output_directory, repository};

use crate::emulator::Runner;

/// The plugin, compiled for this machine.
pub(crate) struct Plugin {
    library: PathBuf,
}

/// What was counted.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) total: u64,
    /// How often the instruction at an address was executed.
    pub(crate) each: BTreeMap<u64, u64>,
}

impl Plugin {
    /// Compiles it.
    pub(crate) fn build() -> Result<Self> {
        let library = exclusively("libcount", || {
            let library = output_directory()?.join("libcount.so");
            let mut command = Command::new("cc");
            command.args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library);
            graver_guests::run(command.arg(repository().join("benches/boards/count.c")))?;
            Ok(library)
        });
        Ok(Self { library: library.map_err(|error| anyhow::anyhow!("the emulator's plugin: {error}"))? })
    }

    /// Runs a firmware to its end: the lines that it printed, and what was counted.
    pub(crate) fn count(&self, runner: &Runner, script: &[u8], each: bool) -> Result<(Vec<String>, Counts)> {
        let folder = tempfile::tempdir()?;
        let counts = folder.path().join("counts");
        let each = if each { ",each=on" } else { "" };
        let plugin = format!("{},out={}{each}", self.library.display(), counts.display());
        let mut lines = Vec::new();
        runner.run_with(&["-plugin".to_owned(), plugin], script, &mut |line| lines.push(line.to_owned()))?;
        let text = std::fs::read_to_string(&counts).context("the plugin wrote no counts")?;
        Ok((lines, parse(&text).context("the plugin's counts")?))
    }
}

fn parse(text: &str) -> Result<Counts> {
    let mut lines = text.lines();
    let total = lines.next().context("nothing was written")?.parse()?;
    let mut each = BTreeMap::new();
    for line in lines {
        let (address, count) = line.split_once(' ').with_context(|| format!("`{line}`"))?;
        *each.entry(u64::from_str_radix(address, 16)?).or_default() += count.parse::<u64>()?;
    }
    Ok(Counts { total, each })
}

#[test]
fn counts_of_one_address_add_up() -> Result<()> {
    let counts = parse("12\n1a 3\n1c 4\n1a 5\n")?;
    assert_eq!((counts.total, counts.each), (12, BTreeMap::from([(0x1a, 8), (0x1c, 4)])));
    assert!(parse("").is_err() && parse("1\nx").is_err());
    Ok(())
}
