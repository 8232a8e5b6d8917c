//! `install`: the C library with its headers, for pkg-config, CMake, and projects that were written for WAMR; for this machine
//! also `graver-run`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use graver_targets::{Environment, RustBuild, Target};

use crate::run::{Failed, command, root, test_binary};

/// What the command line asks for.
struct Options {
    prefix: PathBuf,
    /// `None` for the machine that this runs on.
    target: Option<&'static Target>,
}

fn failed(text: impl Into<String>) -> Failed {
    Failed(Some(text.into()))
}

fn parse(arguments: &[String]) -> Result<Options, Failed> {
    let (mut prefix, mut target) = (None, None);
    let mut rest = arguments.iter();
    while let Some(name) = rest.next() {
        let value = rest.next().ok_or_else(|| failed(format!("{name} wants a value")))?;
        match name.as_str() {
            "--prefix" => prefix = Some(std::path::absolute(value).map_err(|error| failed(error.to_string()))?),
            "--target" => target = Some(find(value)?),
            _ => return Err(failed(format!("no option `{name}`; there are --prefix DIR and --target T"))),
        }
    }
    let prefix = prefix.ok_or_else(|| failed("--prefix DIR says where to install"))?;
    Ok(Options { prefix, target })
}

fn find(target: &str) -> Result<&'static Target, Failed> {
    Target::get(target).ok_or_else(|| failed(format!("no target `{target}`: see `graver targets`")))
}

/// How the library is built for a target.
struct Build {
    /// `None` for the machine that this runs on.
    rust: Option<RustBuild>,
    is_hosted: bool,
    /// Those of the core, if neither it nor the compiler tells the library.
    cpu_features: Option<u64>,
    /// For the thread sanitizer, which has to see all of Rust's libraries as well.
    watches_threads: bool,
}

/// For this machine.
const HERE: Build = Build { rust: None, is_hosted: true, cpu_features: None, watches_threads: false };

impl Build {
    /// Whether there is a shared library, too. Programs for other machines are linked statically here (`.cargo/config.toml`).
    fn has_shared(&self) -> bool {
        self.rust.is_none() && !self.watches_threads
    }
}

fn plan(target: Option<&'static Target>) -> Result<Build, Failed> {
    let Some(target) = target else { return Ok(HERE) };
    let board = target.board.ok_or_else(|| failed(format!("{} has no machine to build for", target.name)))?;
    let is_here = board.emulator.is_none();
    let is_hosted = board.environment == Environment::Linux;
    let has_features = board.rust.builds_core && !is_hosted;
    Ok(Build {
        rust: (!is_here).then_some(board.rust),
        is_hosted,
        cpu_features: has_features.then_some(target.cpu_features),
        ..HERE
    })
}

/// Builds the library and returns the folder that it is in.
fn build(build: &Build) -> Result<PathBuf, Failed> {
    let root = root();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["rustc", "--quiet", "--package", "graver-capi", "--lib", "--crate-type"]);
    cargo.arg(if build.has_shared() { "staticlib,cdylib" } else { "staticlib" });
    if build.watches_threads {
        return build_for_sanitizer(cargo);
    }
    // A profile of its own: small, and whole in itself.
    cargo.args(["--profile", "library"]);
    let mut folder = root.join("target");
    if let Some(rust) = &build.rust {
        folder.push(name_for(&mut cargo, rust));
        if rust.builds_core {
            let libraries = if build.is_hosted { "std,panic_unwind" } else { "core" };
            cargo.arg(format!("-Zbuild-std={libraries}")).env("RUSTC_BOOTSTRAP", "1");
        }
        if let Some(linker) = rust.linker.filter(|linker| *linker != RustBuild::OUR_LINKER) {
            cargo.args(["--config", &format!("target.{}.linker='{linker}'", rust.target)]);
        }
    }
    if let Some(features) = build.cpu_features {
        cargo.env("GRAVER_CPU_FEATURES", features.to_string());
    }
    if !build.is_hosted {
        cargo.args(["--no-default-features", "--features", "builtin"]);
    }
    cargo.arg("--");
    if build.has_shared() {
        cargo.arg("-Clink-arg=-Wl,-soname,libgraver.so.0");
    }
    if let Some(rust) = &build.rust {
        cargo.args(rust.flags);
    }
    command(&mut cargo)?;
    Ok(folder.join("library"))
}

/// Builds the library, and Rust's own, with calls of the thread sanitizer.
fn build_for_sanitizer(mut cargo: Command) -> Result<PathBuf, Failed> {
    let host = ask_rustc(&["--print", "host-tuple"])?;
    let folder = root().join("target/thread-sanitizer");
    cargo.args(["--target", &host, "-Zbuild-std=std,panic_unwind", "--target-dir"]).arg(&folder);
    command(cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=thread"))?;
    Ok(folder.join(&host).join("debug"))
}

/// What the sanitizer's calls go to: part of Rust's compiler, whose version fits the calls.
fn thread_sanitizer() -> Result<PathBuf, Failed> {
    let folder = ask_rustc(&["--print", "target-libdir"])?;
    let entries = fs::read_dir(&folder).map_err(|error| failed(format!("{folder}: {error}")))?;
    let found = entries.flatten().find(|entry| entry.file_name().to_string_lossy().ends_with("_rt.tsan.a"));
    found.map(|entry| entry.path()).ok_or_else(|| failed(format!("no thread sanitizer in {folder}")))
}

fn ask_rustc(arguments: &[&str]) -> Result<String, Failed> {
    let output = Command::new("rustc").args(arguments).current_dir(root()).output();
    let output = output.map_err(|error| failed(format!("rustc: {error}")))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Builds the command that runs images, with shared libraries of natives, and returns where it is.
fn build_command() -> Result<PathBuf, Failed> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "graver-capi", "--release"]);
    command(cargo.args(["--features", "native-lib", "--bin", "graver-run"]))?;
    Ok(root().join("target/release/graver-run"))
}

