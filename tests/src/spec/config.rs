//! The options of the `spec` job.

use anyhow::{Context, Result, bail};

use super::compile;

/// `--help`.
pub const USAGE: &str = "\
spec [--target T] [--filter F] [--quick] [--bounds guard|software] [--opt-level 0..3] [--jobs N]

Runs the official WebAssembly 1.0 and 2.0 suites through compiler and loader. With a target other than
this machine's, modules are compiled and linked only, and the report says so.
  --filter F   files whose names contain F, for example wasm-v2/call or i32.wast
  --quick      a named subset that touches every part";

/// How to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub(crate) target: String,
    pub(crate) filter: String,
    pub(crate) quick: bool,
    pub(crate) guard: Option<bool>,
    pub(crate) opt_level: u8,
    pub(crate) jobs: usize,
    /// In a child: the one file to run.
    pub(crate) child: Option<String>,
}

impl Config {
    /// From the command line.
    ///
    /// # Errors
    /// For options that do not exist or lack a value.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut config = Self {
            target: "native".into(),
            filter: String::new(),
            quick: false,
            guard: None,
            opt_level: 3,
            jobs: 0,
            child: None,
        };
        let mut arguments = arguments.into_iter();
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{option} needs a value"));
            match option.as_str() {
                "--target" => config.target = value()?,
                "--filter" => config.filter = value()?,
                "--quick" => config.quick = true,
                "--bounds" => {
                    config.guard = Some(match value()?.as_str() {
                        "guard" => true,
                        "software" => false,
                        other => bail!("--bounds {other}: guard or software"),
                    });
                }
                "--opt-level" => {
                    config.opt_level = value()?.parse().ok().filter(|level| *level <= 3).context("--opt-level 0..3")?;
                }
                "--jobs" => config.jobs = value()?.parse().context("--jobs NUMBER")?,
                "--child" => config.child = Some(value()?),
                _ => bail!("unknown option {option}"),
            }
        }
        Ok(config)
    }

    /// Whether this process is to run one file only.
    pub fn is_child(&self) -> bool {
        self.child.is_some()
    }

    /// Whether the target is another machine than this, so that nothing can run.
    pub(crate) fn is_link_only(&self) -> bool {
        !compile::runs_here(&self.target)
    }

    /// One line that says what is run, and how.
    pub(crate) fn describe(&self) -> String {
        let bounds = match self.guard {
            Some(true) => "guard",
            Some(false) => "software",
            None => "the target's",
        };
        let how = if self.is_link_only() { "compiled and linked only, not run" } else { "compiled, loaded and run" };
        format!("target {}, {bounds} bounds checks, -O{}: {how}", self.target, self.opt_level)
    }

    /// The arguments that make a child do one file of this run.
    pub(crate) fn child_arguments(&self, file: &str) -> Vec<String> {
        let mut arguments: Vec<String> = vec!["--child".into(), file.into(), "--target".into(), self.target.clone()];
        if let Some(guard) = self.guard {
            arguments.extend(["--bounds".into(), if guard { "guard".into() } else { "software".into() }]);
        }
        arguments.extend(["--opt-level".into(), self.opt_level.to_string()]);
        arguments
    }
}

#[cfg(test)]
mod tests {
    use super::Config;

    fn parse(line: &str) -> anyhow::Result<Config> {
        Config::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn a_child_gets_the_same_configuration() {
        let config = parse("--bounds software --opt-level 1 --target thumbv7em").expect("valid options");
        let child = Config::parse(config.child_arguments("wasm-v2/i32.wast")).expect("valid options");
        assert_eq!(child, Config { child: Some("wasm-v2/i32.wast".into()), ..config });
    }

    #[test]
    fn nonsense_is_refused() {
        for line in ["--opt-level 4", "--opt-level", "--bounds maybe", "--fast"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
