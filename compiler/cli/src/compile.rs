//! `graver compile`.

use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use graver_compiler::report::Report;
use graver_compiler::{Options, Output, declarations, symbol_of, worker};
use graver_targets::{Request, Target, select};

use crate::arguments::{CodeOptions, CompileOptions};
use crate::failure::{Failure, Result, print};
use crate::output;
use crate::progress::Progress;

/// Compiles a file for every target, each to a file of its own. A file is written whole or not at all.
pub(crate) fn run(arguments: &CompileOptions) -> Result<()> {
    let started = Instant::now();
    let input = &arguments.input;
    let jobs = jobs(arguments)?;
    let wasm = read(input)?;
    let outputs = compile_all(input, &wasm, &jobs, arguments.code.threads);

    let mut written = Vec::new();
    let mut exit_code = 0;
    for (job, result) in jobs.iter().zip(outputs) {
        match result.and_then(|output| job.write(arguments, output)) {
            Ok(output) => written.push((job, output)),
            Err(failure) if jobs.len() == 1 => return Err(failure),
            Err(failure) => {
                exit_code = exit_code.max(failure.exit_code());
                let _ = failure.for_target(job.options.target.name).report();
            }
        }
    }
    say(arguments, &jobs, &written, started)?;
    if exit_code == 0 { Ok(()) } else { Err(Failure::reported(exit_code)) }
}

/// A target and its file.
struct Job {
    options: Options,
    path: PathBuf,
}

impl Job {
    fn write(&self, arguments: &CompileOptions, output: Output) -> Result<Output> {
        let names_folder = arguments.output.as_ref().is_some_and(|output| output.as_path() != self.path);
        output::write(&self.path, &output.bytes, names_folder)?;
        Ok(output)
    }
}

/// Everything that is asked for; fails before anything is done if some of it makes no sense.
fn jobs(arguments: &CompileOptions) -> Result<Vec<Job>> {
    let all = options(&arguments.code)?;
    let is_one = all.len() == 1;
    let stem = arguments.input.file_stem().unwrap_or(arguments.input.as_os_str());
    let symbol = arguments.symbol.clone().unwrap_or_else(|| symbol_of(&stem.to_string_lossy()));
    let extension = arguments.format.extension();
    let mut jobs = Vec::new();
    for mut options in all {
        options.format = arguments.format.format();
        options.symbol.clone_from(&symbol);
        options.check().map_err(|error| Failure::usage(&error.message))?;
        let name = (!is_one).then_some(options.target.name);
        let path = output::path(&arguments.input, arguments.output.as_deref(), extension, name);
        jobs.push(Job { options, path });
    }
    if arguments.report.is_some() && !arguments.format.format().is_image() {
        return Err(Failure::usage("--report is about images: there is none in this format"));
    }
    Ok(jobs)
}

/// The compiler's options for each target.
fn options(arguments: &CodeOptions) -> Result<Vec<Options>> {
    let mut all: Vec<Options> = Vec::new();
    for name in &arguments.target {
        let request = Request {
            name,
            abi: arguments.target_abi.as_deref(),
            cpu: arguments.cpu.as_deref(),
            features: arguments.cpu_features.as_deref(),
        };
        let found = select(&request).map_err(Failure::usage)?;
        if all.iter().any(|known| known.target.name == found.target.name) {
            return Err(Failure::usage(format!("`{name}` is target {} once more", found.target.name)));
        }
        all.push(Options { extra_features: found.extra_features, ..Options::new(found.target) });
    }
    if all.is_empty() {
        let host =
            Target::host().ok_or_else(|| Failure::usage("this machine is no target: choose one with --target"))?;
        all.push(Options::new(host));
    }
    for options in &mut all {
        options.opt_level = arguments.opt_level;
        options.size_level = arguments.size_level;
        options.bounds = arguments.bounds_checks.map(Into::into);
        options.fixed_memory = arguments.fixed_memory;
        options.interruptible = arguments.interruptible;
        options.base_address = arguments.base_address;
        options.custom_sections.clone_from(&arguments.emit_custom_sections);
        options.threads = arguments.threads;
        options.abort_in_function = arguments.abort_in_function;
    }
    Ok(all)
}

