//! C programs: fetched by cargo, compiled by clang.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::rust::cargo;
use crate::{Error, Guest, exclusively, output_directory, repository, run};

/// The compiler; its version is that of the LLVM which Graver uses.
const CLANG: &str = "clang-22";

/// Debian's layout of wasi-libc: `/usr/include/wasm32-wasi`, `/usr/lib/wasm32-wasi`.
const WASI: &[&str] = &["--target=wasm32-wasi", "--sysroot=/usr", "-Wno-deprecated"];

/// A C program.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// What it is called.
    pub name: &'static str,
    /// The package that bundles it, a dependency of `tests/programs/sources`; none if all of it is our own.
    pub package: Option<&'static str>,
    /// The folder of the package that its sources and headers are in.
    pub folder: &'static str,
    /// Source files in that folder.
    pub sources: &'static [&'static str],
    /// Source files of our own, in `tests/programs`.
    pub own_sources: &'static [&'static str],
    /// Flags of both builds.
    pub flags: &'static [&'static str],
    /// Flags and libraries of the native build.
    pub native_flags: &'static [&'static str],
    /// Flags and libraries of the WebAssembly build.
    pub wasm_flags: &'static [&'static str],
}

/// The SQL database, with a driver that runs a script.
pub const SQLITE: Program = Program {
    name: "sqlite",
    package: Some("libsqlite3-sys"),
    folder: "sqlite3",
    sources: &["sqlite3.c"],
    own_sources: &["sqlite/main.c"],
    flags: &[
        "-O2",
        "-DSQLITE_THREADSAFE=0",
        "-DSQLITE_OMIT_LOAD_EXTENSION",
        "-DSQLITE_DEFAULT_MEMSTATUS=0",
        // The native `long double` has more digits than WebAssembly's would print.
        "-DLONGDOUBLE_TYPE=double",
    ],
    native_flags: &["-lm"],
    wasm_flags: &[
        "-D_WASI_EMULATED_MMAN",
        "-D_WASI_EMULATED_GETPID",
        "-lwasi-emulated-mman",
        "-lwasi-emulated-getpid",
        "-Wl,-z,stack-size=262144,--strip-all",
    ],
};

/// The JavaScript interpreter with its own command line (the quickjs-ng branch, which supports WASI).
pub const QUICKJS: Program = Program {
    name: "quickjs",
    package: Some("rquickjs-sys"),
    folder: "quickjs",
    sources: &[
        "quickjs.c",
        "libregexp.c",
        "libunicode.c",
        "dtoa.c",
        "quickjs-libc.c",
        "qjs.c",
        "gen/repl.c",
        "gen/standalone.c",
    ],
    own_sources: &[],
    flags: &["-O2", "-w", "-D_GNU_SOURCE", "-DQUICKJS_NG_BUILD"],
    native_flags: &["-lm", "-lpthread", "-ldl"],
    wasm_flags: &[
        "-D_WASI_EMULATED_PROCESS_CLOCKS",
        "-D_WASI_EMULATED_SIGNAL",
        "-lwasi-emulated-process-clocks",
        "-lwasi-emulated-signal",
        "-Wl,-z,stack-size=1048576,--strip-all",
    ],
};

/// What a program can do without files: it runs on boards, too.
pub const CONSOLE: Program = Program {
    name: "console-c",
    package: None,
    folder: "console",
    sources: &[],
    own_sources: &["console/console.c"],
    flags: &["-Os", "-Wall", "-Werror"],
    native_flags: &[],
    wasm_flags: &["-Wl,--strip-all"],
};

/// Calls of the C library that end up in WASI's functions, each with what came of it.
pub const WASI_LIBRARY: Program = Program {
    name: "wasi-library",
    package: None,
    folder: "wasi",
    sources: &[],
    own_sources: &["wasi/main.c"],
    flags: &["-O2", "-Wall", "-Werror"],
    native_flags: &[],
    wasm_flags: &["-Wl,--strip-all"],
};

impl Program {
    /// Fetches and builds it in both forms; quick when nothing changed.
    ///
    /// # Errors
    /// What cargo or clang says.
    pub fn build(&self) -> Result<Guest, Error> {
        exclusively(self.name, || {
            let output = output_directory()?;
            let sources = self.source_folder()?;
            let native = output.join(self.name);
            let wasm = output.join(format!("{}.wasm", self.name));
            let (native_done, wasm_done) = std::thread::scope(|scope| {
                let other = scope.spawn(|| self.compile(&sources, &[], self.native_flags, &native));
                let wasm_done = self.compile(&sources, WASI, self.wasm_flags, &wasm);
                (other.join(), wasm_done)
            });
            native_done.map_err(|_| "the thread of the native build panicked")??;
            wasm_done?;
            Ok(Guest { name: self.name, native, wasm })
        })
    }

    /// Fetches it and builds only the WebAssembly module.
    ///
    /// # Errors
    /// What cargo or clang says.
    pub fn build_wasm(&self) -> Result<PathBuf, Error> {
        exclusively(self.name, || {
            let wasm = output_directory()?.join(format!("{}.wasm", self.name));
            self.compile(&self.source_folder()?, WASI, self.wasm_flags, &wasm)?;
            Ok(wasm)
        })
    }

    /// Where its C files are: cargo downloads the package if need be.
    ///
    /// # Errors
    /// What cargo says.
    pub fn source_folder(&self) -> Result<PathBuf, Error> {
        let Some(name) = self.package else { return Ok(repository().join("tests/programs").join(self.folder)) };
        let manifest = repository().join("tests/programs/sources/Cargo.toml");
        let mut command = cargo();
        command.args(["metadata", "--locked", "--format-version", "1", "--manifest-path"]).arg(manifest);
        let metadata: serde_json::Value = serde_json::from_slice(&run(&mut command)?.stdout)?;
        let packages = metadata["packages"].as_array().ok_or("cargo metadata has no list of packages")?;
        let manifest = packages
            .iter()
            .find(|package| package["name"] == name)
            .and_then(|package| package["manifest_path"].as_str())
            .ok_or_else(|| format!("{name} is no dependency of tests/programs/sources"))?;
        let folder = Path::new(manifest).parent().ok_or("a manifest without a folder")?.join(self.folder);
        Ok(folder)
    }

    fn compile(&self, folder: &Path, target: &[&str], flags: &[&str], output: &Path) -> Result<(), Error> {
        let own = repository().join("tests/programs");
        let mut command = Command::new(CLANG);
        command.args(target).args(self.flags).arg("-I").arg(folder);
        command.args(self.sources.iter().map(|file| folder.join(file)));
        command.args(self.own_sources.iter().map(|file| own.join(file)));
        command.args(flags).arg("-o").arg(output);
        let stamp = self.stamp(&command, &own)?;
        let stamp_file = output.with_added_extension("stamp");
        if output.exists() && fs::read_to_string(&stamp_file).is_ok_and(|last| last == stamp) {
            return Ok(());
        }
        run(&mut command)?;
        Ok(fs::write(stamp_file, stamp)?)
    }

    /// What the output depends on: the command line (the package's version is in its paths) and our own sources.
    fn stamp(&self, command: &Command, own: &Path) -> Result<String, Error> {
        let mut stamp = format!("{command:?}\n");
        for file in self.own_sources {
            stamp += &fs::read_to_string(own.join(file))?;
        }
        Ok(stamp)
    }
}
