//! `ci`: every check, in the order in which a failure is cheapest to find.

use std::process::Command;
use std::time::Instant;

use crate::run::{Failed, cargo, command, integration_test, test_binary};

struct Step {
    name: &'static str,
    run: fn() -> Result<(), Failed>,
}

const STEPS: &[Step] = &[
    // Layout is not a matter of discussion.
    Step { name: "format", run: || cargo(&["fmt", "--all", "--check"]) },
    // A workspace build unifies features, which would hide a leak of `std` into the loader: so it comes first and alone.
    Step { name: "loader-thumb", run: || loader_alone("thumbv7em-none-eabihf") },
    Step { name: "loader-riscv", run: || loader_alone("riscv32imac-unknown-none-elf") },
    Step {
        name: "clippy",
        run: || cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]),
    },
    Step { name: "docs", run: docs },
    // Who imports whom, where unsafe lives, how long files are.
    Step { name: "tidy", run: || integration_test("tidy", &[]) },
    // Everything else that is a test in cargo's sense: units, goldens, bad input, the command line, devices, programs.
    Step { name: "tests", run: tests },
    // The official suites on this machine: each bounds strategy, unoptimised and fully optimised.
    Step { name: "spec-guard-O0", run: || spec(&["--bounds", "guard", "--opt-level", "0"]) },
    Step { name: "spec-guard-O3", run: || spec(&["--bounds", "guard", "--opt-level", "3"]) },
    Step { name: "spec-software-O0", run: || spec(&["--bounds", "software", "--opt-level", "0"]) },
    Step { name: "spec-software-O3", run: || spec(&["--bounds", "software", "--opt-level", "3"]) },
    // An interpreter as the judge: random modules that are the same each time, and of the edge values what is quick.
    Step { name: "differential", run: || differential(&["--seed", "1", "--count", "300", "--only", "smith"]) },
    Step { name: "differential-loads", run: || differential(&["--only", "scalar", "--filter", "unused"]) },
    Step { name: "differential-floats", run: || differential(&["--only", "scalar", "--filter", "operator/f64-"]) },
    Step { name: "differential-families", run: || differential(&["--families", "--quick"]) },
    // C programs against the installed library, here and on a board.
    Step { name: "clients", run: || clients(&[]) },
    // Those with threads under the thread sanitizer.
    Step { name: "clients-races", run: || clients(&["--races"]) },
    Step { name: "clients-board", run: || clients(&["--target", "thumbv7em-hf"]) },
    // Nothing has become slower or larger on boards than it was for the last release.
    Step { name: "size", run: || test_binary("size", &["--ours".to_owned()]) },
    // A part of the suites on every instruction set, under its emulator.
    Step { name: "spec-families", run: || spec(&["--families", "--quick"]) },
    // On a board with 16 KiB of RAM.
    Step { name: "spec-small", run: || spec(&["--target", "thumbv6m", "--board", "microbit", "--quick"]) },
    Step { name: "spec-copied", run: || spec(&["--families", "--quick", "--shifted"]) },
];

fn loader_alone(target: &str) -> Result<(), Failed> {
    cargo(&["build", "--quiet", "--package", "graver-loader", "--no-default-features", "--target", target])
}

fn clients(arguments: &[&str]) -> Result<(), Failed> {
    crate::clients::run(&arguments.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn docs() -> Result<(), Failed> {
    let mut cargo = Command::new(env!("CARGO"));
    command(cargo.env("RUSTDOCFLAGS", "-D warnings").args(["doc", "--workspace", "--no-deps", "--quiet"]))
}

fn tests() -> Result<(), Failed> {
    let has_nextest = Command::new(env!("CARGO")).args(["nextest", "--version"]).output();
    if !has_nextest.is_ok_and(|output| output.status.success()) {
        return cargo(&["test", "--workspace", "--quiet"]);
    }
    cargo(&["nextest", "run", "--workspace", "--no-fail-fast", "--status-level", "fail"])?;
    // nextest leaves out the examples in documentation.
    cargo(&["test", "--workspace", "--doc", "--quiet"])
}

fn spec(arguments: &[&str]) -> Result<(), Failed> {
    test_binary("spec", &arguments.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn differential(arguments: &[&str]) -> Result<(), Failed> {
    test_binary("differential", &arguments.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// Runs all steps, or those named. One failure does not hide the next.
pub(crate) fn run(names: &[String]) -> Result<(), Failed> {
    if names.iter().any(|name| name == "--list") {
        STEPS.iter().for_each(|step| println!("{}", step.name));
        return Ok(());
    }
    if let Some(unknown) = names.iter().find(|name| STEPS.iter().all(|step| step.name != name.as_str())) {
        return Err(Failed(Some(format!("no step `{unknown}`; --list names them"))));
    }
    let begin = Instant::now();
    let mut report = Vec::new();
    for step in STEPS.iter().filter(|step| names.is_empty() || names.iter().any(|name| name == step.name)) {
        println!("==> {}", step.name);
        let start = Instant::now();
        let outcome = (step.run)();
        if let Err(Failed(Some(why))) = &outcome {
            eprintln!("{why}");
        }
        let line = format!("{:>8.1} s  {:<6}  {}", start.elapsed().as_secs_f64(), verdict(&outcome), step.name);
        println!("{line}");
        report.push((outcome.is_ok(), line));
    }
    println!("\n==> summary");
    report.iter().for_each(|(_, line)| println!("{line}"));
    let failed = report.iter().filter(|(passed, _)| !passed).count();
    println!("{:>8.1} s  in all", begin.elapsed().as_secs_f64());
    println!("{} passed, {failed} failed, 0 skipped", report.len() - failed);
    if failed == 0 { Ok(()) } else { Err(Failed(None)) }
}

fn verdict(outcome: &Result<(), Failed>) -> &'static str {
    if outcome.is_ok() { "ok" } else { "FAILED" }
}
