//! C programs against the C API; see `--help`.

use std::process::ExitCode;

use graver_tests::Job;
use graver_tests::clients::{Options, USAGE, run};

fn main() -> ExitCode {
    Job { name: "clients", usage: USAGE, parse: Options::parse, run }.main(|_| None)
}
