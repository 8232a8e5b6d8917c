//! Runs every file in a child process, as many at a time as there are processors.

use std::process::{Command, Output};

use anyhow::{Context, Result};
use rayon::prelude::*;

use super::child::TIMED_OUT;
use super::config::{Config, Place};
use super::report::{Failure, FileReport, print};
use super::suite::{self, File};
use super::{count, link_only};
use crate::Tally;
use crate::emulator::Runner;
use crate::rows::{Rows, run_each};

/// Runs the suites for the targets that the configuration means.
///
/// # Errors
/// If the only target's runner cannot be built, or no file is selected.
pub fn run(config: &Config) -> Result<Tally> {
    match config.rows.targets() {
        None => run_one(config),
        Some(targets) => Ok(run_each(targets, |target| {
            run_one(&Config { target: target.name.into(), rows: Rows::One, ..config.clone() })
        })),
    }
}

/// Runs the suites for a target and prints the report.
fn run_one(config: &Config) -> Result<Tally> {
    let files = suite::select(&config.filter, suite::Set::of(config));
    anyhow::ensure!(!files.is_empty(), "no file's name contains `{}`", config.filter);
    println!("{}", config.describe()?);
    let mut config = config.clone();
    let place = config.place()?;
    if let Place::Board(board) = place {
        config.runner = Some(Runner::build(board)?.program);
    }
    let is_link_only = matches!(place, Place::Nowhere);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(config.jobs).build()?;
    let reports: Vec<FileReport> = pool.install(|| {
        files
            .par_iter()
            .map(|file| {
                run_file(&config, file, is_link_only)
                    .unwrap_or_else(|why| FileReport::unusable(&file.name, &format!("{why:#}")))
            })
            .collect()
    });
    Ok(print(&reports, if is_link_only { link_only::WHAT } else { "directives" }))
}

fn run_file(config: &Config, file: &File, is_link_only: bool) -> Result<FileReport> {
    let text = &*file.text;
    let expected = if is_link_only { count::modules(text) } else { count::directives(text) }?;
    let output = Command::new(std::env::current_exe()?)
        .args(config.child_arguments(&file.name))
        // Files run in parallel already.
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .context("cannot start a child")?;
    let (mut tally, mut failures, last) = read(&String::from_utf8_lossy(&output.stdout));
    if !output.status.success() {
        let left = expected.saturating_sub(tally.total()).max(1);
        tally.failed += left;
        let why = format!("{}; {left} not finished: {}", how_it_ended(&output), last_lines(&output));
        failures.push(Failure { line: last, what: why });
    }
    Ok(FileReport { name: file.name.clone(), tally, expected, failures })
}

/// Reads a child's lines; the last line number is where it was when it ended.
fn read(lines: &str) -> (Tally, Vec<Failure>, usize) {
    let (mut tally, mut failures, mut last) = (Tally::default(), Vec::new(), 0);
    for line in lines.lines() {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("ok", _) => tally.passed += 1,
            ("skip", _) => tally.skipped += 1,
            ("fail", why) => {
                tally.failed += 1;
                failures.push(Failure { line: last, what: why.to_owned() });
            }
            (place, _) => {
                last = place.strip_prefix('@').and_then(|number| number.parse().ok()).unwrap_or(last);
            }
        }
    }
    (tally, failures, last)
}

fn how_it_ended(output: &Output) -> String {
    match output.status.code() {
        Some(TIMED_OUT) => "took too long".into(),
        Some(code) => format!("ended with exit code {code}"),
        None => format!("crashed ({})", output.status),
    }
}

/// The end of what the child said, on one line.
fn last_lines(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(3)..].join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_childs_lines() {
        let (tally, failures, last) = read("@3\nok\n@5\nfail it broke\n@9\nskip\n@12\n");
        assert_eq!(tally, Tally { passed: 1, failed: 1, skipped: 1 });
        assert_eq!((failures[0].line, failures[0].what.as_str(), last), (5, "it broke", 12));
    }
}
