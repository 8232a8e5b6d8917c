//! Programs for tests and benches, each built twice from the same source: natively, as the reference, and as
//! WebAssembly.
//!
//! * Rust programs have a manifest of their own and are built by cargo ([`rust`]).
//! * C programs come from packages of the registry that bundle them: cargo fetches the package, clang compiles it ([`c`]).
//! * [`device`] says what a firmware takes of its board.
//! * [`tools`] builds and finds the commands under test, [`compare`] runs a program both ways, [`peers`] finds what others
//!   run them with.
//!
//! Everything goes to `target/programs`, under a lock, so that tests in several processes can ask for the same program.

pub mod c;
pub mod compare;
pub mod device;
pub mod peers;
pub mod rust;
pub mod tools;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Any failure, with a text that says which command failed and what it printed.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// A program in both forms.
#[derive(Clone, Debug)]
pub struct Guest {
    /// What it is called in reports.
    pub name: &'static str,
    /// The executable (or shared library) for this machine.
    pub native: PathBuf,
    /// The WebAssembly module.
    pub wasm: PathBuf,
}

/// The top folder of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new(".")).to_path_buf()
}

/// Where built programs go.
///
/// # Errors
/// If it cannot be created.
pub fn output_directory() -> Result<PathBuf, Error> {
    let directory = repository().join("target/programs");
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

/// Runs a command to its end.
///
/// # Errors
/// If it cannot be started or fails; the text has the command line and its error output.
pub fn run(command: &mut Command) -> Result<Output, Error> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)).into())
}

/// Does `work` while no other process does work of the same name.
///
/// # Errors
/// Those of the work, or if there can be no lock.
pub fn exclusively<T>(name: &str, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let lock = File::create(output_directory()?.join(format!("{name}.lock")))?;
    lock.lock()?;
    work()
}
