//! Round trips, every field mutated, and the deterministic form of the fuzz target.

mod abi;
#[path = "../../fuzz/exercise.rs"]
mod exercise;
mod header;
mod machine;
mod mutation;
mod records;
mod round_trip;
mod sample;
