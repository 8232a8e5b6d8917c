//! A program run natively and as an image, in two folders that start out equal.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::{Error, Guest, output_directory};

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code, none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// All files below the working folder, by relative path.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
}

/// Runs `guest` natively and as `image`, with `arguments`, in folders that hold copies of `inputs`; returns both
/// outcomes, the native one first. `runner` is the command that runs an image, without its arguments.
///
/// # Errors
/// If a run cannot be started, or the folders cannot be prepared or read.
pub fn both_ways(
    guest: &Guest,
    image: &Path,
    mut runner: Command,
    inputs: &[PathBuf],
    arguments: &[&str],
) -> Result<(Outcome, Outcome), Error> {
    let name = image.file_stem().unwrap_or_default().display();
    let folder = |kind: &str| prepare(&format!("{name}-{}-{kind}", arguments.join("_").replace('/', "_")), inputs);
    let native_folder = folder("native")?;
    let native = outcome(Command::new(&guest.native).args(arguments), &native_folder)?;
    let image_folder = folder("image")?;
    runner.arg("--dir=.").arg(image).args(arguments);
    Ok((native, outcome(&mut runner, &image_folder)?))
}

/// A fresh working folder with copies of files and folders.
fn prepare(name: &str, inputs: &[PathBuf]) -> Result<PathBuf, Error> {
    let folder = output_directory()?.join("work").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    for input in inputs {
        copy(input, &folder.join(input.file_name().ok_or("an input without a name")?))?;
    }
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    if !from.is_dir() {
        return fs::copy(from, to).map(drop).map_err(|error| format!("{}: {error}", from.display()).into());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

fn outcome(command: &mut Command, folder: &Path) -> Result<Outcome, Error> {
    command.current_dir(folder);
    let Output { status, stdout, stderr } = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    // Shown by the test harness if the comparison fails.
    eprintln!("{command:?}: {status}\n{}", String::from_utf8_lossy(&stderr));
    let mut files = BTreeMap::new();
    collect(folder, folder, &mut files)?;
    Ok(Outcome { code: status.code(), stdout: String::from_utf8_lossy(&stdout).into_owned(), files })
}

fn collect(top: &Path, folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> Result<(), Error> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(top, &path, files)?;
        } else {
            files.insert(path.strip_prefix(top)?.to_path_buf(), fs::read(&path)?);
        }
    }
    Ok(())
}
