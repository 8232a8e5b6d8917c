//! Clients on this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use graver_aot_format::BoundsStrategy;

use super::{Check, Client, WARNINGS, compare, files, finish, images, in_parallel, sources};

/// One way to build and run a client.
#[derive(Debug)]
struct Variant {
    name: &'static str,
    compiler: &'static str,
    flags: &'static [&'static str],
    is_shared: bool,
    /// What runs the program.
    wrapper: &'static [&'static str],
    bounds: BoundsStrategy,
}

const PLAIN: Variant =
    Variant { name: "gcc", compiler: "gcc", flags: &[], is_shared: false, wrapper: &[], bounds: BoundsStrategy::Guard };

const VARIANTS: &[Variant] = &[
    PLAIN,
    Variant { name: "clang, shared library", compiler: "clang-22", is_shared: true, ..PLAIN },
    Variant {
        name: "sanitizers",
        flags: &["-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
        bounds: BoundsStrategy::Software,
        ..PLAIN
    },
    // It takes accesses to guard regions for errors, which they are until the library catches them.
    Variant {
        name: "valgrind",
        wrapper: &["valgrind", "-q", "--error-exitcode=9", "--leak-check=full"],
        bounds: BoundsStrategy::Software,
        ..PLAIN
    },
];

/// Where things are.
pub(super) struct Machine {
    prefix: PathBuf,
    folder: PathBuf,
}

impl Machine {
    /// Compiles the guests.
    pub(super) fn prepare(prefix: &Path, folder: &Path) -> Result<Self> {
        let machine = Self { prefix: prefix.to_owned(), folder: folder.to_owned() };
        let modules = images::modules(&folder.join("modules"), true)?;
        for bounds in [BoundsStrategy::Guard, BoundsStrategy::Software] {
            images::images(&modules, bounds, &machine.images(bounds))?;
        }
        fs::create_dir_all(folder.join("programs"))?;
        Ok(machine)
    }

    fn images(&self, bounds: BoundsStrategy) -> PathBuf {
        self.folder.join(format!("images-{bounds:?}").to_lowercase())
    }

    /// Every client in every way.
    pub(super) fn run(&self, clients: &[Client], quick: bool) -> Vec<Check> {
        let variants = if quick { &VARIANTS[..1] } else { VARIANTS };
        let pairs: Vec<(&Client, &Variant)> =
            clients.iter().flat_map(|client| variants.iter().map(move |variant| (client, variant))).collect();
        in_parallel(&pairs, |(client, variant)| {
            Check::new(format!("{} ({})", client.name, variant.name), self.check(client, variant))
        })
    }

    fn check(&self, client: &Client, variant: &Variant) -> Result<()> {
        let program = self.build(client, variant)?;
        let mut command = match variant.wrapper {
            [] => Command::new(&program),
            [wrapper, arguments @ ..] => {
                let mut command = Command::new(wrapper);
                let known = sources().join("host/valgrind.supp");
                command.args(arguments).arg(format!("--suppressions={}", known.display())).arg(&program);
                command
            }
        };
        let output = finish(command.arg(self.images(variant.bounds)))?;
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
        if variant.is_shared {
            command.arg("-L").arg(&library).arg("-lgraver").arg(format!("-Wl,-rpath,{}", library.display()));
        } else {
            command.arg(library.join("libgraver.a"));
        }
        finish(command.args(["-ldl", "-lm"]))?;
        Ok(program)
    }
}

/// The headers in a folder.
pub(super) fn headers(folder: &Path) -> Result<Vec<PathBuf>> {
    files(folder, &["h"]).with_context(|| "the installed headers")
}
