//! A kernel with CoreMark's mix of work on emulated boards: compiled to WebAssembly and by Graver, and compiled for the
//! board itself from the same source.
//!
//! Both execute the same number of rounds and must return the checksum that an interpreter has. Of the instructions only
//! those of the rounds count: the difference between two runs of which one has twice as many.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, ensure};
use graver_compiler::{Options as Compile, report::Report};
use graver_guests::rust::cargo;
use graver_guests::{exclusively, output_directory, repository};
use graver_targets::Target;
use graver_test_script::{Attempt, Command, Expectation, Expected, Pattern, Value, Writer};

use super::budget::Figure;
use super::judge;
use super::native::Native;
use super::options::Options;
use super::plugin::{Counts, Plugin};
use crate::emulator::{Runner, build_core};

pub(crate) const PART: &str = "coremark";

/// One of each family of microcontrollers, and the smallest of Arm's.
pub(crate) const TARGETS: &[&str] = &["thumbv7em-hf", "thumbv6m", "riscv32imac", "xtensa-esp32"];

/// Rounds of the shorter run.
pub(crate) const ROUNDS: u32 = 20;

const EXPORT: &str = "run_coremark";

/// Failed checks of the kernel's own end it without a text, on either side: else half of the code would be about texts.
pub(crate) const FLAGS: &[&str] = &["-Zunstable-options", "-Cpanic=immediate-abort"];

pub(crate) fn measure(options: &Options) -> Result<Vec<Figure>> {
    let plugin = Plugin::build()?;
    let kernel = Kernel::build()?;
    let mut figures = Vec::new();
    for name in TARGETS.iter().filter(|name| options.target.is_empty() || **name == options.target) {
        figures.extend(measure_one(&plugin, &kernel, name, options).with_context(|| (*name).to_owned())?);
    }
    ensure!(!figures.is_empty(), "--target {}: the kernel is measured on {}", options.target, TARGETS.join(", "));
    Ok(figures)
}

fn measure_one(plugin: &Plugin, kernel: &Kernel, name: &str, options: &Options) -> Result<Vec<Figure>> {
    let target = Target::find(name)?;
    let board = target.board.as_ref().context("no board")?;
    let (fast, report) = kernel.compile(target, 0)?;
    let (_, small) = kernel.compile(target, 3)?;
    let guest = Guest { runner: Runner::build(board)?, image: fast };
    let instructions = guest.count(plugin, kernel.checksums)?;
    if let Some(path) = &options.profile {
        std::fs::write(path, profile(&guest.run(plugin, ROUNDS, kernel.checksums[0], true)?))?;
    }

    let (text, text_small, ram) = (report.cost.flash.text, small.cost.flash.text, report.cost.ram);
    let figure = |what: &str, value| Figure::new(format!("{PART}/{name}/{what}"), value);
    let mut figures = vec![
        figure("instructions", instructions),
        figure("text", text),
        figure("text-for-size", text_small),
        figure("image", report.cost.flash.total),
        figure("ram-beside-memory", ram.total - ram.memories),
    ];
    figures.extend(report.cost.stack_bound.map(|bound| figure("stack-bound", bound.into())));
    if !options.ours {
        let native = Native::build(target, board)?;
        let (native_instructions, native_text) = (native.count(plugin, kernel.checksums)?, native.text()?);
        println!(
            "{name}: {:.2} x the instructions of native code; text {:.2} x native -Os, made for size {:.2} x",
            instructions as f64 / native_instructions as f64,
            text as f64 / native_text as f64,
            text_small as f64 / native_text as f64,
        );
        figures.push(figure("native-instructions", native_instructions));
        figures.push(figure("native-text-for-size", native_text));
    }
    figures.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(figures)
}

/// The kernel as a module.
struct Kernel {
    wasm: Vec<u8>,
    /// What both runs must return.
    checksums: [u64; 2],
}

impl Kernel {
    fn build() -> Result<Self> {
        let wasm = std::fs::read(module().map_err(|error| anyhow!("{error}"))?)?;
        let checksums = judge::results(&wasm, EXPORT, [ROUNDS, 2 * ROUNDS])?;
        ensure!(checksums[0] != checksums[1], "the checksum is the same for any number of rounds");
        Ok(Self { wasm, checksums })
    }

    /// The module, compiled for a target.
    fn compile(&self, target: &'static Target, size_level: u8) -> Result<(Vec<u8>, Report)> {
        let options = Compile { size_level, ..Compile::new(target) };
        let output = graver_compiler::compile_with_report(&self.wasm, &options)?;
        Ok((output.bytes, output.report.context("no report")?))
    }
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
pub(crate) fn per_round(once: u64, twice: u64) -> Result<u64> {
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
