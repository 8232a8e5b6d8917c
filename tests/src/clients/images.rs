//! The guests of the clients.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, bail};
use graver_aot_format::BoundsStrategy;
use graver_compiler::{Format, Options, binary, compile};
use graver_guests::rust::PARALLEL;
use graver_targets::Target;
use rayon::prelude::*;

use super::{files, finish, sources, stem};

/// For modules that bring everything along; the rest they import.
const CLANG: &[&str] = &[
    "--target=wasm32",
    "-nostdlib",
    "-O2",
    "-fno-builtin",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-incompatible-library-redeclaration",
    "-Wno-format",
    "-Wl,--no-entry,--allow-undefined,--export=__heap_base,--export=__data_end,-z,stack-size=4096",
];

/// For position-independent modules that get memory, table and stack from outside.
const SIDE: &[&str] = &[
    "--target=wasm32",
    "-nostdlib",
    "-O2",
    "-fno-builtin",
    "-fPIC",
    "-fvisibility=hidden",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wl,--experimental-pic,-shared,--allow-undefined",
];

/// For programs over WASI and its C library, in Debian's places.
const WASI: &[&str] =
    &["--target=wasm32-wasi", "--sysroot=/usr", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-deprecated"];

/// And for libraries over it.
const REACTOR: &[&str] = &["-mexec-model=reactor"];

/// For modules of several threads.
const THREADS: &[&str] = &["-pthread", "-Wl,--shared-memory,--max-memory=1048576,-z,stack-size=16384"];

/// A folder of guests.
struct Kind {
    folder: &'static str,
    /// What C files in it are compiled with.
    flags: &'static [&'static [&'static str]],
    needs_system: bool,
}

const KINDS: &[Kind] = &[
    Kind { folder: "guests", flags: &[CLANG], needs_system: false },
    Kind { folder: "guests/threads", flags: &[CLANG, THREADS], needs_system: true },
    Kind { folder: "guests/modules", flags: &[CLANG], needs_system: false },
    Kind { folder: "guests/side", flags: &[SIDE], needs_system: false },
    Kind { folder: "guests/wasi", flags: &[WASI], needs_system: true },
    Kind { folder: "guests/wasi_reactors", flags: &[WASI, REACTOR], needs_system: true },
];

/// A module by name.
pub(super) struct Module {
    pub(super) name: String,
    wasm: Vec<u8>,
    /// What the first line of its source says behind `graver compile`.
    wishes: Vec<String>,
}

impl Module {
    /// How it is compiled, unless its source wishes otherwise with `--opt-level N` or `--bounds-checks software`.
    fn options(&self, options: Options) -> Result<Options> {
        let mut options = Options { custom_sections: self.custom_sections(), threads: 1, ..options };
        for pair in self.wishes.chunks(2) {
            match pair {
                [option, value] if option == "--opt-level" => options.opt_level = value.parse()?,
                [option, value] if option == "--bounds-checks" && value == "software" => {
                    options.bounds = Some(BoundsStrategy::Software);
                }
                _ => bail!("{}: nobody compiles with {pair:?}", self.name),
            }
        }
        Ok(options)
    }

    /// Names of the custom sections that the guest itself asked for, all of which are kept.
    fn custom_sections(&self) -> Vec<String> {
        let payloads = wasmparser::Parser::new(0).parse_all(&self.wasm).filter_map(Result::ok);
        let names = payloads.filter_map(|payload| match payload {
            wasmparser::Payload::CustomSection(section) => Some(section.name().to_owned()),
            _ => None,
        });
        names.filter(|name| name.starts_with("guest.")).collect()
    }
}

/// Compiles all guests to modules; those that need an operating system only if there is one.
pub(super) fn modules(folder: &Path, is_hosted: bool) -> Result<Vec<Module>> {
    fs::create_dir_all(folder)?;
    let mut guests = Vec::new();
    for kind in KINDS.iter().filter(|kind| is_hosted || !kind.needs_system) {
        let sources = files(&sources().join(kind.folder), &["c", "wat"])?;
        guests.extend(sources.into_iter().map(|source| (source, kind.flags.concat())));
    }
    let mut modules =
        guests.par_iter().map(|(source, flags)| module(source, flags, folder)).collect::<Result<Vec<_>>>()?;
    if is_hosted {
        // A program in Rust, for wasi-threads.
        let wasm = PARALLEL.build_wasm("parallel-for-clients").map_err(|error| anyhow!("{error}"))?;
        modules.push(Module { name: PARALLEL.name.to_owned(), wasm: fs::read(wasm)?, wishes: Vec::new() });
    }
    Ok(modules)
}

fn module(source: &Path, flags: &[&str], folder: &Path) -> Result<Module> {
    let name = stem(source)?;
    let mut file = source.to_owned();
    if source.extension().is_some_and(|extension| extension == "c") {
        file = folder.join(format!("{name}.wasm"));
        finish(Command::new("clang-22").args(flags).arg("-o").arg(&file).arg(source))?;
    }
    let bytes = fs::read(&file)?;
    let wasm = binary(&bytes).with_context(|| file.display().to_string())?.into_owned();
    Ok(Module { name, wasm, wishes: wishes(source)? })
}

/// The options in a comment that is a source's first line: `graver compile OPTION VALUE ...`.
fn wishes(source: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(source)?;
    let first = text.lines().next().unwrap_or_default();
    let options = first.split_once("graver compile").map_or("", |(_, options)| options.trim_end_matches("*/"));
    Ok(options.split_whitespace().map(str::to_owned).collect())
}

/// Compiles modules to files `NAME.aot` in the folder.
pub(super) fn images(modules: &[Module], options: &Options, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    modules.par_iter().try_for_each(|module| {
        let options = module.options(options.clone())?;
        let image = compile(&module.wasm, &options).with_context(|| module.name.clone())?;
        Ok(fs::write(folder.join(format!("{}.aot", module.name)), image)?)
    })
}

/// Compiles modules to arrays in C, and a list of them for `host/cortex_m.c`. Returns the source files.
pub(super) fn arrays(modules: &[Module], target: &'static Target, folder: &Path) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(folder)?;
    let one = |module: &Module| -> Result<PathBuf> {
        let symbol = symbol(module);
        let options = module.options(Options { format: Format::CArray, symbol, ..Options::new(target) })?;
        let path = folder.join(format!("{}.c", module.name));
        fs::write(&path, compile(&module.wasm, &options).with_context(|| module.name.clone())?)?;
        Ok(path)
    };
    let mut paths: Vec<PathBuf> = modules.par_iter().map(one).collect::<Result<_>>()?;
    let list = folder.join("client_images.c");
    fs::write(&list, list_of(modules))?;
    paths.push(list);
    Ok(paths)
}

fn symbol(module: &Module) -> String {
    format!("guest_{}", module.name)
}

fn list_of(modules: &[Module]) -> String {
    let mut text =
        "struct image { const char *name; const unsigned char *bytes; const unsigned long *size; };\n".to_owned();
    for symbol in modules.iter().map(symbol) {
        text += &format!("extern const unsigned char {symbol}[];\nextern const unsigned long {symbol}_size;\n");
    }
    text += "extern const struct image client_images[];\nconst struct image client_images[] = {\n";
    for module in modules {
        let symbol = symbol(module);
        text += &format!("    {{ \"{}\", {symbol}, &{symbol}_size }},\n", module.name);
    }
    text + "    { 0, 0, 0 }\n};\n"
}
