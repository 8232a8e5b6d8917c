//! `cargo xtask VERB`: one verb per CI job, each a thin call of cargo or of a binary of the tests and benches packages.

mod ci;
mod clients;
mod install;
mod run;

use std::process::ExitCode;

use run::{Failed, bench_binary, integration_test, test_binary};

/// A job by name.
struct Verb {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<(), Failed>,
}

const VERBS: &[Verb] = &[
    Verb {
        name: "ci",
        arguments: "[--list] [STEP...]",
        about: "everything that CI checks, or only the named steps",
        run: ci::run,
    },
    Verb {
        name: "spec",
        arguments: "[--target T | --all | --families] [--filter F] [--quick] [--bounds guard|software] [--opt-level 0..3|s|z] [--shifted]",
        about: "the official WebAssembly suites, here or in a target's emulator; --all for every target, with a table",
        run: |rest| test_binary("spec", rest),
    },
    Verb {
        name: "golden",
        arguments: "[--bless] [--filter F]",
        about: "compile tests/golden/*.wat and compare with the expected text beside each; --bless rewrites it",
        run: |rest| test_binary("golden", rest),
    },
    Verb {
        name: "differential",
        arguments: "--seed S [--count N] | --target T | --all | --families [--quick]  [--case NAME] [--only smith|scalar] [--filter F] [--dump DIR]",
        about: "random modules and edge values, Graver against the interpreter wasmi; names the case that fails",
        run: |rest| test_binary("differential", rest),
    },
    Verb {
        name: "fuzz",
        arguments: "--seconds S [--seed N]",
        about: "damaged images and modules until the time is over; prints the seed of a failure",
        run: |rest| test_binary("fuzz", rest),
    },
    Verb {
        name: "tidy",
        arguments: "[NAME]",
        about: "the architecture, held true: who imports whom, where unsafe and architecture names live, file sizes",
        run: |rest| integration_test("tidy", rest),
    },
    Verb {
        name: "programs",
        arguments: "[NAME]",
        about: "real programs: compiled, run, and compared with their native builds",
        run: |rest| integration_test("programs", rest),
    },
    Verb {
        name: "device",
        arguments: "[NAME]",
        about: "images in the flash of emulated boards; prints flash, RAM and stack",
        run: |rest| integration_test("device", &[&["--nocapture".to_owned()], rest].concat()),
    },
    Verb {
        name: "size",
        arguments: "[--only PART] [--target T] [--ours] [--bless] [--profile FILE]",
        about: "instructions, text and RAM on emulated boards against benches/budget.txt; --bless accepts what was measured",
        run: |rest| test_binary("size", rest),
    },
    Verb {
        name: "clients",
        arguments: "[--target T | --races] [--filter F] [--quick]",
        about: "C programs for the embedding API against the installed library: two compilers, sanitizers, valgrind; a board; or \
                those with threads under the thread sanitizer",
        run: clients::run,
    },
    Verb {
        name: "install",
        arguments: "--prefix DIR [--target T]",
        about: "the C library with its headers, for pkg-config, CMake, and projects that were written for WAMR",
        run: install::run,
    },
    Verb {
        name: "bench",
        arguments: "[--quick] [--json] [--only PART]",
        about: "kernels against native code and wasmtime, what calls take, and what a second thread brings",
        run: |rest| bench_binary("bench", rest),
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        print_help();
        return ExitCode::from(2);
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print_help();
        return ExitCode::SUCCESS;
    }
    let Some(verb) = VERBS.iter().find(|verb| verb.name == name) else {
        eprintln!("xtask: no verb `{name}`; `cargo xtask --help` lists them");
        return ExitCode::from(2);
    };
    match (verb.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(why)) => {
            if let Some(why) = why {
                eprintln!("xtask {name}: {why}");
            }
            ExitCode::FAILURE
        }
    }
}

fn print_help() {
    println!("cargo xtask VERB [ARGUMENTS]\n");
    for verb in VERBS {
        println!("  {} {}\n      {}", verb.name, verb.arguments, verb.about);
    }
    println!("\nVerbs that count end in `N passed, N failed, N skipped`; every verb exits with 0 or 1.");
}
