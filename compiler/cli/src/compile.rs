//! `graver compile`.

use std::fs;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use graver_compiler::{Options, worker};
use graver_targets::Target;

use crate::arguments::{CodeOptions, CompileOptions};
use crate::failure::{Failure, Result};

/// Compiles a file to a file. Nothing is written unless all of it is there.
pub(crate) fn run(arguments: &CompileOptions) -> Result<()> {
    let started = Instant::now();
    let mut options = options(&arguments.code)?;
    options.format = arguments.format.format();
    let output = arguments.output.clone().unwrap_or_else(|| {
        let name = arguments.input.file_stem().unwrap_or(arguments.input.as_os_str());
        PathBuf::from(name).with_extension(arguments.format.extension())
    });
    let bytes = compile(&arguments.input, &options)?;
    write(&output, &bytes)?;
    if std::io::stderr().is_terminal() && started.elapsed() > Duration::from_secs(1) {
        eprintln!(
            "{}: {} bytes for {} in {:.1?}",
            output.display(),
            bytes.len(),
            options.target.name,
            started.elapsed()
        );
    }
    Ok(())
}

/// The compiler's options.
pub(crate) fn options(arguments: &CodeOptions) -> Result<Options> {
    let target = match &arguments.target {
        Some(name) => Target::find(name).map_err(Failure::usage)?,
        None => Target::host().ok_or_else(|| Failure::usage("this machine is no target: choose one with --target"))?,
    };
    Ok(Options {
        opt_level: arguments.opt_level,
        size_level: arguments.size_level,
        bounds: arguments.bounds_checks.map(Into::into),
        fixed_memory: arguments.fixed_memory,
        threads: arguments.threads,
        abort_in_function: arguments.abort_in_function,
        ..Options::new(target)
    })
}

/// Compiles a file, showing on a terminal that something happens.
pub(crate) fn compile(input: &Path, options: &Options) -> Result<Vec<u8>> {
    let file = fs::read(input).map_err(|error| Failure::input(input, error))?;
    let wasm = graver_compiler::binary(&file).map_err(|error| Failure::compilation(input, &error))?;
    let progress = Progress::start(input);
    let result = worker::compile(&wasm, options);
    drop(progress);
    result.map_err(|error| Failure::compilation(input, &error))
}

fn write(output: &Path, bytes: &[u8]) -> Result<()> {
    let fail = |error: std::io::Error| Failure::input(output, error);
    let directory = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    // Temporary files are private; an output file is as public as the user's other files.
    let mode = fs::metadata(output).map_or_else(|_| default_permissions(), |metadata| Some(metadata.permissions()));
    if let Some(mode) = mode {
        file.as_file().set_permissions(mode).map_err(fail)?;
    }
    file.persist(output).map_err(|error| fail(error.error))?;
    Ok(())
}

#[cfg(unix)]
fn default_permissions() -> Option<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn default_permissions() -> Option<fs::Permissions> {
    None
}

/// A line on the terminal that says what takes so long, once it has taken a second.
struct Progress {
    done: std::sync::mpsc::Sender<()>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Progress {
    fn start(input: &Path) -> Self {
        let (done, finished) = std::sync::mpsc::channel::<()>();
        let name = input.display().to_string();
        let thread = std::io::stderr().is_terminal().then(|| {
            std::thread::spawn(move || {
                let started = Instant::now();
                let mut is_shown = false;
                while finished.recv_timeout(Duration::from_secs(1)) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                    eprint!("\rcompiling {name} ... {} s", started.elapsed().as_secs());
                    is_shown = true;
                }
                if is_shown {
                    eprint!("\r\x1b[K");
                }
            })
        });
        Self { done, thread }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let _ = self.done.send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
