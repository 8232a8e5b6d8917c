//! `graver run`: what `graver-run` does, compiling first where the file is a module.

use std::process::ExitCode;

use crate::arguments::RunOptions;

/// Runs and gives the program's exit code.
pub(crate) fn run(_arguments: &RunOptions) -> ExitCode {
    ExitCode::FAILURE
}
