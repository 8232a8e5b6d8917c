//! `graver targets`.

use graver_aot_format::{BoundsStrategy, FloatAbi};

use crate::failure::Result;

/// Prints the table of targets.
pub(crate) fn run() -> Result<()> {
    println!("{:<14} {:<6} {:<16} {:<45} PROVEN ON", "NAME", "FLOATS", "BOUNDS CHECKS", "MACHINE");
    for target in graver_targets::ALL {
        let floats = if target.float_abi == FloatAbi::Hard { "hard" } else { "soft" };
        let bounds: Vec<&str> = target.bounds.supported.iter().map(|strategy| bounds_name(*strategy)).collect();
        println!("{:<14} {floats:<6} {:<16} {:<45} {}", target.name, bounds.join(", "), target.summary, target.proven);
    }
    Ok(())
}

fn bounds_name(strategy: BoundsStrategy) -> &'static str {
    match strategy {
        BoundsStrategy::Guard => "guard",
        BoundsStrategy::Software => "software",
    }
}
