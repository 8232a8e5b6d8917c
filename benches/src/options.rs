//! The command line.

use std::path::PathBuf;

use graver_guests::Error;
use lexopt::prelude::{Long, Short, ValueExt};

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Times kernels compiled by Graver against the native build of the same source and against wasmtime.

Usage: cargo xtask bench [--quick] [--json] [--turns N] [--filter TEXT] [--also IMAGE]...

  --quick        small workloads and few turns: does it work, not how fast
  --json         one JSON object instead of the table
  --turns N      how often each contender runs each kernel (default 11, 3 with --quick)
  --filter TEXT  only kernels whose name contains TEXT
  --also IMAGE   another contender: an image of the kernels, such as an earlier compiler's
  --only PART    kernels, modules (how long they take to compile and load), calls (from the host into wasm, and back) or
                 parallel (what a second thread brings)
";

/// The parts that can be measured alone.
const PARTS: &[&str] = &["kernels", "modules", "calls", "parallel"];

fn part(name: &str) -> Result<String, Error> {
    if PARTS.contains(&name) {
        return Ok(name.to_owned());
    }
    Err(format!("--only {name}: there are {}", PARTS.join(", ")).into())
}

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) quick: bool,
    pub(crate) json: bool,
    pub(crate) turns: usize,
    pub(crate) filter: String,
    pub(crate) also: Vec<PathBuf>,
    pub(crate) only: String,
}

impl Options {
    /// Whether a part is to be measured.
    pub(crate) fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only == part
    }

    /// Reads the process's arguments; none if help was asked for.
    pub(crate) fn from_arguments() -> Result<Option<Self>, Error> {
        let mut options = Self::default();
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("quick") => options.quick = true,
                Long("json") => options.json = true,
                Long("turns") => options.turns = arguments.value()?.parse()?,
                Long("filter") => options.filter = arguments.value()?.string()?,
                Long("also") => options.also.push(arguments.value()?.into()),
                Long("only") => options.only = part(&arguments.value()?.string()?)?,
                Long("help") | Short('h') => return Ok(None),
                other => return Err(other.unexpected().into()),
            }
        }
        if options.turns == 0 {
            options.turns = if options.quick { 3 } else { 11 };
        }
        Ok(Some(options))
    }
}
