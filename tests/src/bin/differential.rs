//! Graver against an interpreter; see `--help`.

use std::process::ExitCode;

use graver_tests::differential::{Config, USAGE, run, run_child};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let config = match Config::parse(arguments) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("differential: {error:#}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if config.is_child() {
        return run_child(&config);
    }
    match run(&config) {
        Ok(tally) => {
            println!("{tally}");
            tally.exit_code()
        }
        Err(error) => {
            eprintln!("differential: {error:#}");
            ExitCode::FAILURE
        }
    }
}
