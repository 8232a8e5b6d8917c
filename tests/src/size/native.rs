//! The kernel compiled for a board itself, from the same source.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use graver_targets::{Board, Cpu, Target};
use object::{Object, ObjectSection, ObjectSegment, SectionFlags, SegmentFlags, elf};

use super::counts::{FLAGS, ROUNDS, per_round};
use super::plugin::Plugin;
use crate::emulator::{Firmware, Runner};

/// What a native compiler makes of the same source.
pub(crate) struct Native {
    /// Made for speed.
    fast: Runner,
    /// Made for size.
    small: Runner,
    /// The same firmware without the kernel.
    without: Runner,
}

impl Native {
    pub(crate) fn build(target: &Target, board: &'static Board) -> Result<Self> {
        let Cpu::Named(cpu) = target.llvm.cpu else { bail!("the target has no CPU of its own") };
        let cpu = format!("-Ctarget-cpu={cpu}");
        let build = |variant, level, feature| {
            // Among the flags, not in the profile: a board's own flags have a level, and the last one counts.
            let flags = [FLAGS, &[cpu.as_str(), level]].concat();
            let firmware = Firmware {
                name: "native-kernel",
                folder: "tests/firmware/runner",
                variant,
                arguments: &["--no-default-features", "--features", feature],
                flags: &flags,
                builds_core: true,
                ..Firmware::default()
            };
            Runner::variant(board, &firmware)
        };
        Ok(Self {
            fast: build("fast", "-Copt-level=3", "kernel")?,
            small: build("small", "-Copt-level=s", "kernel")?,
            without: build("without", "-Copt-level=s", "native")?,
        })
    }

    /// The instructions of a round; both runs must print the checksums.
    pub(crate) fn count(&self, plugin: &Plugin, checksums: [u64; 2]) -> Result<u64> {
        let run = |rounds: u32, checksum: u64| {
            let (lines, counts) = plugin.count(&self.fast, &rounds.to_le_bytes(), false)?;
            ensure!(
                lines.contains(&format!("checksum {checksum}")),
                "the native kernel, instead of {checksum}: {lines:?}"
            );
            Ok(counts.total)
        };
        per_round(run(ROUNDS, checksums[0])?, run(2 * ROUNDS, checksums[1])?)
    }

    /// Bytes of code that the kernel adds to the firmware.
    pub(crate) fn text(&self) -> Result<u64> {
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

#[test]
fn a_boards_own_level_does_not_win() -> Result<()> {
    for name in super::counts::TARGETS {
        let board = Target::find(name)?.board.as_ref().context("no board")?;
        let flags = crate::emulator::compiler_flags(board, &["-Copt-level=3"]);
        let last = flags.rsplit(' ').find(|flag| flag.starts_with("-Copt-level"));
        assert_eq!(last, Some("-Copt-level=3"), "{name}: {flags}");
    }
    Ok(())
}
