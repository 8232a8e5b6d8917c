//! Runs images, without a compiler: `graver-run app.aot [args]`.

use std::process::ExitCode;

fn main() -> ExitCode {
    graver_loader::command::main(std::env::args_os())
}
