//! Runs cases in child processes, a batch each; a batch whose child dies goes on behind the case that it died of.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use graver_aot_format::Arch;
use rayon::prelude::*;

use super::child::TIMED_OUT;
use super::config::Config;
use crate::Tally;
use crate::rows::{Rows, run_each};

/// Cases per child.
const BATCH: usize = 20;

/// Runs all cases, here or for the targets that the configuration means.
///
/// # Errors
/// If no case is selected, or threads or processes cannot be started.
pub fn run(config: &Config) -> Result<Tally> {
    let Some(mut targets) = config.rows.targets() else { return run_one(config) };
    // This machine has a job of its own, in which no emulator is in the way.
    targets.retain(|target| Some(target.arch) != Arch::HOST);
    Ok(run_each(targets, |target| {
        run_one(&Config { target: Some(target.name.into()), rows: Rows::One, ..config.clone() })
    }))
}

/// Runs all cases in one place and prints the failures as they come.
fn run_one(config: &Config) -> Result<Tally> {
    let names = config.names();
    anyhow::ensure!(!names.is_empty(), "no case's name contains `{}`", config.filter);
    let mut config = config.clone();
    let place = match config.elsewhere()? {
        None => "here".to_owned(),
        Some((target, runner)) => {
            config.runner = Some(runner.program);
            format!("{} on {}", target.name, runner.board.name)
        }
    };
    let config = &config;
    println!("{} cases, Graver ({place}) against wasmi", names.len());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(config.jobs).build()?;
    let tallies: Vec<Tally> =
        pool.install(|| names.par_chunks(BATCH).map(|names| batch(config, names)).collect::<Result<_>>())?;
    let mut sum = Tally::default();
    tallies.into_iter().for_each(|tally| sum += tally);
    Ok(sum)
}

fn batch(config: &Config, names: &[String]) -> Result<Tally> {
    let (mut tally, mut rest) = (Tally::default(), names);
    while !rest.is_empty() {
        let finished = child(config, rest, &mut tally)?;
        rest = &rest[finished..];
    }
    Ok(tally)
}

/// Runs cases until the child ends; how many there is an outcome for, which is at least one.
fn child(config: &Config, names: &[String], tally: &mut Tally) -> Result<usize> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--child").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let (Some(target), Some(runner)) = (&config.target, &config.runner) {
        command.args(["--target", target]).arg("--runner").arg(runner);
    }
    if let Some(folder) = &config.dump {
        command.arg("--dump").arg(folder);
    }
    let mut child = command.spawn().context("cannot start a child")?;
    if let Some(mut input) = child.stdin.take() {
        // A child that has already died says so below. The names fit into the pipe.
        _ = input.write_all((names.join("\n") + "\n").as_bytes());
    }
    let output = child.wait_with_output()?;
    let finished = read(config, &String::from_utf8_lossy(&output.stdout), names, tally);
    if finished < names.len() {
        let how = match output.status.code() {
            Some(TIMED_OUT) => "took too long".to_owned(),
            _ => format!("crashed ({})", output.status),
        };
        let text = String::from_utf8_lossy(&output.stderr);
        let said: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(3).collect();
        fail(config, &names[finished], &format!("{how} {}", said.join(" | ")), tally);
        return Ok(finished + 1);
    }
    Ok(finished)
}

/// Reads a child's lines; how many cases ended.
fn read(config: &Config, lines: &str, names: &[String], tally: &mut Tally) -> usize {
    let outcomes = lines.lines().filter(|line| !line.starts_with('@'));
    let mut finished = 0;
    for (line, name) in outcomes.zip(names) {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("ok", _) => tally.passed += 1,
            ("skip", _) => tally.skipped += 1,
            (_, why) => fail(config, name, why, tally),
        }
        finished += 1;
    }
    finished
}

fn fail(config: &Config, name: &str, why: &str, tally: &mut Tally) {
    tally.failed += 1;
    let place = config.target.as_ref().map_or(String::new(), |target| format!(" --target {target}"));
    println!("{name}: {why}\n    again: cargo xtask differential --case {name}{place} --dump DIR");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_childs_lines() {
        let names = ["a", "b", "c", "d"].map(str::to_owned);
        let mut tally = Tally::default();
        let config = Config::parse(["--only", "scalar"].map(str::to_owned)).expect("options");
        assert_eq!(read(&config, "@a\nok\n@b\nfail it differs\n@c\nskip\n@d\n", &names, &mut tally), 3);
        assert_eq!(tally, Tally { passed: 1, failed: 1, skipped: 1 });
    }
}
