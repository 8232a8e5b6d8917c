//! Clients on this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use graver_aot_format::BoundsStrategy;
use graver_compiler::Options;
use graver_targets::Target;

use super::{Check, Client, WARNINGS, compare, files, finish, images, in_parallel, sources};

/// One way to build and run a client.
#[derive(Debug)]
struct Variant {
    name: &'static str,
    compiler: &'static str,
    flags: &'static [&'static str],
    library: Library,
    wrapper: Wrapper,
    images: Images,
}

/// What the program is linked with.
#[derive(Clone, Copy, Debug)]
enum Library {
    Archive,
    Shared,
    /// The archive, and the thread sanitizer that it was made for.
    Watched,
}

/// How the guests are compiled.
#[derive(Clone, Copy, Debug)]
enum Images {
    Guard,
    Software,
    /// With bounds checks in software, and so that guests look themselves whether they are to stop.
    Polling,
}

/// What runs the program.
#[derive(Debug)]
enum Wrapper {
    None,
    Valgrind,
    /// Without random addresses, some of which the thread sanitizer has other uses for.
    FixedAddresses,
}

const PLAIN: Variant = Variant {
    name: "gcc",
    compiler: "gcc",
    flags: &[],
    library: Library::Archive,
    wrapper: Wrapper::None,
    images: Images::Guard,
};