/// Names the target to cargo; returns the folder that cargo gives it.
fn name_for(cargo: &mut Command, rust: &RustBuild) -> PathBuf {
    cargo.arg("--target");
    if !rust.target.ends_with(".json") {
        cargo.arg(rust.target);
        return rust.target.into();
    }
    cargo.arg(root().join("tests/firmware").join(rust.target)).arg("-Zjson-target-spec");
    Path::new(rust.target).file_stem().unwrap_or_default().into()
}

/// Copies files, making folders as they are needed.
struct Installer {
    prefix: PathBuf,
}

impl Installer {
    fn place(&self, to: &str) -> Result<PathBuf, Failed> {
        let to = self.prefix.join(to);
        let folder = to.parent().unwrap_or(&self.prefix);
        fs::create_dir_all(folder).map_err(|error| failed(format!("{}: {error}", folder.display())))?;
        Ok(to)
    }

    fn copy(&self, from: &Path, to: &str) -> Result<(), Failed> {
        let to = self.place(to)?;
        fs::copy(from, &to).map(drop).map_err(|error| failed(format!("{}: {error}", to.display())))
    }

    fn write(&self, text: &str, to: &str) -> Result<(), Failed> {
        let to = self.place(to)?;
        fs::write(&to, text).map_err(|error| failed(format!("{}: {error}", to.display())))
    }

    fn copy_folder(&self, from: &Path, to: &str) -> Result<(), Failed> {
        let entries = fs::read_dir(from).map_err(|error| failed(format!("{}: {error}", from.display())))?;
        for entry in entries.flatten() {
            let name = entry.file_name();
            let to = format!("{to}/{}", name.to_string_lossy());
            if entry.path().is_dir() { self.copy_folder(&entry.path(), &to)? } else { self.copy(&entry.path(), &to)? }
        }
        Ok(())
    }
}

/// What build systems want, from `loader/capi/install`.
const FILES: &[(&str, &str)] = &[
    ("graver.pc.in", "lib/pkgconfig/graver.pc"),
    ("cmake/graver-config.cmake", "lib/cmake/graver/graver-config.cmake"),
    // Where projects look that were written for WAMR.
    ("cmake/runtime_lib.cmake", "build-scripts/runtime_lib.cmake"),
    ("cmake/vmlib.c", "build-scripts/vmlib.c"),
    ("cmake/shared_uncommon.cmake", "core/shared/utils/uncommon/shared_uncommon.cmake"),
    // The folder's name is the component's.
    ("esp-idf/CMakeLists.txt", "esp-idf/graver/CMakeLists.txt"),
    ("esp-idf/idf_component.yml", "esp-idf/graver/idf_component.yml"),
    ("zephyr/CMakeLists.txt", "zephyr/CMakeLists.txt"),
    ("zephyr/Kconfig", "zephyr/Kconfig"),
    ("zephyr/module.yml", "zephyr/module.yml"),
];

/// Builds and installs everything.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failed> {
    let Options { prefix, target } = parse(arguments)?;
    let plan = plan(target)?;
    if plan.rust.is_none() {
        Installer { prefix: prefix.clone() }.copy(&build_command()?, "bin/graver-run")?;
    }
    install_library(prefix, &plan)
}

/// Which library clients want.
pub(crate) enum Library<'t> {
    /// That of a target by name, or of this machine.
    For(Option<&'t str>),
    /// For programs on this machine that are compiled with `-fsanitize=thread`.
    ForThreadSanitizer,
}

/// Builds and installs the library.
pub(crate) fn library(prefix: PathBuf, library: Library<'_>) -> Result<(), Failed> {
    let build = match library {
        Library::For(target) => plan(target.map(find).transpose()?)?,
        Library::ForThreadSanitizer => Build { watches_threads: true, ..HERE },
    };
    install_library(prefix, &build)
}

fn install_library(prefix: PathBuf, plan: &Build) -> Result<(), Failed> {
    let built = build(plan)?;
    let installer = Installer { prefix };
    let source = root().join("loader/capi");
    let scripts = source.join("install");

    let archive = built.join("libgraver_capi.a");
    match plan.rust {
        Some(RustBuild { linker: Some(RustBuild::OUR_LINKER), .. }) => {
            let to = installer.place("lib/libgraver.a")?.to_string_lossy().into_owned();
            let from = archive.to_string_lossy().into_owned();
            test_binary("board-link", &["--for-others".to_owned(), from, "-o".to_owned(), to])?;
        }
        _ => installer.copy(&archive, "lib/libgraver.a")?,
    }
    if plan.watches_threads {
        installer.copy(&thread_sanitizer()?, "lib/libthread_sanitizer.a")?;
    }
    if plan.has_shared() {
        for name in ["lib/libgraver.so.0", "lib/libgraver.so"] {
            installer.copy(&built.join("libgraver_capi.so"), name)?;
        }
    }
    installer.copy_folder(&source.join("include"), "include")?;
    let private = if plan.is_hosted { "-lpthread -ldl -lm" } else { "-Wl,-z,noexecstack" };
    for (from, to) in FILES {
        let from = scripts.join(from);
        let text = fs::read_to_string(&from).map_err(|error| failed(format!("{}: {error}", from.display())))?;
        installer.write(&text.replace("@VERSION@", env!("CARGO_PKG_VERSION")).replace("@PRIVATE@", private), to)?;
    }
    println!("installed in {}", installer.prefix.display());
    Ok(())
}
