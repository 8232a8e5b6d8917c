//! The helper archive: its rules, its completeness, its arithmetic.

mod arithmetic;
mod completeness;
mod routines;
mod rules;
