//! Runs test scripts where a target's programs run: builds the runner for the board, starts it under the emulator, and
//! passes its lines on.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use graver_guests::{exclusively, output_directory, repository, rust, tools};
use graver_targets::{Board, Environment, Flash, RustBuild};

/// No file takes a tenth of this; a miscompiled loop takes longer.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(300);

/// The name of a script in the folder that the emulator is started in, which firmware knows.
const SCRIPT: &str = "script";

/// Options of QEMU for all firmware: no devices but the host's files and standard output.
const BARE_OPTIONS: &[&str] = &[
    "-display",
    "none",
    "-serial",
    "null",
    "-monitor",
    "none",
    "-no-reboot",
    "-chardev",
    "stdio,id=console,signal=off",
    "-semihosting-config",
    "enable=on,target=native,chardev=console",
];

/// A firmware, and how it is built where that is not what its manifest says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Firmware<'a> {
    /// The program.
    pub name: &'a str,
    /// Its package: a folder of the repository.
    pub folder: &'a str,
    /// What tells this way of building it from others, if there are several.
    pub variant: &'a str,
    /// Further arguments of cargo.
    pub arguments: &'a [&'a str],
    /// Its environment.
    pub variables: &'a [(&'a str, &'a Path)],
    /// Further flags of the compiler.
    pub flags: &'a [&'a str],
    /// Whether `core` and `alloc` are compiled with the same flags.
    pub builds_core: bool,
}

/// A program that executes scripts, and where it runs.
#[derive(Clone, Debug)]
pub struct Runner {
    /// Where it runs.
    pub board: &'static Board,
    /// The executable.
    pub program: PathBuf,
}

impl Runner {
    /// Builds the program that executes scripts on a board; quick when nothing changed.
    pub(crate) fn build(board: &'static Board) -> Result<Self> {
        match board.environment {
            Environment::Linux => Self::cargo(board, "script-runner", "", &[], |command| {
                command.args(["--package", "graver-test-script", "--features", "std", "--bin", "script-runner"]);
            }),
            Environment::Bare => {
                // Where there is little memory, the firmware does without what only some scripts or failures need.
                let arguments: &[&str] = match board.script {
                    Some(_) => &["--no-default-features", "--features", "scripts,in-flash"],
                    None => &[],
                };
                let (name, folder) = ("firmware-runner", "tests/firmware/runner");
                Self::variant(board, &Firmware { name, folder, arguments, ..Firmware::default() })
            }
        }
    }

    /// Builds a firmware for a board: a package in a folder of the repository, with these variables in its environment.
    ///
    /// # Errors
    /// What cargo says.
    pub fn firmware(board: &'static Board, name: &str, folder: &str, variables: &[(&str, &Path)]) -> Result<Self> {
        Self::variant(board, &Firmware { name, folder, variables, ..Firmware::default() })
    }

    /// The same in all detail.
    ///
    /// # Errors
    /// What cargo says.
    pub fn variant(board: &'static Board, firmware: &Firmware<'_>) -> Result<Self> {
        Self::cargo(board, firmware.name, firmware.variant, firmware.flags, |command| {
            if firmware.builds_core && !board.rust.builds_core {
                build_core(command);
            }
            command.arg("--locked").arg("--manifest-path");
            command.arg(repository().join(firmware.folder).join("Cargo.toml")).args(["--bin", firmware.name]);
            command.args(firmware.arguments);
            command.env("GRAVER_BOARD", board.name).envs(firmware.variables.iter().copied());
        })
    }

