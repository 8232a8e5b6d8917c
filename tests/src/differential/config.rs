//! The options of the `differential` job.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use graver_targets::Target;

use super::{scalar, smith};
use crate::emulator::Runner;
use crate::rows::Rows;

/// `--help`.
pub const USAGE: &str = "\
differential --seed S [--count N] [--case NAME]... [--only smith|scalar] [--filter F] [--jobs N] [--dump DIR]
differential --target T | --all | --families [--quick] [--case NAME]... [--filter F] [--jobs N] [--dump DIR]

Runs modules through Graver and through wasmi, an interpreter, and compares outcomes, results, memories, globals and
tables; each module for this machine or for its plain architecture, with guard and software bounds checks, at -O0 and -O3.
  --target T           the modules over operators, accesses and unused loads, in the emulator of a target, at -O0 and -O3
  --all                the same for every target that has an emulator, with a table at the end
  --families           the same for the first target of each instruction set
  --quick              a named subset of those
  --seed S --count N   N random modules (100), of the seeds S, S+1, ...; one of them is `--case smith/SEED`
  --case NAME          only this one, as a failure names it
  --only KIND          random modules only, or only those over operators, accesses and unused loads
  --filter F           only cases whose names contain F
  --dump DIR           write the modules as .wasm and .wat, with their calls as comments";

/// What `--quick` runs: where instruction sets and library routines differ most.
const QUICK: &[&str] = &[
    "operator/i32.shl",
    "operator/i32.rem_s",
    "operator/i64.div_s",
    "operator/i64.rotl",
    "operator/f32.min",
    "operator/f64.max",
    "operator/f64.div",
    "operator/f32.nearest",
    "operator/f64.copysign",
    "operator/i32.trunc_sat_f64_u",
    "operator/i64.trunc_f32_s",
    "operator/f32.convert_i64_u",
    "operator/f32.demote_f64",
    "operator/f64-mul-one",
    "operator/f64-select-min",
    "operator/f32-mul-loaded",
    "access/i32.load-fixed",
    "access/i64.load-grown",
    "access/i64.load16_s-growable",
    "access/f64.store-growable",
    "access/i64.store32-from-empty",
    "unused/one-path",
    "unused/loop-walk",
];

/// How to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub(crate) seed: u64,
    pub(crate) count: u64,
    pub(crate) cases: Vec<String>,
    pub(crate) only: Option<String>,
    pub(crate) filter: String,
    pub(crate) jobs: usize,
    pub(crate) dump: Option<PathBuf>,
    /// A target whose code runs apart from this process.
    pub(crate) target: Option<String>,
    /// Which targets beside that one.
    pub(crate) rows: Rows,
    pub(crate) quick: bool,
    /// In a child: the program that executes scripts there.
    pub(crate) runner: Option<PathBuf>,
    /// Take names from standard input and run them here.
    pub(crate) is_child: bool,
}

impl Config {
    /// From the command line.
    ///
    /// # Errors
    /// For options that do not exist or lack a value.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut config = Self {
            seed: 0,
            count: 100,
            cases: Vec::new(),
            only: None,
            filter: String::new(),
            jobs: 0,
            dump: None,
            target: None,
            rows: Rows::One,
            quick: false,
            runner: None,
            is_child: false,
        };
        let mut arguments = arguments.into_iter();
        let mut has_choice = false;
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{option} needs a value"));
            match option.as_str() {
                "--seed" => {
                    config.seed = value()?.parse().context("--seed NUMBER")?;
                    has_choice = true;
                }
                "--count" => config.count = value()?.parse().context("--count NUMBER")?,
                "--case" => {
                    config.cases.push(value()?);
                    has_choice = true;
                }
                "--only" => {
                    let kind = value()?;
                    if !["smith", "scalar"].contains(&kind.as_str()) {
                        bail!("--only {kind}: smith or scalar");
                    }
                    has_choice |= kind == "scalar";
                    config.only = Some(kind);
                }
                "--target" => {
                    config.target = Some(value()?);
                    config.only = Some("scalar".into());
                    has_choice = true;
                }
                "--all" | "--families" => {
                    config.rows = if option == "--all" { Rows::All } else { Rows::Families };
                    config.only = Some("scalar".into());
                    has_choice = true;
                }
                "--quick" => config.quick = true,
                "--runner" => config.runner = Some(value()?.into()),
                "--filter" => config.filter = value()?,
                "--jobs" => config.jobs = value()?.parse().context("--jobs NUMBER")?,
                "--dump" => config.dump = Some(value()?.into()),
                "--child" => (config.is_child, has_choice) = (true, true),
                _ => bail!("unknown option {option}"),
            }
        }
        if !has_choice {
            bail!("--seed S says which random modules");
        }
        Ok(config)
    }

    /// Whether this process is to run the cases that its standard input names.
    pub fn is_child(&self) -> bool {
        self.is_child
    }

    /// The target whose code runs apart from this process, and the program that does it, which is built if need be.
    pub(crate) fn elsewhere(&self) -> Result<Option<(&'static Target, Runner)>> {
        let Some(name) = &self.target else { return Ok(None) };
        let target = Target::find(name)?;
        let board = target.board.as_ref().with_context(|| format!("{name} has no machine to run on"))?;
        let runner = match &self.runner {
            Some(program) => Runner { board, program: program.clone() },
            None => Runner::build(board)?,
        };
        Ok(Some((target, runner)))
    }

    /// The names of all cases to run.
    pub(crate) fn names(&self) -> Vec<String> {
        if !self.cases.is_empty() {
            return self.cases.clone();
        }
        let mut names = Vec::new();
        if self.only.as_deref() != Some("smith") {
            names.extend(scalar::names());
        }
        if self.only.as_deref() != Some("scalar") {
            names.extend((0..self.count).map(|number| format!("{}{}", smith::PREFIX, self.seed.wrapping_add(number))));
        }
        names.retain(|name| name.contains(&self.filter) && (!self.quick || QUICK.contains(&name.as_str())));
        names
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, QUICK};

    fn parse(line: &str) -> anyhow::Result<Config> {
        Config::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn seeds_are_names() {
        let config = parse("--seed 7 --count 2 --only smith").expect("valid options");
        assert_eq!(config.names(), ["smith/7", "smith/8"]);
        assert_eq!(parse("--case smith/8").expect("valid options").names(), ["smith/8"]);
    }

    #[test]
    fn quick_names_cases_that_exist() {
        assert_eq!(parse("--families --quick").expect("valid options").names().len(), QUICK.len());
    }

    #[test]
    fn nonsense_is_refused() {
        for line in ["", "--count 5", "--seed", "--seed x", "--seed 1 --only fast", "--seed 1 --fast"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
