//! Compiling in a process of its own, because LLVM ends the process on fatal errors.
//!
//! One worker does the whole compilation, with threads. Only when it dies are the partitions compiled one by one, each in
//! a worker; for a partition whose worker dies again, halving finds the function. If none dies on its own (memory ran
//! out, say), their code is linked here, to the same bytes.

use std::io::{Read, Write};
use std::ops::Range;
use std::process::{Command, ExitStatus, Stdio};

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::llvm::Emitted;
use crate::module::{self, Module};
use crate::options::{BaseAddress, Format, Options, WasmVersion};
use crate::plan::{Partition, Plan};
use crate::{Output, finish, translate};

/// The first argument that makes a program using this library a worker; see [`serve`].
pub const ARGUMENT: &str = "__graver-worker";

#[derive(Serialize, Deserialize)]
struct Request {
    target: String,
    extra_features: u64,
    opt_level: u8,
    size_level: u8,
    bounds: Option<u8>,
    fixed_memory: bool,
    interruptible: bool,
    base_address: Option<BaseAddress>,
    custom_sections: Vec<String>,
    format: Format,
    symbol: String,
    wasm_version: WasmVersion,
    threads: usize,
    abort_in_function: Option<u32>,
    /// Only this part of the code, or everything.
    partition: Option<Partition>,
    wasm: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
enum Response {
    Finished(Box<Output>),
    Emitted(Emitted),
    Failed(Error),
}

/// What became of a worker.
enum Outcome {
    Response(Response),
    /// It ended without an answer; what it said last.
    Died(String),
}

/// Compiles like [`crate::compile_with_report`], in a worker process: this program, started again with [`ARGUMENT`].
///
/// # Errors
/// As [`crate::compile_with_report`], and the function that made LLVM end the worker.
pub fn compile(wasm: &[u8], options: &Options) -> Result<Output> {
    options.check()?;
    match ask(wasm, options, None)? {
        Outcome::Response(Response::Finished(output)) => Ok(*output),
        Outcome::Response(Response::Failed(error)) => Err(error),
        Outcome::Response(Response::Emitted(_)) => Err(Error::new(ErrorKind::Io, "unexpected answer of the worker")),
        Outcome::Died(_) => compile_in_parts(wasm, options),
    }
}

fn compile_in_parts(wasm: &[u8], options: &Options) -> Result<Output> {
    let module = module::parse(wasm, options.wasm_version)?;
    let plan = Plan::new(&module, options);
    let mut emitted = Vec::new();
    for partition in &plan.partitions {
        match ask(wasm, options, Some(partition))? {
            Outcome::Response(Response::Emitted(code)) => emitted.push(code),
            Outcome::Response(Response::Failed(error)) => return Err(error),
            Outcome::Response(Response::Finished(_)) => {
                return Err(Error::new(ErrorKind::Io, "unexpected answer of the worker"));
            }
            Outcome::Died(reason) => return Err(name_function(wasm, options, &module, partition, &reason)?),
        }
    }
    finish(&module, options, &plan, &emitted)
}

/// Finds the function that a worker dies of.
fn name_function(
    wasm: &[u8],
    options: &Options,
    module: &Module<'_>,
    partition: &Partition,
    reason: &str,
) -> Result<Error> {
    let mut range = partition.functions.clone();
    let mut reason = reason.to_owned();
    while range.len() > 1 {
        let middle = range.start + (range.end - range.start) / 2;
        match find_dying_half(wasm, options, [range.start..middle, middle..range.end])? {
            Some((half, last_words)) => (range, reason) = (half, last_words),
            None => break,
        }
    }
    let failure = Error::llvm(format!("{reason}; try another --opt-level, and please report this"));
    Ok(match range.len() {
        1 => failure.in_function(range.start, module.function_name(range.start)),
        _ => failure,
    })
}

fn find_dying_half(wasm: &[u8], options: &Options, halves: [Range<u32>; 2]) -> Result<Option<(Range<u32>, String)>> {
    for half in halves {
        let partition = Partition { functions: half.clone(), has_glue: false };
        if let Outcome::Died(reason) = ask(wasm, options, Some(&partition))? {
            return Ok(Some((half, reason)));
        }
    }
    Ok(None)
}

fn ask(wasm: &[u8], options: &Options, partition: Option<&Partition>) -> Result<Outcome> {
    let request = Request {
        target: options.target.name.to_owned(),
        extra_features: options.extra_features,
        opt_level: options.opt_level,
        size_level: options.size_level,
        bounds: options.bounds.map(graver_aot_format::BoundsStrategy::raw),
        fixed_memory: options.fixed_memory,
        interruptible: options.interruptible,
        base_address: options.base_address,
        custom_sections: options.custom_sections.clone(),
        format: options.format,
        symbol: options.symbol.clone(),
        wasm_version: options.wasm_version,
        threads: options.threads,
        abort_in_function: options.abort_in_function,
        partition: partition.cloned(),
        wasm: wasm.to_vec(),
    };
    let request = postcard::to_stdvec(&request).map_err(broken)?;
    let (status, output, last_words) = run_worker(&request).map_err(broken)?;
    if status.success()
        && let Ok(response) = postcard::from_bytes(&output)
    {
        return Ok(Outcome::Response(response));
    }
    let words = last_words.lines().rev().find(|line| line.contains("ERROR")).or_else(|| last_words.lines().last());
    Ok(Outcome::Died(words.map_or_else(|| status.to_string(), str::to_owned)))
}

/// Starts a worker, gives it the request and collects what it writes.
fn run_worker(request: &[u8]) -> std::io::Result<(ExitStatus, Vec<u8>, String)> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg(ARGUMENT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A worker that dies early closes the pipe; its status says so below.
        let _ = stdin.write_all(request);
    }
    let output = child.wait_with_output()?;
    Ok((output.status, output.stdout, String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// The worker's side: answers the request on standard input. A program calls this when its first argument is
/// [`ARGUMENT`], before it does anything else.
///
/// # Errors
/// The request cannot be read or the answer not be written.
pub fn serve() -> std::io::Result<()> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    let request: Request = postcard::from_bytes(&bytes).map_err(std::io::Error::other)?;
    let response = answer(&request).unwrap_or_else(Response::Failed);
    let bytes = postcard::to_stdvec(&response).map_err(std::io::Error::other)?;
    std::io::stdout().write_all(&bytes)
}

fn answer(request: &Request) -> Result<Response> {
    let target = graver_targets::Target::find(&request.target)
        .map_err(|error| Error::new(ErrorKind::Options, error.to_string()))?;
    let options = Options {
        target,
        extra_features: request.extra_features,
        opt_level: request.opt_level,
        size_level: request.size_level,
        bounds: request.bounds.and_then(graver_aot_format::BoundsStrategy::from_raw),
        fixed_memory: request.fixed_memory,
        interruptible: request.interruptible,
        base_address: request.base_address,
        custom_sections: request.custom_sections.clone(),
        format: request.format,
        symbol: request.symbol.clone(),
        wasm_version: request.wasm_version,
        threads: request.threads,
        abort_in_function: request.abort_in_function,
    };
    let Some(partition) = &request.partition else {
        return Ok(Response::Finished(Box::new(crate::compile_with_report(&request.wasm, &options)?)));
    };
    let module = module::parse(&request.wasm, options.wasm_version)?;
    let plan = Plan::new(&module, &options);
    Ok(Response::Emitted(translate::generate(&module, &options, &plan, partition)?))
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Io, format!("the compiler's worker process: {error}"))
}
