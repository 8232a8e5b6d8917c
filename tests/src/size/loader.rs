//! What the loader takes of a Cortex-M4: a firmware that loads an image from flash, registers a native, instantiates,
//! calls, and prints a trap's text, less the same firmware without the loader, and less the image.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use graver_compiler::{Format, Options as Compile};
use graver_guests::{output_directory, repository};
use graver_targets::{Board, Target};
use object::{Object, ObjectSection, ObjectSymbol, SectionFlags, SectionKind, SymbolKind, elf};

use super::budget::Figure;
use crate::emulator::{self, Runner};

const TARGET: &str = "thumbv7em-hf";
const NAME: &str = "firmware-footprint";

/// What both firmwares print beside figures, among other lines.
const EXPECTED: &[&str] = &["native stack overflow", "steps 8"];

pub(crate) fn measure() -> Result<Vec<Figure>> {
    let target = Target::find(TARGET)?;
    let board = target.board.as_ref().context("no board")?;
    let image = image(target, Format::Aot)?;
    let path = output_directory().map_err(|error| anyhow!("{error}"))?.join("footprint.aot");
    std::fs::write(&path, &image)?;
    let with = build(board, "with", &["--features", "loader"], &path)?;
    let without = build(board, "without", &[], &path)?;
    let (lines, flash) = Comparison { what: "the loader", with, without, image_bytes: image.len() as u64 }.measure()?;
    Ok(vec![
        Figure::new("loader/text-and-data", flash),
        Figure::new("loader/pool", lines.number("pool")?),
        Figure::new("loader/runtime-on-stack", lines.number("runtime")?),
        Figure::new("loader/stack", lines.number("stack")?),
    ])
}

/// The image that the firmware runs, that of the examples, in a form.
pub(crate) fn image(target: &'static Target, format: Format) -> Result<Vec<u8>> {
    let text = std::fs::read(repository().join("examples/guest.wat"))?;
    let wasm = graver_compiler::binary(&text)?;
    let options = Compile { size_level: 3, format, symbol: "guest_aot".into(), ..Compile::new(target) };
    Ok(graver_compiler::compile(&wasm, &options)?)
}

/// A firmware with something and without it.
pub(crate) struct Comparison {
    pub(crate) what: &'static str,
    pub(crate) with: Runner,
    pub(crate) without: Runner,
    pub(crate) image_bytes: u64,
}

impl Comparison {
    /// Runs it: what it printed, and the bytes of text and data of what is measured, of which it prints where they are from.
    pub(crate) fn measure(&self) -> Result<(Lines, u64)> {
        let lines = Lines(self.with.lines()?);
        ensure!(
            EXPECTED.iter().all(|line| lines.0.iter().any(|found| found.ends_with(line))),
            "the firmware printed {:?}",
            lines.0
        );
        let (with, rest) = (Sizes::of(&self.with.program)?, Sizes::of(&self.without.program)?);
        let flash = with.flash.checked_sub(rest.flash + self.image_bytes).context("it takes nothing")?;
        println!("{}: {flash} bytes of text and data beside the image, of which by where they come from:", self.what);
        for (origin, bytes) in &with.origins {
            let bytes = bytes.saturating_sub(rest.origins.get(origin).copied().unwrap_or_default());
            if bytes > 0 {
                println!("  {bytes:>6}  {origin}");
            }
        }
        Ok((lines, flash))
    }
}

/// What a firmware printed.
pub(crate) struct Lines(Vec<String>);

impl Lines {
    /// A figure: `# NAME NUMBER`.
    pub(crate) fn number(&self, name: &str) -> Result<u64> {
        let line = self.0.iter().find_map(|line| line.strip_prefix("# ")?.strip_prefix(name)?.strip_prefix(' '));
        Ok(line.with_context(|| format!("no {name} in {:?}", self.0))?.trim().parse()?)
    }
}

fn build(board: &'static Board, variant: &str, arguments: &[&str], image: &Path) -> Result<Runner> {
    let firmware = emulator::Firmware {
        name: NAME,
        folder: "tests/firmware/footprint",
        variant,
        arguments,
        variables: &[("GRAVER_IMAGE", image)],
        ..emulator::Firmware::default()
    };
    Runner::variant(board, &firmware)
}

/// What an executable takes of the flash.
struct Sizes {
    /// Code, constants and initial values.
    flash: u64,
    /// Bytes of code and constants that have a name, by where it comes from.
    origins: BTreeMap<String, u64>,
}

impl Sizes {
    fn of(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path)?;
        let file = object::File::parse(&*bytes)?;
        let is_stored = |section: &object::Section<'_, '_>| {
            let is_allocated =
                matches!(section.flags(), SectionFlags::Elf { sh_flags, .. } if sh_flags.contains(elf::SHF_ALLOC));
            is_allocated && section.kind() != SectionKind::UninitializedData
        };
        let flash = file.sections().filter(is_stored).map(|section| section.size()).sum();
        let mut origins = BTreeMap::new();
        let mut seen = std::collections::HashSet::new();
        for symbol in file.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.size() > 0) {
            // Aliases are one function.
            if seen.insert(symbol.address()) {
                *origins.entry(origin(symbol.name()?)).or_default() += symbol.size();
            }
        }
        Ok(Self { flash, origins })
    }
}

/// Crate and module that a mangled name is of; with link-time optimisation what was inlined counts for its caller.
fn origin(name: &str) -> String {
    const CRATES: &[&str] =
        &["graver_capi", "graver_loader", "graver_aot_format", "compiler_builtins", "firmware_footprint"];
    let found = CRATES.iter().filter_map(|krate| Some((name.find(krate)?, *krate))).min();
    let Some((at, krate)) = found else {
        if name.starts_with("wasm_") {
            return "graver_capi, functions of the API".to_owned();
        }
        let is_core = name.contains("4core") || name.starts_with("_ZN") || name.starts_with("OUTLINED");
        return if is_core { "core, and what the linker made" } else { "routines of the compiler, and C" }.to_owned();
    };
    if krate == "compiler_builtins" {
        return "routines of the compiler, and C".to_owned();
    }
    let rest = &name[at + krate.len()..];
    let rest = rest.strip_prefix("..").unwrap_or(rest).trim_start_matches(|c: char| c.is_ascii_digit());
    // The next parts of the path, up to the length or the sign that ends them.
    let part = |text: &str| text.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>();
    let module = part(rest);
    if krate != "firmware_footprint" {
        return format!("{krate}::{module}");
    }
    let step = part(rest[module.len()..].trim_start_matches(|c: char| c.is_ascii_digit()));
    format!("{krate}::{module}::{step}")
}

#[test]
fn origins_of_mangled_names() {
    assert_eq!(origin("_ZN13graver_loader6module6Module3new17he2ead867ad974f06E"), "graver_loader::module");
    assert_eq!(
        origin("_ZN72_$LT$graver_loader..store..Store$u20$as$u20$core..ops..drop..Drop$GT$4drop17h56c477db2aa0e44cE"),
        "graver_loader::store"
    );
    assert_eq!(
        origin("_ZN18firmware_footprint8embedder4load17h1183611d46387497E"),
        "firmware_footprint::embedder::load"
    );
    assert_eq!(origin("wasm_runtime_load"), "graver_capi, functions of the API");
    assert_eq!(origin("memcmp"), "routines of the compiler, and C");
    assert_eq!(origin("_ZN17compiler_builtins3mem7memmove17hE"), "routines of the compiler, and C");
    assert_eq!(origin("OUTLINED_FUNCTION_3"), "core, and what the linker made");
}
