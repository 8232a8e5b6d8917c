//! Several targets one after the other, and a table of what came of each.

use std::time::Instant;

use anyhow::Result;
use graver_aot_format::Arch;
use graver_targets::{ALL, Target};

use crate::Tally;

/// Which targets a job runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// The one that the configuration names.
    One,
    /// All that have a machine to run on.
    All,
    /// Of those, the first of each instruction set.
    Families,
}

impl Rows {
    /// The targets, if there are several.
    pub(crate) fn targets(self) -> Option<Vec<&'static Target>> {
        match self {
            Self::One => None,
            Self::All => Some(all().collect()),
            Self::Families => Some(families()),
        }
    }
}

/// Runs a job for each target; the last lines are the table. One that cannot be run counts as a failure and does not end
/// the others.
pub(crate) fn run_each(targets: Vec<&'static Target>, job: impl Fn(&'static Target) -> Result<Tally>) -> Tally {
    let (mut sum, mut table) = (Tally::default(), Vec::new());
    for target in targets {
        let start = Instant::now();
        let tally = job(target).unwrap_or_else(|error| {
            println!("{}: {error:#}", target.name);
            Tally { failed: 1, ..Tally::default() }
        });
        println!("{tally}\n");
        table.push(format!("{:<20} {tally}, {:.0} s", target.name, start.elapsed().as_secs_f64()));
        sum += tally;
    }
    table.iter().for_each(|row| println!("{row}"));
    sum
}

/// Every target that has a machine to run on.
fn all() -> impl Iterator<Item = &'static Target> {
    ALL.iter().copied().filter(|target| target.board.is_some())
}

/// The first of them for each instruction set.
fn families() -> Vec<&'static Target> {
    let mut found: Vec<Arch> = Vec::new();
    let is_first = |target: &&Target| {
        let is_new = !found.contains(&target.arch);
        found.push(target.arch);
        is_new
    };
    all().filter(is_first).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_has_one_row() {
        let families = families();
        assert!(families.iter().any(|target| Some(target.arch) == Arch::HOST));
        for target in all() {
            assert_eq!(families.iter().filter(|row| row.arch == target.arch).count(), 1, "{}", target.name);
        }
    }
}
