//! Sizes and instruction counts, and the budget that they must keep to.
//!
//! ```text
//! bin/size ── counts   a kernel on emulated boards, compiled by Graver and natively: instructions, text, RAM
//!             ├─ judge    the checksums that it must return, from an interpreter
//!             ├─ native   the native builds
//!             └─ plugin   the emulator's counter
//!          ── loader   what the loader takes of a board
//!          ── client   the same of the C library
//!          ── skips    directives of the suites that a board has too little RAM for
//!          ── budget   benches/budget.txt: the figures of the last release
//! ```

mod budget;
mod client;
mod counts;
mod judge;
mod loader;
mod native;
mod options;
mod plugin;

pub use options::{Options, USAGE};

use anyhow::Result;

use crate::Tally;
use crate::spec::skipped_for_ram;
use budget::{Budget, Figure, is_reference};

/// A group of figures, which the budget names by its beginning.
struct Part {
    name: &'static str,
    measure: fn(&Options) -> Result<Vec<Figure>>,
}

const PARTS: &[Part] = &[
    Part { name: counts::PART, measure: counts::measure },
    Part { name: "loader", measure: |_| loader::measure() },
    Part { name: client::PART, measure: |_| client::measure() },
    Part { name: "skips", measure: |_| Ok(vec![Figure::new("skips/ram", skipped_for_ram() as u64)]) },
];

/// Measures what the options ask for, prints it beside the budget, and judges it or accepts it.
///
/// # Errors
/// If something cannot be measured, or the budget cannot be read or written.
pub fn run(options: &Options) -> Result<Tally> {
    let mut budget = Budget::read()?;
    let mut tally = Tally::default();
    let is_wanted =
        |part: &&Part| part.name.contains(&options.only) && (options.target.is_empty() || part.name == counts::PART);
    for part in PARTS.iter().filter(is_wanted) {
        let figures = (part.measure)(options)?;
        for figure in &figures {
            let verdict = budget.judge(figure);
            println!("{verdict}");
            if verdict.is_within() { tally.passed += 1 } else { tally.failed += 1 }
        }
        if options.target.is_empty() {
            let is_missing = |name: &&str| {
                figures.iter().all(|figure| figure.name != *name) && !(options.ours && is_reference(name))
            };
            for name in budget.names_below(part.name).filter(is_missing) {
                println!("{name}: in the budget, not measured");
                tally.failed += 1;
            }
        }
        if options.bless {
            budget.accept(part.name, &figures, options.target.is_empty() && !options.ours);
        }
    }
    if options.bless {
        budget.write()?;
        tally = Tally { passed: tally.total(), ..Tally::default() };
    }
    Ok(tally)
}
