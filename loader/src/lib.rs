//! To be filled.
#[cfg(all(feature = "wasi", unix))]
pub mod wasi;
