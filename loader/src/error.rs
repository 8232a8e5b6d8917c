//! Why something did not work. Text is made by `Display` only, so a program that prints no errors links none of it.

use core::fmt;

use graver_aot_format as format;
use graver_aot_format::abi::Trap;

use crate::alloc::OutOfMemory;

/// Why a runtime could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuntimeError {
    /// No images exist for this machine.
    UnknownMachine,
}

impl fmt::Display for RuntimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are no images for this machine's architecture")
    }
}

/// Why bytes did not become a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// The bytes are not an image, or not one for this machine.
    Image(format::Error),
    /// The image uses something of the format that this loader cannot do yet.
    Unsupported(format::FormatFeature),
    /// No memory for a copy of the code.
    OutOfMemory,
    /// The platform cannot make the code executable.
    CannotExecute,
    /// The image was linked for another address than where it lies or runs: this one.
    BaseAddress(u64),
    /// The code would run in another GiB than the loader, to which calls with register windows cannot return.
    OtherGib,
    /// The file cannot be read.
    #[cfg(feature = "std")]
    File(std::io::ErrorKind),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(error) => error.fmt(f),
            Self::Unsupported(feature) => write!(f, "this loader cannot run images with {feature:?}"),
            Self::OutOfMemory => OutOfMemory.fmt(f),
            Self::CannotExecute => f.write_str("the code cannot be made executable here"),
            Self::BaseAddress(address) => {
                write!(
                    f,
                    "the image was linked for address {address:#x}: put it there, or compile without --base-address"
                )
            }
            Self::OtherGib => f.write_str("the code is in another GiB than the firmware"),
            #[cfg(feature = "std")]
            Self::File(std::io::ErrorKind::NotFound) => f.write_str("no such file or directory"),
            #[cfg(feature = "std")]
            Self::File(kind) => kind.fmt(f),
        }
    }
}

/// Why a use of a memory, table, global or function failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessError {
    /// The handle belongs to another store.
    ForeignHandle,
    /// An address or index beyond the end.
    OutOfBounds,
    /// A value of another type than the one declared.
    WrongType,
    /// The global cannot be assigned.
    Immutable,
    /// The new size is beyond the limit, or the code relies on the old one.
    CannotGrow,
    /// A limit is not one that a memory or table can have.
    InvalidLimits,
    /// There is no memory.
    OutOfMemory,
    /// The instance exports nothing of this kind under this name.
    NotExported,
    /// Bytes that should be a text are not UTF-8.
    NotText,
    /// Other threads have the memory, too, so that its bytes can only be copied.
    SharedBytes,
    /// No instance in the store has the code by which this function can be called through a reference.
    NoThunk,
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ForeignHandle => "the handle belongs to another store",
            Self::OutOfBounds => "an address or index is out of bounds",
            Self::WrongType => "a value has another type than the one declared",
            Self::Immutable => "the global is constant",
            Self::CannotGrow => "the new size is beyond the limit",
            Self::InvalidLimits => "the limits are not valid",
            Self::OutOfMemory => return OutOfMemory.fmt(f),
            Self::NotExported => "there is no export of this kind and name",
            Self::NotText => "the bytes are not a text in UTF-8",
            Self::SharedBytes => "other threads have this memory: copy its bytes by `read` and `write`",
            Self::NoThunk => {
                "no module of the store has a thunk for this function type: call it from a module that uses the type"
            }
        })
    }
}

/// A failure that a host function reports, handed on to whoever called the guest.
#[derive(Debug)]
pub enum HostError {
    /// A number that the host understands.
    Code(u32),
    /// A constant text.
    Message(&'static str),
    /// Anything.
    #[cfg(feature = "std")]
    Other(Box<dyn std::error::Error + Send + Sync>),
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "host function failed with code {code}"),
            Self::Message(message) => f.write_str(message),
            #[cfg(feature = "std")]
            Self::Other(error) => error.fmt(f),
        }
    }
}

/// Why a call did not return; also what a host function returns to stop the guest.
#[derive(Debug)]
pub enum CallError {
    /// The code trapped.
    Trap(Trap),
    /// The program ended itself with this exit code.
    Exit(i32),
    /// A host function failed.
    Host(HostError),
    /// Arguments or results do not have the function's type.
    Signature,
    /// A handle was misused, or memory for the call is missing.
    Access(AccessError),
    /// The platform cannot run code on this thread.
    Platform,
}

impl CallError {
    /// A failure with a number that the caller understands.
    pub const fn code(code: u32) -> Self {
        Self::Host(HostError::Code(code))
    }

    /// A failure with a constant text.
    pub const fn message(message: &'static str) -> Self {
        Self::Host(HostError::Message(message))
    }

    /// A failure with any error as its reason.
    #[cfg(feature = "std")]
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Host(HostError::Other(error.into()))
    }

    /// The reason of a host function that failed by [`Self::other`], if it was one of this type.
    ///
    /// ```
    /// # use graver_loader::CallError;
    /// let error = CallError::other(std::io::Error::from(std::io::ErrorKind::TimedOut));
    /// assert!(error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut));
    /// ```
    #[cfg(feature = "std")]
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::Host(HostError::Other(error)) => error.downcast_ref(),
            _ => None,
        }
    }

    /// The trap, if it is one.
    pub const fn trap(&self) -> Option<Trap> {
        match self {
            Self::Trap(trap) => Some(*trap),
            _ => None,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trap(trap) => trap.fmt(f),
            Self::Exit(code) => write!(f, "the program exited with code {code}"),
            Self::Host(error) => error.fmt(f),
            Self::Signature => f.write_str("arguments or results do not have the function's type"),
            Self::Access(error) => error.fmt(f),
            Self::Platform => f.write_str("code cannot run on this thread: no signal stack"),
        }
    }
}

