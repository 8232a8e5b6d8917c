//! Why a compilation failed, with the place in the wasm and what to do about it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of failure it is; decides the exit code of the command and what tests expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ErrorKind {
    /// The input is not valid WebAssembly.
    Invalid,
    /// The input is valid, but uses something that this version does not compile.
    Unsupported,
    /// The options contradict each other or the target.
    Options,
    /// LLVM failed or ended the process.
    Llvm,
    /// The linker found something it cannot resolve: a defect of the compiler.
    Link,
    /// A file or process could not be read, written or started.
    Io,
}

/// A failed compilation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// Offset in the wasm binary, where one is known.
    pub offset: Option<u64>,
    /// Index (and name, if the module has one) of the function, where one is known.
    pub function: Option<(u32, Option<String>)>,
    /// What happened and what to do.
    pub message: String,
}

impl Error {
    /// A failure without a place.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, offset: None, function: None, message: message.into() }
    }

    /// A valid construct that is not compiled yet.
    pub(crate) fn unsupported(what: impl fmt::Display, offset: u64) -> Self {
        let message = format!("{what} is not supported yet; build the module without it");
        Self { offset: Some(offset), ..Self::new(ErrorKind::Unsupported, message) }
    }

    /// An LLVM API call that failed.
    pub(crate) fn llvm(what: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Llvm, format!("LLVM: {what}"))
    }

    /// The same failure, known to be in a function.
    pub(crate) fn in_function(mut self, index: u32, name: Option<&str>) -> Self {
        self.function.get_or_insert_with(|| (index, name.map(str::to_owned)));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ErrorKind::Invalid => "invalid WebAssembly",
            ErrorKind::Unsupported => "unsupported feature",
            ErrorKind::Options => "invalid options",
            ErrorKind::Llvm => "code generation failed",
            ErrorKind::Link => "linking failed",
            ErrorKind::Io => "input/output error",
        };
        write!(f, "{kind}: {}", self.message)?;
        match (&self.function, self.offset) {
            (Some((index, Some(name))), _) => write!(f, " (function {index} `{name}`")?,
            (Some((index, None)), _) => write!(f, " (function {index}")?,
            (None, Some(offset)) => return write!(f, " (offset {offset:#x})"),
            (None, None) => return Ok(()),
        }
        match self.offset {
            Some(offset) => write!(f, ", offset {offset:#x})"),
            None => f.write_str(")"),
        }
    }
}

impl std::error::Error for Error {}

impl From<wasmparser::BinaryReaderError> for Error {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self { offset: Some(error.offset()), ..Self::new(ErrorKind::Invalid, error.message()) }
    }
}

/// The result of every compiler operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;
