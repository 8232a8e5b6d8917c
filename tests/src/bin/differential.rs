//! Graver against an interpreter; see `--help`.

use std::process::ExitCode;

use graver_tests::Job;
use graver_tests::differential::{Config, USAGE, run, run_child};

fn main() -> ExitCode {
    let job = Job { name: "differential", usage: USAGE, parse: Config::parse, run };
    job.main(|config| config.is_child().then(|| run_child(config)))
}
