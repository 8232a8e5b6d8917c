//! One file, in a process of its own. What happens goes to standard output in the lines of [`Lines`].

use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use graver_loader::{Allocator, Instance, Runtime, StoreOptions};
use graver_targets::{Environment, Target};
use graver_test_script::{Lines, ModuleSlot, Report, Script, execute};

use super::compile::Compiler;
use super::config::{Config, Place};
use super::suite::{self, File, Version};
use super::{link_only, script, skips};
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
    if matches!(config.place()?, Place::Nowhere) {
        return link_only::run(config, file);
    }
    let compiler = Compiler::new(config, file.version)?;
    let board = config.board_name();
    let is_skipped = |line| skips::reason(board, &file.name, line).is_some();
    run_text(config, &compiler, &file.text, &is_skipped, &mut Output)
}

/// Runs a text where the configuration says; what happens is written in the lines of [`Lines`].
pub(crate) fn run_text(
    config: &Config,
    compiler: &Compiler,
    text: &str,
    is_skipped: &dyn Fn(usize) -> bool,
    out: &mut dyn fmt::Write,
) -> Result<()> {
    let layout = script::Layout { is_shifted: config.is_shifted, is_split: config.is_small() };
    let scripts = script::translate(compiler, text, is_skipped, layout, &mut Lines(&mut *out))?;
    scripts.iter().try_for_each(|script| run_script(config, script, out))
}

fn run_script(config: &Config, script: &[u8], out: &mut dyn fmt::Write) -> Result<()> {
    match config.place()? {
        Place::Board(board) => {
            let program = config.runner.clone().context("there is no runner for the board")?;
            let mut places = None;
            // The lines are the same as ours, but for one on bare machines.
            Runner { board, program }.run(script, &mut |line| match Places::read(line) {
                Some(found) => places = Some(found),
                None => _ = writeln!(out, "{line}"),
            })?;
            match board.environment {
                Environment::Bare => places.context("nothing was said about where code ran")?.check(config),
                Environment::Linux => Ok(()),
            }
        }
        _ => run_here(script, &mut Lines(out)),
    }
}

/// Where the code of images ran.
struct Places {
    in_place: usize,
    copied: usize,
}

impl Places {
    /// Reads the line that firmware ends with: `placed: N in place, N copied`.
    fn read(line: &str) -> Option<Self> {
        let (in_place, copied) = line.strip_prefix("placed: ")?.strip_suffix(" copied")?.split_once(" in place, ")?;
        Some(Self { in_place: in_place.parse().ok()?, copied: copied.parse().ok()? })
    }

    fn check(&self, config: &Config) -> Result<()> {
        let is_right = match config.is_shifted {
            true => self.in_place == 0,
            // Code with addresses in it must be copied.
            false => self.copied == 0 || Target::find(&config.target)?.is_split,
        };
        anyhow::ensure!(is_right, "{} images ran in place, {} in a copy", self.in_place, self.copied);
        Ok(())
    }
}

/// Executes a script in this process.
fn run_here(script: &[u8], report: &mut dyn Report) -> Result<()> {
    let script = Script::parse(script)?;
    let runtime = Runtime::new(Allocator::system())?;
    let modules: Vec<ModuleSlot<'_>> = (0..script.images()).map(|_| ModuleSlot::new()).collect();
    let mut instances: Vec<Option<Instance>> = vec![None; script.instances()];
    execute(&script, &runtime, StoreOptions::default(), &modules, &mut instances, report)
        .map_err(|error| anyhow::anyhow!("{error}"))
}

/// What the runner says about each directive of a text, in lines.
///
/// # Errors
/// If nothing can be run, or the runner ends before the text does.
pub fn outcomes(config: &Config, text: &str) -> Result<String> {
    let mut config = config.clone();
    if let (Place::Board(board), None) = (config.place()?, &config.runner) {
        config.runner = Some(Runner::build(board)?.program);
    }
    let mut out = String::new();
    run_text(&config, &Compiler::new(&config, Version::Latest)?, text, &|_| false, &mut out)?;
    Ok(out)
}
