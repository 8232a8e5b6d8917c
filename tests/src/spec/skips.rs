//! Directives that are left out by name: `tests/spec-skips.txt`.

use anyhow::{Context, Result};

const FILE: &str = include_str!("../../spec-skips.txt");

/// Why the directive at `line` of `file` is left out, if it is.
pub(crate) fn reason(file: &str, line: usize) -> Option<&'static str> {
    let place = format!("{file}:{line}");
    entries(FILE).filter_map(Result::ok).find(|(name, _)| *name == place).map(|(_, reason)| reason)
}

/// Each entry: `suite/name.wast:LINE reason`.
fn entries(text: &str) -> impl Iterator<Item = Result<(&str, &str)>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').with_context(|| format!("`{line}` has no reason")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_has_a_file_and_a_reason() {
        let files = crate::spec::suite::all();
        for entry in entries(FILE) {
            let (place, reason) = entry.expect("an entry with a reason");
            let (name, line) = place.split_once(':').expect("file:line");
            assert!(files.iter().any(|file| file.name == name), "{name}");
            assert!(line.parse::<usize>().is_ok() && reason.len() > 10, "{place}");
        }
        assert!(entries("a.wast:1").next().is_some_and(|entry| entry.is_err()));
    }
}
