//! One file, in a process of its own. What happens goes to standard output in the lines of [`Lines`].

use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use graver_loader::{Allocator, Instance, Runtime, StoreOptions};
use graver_test_script::{Lines, ModuleSlot, Script, execute};

use super::config::{Config, Place};
use super::suite::{self, File};
use super::{link_only, script};
use crate::emulator::{Runner, TIME_LIMIT};

/// Longer than an emulator is given: a compiler that does not end.
const LIMIT: Duration = TIME_LIMIT.saturating_mul(2);

/// How a child that took too long ends.
pub(crate) const TIMED_OUT: i32 = 124;

/// Standard output, each line of which arrives even if the next thing is a crash.
pub(crate) struct Output;

impl fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut out = std::io::stdout().lock();
        // Without a reader there is no point in going on.
        if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
            std::process::exit(1);
        }
        Ok(())
    }
}

/// Runs the file that the configuration names.
pub fn run(config: &Config) -> ExitCode {
    std::thread::spawn(|| {
        std::thread::sleep(LIMIT);
        std::process::exit(TIMED_OUT);
    });
    let name = config.child.as_deref().unwrap_or_default();
    let Some(file) = suite::all().into_iter().find(|file| file.name == name) else {
        eprintln!("no file {name}");
        return ExitCode::from(2);
    };
    match run_file(config, &file) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_file(config: &Config, file: &File) -> Result<()> {
    let board = match config.place()? {
        Place::Nowhere => return link_only::run(config, file),
        Place::Here => return run_here(&script::translate(config, file)?),
        Place::Board(board) => board,
    };
    let program = config.runner.clone().context("the option --runner is missing")?;
    Runner { board, program }.run(&script::translate(config, file)?, &mut |line| println!("{line}"))
}

/// Executes a script in this process.
pub(crate) fn run_here(script: &[u8]) -> Result<()> {
    let script = Script::parse(script)?;
    let runtime = Runtime::new(Allocator::system())?;
    let modules: Vec<ModuleSlot<'_>> = (0..script.images()).map(|_| ModuleSlot::new()).collect();
    let mut instances: Vec<Option<Instance>> = vec![None; script.instances()];
    let report = &mut Lines(Output);
    execute(&script, &runtime, StoreOptions::default(), &modules, &mut instances, report)
        .map_err(|error| anyhow::anyhow!("{error}"))
}
