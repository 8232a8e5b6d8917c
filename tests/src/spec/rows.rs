//! Several targets one after the other, and a table of what came of each.

use std::time::Instant;

use anyhow::Result;
use graver_aot_format::Arch;
use graver_targets::{ALL, Target};

use super::config::{Config, Rows};
use super::parent;
use crate::Tally;

/// Runs what the configuration asks for; the last lines are the table.
///
/// # Errors
/// If the only target's runner cannot be built, or no file is selected. One of several targets does not end the run.
pub fn run(config: &Config) -> Result<Tally> {
    let rows = match config.rows {
        Rows::One => return parent::run(config),
        Rows::All => all().collect(),
        Rows::Families => families(),
    };
    let (mut sum, mut table) = (Tally::default(), Vec::new());
    for target in rows {
        let start = Instant::now();
        let one = parent::run(&Config { target: target.name.into(), rows: Rows::One, ..config.clone() });
        let tally = one.unwrap_or_else(|error| {
            println!("{}: {error:#}", target.name);
            Tally { failed: 1, ..Tally::default() }
        });
        println!("{tally}\n");
        table.push(format!("{:<20} {tally}, {:.0} s", target.name, start.elapsed().as_secs_f64()));
        sum += tally;
    }
    table.iter().for_each(|row| println!("{row}"));
    Ok(sum)
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
