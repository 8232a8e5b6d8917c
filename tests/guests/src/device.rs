//! Boards in the emulator: firmware that carries images in its flash.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use object::{Object, ObjectSection, SectionFlags, SectionKind, elf};

use crate::rust::cargo;
use crate::{Error, exclusively, output_directory, repository, run};

/// A board, and the package of its firmware.
#[derive(Clone, Copy, Debug)]
pub struct Board {
    /// The package and its executable.
    pub name: &'static str,
    /// Its folder in the repository.
    pub folder: &'static str,
    /// The Rust target of the firmware.
    pub rust_target: &'static str,
    /// The Graver target of its images.
    pub target: &'static str,
    /// The emulator and its arguments.
    pub emulator: &'static [&'static str],
}

/// A Cortex-M4 with FPU.
pub const M4: Board = Board {
    name: "firmware-m4",
    folder: "tests/firmware/m4",
    rust_target: "thumbv7em-none-eabihf",
    target: "thumbv7em-hf",
    emulator: &["qemu-system-arm", "-machine", "mps2-an386"],
};

/// What a firmware takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Bytes of flash: code, constants, initial values.
    pub flash: u64,
    /// Bytes of RAM without the stack.
    pub ram: u64,
}

impl fmt::Display for Footprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of flash, {} bytes of RAM without the stack", self.flash, self.ram)
    }
}

impl Board {
    /// Builds the firmware around the images in a folder.
    ///
    /// # Errors
    /// What cargo says.
    pub fn build(&self, images: &Path) -> Result<PathBuf, Error> {
        exclusively(self.name, || {
            let target_directory = output_directory()?.join(self.name);
            let mut command = cargo();
            command.args(["build", "--quiet", "--release", "--locked", "--target", self.rust_target]);
            command.arg("--manifest-path").arg(repository().join(self.folder).join("Cargo.toml"));
            command.arg("--target-dir").arg(&target_directory).env("GRAVER_IMAGES", images);
            run(&mut command)?;
            Ok(target_directory.join(self.rust_target).join("release").join(self.name))
        })
    }

    /// Runs a firmware in the emulator and returns what it prints.
    ///
    /// # Errors
    /// If the emulator cannot be started, the firmware reports a failure, or it does not end in time.
    pub fn run(&self, firmware: &Path, timeout: Duration) -> Result<String, Error> {
        let log = firmware.with_extension("log");
        let (program, arguments) = self.emulator.split_first().ok_or("no emulator")?;
        let mut command = Command::new(program);
        command.args(arguments).args(["-display", "none", "-serial", "null", "-monitor", "none"]);
        command.args(["-semihosting-config", "enable=on,target=native", "-kernel"]).arg(firmware);
        // A file, because a pipe that nobody reads while waiting could fill up.
        command.stdin(Stdio::null()).stdout(File::create(&log)?).stderr(File::options().append(true).open(&log)?);
        let mut child = command.spawn().map_err(|error| format!("{program}: {error}; scripts/setup installs it"))?;
        let deadline = Instant::now() + timeout;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if Instant::now() > deadline {
                child.kill()?;
                child.wait()?;
                return Err(format!("{} did not end in {timeout:?}:\n{}", self.name, read(&log)?).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let text = read(&log)?;
        if status.success() { Ok(text) } else { Err(format!("{}: {status}:\n{text}", self.name).into()) }
    }
}

fn read(log: &Path) -> Result<String, Error> {
    Ok(String::from_utf8_lossy(&std::fs::read(log)?).replace('\r', ""))
}

/// Adds up the sections of an executable.
///
/// # Errors
/// If the file is no object file.
pub fn footprint(executable: &Path) -> Result<Footprint, Error> {
    let bytes = std::fs::read(executable)?;
    let file = object::File::parse(&*bytes)?;
    let mut footprint = Footprint::default();
    for section in file.sections() {
        let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
        let has = |flag: elf::SectionFlags| sh_flags.contains(flag);
        let is_stored = section.kind() != SectionKind::UninitializedData;
        if has(elf::SHF_ALLOC) {
            footprint.flash += if is_stored { section.size() } else { 0 };
            footprint.ram += if has(elf::SHF_WRITE) { section.size() } else { 0 };
        }
    }
    Ok(footprint)
}
