//! Checks the natives on this machine: `natives-runner IMAGE...`, each of which is a compiled [`graver_test_natives::GUEST`].

use std::process::ExitCode;

fn main() -> ExitCode {
    let paths: Vec<_> = std::env::args_os().skip(1).collect();
    if paths.is_empty() {
        eprintln!("natives-runner IMAGE...");
        return ExitCode::from(2);
    }
    for path in paths {
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                eprintln!("natives-runner: {}: {error}", path.display());
                return ExitCode::FAILURE;
            }
        };
        for (name, check) in graver_test_natives::CHECKS {
            check(&bytes);
            println!("{}: {name}", path.display());
        }
    }
    ExitCode::SUCCESS
}
