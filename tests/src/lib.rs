//! What the proofs share. The binaries `spec`, `golden`, `differential` and `fuzz` are the jobs behind `cargo xtask`; the integration
//! tests run the rest.

pub mod board_link;
pub mod differential;
pub mod emulator;
pub mod golden;
pub mod spec;
mod tally;

pub use tally::Tally;
