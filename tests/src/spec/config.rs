//! The options of the `spec` job.

use anyhow::{Context, Result, bail};

use std::path::PathBuf;

use graver_targets::{Board, Target};

use super::compile;
use crate::rows::Rows;

/// `--help`.
pub const USAGE: &str = "\
spec [--target T [--board B] | --all | --families] [--filter F] [--quick] [--bounds guard|software]
     [--opt-level 0..3|s|z] [--shifted] [--jobs N]

Runs the official WebAssembly 1.0 and 2.0 suites through compiler and loader, and files of our own: `graver/shapes.wast`
calls host functions in C's convention and as closures, with all types of parameters in registers and on the stack, and
`graver/atomics.wast` shares memories between modules. Code for another machine than
this runs under the target's emulator; `graver targets` names it. For a target without one, modules are
compiled and linked only, and the report says so.
  --all        every target that has a machine to run on, with a table at the end
  --families   the same with the first target of each instruction set
  --shifted    images lie where their code must be copied; on bare machines, without this option, it runs where it lies.
               Both is checked, and that nothing writes the code
  --apart      code for this machine runs in a program of its own, too, as it does for others
  --board B    another machine for the target: `microbit` for thumbv6m has the very CPU, and so little memory that each
               module is run by itself and many are left out
  --filter F   files whose names contain F, for example wasm-v2/call or i32.wast
  --quick      a named subset that touches every part";

/// How to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub(crate) target: String,
    /// The target's machine, if not the usual one.
    pub(crate) board: Option<String>,
    /// Which targets beside that one.
    pub(crate) rows: Rows,
    pub(crate) filter: String,
    pub(crate) quick: bool,
    pub(crate) guard: Option<bool>,
    pub(crate) effort: Effort,
    /// Put images where their code must be copied.
    pub(crate) is_shifted: bool,
    /// Run in a program apart from this, even what this process could run.
    pub(crate) is_apart: bool,
    pub(crate) jobs: usize,
    /// In a child: the one file to run.
    pub(crate) child: Option<String>,
    /// In a child: the program that executes scripts on the board.
    pub(crate) runner: Option<PathBuf>,
}

/// What code is optimised for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Effort {
    pub(crate) name: &'static str,
    pub(crate) opt_level: u8,
    pub(crate) size_level: u8,
}

const EFFORTS: &[Effort] = &[
    Effort { name: "0", opt_level: 0, size_level: 0 },
    Effort { name: "1", opt_level: 1, size_level: 0 },
    Effort { name: "2", opt_level: 2, size_level: 0 },
    Effort { name: "3", opt_level: 3, size_level: 0 },
    Effort { name: "s", opt_level: 3, size_level: 2 },
    Effort { name: "z", opt_level: 3, size_level: 3 },
];

impl Effort {
    fn find(name: &str) -> Option<Self> {
        EFFORTS.iter().find(|effort| effort.name == name).copied()
    }
}

/// Where the code for a target runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// In this process.
    Here,
    /// In a program for this board.
    Board(&'static Board),
    /// There is no machine for it.
    Nowhere,
}

