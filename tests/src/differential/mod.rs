//! Translation against an independent interpreter, wasmi: the same modules, the same calls, the same results.
//!
//! ```text
//! bin/differential ── parent  a child process per batch, so that a crash costs one case ── child
//!                  ── smith   random modules from `wasm-smith`, with `provider` for what they import
//!                  ── scalar  modules of our own: every operator over edge values, accesses at the ends of memories,
//!                             loads that nothing uses
//!                  ── case    a module and its calls
//!                  ── oracle, subject   run a case in wasmi and in Graver: a trace each
//!                  ── elsewhere   runs a case on a target's board, by a script of what the interpreter found
//!                  ── trace   what is compared, and by which rules
//! ```

mod case;
mod child;
mod config;
mod elsewhere;
mod oracle;
mod parent;
mod provider;
mod random;
mod scalar;
mod smith;
mod subject;
mod trace;

pub use child::run as run_child;
pub use config::{Config, USAGE};
pub use parent::run;
