//! A kernel with CoreMark's mix of work on emulated boards: compiled to WebAssembly and by Graver, and compiled for the
//! board itself from the same source.
//!
//! Both execute the same number of rounds and must print the same checksum. Of the instructions only those of the rounds
//! count: the difference between two runs of which one has twice as many.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use graver_compiler::{Options as Compile, report::Report};
use graver_guests::rust::cargo;
use graver_guests::{exclusively, output_directory, repository};
use graver_targets::{Board, Cpu, Target};
use graver_test_script::{Attempt, Command, Expectation, Expected, Pattern, Value, Writer};
use object::{Object, ObjectSection, ObjectSegment, SectionFlags, SegmentFlags, elf};

use super::budget::Figure;
use super::options::Options;
use super::plugin::{Counts, Plugin};
use crate::emulator::{Firmware, Runner, build_core};

pub(crate) const PART: &str = "coremark";

/// One of each family of microcontrollers, and the smallest of Arm's.
const TARGETS: &[&str] = &["thumbv7em-hf", "thumbv6m", "riscv32imac", "xtensa-esp32"];

/// Rounds of the shorter run.
const ROUNDS: u32 = 20;

const EXPORT: &str = "run_coremark";

/// Failed checks of the kernel's own end it without a text, on either side: else half of the code would be about texts.
const FLAGS: &[&str] = &["-Zunstable-options", "-Cpanic=immediate-abort"];

pub(crate) fn measure(options: &Options) -> Result<Vec<Figure>> {
    let plugin = Plugin::build()?;
    let mut figures = Vec::new();
    for name in TARGETS.iter().filter(|name| options.target.is_empty() || **name == options.target) {
        figures.extend(measure_one(&plugin, name, options).with_context(|| (*name).to_owned())?);
    }
    ensure!(!figures.is_empty(), "--target {}: the kernel is measured on {}", options.target, TARGETS.join(", "));
    Ok(figures)
}

fn measure_one(plugin: &Plugin, name: &str, options: &Options) -> Result<Vec<Figure>> {
    let target = Target::find(name)?;
    let board = target.board.as_ref().context("no board")?;
    let native = Native::build(target, board)?;
    let (fast, report) = compile(target, 0)?;
    let (_, small) = compile(target, 3)?;

    let (checksums, native_instructions) = native.count(plugin)?;
    let guest = Guest { runner: Runner::build(board)?, image: fast };
    let instructions = guest.count(plugin, checksums)?;
    if let Some(path) = &options.profile {
        std::fs::write(path, profile(&guest.run(plugin, ROUNDS, checksums[0], true)?))?;
    }

    let (text, text_small, ram) = (report.cost.flash.text, small.cost.flash.text, report.cost.ram);
    let native_text = native.text()?;
    println!(
        "{name}: {:.2} x the instructions of native code; text {:.2} x native -Os, made for size {:.2} x",
        instructions as f64 / native_instructions as f64,
        text as f64 / native_text as f64,
        text_small as f64 / native_text as f64,
    );
    let name = |what: &str| format!("{PART}/{name}/{what}");
    let mut figures = vec![
        Figure::new(name("instructions"), instructions),
        Figure::reference(name("native-instructions"), native_instructions),
        Figure::new(name("text"), text),
        Figure::new(name("text-for-size"), text_small),
        Figure::reference(name("native-text-for-size"), native_text),
        Figure::new(name("image"), report.cost.flash.total),
        Figure::new(name("ram-beside-memory"), ram.total - ram.memories),
    ];
    figures.extend(report.cost.stack_bound.map(|bound| Figure::new(name("stack-bound"), bound.into())));
    Ok(figures)
}

/// The module, compiled for a target.
fn compile(target: &'static Target, size_level: u8) -> Result<(Vec<u8>, Report)> {
    let wasm = module().map_err(|error| anyhow!("{error}"))?;
    let options = Compile { size_level, ..Compile::new(target) };
    let output = graver_compiler::compile_with_report(&std::fs::read(wasm)?, &options)?;
    Ok((output.bytes, output.report.context("no report")?))
}

fn module() -> Result<PathBuf, graver_guests::Error> {
    const TARGET: &str = "wasm32-unknown-unknown";
    const FOLDER: &str = "board-kernel";
    exclusively(FOLDER, || {
        let folder = output_directory()?.join(FOLDER);
        let mut command = cargo();
        command.args(["build", "--quiet", "--release", "--locked", "--target", TARGET, "--manifest-path"]);
        command.arg(repository().join("benches/boards/kernel/Cargo.toml")).arg("--target-dir").arg(&folder);
        build_core(&mut command);
        command.env("RUSTFLAGS", FLAGS.join(" "));
        graver_guests::run(&mut command)?;
        Ok(folder.join(TARGET).join("release/board_kernel.wasm"))
    })
}

/// Instructions of a round, from the runs with the rounds once and twice.
fn per_round(once: u64, twice: u64) -> Result<u64> {
    ensure!(twice > once, "twice the rounds took {twice} instructions, once {once}");
    Ok((twice - once) / u64::from(ROUNDS))
}

/// What Graver's image executes.
struct Guest {
    runner: Runner,
    image: Vec<u8>,
}

