//! What the proofs share. The binaries `spec`, `golden`, `differential`, `fuzz`, `size` and `clients` are the jobs behind `cargo xtask`;
//! the integration tests run the rest.

pub mod board_link;
pub mod clients;
pub mod differential;
pub mod emulator;
pub mod golden;
mod job;
pub mod purity;
mod rows;
pub mod size;
pub mod spec;
mod tally;
mod text;

pub use job::Job;
pub use tally::Tally;

/// The snippets of the guide, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../docs/porting.md")]
pub mod porting {}
