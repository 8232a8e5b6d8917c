//! How a command fails: a line on standard error, 1 for bad input, 2 for wrong use.

use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use graver_compiler::{Error, ErrorKind};

/// A failed command.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    exit_code: u8,
}

impl Failure {
    /// Input that is bad, or a file that cannot be read or written.
    pub(crate) fn input(path: &Path, message: impl fmt::Display) -> Self {
        Self { message: format!("{}: {message}", path.display()), exit_code: 1 }
    }

    /// Options that make no sense.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), exit_code: 2 }
    }

    /// A failed compilation of a file.
    pub(crate) fn compilation(path: &Path, error: &Error) -> Self {
        match error.kind {
            ErrorKind::Options => Self::usage(&error.message),
            _ => Self::input(path, error),
        }
    }

    /// Something that was already reported.
    pub(crate) fn reported(exit_code: u8) -> Self {
        Self { message: String::new(), exit_code }
    }

    /// The same failure, of one target of several.
    pub(crate) fn for_target(self, target: &str) -> Self {
        Self { message: format!("{target}: {}", self.message), ..self }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        self.exit_code
    }

    /// Prints the failure and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        if !self.message.is_empty() {
            eprintln!("graver: {}", self.message);
        }
        ExitCode::from(self.exit_code)
    }
}

/// Writes to standard output. A reader that has seen enough is no failure.
pub(crate) fn print(text: &str) -> Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::input(Path::new("standard output"), error))
        }
        _ => Ok(()),
    }
}

/// The result of a command.
pub(crate) type Result<T> = std::result::Result<T, Failure>;
