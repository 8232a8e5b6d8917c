//! The library for Xtensa, in a program of GNU's linker under the simulator: no library of Rust's is there for it, and no C
//! compiler that is usual, so LLVM makes objects of the C files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use graver_compiler::link::for_other_linkers;
use graver_compiler::{Format, Options, binary, compile};
use graver_targets::{Cpu, Target};
use graver_tests::emulator::Runner;

use crate::root;

/// Memory for code and for the rest, as the linker is told.
const MEMORY: &[(&str, [&str; 2])] = &[
    ("xtensa-esp32", ["--defsym=CODE=0x2000", "--defsym=DATA=0x200000"]),
    ("xtensa-esp8266", ["--defsym=CODE=0x40000000", "--defsym=DATA=0x60000000"]),
];

fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A place for one row.
struct Place {
    target: &'static Target,
    folder: PathBuf,
}

impl Place {
    fn object(&self, name: &str, bytes: Vec<u8>) -> PathBuf {
        let file = self.folder.join(name).with_extension("o");
        fs::write(&file, for_other_linkers(self.target, name, bytes, true).unwrap()).unwrap();
        file
    }

    /// Options of LLVM's tools.
    fn core(&self) -> [String; 2] {
        let Cpu::Named(cpu) = self.target.llvm.cpu else { panic!("a row with a CPU") };
        // As the library, which is made without an FPU for cores with one.
        [format!("-mcpu={cpu}"), format!("-mattr={},-fp", self.target.llvm.features)]
    }

    /// Clang knows no cores, so it makes LLVM's code for any.
    fn c(&self, source: &Path) -> PathBuf {
        let name = source.file_name().unwrap().to_string_lossy().into_owned();
        let mut clang = Command::new("clang-22");
        clang.args(["--target=xtensa", "-Os", "-ffreestanding", "-S", "-emit-llvm", "-Wall", "-Wextra", "-Werror"]);
        for folder in [self.folder.join("prefix/include"), root().join("tests/firmware/footprint-c")] {
            clang.arg("-I").arg(folder);
        }
        let code = self.folder.join(&name).with_extension("ll");
        run(clang.arg(source).arg("-o").arg(&code));
        let mut llc = Command::new("llc-22");
        llc.args(["-O2", "-mtriple=xtensa-none-elf", "-function-sections", "-data-sections", "-filetype=obj"]);
        self.object(&name, run(llc.args(self.core()).arg(code).args(["-o", "-"])))
    }

    fn assembly(&self, source: &Path) -> PathBuf {
        let mut assembler = Command::new("llvm-mc-22");
        // All instructions that any of the cores has.
        assembler.args(["-triple=xtensa-none-elf", "-mcpu=esp32", "-filetype=obj", "--defsym=HAS_FPU=0"]);
        self.object("start", run(assembler.arg(source).args(["-o", "-"])))
    }

    /// The guest that the firmware for Cortex-M runs as well.
    fn image(&self) -> PathBuf {
        let text = fs::read(root().join("examples/guest.wat")).unwrap();
        let options = Options { format: Format::StaticObject, symbol: "guest_aot".into(), ..Options::new(self.target) };
        let file = self.folder.join("guest.o");
        fs::write(&file, compile(&binary(&text).unwrap(), &options).unwrap()).unwrap();
        file
    }

    fn link(&self, memory: &[&str]) -> PathBuf {
        let prefix = self.folder.join("prefix");
        let mut install = Command::new(env!("CARGO"));
        install.current_dir(root()).args(["xtask", "install", "--target", self.target.name, "--prefix"]);
        run(install.arg(&prefix));

        let firmware = root().join("tests/firmware");
        let (client, shared) = (firmware.join("xtensa/client"), firmware.join("footprint-c"));
        let is_windowed = self.target.arch == graver_aot_format::Arch::XtensaWindowed;
        let start = firmware.join("xtensa").join(if is_windowed { "windowed.S" } else { "call0.S" });
        let mut objects = vec![self.assembly(&start), self.image()];
        let sources = [client.join("host.c"), shared.join("client.c"), shared.join("output.c")];
        objects.extend(sources.iter().map(|source| self.c(source)));
        let program = self.folder.join("client.elf");
        let mut linker = Command::new("xtensa-lx106-elf-ld");
        linker.args(["--fatal-warnings", "--gc-sections"]).args(memory).arg("-T").arg(client.join("link.ld"));
        run(linker.args(objects).arg("-L").arg(prefix.join("lib")).arg("-lgraver").arg("-o").arg(&program));
        program
    }
}

#[test]
fn gnu_ld_links_the_library_for_xtensa() {
    for (name, memory) in MEMORY {
        let target = Target::find(name).unwrap();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("capi").join(name);
        fs::create_dir_all(&folder).unwrap();
        let program = Place { target, folder }.link(memory);
        let lines = Runner { board: target.board.as_ref().unwrap(), program }.lines().unwrap();
        for expected in ["native stack overflow", "steps 8", "reports 8"] {
            assert!(lines.iter().any(|line| line.ends_with(expected)), "{name}: {lines:?}");
        }
    }
}
