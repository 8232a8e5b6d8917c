//! `graver targets`.

use graver_aot_format::{BoundsStrategy, CpuFeature, FloatAbi};
use graver_targets::{Cpu, Target};
use serde::Serialize;

use crate::arguments::TargetsOptions;
use crate::failure::{Failure, Result, print};

/// A row as users see it.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    aliases: &'static [&'static str],
    machine: &'static str,
    cpu: &'static str,
    cpu_features: Vec<&'static str>,
    float_abi: &'static str,
    pointer_bytes: u8,
    bounds_checks: Vec<&'static str>,
    proven: &'static str,
}

impl Row {
    fn of(target: &'static Target) -> Self {
        let supported = target.bounds.supported.iter().copied();
        // The default comes first.
        let rest = supported.filter(|strategy| *strategy != target.bounds.default);
        let bounds = std::iter::once(target.bounds.default).chain(rest);
        let is_set = |feature: &&CpuFeature| feature.arch == target.arch && target.cpu_features & feature.mask() != 0;
        Self {
            name: target.name,
            aliases: target.aliases,
            machine: target.summary,
            cpu: match target.llvm.cpu {
                Cpu::Named(name) => name,
                Cpu::Host(_) => "the host's",
            },
            cpu_features: CpuFeature::ALL.iter().filter(is_set).map(|feature| feature.name).collect(),
            float_abi: match target.float_abi {
                FloatAbi::Hard => "hard",
                FloatAbi::HardSingle => "single",
                FloatAbi::Soft => "soft",
                FloatAbi::None => "none",
            },
            pointer_bytes: target.pointer_bytes,
            bounds_checks: bounds.map(bounds_name).collect(),
            proven: target.proven,
        }
    }
}

/// Prints the table of targets.
pub(crate) fn run(options: &TargetsOptions) -> Result<()> {
    let rows: Vec<Row> = graver_targets::ALL.iter().map(|target| Row::of(target)).collect();
    if options.json {
        let json = serde_json::to_string_pretty(&rows).map_err(Failure::usage)?;
        return print(&format!("{json}\n"));
    }
    let cells = rows.iter().map(|row| {
        [row.name.to_owned(), row.cpu.to_owned(), row.float_abi.to_owned(), row.bounds_checks.join(", ")]
            .into_iter()
            .chain([row.machine.to_owned(), row.proven.to_owned()])
            .collect()
    });
    let heads = ["NAME", "CPU", "FLOATS", "BOUNDS CHECKS", "MACHINE", "PROVEN ON"];
    print(&crate::output::table(&heads, &cells.collect::<Vec<_>>()))
}

fn bounds_name(strategy: BoundsStrategy) -> &'static str {
    match strategy {
        BoundsStrategy::Guard => "guard",
        BoundsStrategy::Software => "software",
    }
}
