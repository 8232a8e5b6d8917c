//! `graver targets`.

use graver_aot_format::{BoundsStrategy, FloatAbi};

use crate::failure::{Result, print};

/// Prints the table of targets.
pub(crate) fn run() -> Result<()> {
    let mut table = format!("{:<14} {:<6} {:<16} {:<56} PROVEN ON\n", "NAME", "FLOATS", "BOUNDS CHECKS", "MACHINE");
    for target in graver_targets::ALL {
        let floats = if target.float_abi == FloatAbi::Hard { "hard" } else { "soft" };
        let bounds: Vec<&str> = target.bounds.supported.iter().map(|strategy| bounds_name(*strategy)).collect();
        let (name, bounds) = (target.name, bounds.join(", "));
        table += &format!("{name:<14} {floats:<6} {bounds:<16} {:<56} {}\n", target.summary, target.proven);
    }
    print(&table)
}

fn bounds_name(strategy: BoundsStrategy) -> &'static str {
    match strategy {
        BoundsStrategy::Guard => "guard",
        BoundsStrategy::Software => "software",
    }
}
