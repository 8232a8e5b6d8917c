//! Compiles `golden/*.wat` and compares with the expected text beside each; see `--help`.

use std::process::ExitCode;

const USAGE: &str = "golden [--bless] [--filter F]\n\n  --bless      rewrite the expected texts\n  --filter F   cases whose names contain F";

fn main() -> ExitCode {
    let (mut bless, mut filter) = (false, String::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bless" => bless = true,
            "--filter" => filter = arguments.next().unwrap_or_default(),
            "--help" => {
                println!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            other => {
                eprintln!("golden: unknown option {other}\n\n{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    match graver_tests::golden::run(&filter, bless) {
        Ok(tally) => {
            println!("{tally}");
            tally.exit_code()
        }
        Err(error) => {
            eprintln!("golden: {error:#}");
            ExitCode::FAILURE
        }
    }
}
