//! The `graver` command: compiles WebAssembly modules to images, runs, inspects, lists targets.

mod arguments;
mod compile;
mod failure;
mod inspect;
mod output;
mod progress;
mod run;
mod targets;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};
use graver_compiler::worker;

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|argument| argument == worker::ARGUMENT) {
        return match worker::serve() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    // Usage errors end here, with exit code 2.
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Compile(options) => compile::run(&options),
        Command::Run(options) => return run::run(&options),
        Command::Inspect(options) => inspect::run(&options),
        Command::Targets(options) => targets::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