/// How something that was found does not fit the import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// It is, for example, a table where a memory is expected.
    Kind,
    /// The function's type.
    FunctionType,
    /// The table's element type.
    ElementType,
    /// The size or its maximum.
    Limits,
    /// 32-bit and 64-bit indexes.
    IndexType,
    /// Another page size.
    PageSize,
    /// Shared and not shared.
    Shared,
    /// The global's type.
    GlobalType,
    /// Constant and assignable.
    Mutability,
    /// The module relies on guard regions, and the memory has none.
    Guard,
    /// The module relies on a length that does not change.
    FixedLength,
    /// The image has no code to call host functions of this type.
    NoThunk,
    /// It belongs to another store.
    ForeignStore,
}

impl Mismatch {
    const fn text(self) -> &'static str {
        match self {
            Self::Kind => "it is another kind of thing",
            Self::FunctionType => "the function has another type",
            Self::ElementType => "the table has another element type",
            Self::Limits => "its size or limit does not fit",
            Self::IndexType => "it has another index type",
            Self::PageSize => "the memory has another page size",
            Self::Shared => "only one side is shared",
            Self::GlobalType => "the global has another type",
            Self::Mutability => "only one side is mutable",
            Self::Guard => "the memory has no guard region: compile with --bounds-checks=software",
            Self::FixedLength => "the module relies on another length of the memory",
            Self::NoThunk => "the image has no code to call host functions of this type: compile it again",
            Self::ForeignStore => "it belongs to another store",
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Why a module could not be instantiated. Names are those of the import, and borrowed from the image: a [`CallError`] made
/// of it outlives that.
#[derive(Debug)]
pub enum LinkError<'m> {
    /// Nothing was defined under this name.
    Missing {
        /// Module name of the import.
        module: &'m str,
        /// Field name of the import.
        name: &'m str,
    },
    /// What was defined does not fit.
    Incompatible {
        /// Module name of the import.
        module: &'m str,
        /// Field name of the import.
        name: &'m str,
        /// Why.
        mismatch: Mismatch,
    },
    /// There is no memory.
    OutOfMemory,
    /// A segment is out of bounds, or the start function trapped. The instance stays in the store, because others may
    /// already hold references to its functions.
    Start(CallError),
}

impl fmt::Display for LinkError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { module, name } => {
                write!(f, "unknown import: nothing was defined for \"{module}\" \"{name}\"")
            }
            Self::Incompatible { module, name, mismatch } => {
                write!(f, "incompatible import type: \"{module}\" \"{name}\": {mismatch}")
            }
            Self::OutOfMemory => OutOfMemory.fmt(f),
            Self::Start(error) => error.fmt(f),
        }
    }
}

macro_rules! plain_errors {
    ($($name:ty),*) => {$( impl core::error::Error for $name {} )*};
}
plain_errors!(RuntimeError, LoadError, AccessError, Mismatch);

// The texts of these are those of the errors inside, so their sources are the sources of these.
impl core::error::Error for HostError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Code(_) | Self::Message(_) => None,
            #[cfg(feature = "std")]
            Self::Other(error) => error.source(),
        }
    }
}

impl core::error::Error for CallError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Host(error) => error.source(),
            _ => None,
        }
    }
}

impl core::error::Error for LinkError<'_> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Start(error) => error.source(),
            _ => None,
        }
    }
}

/// For `?` in functions whose errors outlive the image. Without the feature `std` the names of imports get lost.
impl From<LinkError<'_>> for CallError {
    fn from(error: LinkError<'_>) -> Self {
        match error {
            LinkError::Start(error) => error,
            LinkError::OutOfMemory => OutOfMemory.into(),
            #[cfg(feature = "std")]
            LinkError::Missing { .. } | LinkError::Incompatible { .. } => Self::other(error.to_string()),
            #[cfg(not(feature = "std"))]
            LinkError::Missing { .. } => Self::message("unknown import"),
            #[cfg(not(feature = "std"))]
            LinkError::Incompatible { mismatch, .. } => Self::message(mismatch.text()),
        }
    }
}

/// Conversions that `?` needs.
macro_rules! conversions {
    ($($from:ty => $to:ty: $value:ident -> $make:expr;)*) => {$(
        impl From<$from> for $to {
            fn from($value: $from) -> Self { $make }
        }
    )*};
}
conversions! {
    format::Error => LoadError: error -> Self::Image(error);
    OutOfMemory => LoadError: _error -> Self::OutOfMemory;
    OutOfMemory => AccessError: _error -> Self::OutOfMemory;
    OutOfMemory => CallError: _error -> Self::Access(AccessError::OutOfMemory);
    OutOfMemory => LinkError<'_>: _error -> Self::OutOfMemory;
    AccessError => CallError: error -> Self::Access(error);
    Trap => CallError: trap -> Self::Trap(trap);
    HostError => CallError: error -> Self::Host(error);
    &'static str => CallError: message -> Self::message(message);
    CallError => LinkError<'_>: error -> Self::Start(error);
}
