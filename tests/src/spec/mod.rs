//! The official WebAssembly suites.
//!
//! ```text
//! bin/spec ── suite     which files; `shapes` writes one of them
//!          ── count     how many directives they have, found without the parser
//!          ── parent    a child process per file, so that a crash costs one file
//!             └─ child ── script ── compile    what only the compiler can judge is judged, the rest becomes a script,
//!                      ── execute or emulator  which this process executes, or a runner where the target's code runs
//!          ── report    totals, which must equal the count
//! ```

mod child;
mod compile;
mod config;
mod count;
mod link_only;
mod parent;
mod report;
mod script;
mod shapes;
mod skips;
mod suite;
mod values;

pub use child::{outcomes, run as run_child};
pub use config::{Config, USAGE};
pub use parent::run;
pub use skips::for_ram as skipped_for_ram;
