//! The commands under test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::{Error, run, rust};

/// `graver` and `graver-run`.
#[derive(Clone, Debug)]
pub struct Tools {
    /// The folder they are in.
    pub folder: PathBuf,
}

impl Tools {
    /// Builds both commands in the profile of the running test, or takes those in the folder `GRAVER_TOOLS`.
    ///
    /// # Errors
    /// What cargo says.
    pub fn build() -> Result<Self, Error> {
        if let Some(folder) = std::env::var_os("GRAVER_TOOLS") {
            return Ok(Self { folder: folder.into() });
        }
        static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
        let folder = BUILT.get_or_init(|| build_commands().map_err(|error| error.to_string())).clone()?;
        Ok(Self { folder })
    }

    /// The compiler's command line.
    pub fn graver(&self) -> Command {
        Command::new(self.folder.join("graver"))
    }

    /// The loader's command line.
    pub fn graver_run(&self) -> Command {
        Command::new(self.folder.join("graver-run"))
    }

    /// Compiles a module with `graver compile`.
    ///
    /// # Errors
    /// What the command says.
    pub fn compile(&self, wasm: &Path, image: &Path, options: &[&str]) -> Result<(), Error> {
        run(self.graver().arg("compile").arg(wasm).arg("-o").arg(image).args(options)).map(drop)
    }
}

/// Builds the linker of firmware for boards that have no other.
///
/// # Errors
/// What cargo says.
pub fn board_linker() -> Result<PathBuf, Error> {
    build(&["--bin", "board-link"]).map(|folder| folder.join("board-link"))
}

fn build_commands() -> Result<PathBuf, Error> {
    build(&["--bin", "graver", "--bin", "graver-run", "--features", "graver-capi/native-lib"])
}

/// Builds commands into the folder of the running program's profile, and returns that. No package is named: dependencies
/// then have the features that they have in a build of the whole workspace, and are not built once more.
fn build(what: &[&str]) -> Result<PathBuf, Error> {
    // target/PROFILE/PROGRAM or target/PROFILE/deps/TEST
    let program = std::env::current_exe()?;
    let folder = program.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    let folder = folder.ok_or("the test is not in a target folder")?.to_path_buf();
    let mut command = rust::cargo();
    command.args(["build", "--quiet"]).args(what);
    if folder.ends_with("release") {
        command.arg("--release");
    }
    if let Some(target) = folder.parent() {
        command.arg("--target-dir").arg(target);
    }
    run(&mut command)?;
    Ok(folder)
}
