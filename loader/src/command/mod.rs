//! The command line of `graver-run`, as a library: `graver run` is the same with a compiler in front.

mod modules;
mod options;
mod run;
mod system;
#[cfg(feature = "wasi")]
mod threads;
mod values;

pub use options::{Options, Parsed, USAGE, parse};
pub use run::{Source, limit_time, run};

use std::ffi::OsString;
use std::process::ExitCode;

/// Exit status for a command line that makes no sense.
pub const EXIT_USAGE: u8 = 2;

/// Runs a program with shared libraries, and returns the exit status.
pub type NativeRunner = fn(&Options) -> u8;

/// Does all of `graver-run`. The first argument is the program's name; `with_natives` runs programs that get functions from
/// shared libraries, if the command can.
pub fn main(args: impl IntoIterator<Item = OsString>, with_natives: Option<NativeRunner>) -> ExitCode {
    let options = match parse(args) {
        Ok(Parsed::Run(options)) => options,
        Ok(Parsed::Help) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(Parsed::Version) => {
            println!("graver-run {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("graver-run: {error}\nTry `graver-run --help`.");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    if let (Some(run), false) = (with_natives, options.native_libs.is_empty()) {
        return ExitCode::from(run(&options));
    }
    let path = options.file.clone();
    ExitCode::from(run(&Source::File(&path), &options))
}
