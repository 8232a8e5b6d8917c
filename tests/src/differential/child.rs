//! Cases in a process of their own. What happens goes to standard output, a line each: `@NAME` before a case, then
//! `ok`, `skip` or `fail REASON`.

use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use graver_aot_format::BoundsStrategy;
use graver_targets::Target;

use super::case::{self, Case};
use super::config::Config;
use super::subject::{self, Way};
use super::trace::{Outcome, Step, compare};
use super::{elsewhere, oracle, smith};
use crate::emulator::Runner;

/// No case takes a tenth of this; a miscompiled loop takes longer.
const LIMIT: Duration = Duration::from_secs(300);

/// How many calls of a case may take too long.
const ENDLESS_CALLS: usize = 8;

/// How a child ends whose case took too long.
pub(crate) const TIMED_OUT: i32 = 124;

/// Runs the cases that standard input names.
pub fn run(config: &Config) -> ExitCode {
    static DONE: AtomicU64 = AtomicU64::new(0);
    std::thread::spawn(|| {
        loop {
            let before = DONE.load(Ordering::Relaxed);
            std::thread::sleep(LIMIT);
            if DONE.load(Ordering::Relaxed) == before {
                std::process::exit(TIMED_OUT);
            }
        }
    });
    let elsewhere = match config.elsewhere() {
        Ok(elsewhere) => elsewhere,
        Err(error) => {
            eprintln!("{error:#}");
            return ExitCode::FAILURE;
        }
    };
    for name in std::io::stdin().lock().lines().map_while(Result::ok) {
        say(&format!("@{name}"));
        match check(&name, config.dump.as_deref(), elsewhere.as_ref()) {
            Ok(true) => say("ok"),
            Ok(false) => say("skip"),
            Err(error) => say(&format!("fail {}", format!("{error:#}").replace(['\n', '\r'], " "))),
        }
        DONE.fetch_add(1, Ordering::Relaxed);
    }
    ExitCode::SUCCESS
}

fn say(line: &str) {
    // Unbuffered: the next thing may be a crash.
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        std::process::exit(1);
    }
}

/// Whether a case holds; `false` if there is nothing to compare.
fn check(name: &str, dump: Option<&Path>, elsewhere: Option<&(&'static Target, Runner)>) -> Result<bool> {
    let Some(mut case) = case::make(name)? else { return Ok(false) };
    if let Some(folder) = dump {
        write(&case, name, folder).context("cannot write the module")?;
    }
    let mut expected = oracle::run(&case)?;
    // Calls that take too long are left out, within limits.
    for _ in 0..ENDLESS_CALLS {
        match expected.last() {
            Some(Step { call: Some(call), outcome: Outcome::Exhausted(_), .. }) => case.calls.remove(*call),
            _ => break,
        };
        expected = oracle::run(&case)?;
    }
    let calls = finished_calls(&expected);
    let is_exhausted_at_once = matches!(expected.first(), Some(Step { outcome: Outcome::Exhausted(_), .. }));
    if is_exhausted_at_once
        || name.starts_with(smith::PREFIX) && calls == 0 && !case.calls.is_empty() && expected.len() > 1
    {
        return Ok(false);
    }
    // The instances made for a call that is left out are left out as well.
    expected.truncate(expected.iter().rposition(|step| step.call.is_some_and(|call| call < calls)).unwrap_or(0) + 1);
    let describe = |index: usize| match case.calls.get(index) {
        Some(call) => format!("call {index}, {} {:?}", call.export, call.arguments),
        None => format!("call {index}"),
    };
    if let Some((target, runner)) = elsewhere {
        for way in Way::on(target) {
            elsewhere::run(runner, &case, &expected, way).with_context(|| way.to_string())?;
        }
        return Ok(true);
    }
    for way in Way::of(name) {
        let steps = subject::run(&case, calls, way).with_context(|| way.to_string())?;
        compare(&expected, &steps, case.nans, way.bounds == BoundsStrategy::Software, describe)
            .map_err(|what| anyhow::anyhow!("{way}: {what}"))?;
    }
    Ok(true)
}

/// How many calls came to an end that wasm defines; what does not end here would not end there.
fn finished_calls(steps: &[Step]) -> usize {
    let finished = steps.iter().filter(|step| !matches!(step.outcome, Outcome::Exhausted(_)));
    finished.filter_map(|step| step.call).max().map_or(0, |last| last + 1)
}

fn write(case: &Case, name: &str, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let stem = name.replace('/', "-");
    let save = |stem: &str, wasm: &[u8], calls: &str| -> Result<()> {
        std::fs::write(folder.join(format!("{stem}.wasm")), wasm)?;
        std::fs::write(folder.join(format!("{stem}.wat")), wasmprinter::print_bytes(wasm)? + calls)?;
        Ok(())
    };
    let calls = case.calls.iter().enumerate();
    let calls: String =
        calls.map(|(index, call)| format!(";; call {index}: {} {:?}\n", call.export, call.arguments)).collect();
    save(&stem, &case.module, &calls)?;
    if let Some(provider) = &case.provider {
        save(&format!("{stem}-provider"), &provider.module, "")?;
    }
    Ok(())
}