    fn cargo(
        board: &'static Board,
        name: &str,
        variant: &str,
        flags: &[&str],
        arguments: impl FnOnce(&mut Command),
    ) -> Result<Self> {
        // Firmware with the same description shares what takes longest to build.
        let what = if board.rust.builds_core { "core" } else { name };
        let key = format!("{what}-{}-{}", board.name, name_of(board.rust.target));
        let program = exclusively(&key, || {
            let folder = output_directory()?.join(&key);
            let program = build(board, name, &folder, flags, arguments)?;
            if variant.is_empty() {
                return Ok(program);
            }
            // The next variant is built in the same place.
            let copy = folder.join(format!("{name}-{variant}"));
            std::fs::copy(program, &copy)?;
            Ok(copy)
        });
        let program = program.map_err(|error| anyhow::anyhow!("{name} for {}: {error}", board.name))?;
        Ok(Self { board, program })
    }

    /// Executes a script and passes on every line that the runner or the emulator prints.
    pub(crate) fn run(&self, script: &[u8], each_line: &mut dyn FnMut(&str)) -> Result<()> {
        self.run_with(&[], script, each_line)
    }

    /// The same with options of the emulator.
    pub(crate) fn run_with(&self, options: &[String], script: &[u8], each_line: &mut dyn FnMut(&str)) -> Result<()> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join(SCRIPT), script)?;
        let Some(Flash { start, bytes }) = self.board.script else {
            return self.start(folder.path(), options, each_line);
        };
        ensure!(script.len() <= bytes as usize, "the script has {} bytes, more than the flash", script.len());
        let flash = ["-device".into(), format!("loader,file={SCRIPT},addr={start:#x},force-raw=on")];
        self.start(folder.path(), &[&flash, options].concat(), each_line)
    }

    /// Runs a firmware that needs nothing, and returns what it prints.
    ///
    /// # Errors
    /// If it cannot be started, does not end in time, or ends with another exit code than 0.
    pub fn lines(&self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        let result = self.start(tempfile::tempdir()?.path(), &[], &mut |line| lines.push(line.to_owned()));
        result.with_context(|| lines.join("\n"))?;
        Ok(lines)
    }

    fn start(&self, folder: &Path, options: &[String], each_line: &mut dyn FnMut(&str)) -> Result<()> {
        let mut command = self.command(options);
        let (reader, writer) = std::io::pipe()?;
        command.current_dir(folder).stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        let child =
            command.spawn().with_context(|| format!("{:?}: scripts/setup installs it", command.get_program()))?;
        // The command holds the writing end; the reader would wait for it.
        drop(command);
        let watch = Watch::new(child);
        let mut last = String::new();
        for line in BufReader::new(reader).split(b'\n') {
            last = String::from_utf8_lossy(&line?).trim_end_matches('\r').to_owned();
            each_line(&last);
        }
        let (mut child, is_late) = watch.end();
        let status = child.wait()?;
        if is_late {
            bail!("took longer than {TIME_LIMIT:?} on {}", self.board.name);
        }
        if !status.success() {
            bail!("{} on {}: {status}, after: {last}", self.program.display(), self.board.name);
        }
        Ok(())
    }

    fn command(&self, options: &[String]) -> Command {
        let mut command = match self.board.emulator {
            Some(emulator) => Command::new(emulator),
            None => Command::new(&self.program),
        };
        let (last, others) = self.board.args.split_last().map_or(("", &[][..]), |(last, others)| (*last, others));
        if !last.ends_with('=') {
            command.args(self.board.args);
        }
        if self.board.emulator.is_some() {
            command.args(options);
        }
        match self.board.environment {
            Environment::Linux => {
                if self.board.emulator.is_some() {
                    command.arg(&self.program);
                }
                command.arg(SCRIPT);
            }
            Environment::Bare if last.ends_with('=') => {
                let program = format!("{last}{}", self.program.display());
                command.args(BARE_OPTIONS).args(others).arg(program);
            }
            Environment::Bare => {
                command.args(BARE_OPTIONS).arg("-kernel").arg(&self.program);
            }
        }
        command
    }
}

/// Ends a child that takes too long.
struct Watch {
    done: std::sync::mpsc::Sender<()>,
    thread: std::thread::JoinHandle<(Child, bool)>,
}

