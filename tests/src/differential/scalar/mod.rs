//! Modules of our own.

mod accesses;
mod bulk;
mod operators;
mod unused;

use anyhow::{Result, bail};

use super::case::Case;

/// The names of all of them.
pub(crate) fn names() -> Vec<String> {
    [operators::names(), accesses::names(), bulk::names(), unused::names()].concat()
}

/// The case with a name.
pub(crate) fn case(name: &str) -> Result<Case> {
    match name.split_once('/') {
        Some((operators::FOLDER, name)) => operators::case(name),
        Some((accesses::FOLDER, name)) => accesses::case(name),
        Some((bulk::FOLDER, name)) => bulk::case(name),
        Some((unused::FOLDER, name)) => unused::case(name),
        _ => bail!("no case {name}"),
    }
}
