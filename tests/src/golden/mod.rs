//! Code shape: what the compiler makes of small modules, written down.
//!
//! A case is a `.wat` file in `golden/` that starts with directives, and the expected text in `.expected` beside it:
//!
//! ```text
//! ;; target: thumbv7em
//! ;; options: --opt-level 3 --bounds-checks software
//! ;; expect: asm
//! ;; show: f0 f1
//! ```
//! `expect` is `llvmir-unopt`, `llvmir-opt`, `asm` or `inspect`: what `graver inspect --disassemble` prints. Of IR and
//! assembly only functions are compared, all that come from wasm or those that `show` names. Options are those of
//! `graver compile`.

mod case;
mod cut;
mod diff;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::Tally;
use case::Case;

/// Runs the cases whose names contain `filter`; with `bless`, rewrites what they expect.
///
/// # Errors
/// If the folder cannot be read or written.
pub fn run(filter: &str, bless: bool) -> Result<Tally> {
    let mut tally = Tally::default();
    for path in cases(filter)? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match check(&path, bless) {
            Ok(Verdict::Same) => tally.passed += 1,
            Ok(Verdict::Blessed) => {
                println!("{name}: blessed");
                tally.passed += 1;
            }
            Ok(Verdict::Differs(difference)) => {
                println!("{name}: differs from {}\n{difference}", expected_path(&path).display());
                tally.failed += 1;
            }
            Err(error) => {
                println!("{name}: {error:#}");
                tally.failed += 1;
            }
        }
    }
    Ok(tally)
}

enum Verdict {
    Same,
    Blessed,
    Differs(String),
}

fn check(path: &Path, bless: bool) -> Result<Verdict> {
    let source = fs::read_to_string(path)?;
    let found = Case::parse(&source)?.text(&source)?;
    let expected_path = expected_path(path);
    let expected = fs::read_to_string(&expected_path);
    if expected.as_ref().is_ok_and(|expected| *expected == found) {
        return Ok(Verdict::Same);
    }
    if bless {
        fs::write(&expected_path, found)?;
        return Ok(Verdict::Blessed);
    }
    let expected = expected.with_context(|| format!("{}: run with --bless to write it", expected_path.display()))?;
    Ok(Verdict::Differs(diff::lines(&expected, &found)))
}

fn expected_path(case: &Path) -> PathBuf {
    case.with_extension("expected")
}

fn cases(filter: &str) -> Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let mut found: Vec<PathBuf> = fs::read_dir(&folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found.retain(|path| {
        let is_case = path.extension().is_some_and(|extension| extension == "wat");
        is_case && path.file_stem().is_some_and(|name| name.to_string_lossy().contains(filter))
    });
    found.sort();
    Ok(found)
}
