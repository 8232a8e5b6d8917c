//! C programs written for the embedding API, compiled against the installed library and run: `tests/clients`.
//!
//! On this machine with two compilers, as an archive and shared, with sanitizers and under valgrind; on a board with its own
//! compiler and C library. The headers are compiled alone, too, in every language they are made for.

mod board;
mod headers;
mod here;
mod images;

pub(crate) use board::{COMPILER, CORE};

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use graver_guests::{output_directory, repository};
use graver_targets::Target;
use rayon::prelude::*;

use crate::Tally;

/// `--help`.
pub const USAGE: &str = "\
clients --prefix DIR [--target T | --races] [--filter F] [--quick]

Compiles the C programs in tests/clients against the library that `cargo xtask install --prefix DIR` has installed, runs
them, and compares what they print with NAME.expected where there is such a file. `cargo xtask clients` installs first.
  --target T   on a Cortex-M with FPU under QEMU, without the clients in tests/clients/hosted
  --races      under the thread sanitizer, for which the library must have been built: the clients with threads
  --filter F   only clients whose names contain F, and no headers
  --quick      on this machine: one compiler and language, without sanitizers and valgrind";

/// Warnings that neither headers nor clients may give.
const WARNINGS: &[&str] = &["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"];

/// What to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    prefix: PathBuf,
    target: Option<String>,
    races: bool,
    filter: String,
    quick: bool,
}

impl Options {
    /// From the command line.
    ///
    /// # Errors
    /// For options that do not exist or lack a value, and without `--prefix`.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut options = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{option} needs a value"));
            match option.as_str() {
                "--prefix" => options.prefix = std::path::absolute(value()?)?,
                "--target" => options.target = Some(value()?),
                "--races" => options.races = true,
                "--filter" => options.filter = value()?,
                "--quick" => options.quick = true,
                _ => bail!("unknown option {option}"),
            }
        }
        ensure!(!(options.races && options.target.is_some()), "--races is for this machine");
        ensure!(!options.prefix.as_os_str().is_empty(), "--prefix says where the library is");
        Ok(options)
    }
}

/// A program in `tests/clients`.
struct Client {
    name: String,
    source: PathBuf,
    /// Needs an operating system.
    is_hosted: bool,
    /// What it prints, if that is fixed.
    expected: Option<String>,
}

impl Client {
    fn of(source: PathBuf, is_hosted: bool) -> Result<Self> {
        let expected = fs::read_to_string(source.with_extension("expected")).ok();
        Ok(Self { name: stem(&source)?, source, is_hosted, expected })
    }

    /// Whether several threads use the library in it.
    fn has_threads(&self) -> bool {
        self.name.contains("thread")
    }
}

/// One thing that holds or does not.
struct Check {
    name: String,
    /// What went wrong.
    complaint: Option<String>,
}

impl Check {
    fn new(name: String, result: Result<()>) -> Self {
        Self { name, complaint: result.err().map(|error| format!("{error:#}")) }
    }
}

/// Compiles and runs what the options ask for.
///
/// # Errors
/// When the tools, the library or the guests are at fault; clients that fail are counted.
pub fn run(options: &Options) -> Result<Tally> {
    let skips = skips()?;
    let mut clients = clients()?;
    if let Some(name) = skips.keys().find(|name| !clients.iter().any(|client| client.name == **name)) {
        bail!("skips.txt names {name}, which is no client");
    }
    clients.retain(|client| client.name.contains(&options.filter) && (!options.races || client.has_threads()));
    let all = clients.len();
    for client in &clients {
        if let Some(reason) = skips.get(&client.name) {
            println!("skipped {}: {reason}", client.name);
        }
    }
    clients.retain(|client| !skips.contains_key(&client.name));
    let skipped = all - clients.len();
    let folder = output_directory().map_err(|error| anyhow!("{error}"))?.join("clients");

    let checks = match &options.target {
        Some(name) => {
            clients.retain(|client| !client.is_hosted);
            board::Machine::prepare(Target::find(name)?, &options.prefix, &folder.join(name))?.run(&clients)
        }
        None if options.races => {
            here::Machine::prepare(&options.prefix, &folder.join("races"), true)?.look_for_races(&clients)?
        }
        None => {
            let mut checks =
                here::Machine::prepare(&options.prefix, &folder.join("here"), false)?.run(&clients, options.quick);
            let include = options.prefix.join("include");
            if options.filter.is_empty() {
                checks.extend(headers::check(&include, options.quick)?);
            }
            if !options.quick {
                checks.extend(headers::check_in_cpp(&clients, &include));
            }
            checks
        }
    };
    ensure!(!checks.is_empty(), "no client has {} in its name", options.filter);
    let mut tally = Tally { skipped, ..Tally::default() };
    for check in checks {
        match check.complaint {
            None => tally.passed += 1,
            Some(complaint) => {
                tally.failed += 1;
                println!("{} failed:\n{complaint}", check.name);
            }
        }
    }
    Ok(tally)
}

fn sources() -> PathBuf {
    repository().join("tests/clients")
}

/// What is not run, with reasons.
fn skips() -> Result<BTreeMap<String, String>> {
    let text = fs::read_to_string(sources().join("skips.txt"))?;
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pairs = lines.map(|line| {
        let (name, reason) = line.split_once(": ").with_context(|| format!("skips.txt: no reason in {line}"))?;
        Ok((name.to_owned(), reason.to_owned()))
    });
    pairs.collect()
}

fn clients() -> Result<Vec<Client>> {
    let mut all = Vec::new();
    for (folder, is_hosted) in [(sources(), false), (sources().join("hosted"), true)] {
        for source in files(&folder, &["c"])? {
            all.push(Client::of(source, is_hosted)?);
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// Files of a folder with these extensions, in order.
fn files(folder: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn stem(path: &Path) -> Result<String> {
    let stem = path.file_stem().with_context(|| format!("{} has no name", path.display()))?;
    Ok(stem.to_string_lossy().into_owned())
}

/// What a command printed, if it succeeded.
fn finish(command: &mut Command) -> Result<Output> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot run {name}: scripts/setup installs it"))?;
    if !output.status.success() {
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        bail!("{name}: {}\n{}", output.status, text.trim_end());
    }
    Ok(output)
}

/// Whether a client printed what it should.
fn compare(client: &Client, printed: &str) -> Result<()> {
    if let Some(expected) = &client.expected {
        ensure!(printed.trim_end() == expected.trim_end(), "expected:\n{expected}\nprinted:\n{printed}");
    }
    Ok(())
}

/// All clients in several ways at the same time.
fn in_parallel<T: Sync>(items: &[T], check: impl Fn(&T) -> Check + Send + Sync) -> Vec<Check> {
    items.par_iter().map(check).collect()
}