const VARIANTS: &[Variant] = &[
    PLAIN,
    Variant { name: "clang, shared library", compiler: "clang-22", library: Library::Shared, ..PLAIN },
    Variant {
        name: "sanitizers",
        flags: &["-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
        images: Images::Software,
        ..PLAIN
    },
    // It takes accesses to guard regions for errors, which they are until the library catches them.
    Variant { name: "valgrind", wrapper: Wrapper::Valgrind, images: Images::Software, ..PLAIN },
];

/// Signals wait under it until the program calls something of the C library, so that guests have to look.
const THREAD_SANITIZER: Variant = Variant {
    name: "thread sanitizer",
    compiler: "clang-22",
    flags: &["-fsanitize=thread", "-fno-sanitize-link-runtime"],
    library: Library::Watched,
    wrapper: Wrapper::FixedAddresses,
    images: Images::Polling,
};

impl Wrapper {
    /// The command that runs a program in this way.
    fn command(&self, program: &Path) -> Command {
        let mut command = self.wrapped(program);
        // The sanitizers of Rust's compiler have none inside, and Debian's name for it is not the one that they know.
        let llvm = std::env::var_os("LLVM_SYS_221_PREFIX").unwrap_or_else(|| "/usr/lib/llvm-22".into());
        let symbolizer = Path::new(&llvm).join("bin/llvm-symbolizer");
        command.env("TSAN_OPTIONS", format!("external_symbolizer_path={}", symbolizer.display()));
        command
    }

    fn wrapped(&self, program: &Path) -> Command {
        let mut command = match self {
            Self::Valgrind => valgrind(),
            // Where containers refuse it, the addresses may be good all the same.
            Self::FixedAddresses if fixed_addresses().arg("true").status().is_ok_and(|status| status.success()) => {
                fixed_addresses()
            }
            Self::FixedAddresses | Self::None => return Command::new(program),
        };
        command.arg(program);
        command
    }
}

fn valgrind() -> Command {
    let mut command = Command::new("valgrind");
    let known = sources().join("host/valgrind.supp");
    command.args(["-q", "--error-exitcode=9", "--leak-check=full"]);
    command.arg(format!("--suppressions={}", known.display()));
    command
}

fn fixed_addresses() -> Command {
    let mut command = Command::new("setarch");
    command.arg("--addr-no-randomize");
    command
}

/// Where things are.
pub(super) struct Machine {
    prefix: PathBuf,
    folder: PathBuf,
}

impl Machine {
    /// Compiles the guests.
    pub(super) fn prepare(prefix: &Path, folder: &Path, races: bool) -> Result<Self> {
        let machine = Self { prefix: prefix.to_owned(), folder: folder.to_owned() };
        let modules = images::modules(&folder.join("modules"), true)?;
        let target = Target::host().context("no target is like this machine")?;
        for images in if races { &[Images::Polling][..] } else { &[Images::Guard, Images::Software] } {
            let bounds = if let Images::Guard = images { BoundsStrategy::Guard } else { BoundsStrategy::Software };
            let interruptible = matches!(images, Images::Polling);
            let options = Options { bounds: Some(bounds), interruptible, ..Options::new(target) };
            images::images(&modules, &options, &machine.images(*images))?;
        }
        fs::create_dir_all(folder.join("programs"))?;
        Ok(machine)
    }

    fn images(&self, images: Images) -> PathBuf {
        self.folder.join(format!("images-{images:?}").to_lowercase())
    }

    /// Every client in every way.
    pub(super) fn run(&self, clients: &[Client], quick: bool) -> Vec<Check> {
        self.run_variants(clients, if quick { &VARIANTS[..1] } else { VARIANTS })
    }

    /// Those that use threads, under the thread sanitizer, and a program that it must complain of.
    pub(super) fn look_for_races(&self, clients: &[Client]) -> Result<Vec<Check>> {
        let racy = Client::of(sources().join("racy/one_exec_env.c"), true)?;
        let mut checks = self.run_variants(clients, &[THREAD_SANITIZER]);
        checks.push(Check::new(format!("{}, which races", racy.name), self.is_found(&racy)));
        Ok(checks)
    }

    /// Whether the sanitizer sees what the library does for a program.
    fn is_found(&self, racy: &Client) -> Result<()> {
        let program = self.build(racy, &THREAD_SANITIZER)?;
        let output = THREAD_SANITIZER.wrapper.command(&program).arg(self.images(THREAD_SANITIZER.images)).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        let is_named = said.contains("data race") && said.contains("wasm_runtime_set_user_data");
        ensure!(!output.status.success() && is_named, "{}, and it says\n{said}", output.status);
        Ok(())
    }

    fn run_variants(&self, clients: &[Client], variants: &[Variant]) -> Vec<Check> {
        let pairs: Vec<(&Client, &Variant)> =
            clients.iter().flat_map(|client| variants.iter().map(move |variant| (client, variant))).collect();
        in_parallel(&pairs, |(client, variant)| {
            Check::new(format!("{} ({})", client.name, variant.name), self.check(client, variant))
        })
    }

    fn check(&self, client: &Client, variant: &Variant) -> Result<()> {
        let program = self.build(client, variant)?;
        let output = finish(variant.wrapper.command(&program).arg(self.images(variant.images)))?;
        compare(client, &String::from_utf8_lossy(&output.stdout))
    }

    fn build(&self, client: &Client, variant: &Variant) -> Result<PathBuf> {
        let sources = sources();
        let include = self.prefix.join("include");
        let library = self.prefix.join("lib");
        let program = self.folder.join("programs").join(format!("{}-{}", client.name, variant.compiler));
        let program = program.with_added_extension(variant.name.replace([' ', ','], "-"));
        let mut command = Command::new(variant.compiler);
        command.args(["-std=gnu11", "-O1", "-g", "-pthread"]).args(WARNINGS).args(variant.flags);
        command.arg("-I").arg(&sources).arg("-I").arg(&include).arg("-I").arg(include.join("samples-compat"));
        command.arg("-o").arg(&program).arg(&client.source).arg(sources.join("host/linux.c"));
        match variant.library {
            Library::Archive => drop(command.arg(library.join("libgraver.a"))),
            Library::Shared => {
                command.arg("-L").arg(&library).arg("-lgraver").arg(format!("-Wl,-rpath,{}", library.display()));
            }
            Library::Watched => {
                command.arg(library.join("libgraver.a")).arg("-Wl,--whole-archive");
                command.arg(library.join("libthread_sanitizer.a")).arg("-Wl,--no-whole-archive");
            }
        }
        finish(command.args(["-ldl", "-lm"]))?;
        Ok(program)
    }
}

/// The headers in a folder.
pub(super) fn headers(folder: &Path) -> Result<Vec<PathBuf>> {
    files(folder, &["h"]).with_context(|| "the installed headers")
}