impl Guest {
    fn count(&self, plugin: &Plugin, checksums: [u64; 2]) -> Result<u64> {
        let once = self.run(plugin, ROUNDS, checksums[0], false)?;
        let twice = self.run(plugin, 2 * ROUNDS, checksums[1], false)?;
        per_round(once.total, twice.total)
    }

    /// Runs the kernel, which must return the checksum.
    fn run(&self, plugin: &Plugin, rounds: u32, checksum: u64, each: bool) -> Result<Counts> {
        let mut script = Writer::new();
        let (image, instance) = (script.image(self.image.clone()).index(), script.instance().index());
        let attempt = Attempt::Instantiate { image, instance };
        script.command(&Command { line: 1, attempt, expectation: Expectation::Success });
        let (arguments, results) =
            ([Value::I32(rounds as i32)], [Expected::from(Pattern::Exactly(Value::I64(checksum as i64)))]);
        script.command(&Command {
            line: 2,
            attempt: Attempt::Call { instance, name: EXPORT, arguments: arguments.as_slice().into() },
            expectation: Expectation::Values(results.as_slice().into()),
        });
        let (lines, counts) = plugin.count(&self.runner, &script.finish(), each)?;
        // What follows says where the code was.
        ensure!(lines.starts_with(&["@1", "ok", "@2", "ok"].map(str::to_owned)), "the image: {}", lines.join(", "));
        Ok(counts)
    }
}

/// What a native compiler makes of the same source.
struct Native {
    /// Made for speed.
    fast: Runner,
    /// Made for size.
    small: Runner,
    /// The same firmware without the kernel.
    without: Runner,
}

impl Native {
    fn build(target: &Target, board: &'static Board) -> Result<Self> {
        let Cpu::Named(cpu) = target.llvm.cpu else { bail!("the target has no CPU of its own") };
        let cpu = format!("-Ctarget-cpu={cpu}");
        let flags = [FLAGS, &[cpu.as_str()]].concat();
        let build = |variant, level, feature| {
            let firmware = Firmware {
                name: "native-kernel",
                folder: "tests/firmware/runner",
                variant,
                arguments: &["--no-default-features", "--features", feature],
                variables: &[("CARGO_PROFILE_RELEASE_OPT_LEVEL", Path::new(level))],
                flags: &flags,
                builds_core: true,
            };
            Runner::variant(board, &firmware)
        };
        Ok(Self {
            fast: build("fast", "3", "kernel")?,
            small: build("small", "s", "kernel")?,
            without: build("without", "s", "native")?,
        })
    }

    /// The checksums of both runs, and the instructions of a round.
    fn count(&self, plugin: &Plugin) -> Result<([u64; 2], u64)> {
        let run = |rounds: u32| {
            let (lines, counts) = plugin.count(&self.fast, &rounds.to_le_bytes(), false)?;
            let checksum = lines.iter().find_map(|line| line.strip_prefix("checksum "));
            let checksum = checksum.with_context(|| format!("no checksum in {lines:?}"))?.parse()?;
            anyhow::Ok((checksum, counts.total))
        };
        let (once, twice) = (run(ROUNDS)?, run(2 * ROUNDS)?);
        Ok(([once.0, twice.0], per_round(once.1, twice.1)?))
    }

    /// Bytes of code that the kernel adds to the firmware.
    fn text(&self) -> Result<u64> {
        let (with, without) = (text_bytes(&self.small.program)?, text_bytes(&self.without.program)?);
        with.checked_sub(without).context("the firmware is smaller with the kernel than without")
    }
}

/// Bytes of code in an executable, which may have no sections.
fn text_bytes(path: &PathBuf) -> Result<u64> {
    let bytes = std::fs::read(path)?;
    let file = object::File::parse(&*bytes)?;
    let is_code = |flags| matches!(flags, SectionFlags::Elf { sh_flags, .. } if sh_flags.contains(elf::SHF_EXECINSTR));
    let sections = file.sections().filter(|section| is_code(section.flags())).map(|section| section.size()).sum();
    let is_executable = |flags| matches!(flags, SegmentFlags::Elf { p_flags, .. } if p_flags.contains(elf::PF_X));
    let segments = file.segments().filter(|segment| is_executable(segment.flags())).map(|segment| segment.size()).sum();
    let bytes = if sections == 0 { segments } else { sections };
    ensure!(bytes != 0, "no code in {}", path.display());
    Ok(bytes)
}

/// Straight runs of instructions that were executed equally often, those that took most first.
fn profile(counts: &Counts) -> String {
    let mut runs: Vec<(u64, u64, u64, u64)> = Vec::new();
    for (&address, &count) in counts.each.iter().filter(|(_, count)| **count > 0) {
        match runs.last_mut() {
            Some((_, last, length, times)) if *times == count && address - *last <= 4 => {
                (*last, *length) = (address, *length + 1);
            }
            _ => runs.push((address, address, 1, count)),
        }
    }
    runs.sort_by_key(|(_, _, length, times)| std::cmp::Reverse(length * times));
    let mut text = format!("{} instructions\n", counts.total);
    for (first, last, length, times) in runs {
        text += &format!("{first:#x}..={last:#x}: {length} instructions {times} times, {}\n", length * times);
    }
    text
}
