//! Finding a target by name, with advice when there is none.

use crate::{ALL, Target};
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;

/// No target has this name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnknownTarget {
    /// What was asked for.
    pub name: String,
    /// Names that look like it, nearest first.
    pub near: Vec<&'static str>,
}

impl fmt::Display for UnknownTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown target `{}`; ", self.name)?;
        if self.near.is_empty() {
            write!(f, "`graver targets` lists all: cores and architectures, not boards")
        } else {
            write!(f, "did you mean {}?", self.near.join(" or "))
        }
    }
}

impl core::error::Error for UnknownTarget {}

impl Target {
    /// The first row for the machine that this program runs on: its architecture, any CPU.
    pub fn host() -> Option<&'static Self> {
        let arch = graver_aot_format::Arch::HOST?;
        ALL.iter().find(|target| target.arch == arch).copied()
    }

    /// The row called `name`, or with that alias.
    pub fn find(name: &str) -> Result<&'static Self, UnknownTarget> {
        Self::get(name).ok_or_else(|| {
            let known = ALL.iter().flat_map(|target| names(target));
            UnknownTarget { name: name.into(), near: near(name, known) }
        })
    }
}

/// All names of a row.
pub(crate) fn names(target: &'static Target) -> impl Iterator<Item = &'static str> {
    core::iter::once(&target.name).chain(target.aliases).copied()
}

/// Up to three of `known` within half of `name`'s length in edits.
pub(crate) fn near(name: &str, known: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut found: Vec<_> = known
        .map(|candidate| {
            (distance(name.as_bytes(), candidate.as_bytes()), Reverse(agreement(name, candidate)), candidate)
        })
        .filter(|(edits, ..)| *edits <= name.len().div_ceil(2))
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(.., candidate)| candidate).take(3).collect()
}

/// How many bytes two names have in common at the start, which tells families apart.
fn agreement(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(x, y)| x.eq_ignore_ascii_case(y)).count()
}

/// Levenshtein distance, ignoring case.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b) {
            let replaced = diagonal + usize::from(!x.eq_ignore_ascii_case(y));
            diagonal = *cell;
            left = replaced.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(a.len())
}
