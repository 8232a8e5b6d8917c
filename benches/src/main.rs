//! `cargo xtask bench`: how fast compiled code runs, against the native build of the same source and against wasmtime.
//!
//! Everything is measured in one run. The contenders take turns on each kernel, so that a change in the machine's speed
//! meets all of them, and each figure is the median of its turns. Checksums must agree.

mod contender;
mod native;
mod options;
mod peer;
mod report;
mod statistics;
mod workloads;

use std::process::ExitCode;

use contender::Contender;
use graver_guests::Error;
use options::Options;

fn main() -> ExitCode {
    let result = Options::from_arguments().and_then(|options| match options {
        Some(options) => bench(&options),
        None => {
            print!("{}", options::HELP);
            Ok(())
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench(options: &Options) -> Result<(), Error> {
    let kernels = workloads::KERNELS.build()?;
    let workloads = workloads::read(options)?;
    let mut contenders: Vec<Box<dyn Contender>> = vec![Box::new(native::Native::load(&kernels.native)?)];
    let mut missing = Vec::new();
    match peer::Wasmtime::start(&kernels.wasm) {
        Ok(wasmtime) => contenders.push(Box::new(wasmtime)),
        Err(error) => missing.push(format!("wasmtime: {error}")),
    }
    let times = contender::take_turns(&mut contenders, &workloads, options.turns)?;
    let report = report::Report { times, missing };
    report.print(options.json);
    Ok(())
}
