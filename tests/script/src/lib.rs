//! Test scripts as bytes: the modules (as images) and the commands of a `.wast` file. A host writes them (feature
//! `write`); whatever runs the loader executes them, a board as well as the host itself.
//!
//! ```text
//! .wast ──compile──> Writer ──bytes──> Script::parse ──> execute ──> Report, a line per command
//! ```
//!
//! All numbers are little-endian.
//!
//! ```text
//!  0  "gscr"   version   length in bytes   images   instances   commands   offset of the commands   host functions
//! 32  {offset, length} of each image
//!     images, each at a multiple of [`IMAGE_ALIGN`]: where the script lies at one, code runs in place; or none of them
//!     commands: line, attempt, expectation
//!
//! host functions   0: none   1: those of the official suites   2: those of [`each_shape`] as well
//! attempt       0 image instance          instantiate; later commands name the instance
//!               1 instance text           register its exports under a module name
//!               2 instance text values    call a function
//!               3 instance text           get a global
//!               4 instance text           pages and digest of a memory
//!               5                         forget all instances
//! expectation   0                         it succeeds
//!               1 patterns                it returns these
//!               2 text                    it traps
//!               3 text                    it does not link
//! text          length, bytes
//! values        count, {tag byte, 8 bytes} each; so are patterns
//! ```
//!
//! A script that breaks these rules is an error, never a panic; the images in it are the loader's to judge.
#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(feature = "write")]
extern crate alloc;

mod command;
mod digest;
mod execute;
#[cfg(feature = "shapes")]
mod natives;
mod read;
mod report;
mod spectest;
#[cfg(all(test, feature = "write", feature = "std"))]
mod tests;
mod texts;
mod value;
#[cfg(feature = "write")]
mod write;

pub use command::{Attempt, Command, Expectation};
pub use digest::digest;
pub use execute::{ModuleSlot, SetupError, execute};
#[cfg(feature = "shapes")]
pub use natives::{C_MODULE, CLOSURE_MODULE, FILL, Shape, each_shape, value_of};
pub use read::{BadScript, HostModules, Script};
pub use report::{Lines, Outcome, Report};
pub use spectest::MODULE as SPECTEST_MODULE;
pub use value::{Expected, List, Pattern, Value};
#[cfg(feature = "write")]
pub use write::{ImageId, InstanceId, Writer};

/// The first bytes of a script.
pub const MAGIC: [u8; 4] = *b"gscr";
/// Which rules a script follows.
pub const VERSION: u32 = 2;
/// Images start at multiples of this.
pub const IMAGE_ALIGN: usize = 16;

/// Bytes before the table of images: magic and seven numbers.
const HEADER_BYTES: usize = 32;
