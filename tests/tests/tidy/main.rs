//! The picture in docs/architecture.md, held true: what it says about who knows whom is read from `cargo metadata` and
//! from the sources, never from memory.

mod arrows;
mod names;
mod sizes;
mod sources;
mod tokens;
mod words;
