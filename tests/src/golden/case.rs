//! One case: its directives, and the text that the compiler makes of it.

use anyhow::{Context, Result, bail};
use graver_aot_format::BoundsStrategy;
use graver_compiler::{Format, Options, compile};
use graver_targets::Target;

use super::cut;

/// The directives at the start of a file.
pub(super) struct Case {
    options: Options,
    expect: Expect,
    /// Functions to show; all that come from wasm if empty.
    show: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Ir,
    Assembly,
    Inspect,
}

impl Case {
    pub(super) fn parse(source: &str) -> Result<Self> {
        let directive = |name: &str| {
            let comments = source.lines().map_while(|line| line.strip_prefix(";;"));
            comments
                .filter_map(|line| line.trim().split_once(':'))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.trim())
        };
        let target = directive("target").context("no `;; target:` line")?;
        let mut options = Options::new(Target::get(target).with_context(|| format!("no target `{target}`"))?);
        let expect = match directive("expect").context("no `;; expect:` line")? {
            "llvmir-unopt" => (Format::LlvmIrUnopt, Expect::Ir),
            "llvmir-opt" => (Format::LlvmIrOpt, Expect::Ir),
            "asm" => (Format::Asm, Expect::Assembly),
            "inspect" => (Format::Aot, Expect::Inspect),
            other => bail!("cannot expect `{other}`"),
        };
        options.format = expect.0;
        options.threads = 1;
        apply(&mut options, directive("options").unwrap_or_default())?;
        let show = directive("show").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        Ok(Self { options, expect: expect.1, show })
    }

    /// What is compared.
    pub(super) fn text(&self, source: &str) -> Result<String> {
        let bytes = compile(&wat::parse_str(source)?, &self.options)?;
        if self.expect == Expect::Inspect {
            return inspection(&bytes);
        }
        let text = String::from_utf8(bytes).context("the compiler's output is not text")?;
        let is_shown = |name: &str| match self.show.is_empty() {
            true => is_wasm_function(name),
            false => self.show.iter().any(|shown| shown == name),
        };
        let shown = match self.expect {
            Expect::Ir => cut::ir_functions(&text, is_shown),
            _ => cut::assembly_functions(&text, is_shown),
        };
        anyhow::ensure!(!shown.is_empty(), "none of the functions to show exists");
        Ok(shown)
    }
}

/// What `graver inspect --disassemble` prints, without the versions.
fn inspection(image: &[u8]) -> Result<String> {
    let text = graver_compiler::inspect::inspect(image, true)?.to_string();
    Ok(text.lines().filter(|line| !line.starts_with("made by")).map(|line| format!("{line}\n")).collect())
}

/// `f` and the function's index.
fn is_wasm_function(name: &str) -> bool {
    name.strip_prefix('f').is_some_and(|index| !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit()))
}

fn apply(options: &mut Options, line: &str) -> Result<()> {
    let mut words = line.split_whitespace();
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word {
            "--opt-level" => options.opt_level = value()?.parse()?,
            "--size-level" => options.size_level = value()?.parse()?,
            "--fixed-memory" => options.fixed_memory = true,
            "--interruptible" => options.interruptible = true,
            "--bounds-checks" => {
                options.bounds = Some(match value()? {
                    "guard" => BoundsStrategy::Guard,
                    "software" => BoundsStrategy::Software,
                    other => bail!("--bounds-checks {other}"),
                });
            }
            other => bail!("unknown option {other}"),
        }
    }
    Ok(())
}