impl Config {
    /// From the command line.
    ///
    /// # Errors
    /// For options that do not exist or lack a value.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut config = Self {
            target: "native".into(),
            board: None,
            rows: Rows::One,
            filter: String::new(),
            quick: false,
            guard: None,
            effort: EFFORTS[3],
            is_shifted: false,
            is_apart: false,
            jobs: 0,
            child: None,
            runner: None,
        };
        let mut arguments = arguments.into_iter();
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{option} needs a value"));
            match option.as_str() {
                "--target" => config.target = value()?,
                "--board" => config.board = Some(value()?),
                "--all" => config.rows = Rows::All,
                "--families" => config.rows = Rows::Families,
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
                    config.effort = Effort::find(&value()?).context("--opt-level 0..3, s or z")?;
                }
                "--jobs" => config.jobs = value()?.parse().context("--jobs NUMBER")?,
                "--shifted" => config.is_shifted = true,
                "--apart" => config.is_apart = true,
                "--runner" => config.runner = Some(value()?.into()),
                "--child" => config.child = Some(value()?),
                _ => bail!("unknown option {option}"),
            }
        }
        if config.board.is_some() && config.rows != Rows::One {
            bail!("--board is about one target");
        }
        Ok(config)
    }

    /// Whether this process is to run one file only.
    pub fn is_child(&self) -> bool {
        self.child.is_some()
    }

    /// Where code runs.
    pub(crate) fn place(&self) -> Result<Place> {
        let target = Target::find(&self.target)?;
        let known = || target.boards().map(|board| board.name).collect::<Vec<_>>().join(", ");
        Ok(match (self.board_of(target), &self.board) {
            (None, Some(name)) => bail!("--board {name}: {} has {}", target.name, known()),
            _ if compile::runs_here(target) && !self.is_apart => Place::Here,
            (Some(board), _) => Place::Board(board),
            (None, None) => Place::Nowhere,
        })
    }

    /// What the list of skipped directives calls the place.
    pub(crate) fn board_name(&self) -> &'static str {
        Target::get(&self.target).and_then(|target| self.board_of(target)).map_or("", |board| board.name)
    }

    /// Whether it is one with room for a single module at a time.
    pub(crate) fn is_small(&self) -> bool {
        Target::get(&self.target).and_then(|target| self.board_of(target)).is_some_and(|board| board.script.is_some())
    }

    fn board_of(&self, target: &'static Target) -> Option<&'static Board> {
        self.board.as_ref().map_or(target.board.as_ref(), |name| target.board(name))
    }

    /// One line that says what is run, and how.
    pub(crate) fn describe(&self) -> Result<String> {
        let bounds = match self.guard {
            Some(true) => "guard",
            Some(false) => "software",
            None => "the target's",
        };
        let how = match self.place()? {
            Place::Nowhere => "compiled and linked only, not run".to_owned(),
            Place::Here => "compiled, loaded and run".to_owned(),
            Place::Board(board) => format!(
                "compiled, loaded and run: {}",
                board
                    .emulator
                    .into_iter()
                    .chain(board.args.iter().copied())
                    .chain([board.rust.target])
                    .collect::<Vec<_>>()
                    .join(" ")
            ),
        };
        Ok(format!("target {}, {bounds} bounds checks, -O{}: {how}", self.target, self.effort.name))
    }

    /// The arguments that make a child do one file of this run.
    pub(crate) fn child_arguments(&self, file: &str) -> Vec<String> {
        let mut arguments: Vec<String> = vec!["--child".into(), file.into(), "--target".into(), self.target.clone()];
        if let Some(board) = &self.board {
            arguments.extend(["--board".into(), board.clone()]);
        }
        if let Some(guard) = self.guard {
            arguments.extend(["--bounds".into(), if guard { "guard".into() } else { "software".into() }]);
        }
        arguments.extend(["--opt-level".into(), self.effort.name.into()]);
        if self.is_shifted {
            arguments.push("--shifted".into());
        }
        if self.is_apart {
            arguments.push("--apart".into());
        }
        if let Some(runner) = &self.runner {
            arguments.extend(["--runner".into(), runner.display().to_string()]);
        }
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
        let config =
            parse("--bounds software --opt-level s --target thumbv6m --board microbit --runner r --shifted --apart")
                .expect("valid options");
        let child = Config::parse(config.child_arguments("wasm-v2/i32.wast")).expect("valid options");
        assert_eq!(child, Config { child: Some("wasm-v2/i32.wast".into()), ..config });
    }

    #[test]
    fn nonsense_is_refused() {
        for line in
            ["--opt-level 4", "--opt-level t", "--opt-level", "--bounds maybe", "--fast", "--board microbit --all"]
        {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
