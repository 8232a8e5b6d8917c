//! Rust programs: two builds by cargo.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Error, Guest, exclusively, output_directory, repository, run};

/// A package with a manifest of its own.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The package and its main artefact.
    pub name: &'static str,
    /// Its folder in the repository.
    pub folder: &'static str,
    /// The WebAssembly target.
    pub wasm_target: &'static str,
    /// Compiler flags of the native build.
    pub native_flags: &'static str,
    /// Arguments of cargo in both builds.
    pub flags: &'static [&'static str],
    /// Whether it is a library: a shared one natively.
    pub library: bool,
}

/// Text processing on well-known crates (regex, serde_json, csv, flate2, sha2), reading and writing files.
pub const TEXTKIT: Program = Program {
    name: "textkit",
    folder: "tests/programs/textkit",
    wasm_target: "wasm32-wasip1",
    native_flags: "",
    flags: &[],
    library: false,
};

/// Threads: rayon's pool, locks, condition variables, channels; and ends of programs that have several.
pub const PARALLEL: Program = Program {
    name: "parallel",
    folder: "tests/programs/parallel",
    wasm_target: "wasm32-wasip1-threads",
    native_flags: "",
    flags: &[],
    library: false,
};

/// Servers and clients, streams and datagrams, in several threads.
pub const SOCKETS: Program = Program {
    name: "sockets",
    folder: "tests/programs/sockets",
    wasm_target: "wasm32-wasip1-threads",
    native_flags: "",
    flags: &[],
    library: false,
};

/// What a program can do without files: it runs on boards, too.
pub const CONSOLE: Program = Program {
    name: "console",
    folder: "tests/programs/console",
    wasm_target: "wasm32-wasip1",
    native_flags: "",
    flags: &[],
    library: false,
};

/// Calls of WASI's functions one by one, each with what came of it. It has no native build.
pub const WASI_CALLS: Program = Program {
    name: "wasi-calls",
    folder: "tests/programs/wasi",
    wasm_target: "wasm32-wasip1",
    native_flags: "",
    flags: &[],
    library: false,
};

impl Program {
    /// Builds it in both forms; quick when nothing changed.
    ///
    /// # Errors
    /// What cargo says.
    pub fn build(&self) -> Result<Guest, Error> {
        exclusively(self.name, || {
            let target_directory = output_directory()?.join(self.name);
            self.cargo(&target_directory, None)?;
            self.cargo(&target_directory, Some(self.wasm_target))?;
            let native = if self.library { format!("lib{}.so", self.name) } else { self.name.to_owned() };
            Ok(Guest {
                name: self.name,
                native: target_directory.join("release").join(native),
                wasm: self.wasm_path(&target_directory),
            })
        })
    }

    /// Builds only the WebAssembly module, into a folder of its own.
    ///
    /// # Errors
    /// What cargo says.
    pub fn build_wasm(&self, folder: &str) -> Result<PathBuf, Error> {
        exclusively(folder, || {
            let target_directory = output_directory()?.join(folder);
            self.cargo(&target_directory, Some(self.wasm_target))?;
            Ok(self.wasm_path(&target_directory))
        })
    }

    fn wasm_path(&self, target_directory: &Path) -> PathBuf {
        target_directory.join(self.wasm_target).join("release").join(format!("{}.wasm", self.name))
    }

    fn cargo(&self, target_directory: &Path, target: Option<&str>) -> Result<(), Error> {
        let mut command = cargo();
        command.args(["build", "--quiet", "--release", "--locked", "--target-dir"]).arg(target_directory);
        command.args(self.flags).arg("--manifest-path").arg(repository().join(self.folder).join("Cargo.toml"));
        match target {
            Some(target) => drop(command.args(["--target", target])),
            None => drop(command.env("RUSTFLAGS", self.native_flags)),
        }
        run(&mut command).map(drop)
    }
}

/// Cargo, free of what an outer cargo passes to the programs it runs.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(repository());
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET"] {
        command.env_remove(name);
    }
    command
}
