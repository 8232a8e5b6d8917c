//! Real programs, compiled by `graver compile` and run by `graver-run`, against the native builds of the same sources: on
//! this machine, and on other machines with Linux, which QEMU's user mode stands for.

use std::path::PathBuf;
use std::process::Command;

use graver_guests::compare::{Outcome, both_ways};
use graver_guests::tools::Tools;
use graver_guests::{Error, Guest, c, output_directory, repository, rust};
use graver_targets::Target;
use graver_tests::emulator;

/// How often each program is compiled and run: the options of `graver compile`.
const WAYS: &[&[&str]] = &[&["--bounds-checks", "guard"], &["--bounds-checks", "software"], &["--opt-level", "0"]];

/// A row of each other instruction set that has Linux.
const ELSEWHERE: &[&str] = &["aarch64", "riscv64gc", "armv7"];

/// One run: arguments, files to start with, and what the native run must have printed to count as one.
struct Run {
    arguments: Vec<&'static str>,
    inputs: Vec<PathBuf>,
    code: i32,
    prints: &'static str,
}

fn check(guest: &Guest, runs: &[Run]) -> Result<(), Error> {
    check_ways(guest, runs, WAYS)
}

fn check_ways(guest: &Guest, runs: &[Run], ways: &[&[&str]]) -> Result<(), Error> {
    let tools = Tools::build()?;
    ways.iter().try_for_each(|options| check_way(guest, runs, options, &|| Ok(tools.graver_run())))
}

fn check_elsewhere(guest: &Guest, runs: &[Run]) -> Result<(), Error> {
    for name in ELSEWHERE {
        let board = Target::find(name)?.board.as_ref().ok_or("the row has a board")?;
        check_way(guest, runs, &["--target", name], &|| emulator::graver_run(board))?;
    }
    Ok(())
}

fn check_way(
    guest: &Guest,
    runs: &[Run],
    options: &[&str],
    runner: &dyn Fn() -> Result<Command, Error>,
) -> Result<(), Error> {
    let image = output_directory()?.join(format!("{}{}.aot", guest.name, options.concat()));
    Tools::build()?.compile(&guest.wasm, &image, options)?;
    for run in runs {
        let (native, ours) = both_ways(guest, &image, runner()?, &run.inputs, &run.arguments)?;
        let what = format!("{} {:?} {options:?}", guest.name, run.arguments);
        assert_eq!(native.code, Some(run.code), "the native run of {what}");
        assert!(native.stdout.contains(run.prints), "{what} printed natively:\n{}", native.stdout);
        same(&what, &native, &ours);
    }
    Ok(())
}

fn same(what: &str, native: &Outcome, ours: &Outcome) {
    assert_eq!(native.code, ours.code, "exit code of {what}");
    assert_eq!(native.stdout, ours.stdout, "output of {what}");
    assert!(native.files.keys().eq(ours.files.keys()), "{what}: {:?} {:?}", native.files.keys(), ours.files.keys());
    for (name, bytes) in &native.files {
        assert!(ours.files.get(name) == Some(bytes), "{what}: {} differs", name.display());
    }
}

#[test]
fn textkit() -> Result<(), Error> {
    check(&rust::TEXTKIT.build()?, &textkit_runs())
}

#[test]
fn textkit_elsewhere() -> Result<(), Error> {
    check_elsewhere(&rust::TEXTKIT.build()?, &textkit_runs())
}

fn textkit_runs() -> Vec<Run> {
    let run = |arguments, code, prints| Run { arguments, inputs: Vec::new(), code, prints };
    vec![
        run(vec!["."], 0, "report survives a round trip: true"),
        run(vec![".", "20000"], 0, "alpha: 19"),
        run(vec!["new/folder", "7"], 0, "alpha.log.gz: true"),
        run(vec![".", "many"], 1, ""),
        run(vec![], 1, ""),
    ]
}

#[test]
fn parallel() -> Result<(), Error> {
    // Threads meet in memory, whose accesses are what differs.
    check_ways(&rust::PARALLEL.build()?, &parallel_runs(), &WAYS[..2])
}

#[test]
fn parallel_elsewhere() -> Result<(), Error> {
    check_elsewhere(&rust::PARALLEL.build()?, &parallel_runs())
}

fn parallel_runs() -> Vec<Run> {
    let run = |arguments, code, prints| Run { arguments, inputs: Vec::new(), code, prints };
    vec![
        run(vec!["20000", "2"], 0, "1000 turns"),
        run(vec!["500", "7"], 0, "counted 70000 and 70000"),
        run(vec!["exit"], 7, ""),
        run(vec!["wait"], 0, "ends all the same"),
    ]
}

/// Natively only the thread would end.
#[test]
fn a_thread_that_traps_ends_the_program() -> Result<(), Error> {
    let (guest, tools) = (rust::PARALLEL.build()?, Tools::build()?);
    let image = output_directory()?.join("parallel-ends.aot");
    tools.compile(&guest.wasm, &image, &[])?;
    let run =
        |options: &[&str], arguments: &[&str]| tools.graver_run().args(options).arg(&image).args(arguments).output();
    let trapped = run(&[], &["trap"])?;
    assert_eq!(trapped.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&trapped.stderr).ends_with("Exception: unreachable\n"), "{trapped:?}");
    let stopped = run(&["--timeout", "300"], &["spin"])?;
    assert_eq!(stopped.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&stopped.stderr), "Exception: terminated by user\n");
    // The pool needs two.
    let refused = run(&["--max-threads", "1"], &["10", "2"])?;
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    Ok(())
}

#[test]
fn sqlite() -> Result<(), Error> {
    check(&c::SQLITE.build()?, &sqlite_runs())
}

#[test]
fn sqlite_elsewhere() -> Result<(), Error> {
    check_elsewhere(&c::SQLITE.build()?, &sqlite_runs())
}

fn sqlite_runs() -> Vec<Run> {
    let script = repository().join("tests/programs/sqlite/script.sql");
    let run = |arguments, code, prints| Run { arguments, inputs: vec![script.clone()], code, prints };
    vec![
        run(vec!["new.db", "script.sql"], 3, "no such table: nowhere"),
        run(vec![":memory:", "script.sql"], 3, "no such table: nowhere"),
        run(vec!["nowhere/new.db", "script.sql"], 1, ""),
        run(vec!["new.db"], 2, ""),
    ]
}

/// The interpreter runs a script of ours and the parts of its own test suite that its command line can run.
#[test]
fn quickjs() -> Result<(), Error> {
    let own = repository().join("tests/programs/quickjs/script.js");
    let theirs = c::QUICKJS.source_folder()?.join("tests");
    let own_test = |path| Run { arguments: vec![path], inputs: vec![theirs.clone()], code: 0, prints: "" };
    check(
        &c::QUICKJS.build()?,
        &[
            Run { arguments: vec!["script.js"], inputs: vec![own], code: 0, prints: "caught the end" },
            own_test("tests/test_language.js"),
            own_test("tests/test_closure.js"),
            own_test("tests/test_loop.js"),
            own_test("tests/test_bigint.js"),
            own_test("tests/test_base64.js"),
            own_test("tests/test_bjson.js"),
            own_test("tests/test_queue_microtask.js"),
            Run { code: 1, ..own_test("tests/bug648.js") },
        ],
    )
}
