//! `graver run`: what `graver-run` does, compiling first where the file is a module.

use std::ffi::OsString;
use std::fs;
use std::process::ExitCode;

use graver_aot_format::MAGIC;
use graver_compiler::Options;
use graver_loader::command::{self, Parsed, Source};
use graver_targets::Target;

use crate::arguments::RunOptions;
use crate::compile::compile;
use crate::failure::{Failure, Result};

/// Runs and gives the program's exit code.
pub(crate) fn run(arguments: &RunOptions) -> ExitCode {
    match load_and_run(arguments) {
        Ok(status) => ExitCode::from(status),
        Err(failure) => failure.report(),
    }
}

fn load_and_run(arguments: &RunOptions) -> Result<u8> {
    let words = std::iter::once(OsString::from("graver run")).chain(arguments.arguments.iter().cloned());
    let options = match command::parse(words).map_err(Failure::usage)? {
        Parsed::Run(options) => options,
        Parsed::Help => {
            print!("{}", command::USAGE);
            return Ok(0);
        }
        Parsed::Version => {
            println!("graver {}", env!("CARGO_PKG_VERSION"));
            return Ok(0);
        }
    };
    let file = options.file.clone();
    let bytes = fs::read(&file).map_err(|error| Failure::input(&file, error))?;
    if bytes.starts_with(&MAGIC) {
        return Ok(command::run(&Source::File(&file), &options));
    }
    // The code runs here and now, so it may use everything that this machine has.
    let target = Target::find("native").map_err(Failure::usage)?;
    let image = compile(&file, &Options::new(target))?.bytes;
    Ok(command::run(&Source::Bytes(&image), &options))
}
