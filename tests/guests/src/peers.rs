//! wasmtime, as published on PyPI: what programs are compared with.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::{Error, exclusively, repository, run};

/// The folder for `PYTHONPATH` that has the pinned package; it is put below `target` first if need be, once per version.
///
/// # Errors
/// What pip says, with a hint.
pub fn wasmtime() -> Result<PathBuf, Error> {
    let requirements = repository().join("benches/peers/requirements.txt");
    let version = fs::read_to_string(&requirements)?.trim().replace("==", "-");
    let folder = repository().join("target/peers").join(version);
    exclusively("wasmtime", || {
        if folder.exists() {
            return Ok(());
        }
        let partial = folder.with_added_extension("partial");
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", "--target"]);
        run(pip.arg(&partial).arg("--requirement").arg(&requirements))
            .map_err(|error| format!("wasmtime is not there (scripts/setup installs it): {error}"))?;
        Ok(fs::rename(partial, &folder)?)
    })?;
    Ok(folder)
}
