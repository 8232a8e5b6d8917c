//! The official WebAssembly suites.
//!
//! ```text
//! bin/spec ── suite     which files
//!          ── count     how many directives they have, found without the parser
//!          ── parent    a child process per file, so that a crash costs one file ── child ── script  directives
//!                                                                                         ── compile, engine
//!          ── report    totals, which must equal the count
//! ```

mod child;
mod compile;
mod config;
mod count;
mod engine;
mod link_only;
mod parent;
mod report;
mod script;
mod skips;
mod spectest;
mod suite;
mod texts;
mod values;

pub use child::run as run_child;
pub use config::{Config, USAGE};
pub use parent::run;
pub(crate) use values::Value;
