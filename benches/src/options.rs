//! The command line.

use graver_guests::Error;
use lexopt::prelude::{Long, Short, ValueExt};

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Times kernels compiled by Graver against the native build of the same source and against wasmtime.

Usage: cargo xtask bench [--quick] [--json] [--turns N] [--filter TEXT]

  --quick        small workloads and few turns: does it work, not how fast
  --json         one JSON object instead of the table
  --turns N      how often each contender runs each kernel (default 11, 3 with --quick)
  --filter TEXT  only kernels whose name contains TEXT
";

/// What was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) quick: bool,
    pub(crate) json: bool,
    pub(crate) turns: usize,
    pub(crate) filter: String,
}

impl Options {
    /// Reads the process's arguments; none if help was asked for.
    pub(crate) fn from_arguments() -> Result<Option<Self>, Error> {
        let mut options = Self { quick: false, json: false, turns: 0, filter: String::new() };
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("quick") => options.quick = true,
                Long("json") => options.json = true,
                Long("turns") => options.turns = arguments.value()?.parse()?,
                Long("filter") => options.filter = arguments.value()?.string()?,
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
