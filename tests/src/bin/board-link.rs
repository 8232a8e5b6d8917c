//! The linker of firmware for boards whose usual linkers cannot read LLVM's objects; Rust's compiler starts it.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match graver_tests::board_link::link(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("board-link: {error:#}");
            ExitCode::FAILURE
        }
    }
}
