//! Sizes and instruction counts against their budget; see `--help`.

use std::process::ExitCode;

use graver_tests::Job;
use graver_tests::size::{Options, USAGE, run};

fn main() -> ExitCode {
    Job { name: "size", usage: USAGE, parse: Options::parse, run }.main(|_| None)
}
