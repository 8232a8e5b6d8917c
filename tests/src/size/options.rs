//! The options of the `size` job.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// `--help`.
pub const USAGE: &str = "\
size [--only PART] [--target T] [--ours] [--bless] [--profile FILE]

Measures what code takes on emulated boards and compares it with benches/budget.txt: a figure may grow by 3 % from one
release to the next.
  --only PART      coremark (instructions, text and RAM of a kernel, beside a native build), loader (flash, stack and pool
                   of a firmware with it, and where the bytes come from), capi (the same of the C library), or skips
  --target T       only the kernel on this target
  --ours           only what the budget judges, without the native builds that it is compared with
  --bless          accept all that was measured as the new budget
  --profile FILE   with --target: how often each instruction of the target's code was executed, hottest runs first";

/// What to measure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub(crate) only: String,
    pub(crate) target: String,
    /// Nothing is compared with native code.
    pub(crate) ours: bool,
    pub(crate) bless: bool,
    pub(crate) profile: Option<PathBuf>,
}

impl Options {
    /// From the command line.
    ///
    /// # Errors
    /// For options that do not exist or lack a value.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut options = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{option} needs a value"));
            match option.as_str() {
                "--only" => options.only = value()?,
                "--target" => options.target = value()?,
                "--ours" => options.ours = true,
                "--bless" => options.bless = true,
                "--profile" => options.profile = Some(value()?.into()),
                _ => bail!("unknown option {option}"),
            }
        }
        if options.profile.is_some() && options.target.is_empty() {
            bail!("--profile needs --target");
        }
        Ok(options)
    }
}
