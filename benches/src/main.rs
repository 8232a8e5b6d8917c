//! `cargo xtask bench`: how fast compiled code runs, against the native build of the same source and against wasmtime.
//!
//! Everything is measured in one run. The contenders take turns on each kernel, so that a change in the machine's speed
//! meets all of them, and each figure is the median of its turns, in processor time (but for threads). Checksums must agree.

mod calls;
mod clock;
mod contender;
mod graver;
mod modules;
mod native;
mod options;
mod parallel;
mod peer;
mod report;
mod statistics;
mod workloads;

use std::path::Path;
use std::process::ExitCode;

use contender::{Contender, KernelTimes};
use graver::Graver;
use graver_aot_format::BoundsStrategy;
use graver_guests::{Error, Guest};
use native::Native;
use options::Options;
use peer::Wasmtime;
use report::Report;

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
    let mut report = Report::default();
    if ["kernels", "modules", "calls"].iter().any(|part| options.wants(part)) {
        measure_with_wasmtime(options, &mut report)?;
    }
    if options.wants("parallel") {
        report.threads = parallel::measure(options)?;
    }
    report.print(options.json);
    Ok(())
}

fn measure_with_wasmtime(options: &Options, report: &mut Report) -> Result<(), Error> {
    let kernels = workloads::KERNELS.build()?;
    let started = Wasmtime::start(&kernels.wasm);
    let mut wasmtime = started.map_err(|error| report.missing.push(format!("wasmtime: {error}"))).ok();
    if options.wants("kernels") {
        report.times = measure_kernels(options, &kernels, wasmtime.as_mut())?;
    }
    if options.wants("modules") {
        report.modules = modules::measure(options, wasmtime.as_mut())?;
    }
    if options.wants("calls") {
        report.calls = calls::measure(options, wasmtime.as_mut())?;
    }
    Ok(())
}

fn measure_kernels(
    options: &Options,
    kernels: &Guest,
    wasmtime: Option<&mut Wasmtime>,
) -> Result<Vec<KernelTimes>, Error> {
    let workloads = workloads::read(options)?;
    let mut native = Native::load(&kernels.native)?;
    let mut guard = Graver::start("graver", &kernels.wasm, BoundsStrategy::Guard)?;
    let mut software = Graver::start("graver, software", &kernels.wasm, BoundsStrategy::Software)?;
    let others: Result<Vec<_>, _> = options.also.iter().map(|image| Graver::load(&file_name(image), image)).collect();
    let mut others = others?;
    let mut contenders: Vec<&mut dyn Contender> = vec![&mut native, &mut guard, &mut software];
    contenders.extend(wasmtime.map(|wasmtime| wasmtime as &mut dyn Contender));
    contenders.extend(others.iter_mut().map(|other| other as &mut dyn Contender));
    contender::take_turns(&mut contenders, &workloads, options.turns)
}

fn file_name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
