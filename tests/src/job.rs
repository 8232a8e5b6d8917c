//! The binaries that count things: what they do with arguments, results and errors.

use std::process::ExitCode;

use anyhow::Result;

use crate::Tally;

/// A binary of this package.
pub struct Job<C> {
    /// Its name, in front of errors.
    pub name: &'static str,
    /// What `--help` prints, and errors in the arguments.
    pub usage: &'static str,
    /// Reads the arguments.
    pub parse: fn(Vec<String>) -> Result<C>,
    /// Does what they ask for.
    pub run: fn(&C) -> Result<Tally>,
}

impl<C> Job<C> {
    /// What `main` does. `child` is for those that start themselves once more for a part of the work.
    pub fn main(&self, child: impl FnOnce(&C) -> Option<ExitCode>) -> ExitCode {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        if arguments.iter().any(|argument| argument == "--help") {
            println!("{}", self.usage);
            return ExitCode::SUCCESS;
        }
        let config = match (self.parse)(arguments) {
            Ok(config) => config,
            Err(error) => {
                eprintln!("{}: {error:#}\n\n{}", self.name, self.usage);
                return ExitCode::from(2);
            }
        };
        if let Some(code) = child(&config) {
            return code;
        }
        match (self.run)(&config) {
            Ok(tally) => {
                println!("{tally}");
                tally.exit_code()
            }
            Err(error) => {
                eprintln!("{}: {error:#}", self.name);
                ExitCode::FAILURE
            }
        }
    }
}