impl Watch {
    fn new(mut child: Child) -> Self {
        let (done, wait) = channel();
        let thread = std::thread::spawn(move || {
            let is_late = wait.recv_timeout(TIME_LIMIT) == Err(RecvTimeoutError::Timeout);
            if is_late {
                // If that fails it has ended by itself.
                _ = child.kill();
            }
            (child, is_late)
        });
        Self { done, thread }
    }

    fn end(self) -> (Child, bool) {
        // If nobody receives, the time is over.
        _ = self.done.send(());
        match self.thread.join() {
            Ok(ended) => ended,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// Builds the `graver-run` command for a machine with Linux; returns the command that starts it, in an emulator if need be.
///
/// # Errors
/// What cargo says.
pub fn graver_run(board: &Board) -> Result<Command, graver_guests::Error> {
    linux_program(board, "graver-run", &["--package", "graver-capi"])
}

/// The same for the program that checks calls of C functions.
///
/// # Errors
/// What cargo says.
pub fn natives_runner(board: &Board) -> Result<Command, graver_guests::Error> {
    linux_program(board, "natives-runner", &["--package", "graver-test-natives"])
}

fn linux_program(board: &Board, name: &str, arguments: &[&str]) -> Result<Command, graver_guests::Error> {
    let key = format!("{name}-{}", name_of(board.rust.target));
    let program = exclusively(&key, || {
        build(board, name, &output_directory()?.join(&key), &[], |command| {
            command.args(arguments).args(["--bin", name]);
        })
    })?;
    let Some(emulator) = board.emulator else { return Ok(Command::new(program)) };
    let mut command = Command::new(emulator);
    command.args(board.args).arg(program);
    Ok(command)
}

fn build(
    board: &Board,
    program: &str,
    folder: &Path,
    flags: &[&str],
    arguments: impl FnOnce(&mut Command),
) -> Result<PathBuf, graver_guests::Error> {
    let mut command = rust::cargo();
    command.args(["build", "--quiet", "--release", "--target-dir"]).arg(folder);
    arguments(&mut command);
    let build = &board.rust;
    let is_description = build.target.ends_with(".json");
    match is_description {
        true => command
            .arg("--target")
            .arg(repository().join("tests/firmware").join(build.target))
            .arg("-Zjson-target-spec"),
        false => command.args(["--target", build.target]),
    };
    if build.builds_core {
        match board.environment {
            Environment::Linux => drop(command.arg("-Zbuild-std=std,panic_unwind").env("RUSTC_BOOTSTRAP", "1")),
            Environment::Bare => build_core(&mut command),
        }
    }
    let name = name_of(build.target);
    if let Some(linker) = build.linker {
        let variable = name.to_uppercase().replace(['-', '.'], "_");
        let linker = match linker {
            RustBuild::OUR_LINKER => tools::board_linker()?,
            linker => PathBuf::from(linker),
        };
        command.env(format!("CARGO_TARGET_{variable}_LINKER"), linker);
    }
    let flags = compiler_flags(board, flags);
    if !flags.is_empty() {
        command.env("RUSTFLAGS", flags);
    }
    graver_guests::run(&mut command)?;
    Ok(folder.join(name).join("release").join(program))
}

/// A board's flags of the compiler and further ones, which win.
pub(crate) fn compiler_flags(board: &Board, further: &[&str]) -> String {
    [board.rust.flags, further].concat().join(" ")
}

/// Lets cargo compile `core` and `alloc`, too. What is not stable about this is the option itself.
pub(crate) fn build_core(command: &mut Command) {
    command.args(["-Zbuild-std=core,alloc", "-Zbuild-std-features=compiler-builtins-mem"]).env("RUSTC_BOOTSTRAP", "1");
}

/// The folder that cargo gives a target, and the middle of its environment variables.
fn name_of(rust_target: &str) -> &str {
    Path::new(rust_target)
        .file_stem()
        .filter(|_| rust_target.ends_with(".json"))
        .and_then(|stem| stem.to_str())
        .unwrap_or(rust_target)
}
