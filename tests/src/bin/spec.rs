//! The official WebAssembly suites; see `--help`.

use std::process::ExitCode;

use graver_tests::Job;
use graver_tests::spec::{Config, USAGE, run, run_child};

fn main() -> ExitCode {
    let job = Job { name: "spec", usage: USAGE, parse: Config::parse, run };
    job.main(|config| config.is_child().then(|| run_child(config)))
}