fn read(input: &Path) -> Result<Vec<u8>> {
    let file = fs::read(input).map_err(|error| Failure::input(input, error))?;
    let wasm = graver_compiler::binary(&file).map_err(|error| Failure::compilation(input, &error))?;
    Ok(wasm.into_owned())
}

/// Compiles a file, showing on a terminal that something happens.
pub(crate) fn compile(input: &Path, options: &Options) -> Result<Output> {
    let wasm = read(input)?;
    let progress = Progress::start(input);
    progress.note(options.target.name, true);
    worker::compile(&wasm, options).map_err(|error| Failure::compilation(input, &error))
}

/// Compiles for all targets, with as many threads in all as there are processors or the user says. What comes out does not
/// depend on that.
fn compile_all(input: &Path, wasm: &[u8], jobs: &[Job], threads: usize) -> Vec<Result<Output>> {
    let available = || thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = if threads == 0 { available() } else { threads };
    let workers = threads.min(jobs.len());
    let progress = Progress::start(input);
    let next = AtomicUsize::new(0);
    let work = |worker: usize| {
        // Shares differ by one at most.
        let share = threads / workers + usize::from(worker < threads % workers);
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(number) else { return done };
            let options = Options { threads: share, ..job.options.clone() };
            progress.note(options.target.name, true);
            let result = worker::compile(wasm, &options).map_err(|error| Failure::compilation(input, &error));
            progress.note(options.target.name, false);
            done.push((number, result));
        }
    };
    let mut results: Vec<(usize, Result<Output>)> = thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|worker| scope.spawn(move || work(worker))).collect();
        running.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Says what was made: the report, a table of several targets, declarations for C, and on a terminal how long it took.
fn say(arguments: &CompileOptions, jobs: &[Job], written: &[(&Job, Output)], started: Instant) -> Result<()> {
    let reports: Vec<&Report> = written.iter().filter_map(|(_, output)| output.report.as_ref()).collect();
    let report = arguments.report.as_deref();
    if let Some(place) = report {
        write_report(place, &reports)?;
    }
    // Standard output is the report's alone if a program is to read it.
    if report == Some("json") {
        return Ok(());
    }
    if jobs.len() > 1 && arguments.format.format().is_image() && !written.is_empty() {
        print(&summary(written))?;
    }
    if arguments.format.is_linked()
        && let Some((job, output)) = written.first()
    {
        let size = output.report.as_ref().map_or(0, |report| report.cost.flash.total);
        print(&declarations(&job.options, (jobs.len() == 1).then_some(size)))?;
    }
    if std::io::stderr().is_terminal() && started.elapsed() > Duration::from_secs(1) {
        for (job, output) in written {
            eprintln!("{}: {} bytes for {}", job.path.display(), output.bytes.len(), job.options.target.name);
        }
        eprintln!("{:.1?}", started.elapsed());
    }
    Ok(())
}

fn write_report(place: &str, reports: &[&Report]) -> Result<()> {
    let is_json = place == "json" || Path::new(place).extension().is_some_and(|extension| extension == "json");
    let text = if is_json {
        let json = serde_json::to_string_pretty(reports).map_err(|error| Failure::input(Path::new(place), error))?;
        format!("{json}\n")
    } else {
        reports.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    match place {
        "text" | "json" => print(&text),
        file => output::write(Path::new(file), text.as_bytes(), false),
    }
}

fn summary(written: &[(&Job, Output)]) -> String {
    let row = |(job, output): &(&Job, Output)| {
        let mut cells = vec![job.options.target.name.to_owned()];
        if let Some(Report { cost, .. }) = &output.report {
            let stack = cost.stack_bound.map_or("recursive".to_owned(), |bytes| bytes.to_string());
            cells.extend([
                cost.flash.text.to_string(),
                cost.flash.rodata.to_string(),
                stack,
                cost.ram.total.to_string(),
            ]);
        }
        cells.push(job.path.display().to_string());
        cells
    };
    let heads = ["TARGET", "TEXT", "RODATA", "STACK", "RAM", "FILE"];
    output::table(&heads, &written.iter().map(row).collect::<Vec<_>>())
}
