//! Directives that are left out by name: `tests/spec-skips.txt`.

use anyhow::{Context, Result};

const FILE: &str = include_str!("../../spec-skips.txt");

/// The name that stands for every board.
const EVERYWHERE: &str = "*";

/// Stands for all lines.
const WHOLE_FILE: &str = "*";

/// A line of the file.
#[derive(Clone, Copy, Debug)]
struct Entry<'t> {
    board: &'t str,
    file: &'t str,
    /// With commas, or [`WHOLE_FILE`].
    lines: &'t str,
    reason: &'t str,
}

/// Why the directive at `line` of `file` is left out on a board, if it is.
pub(crate) fn reason(board: &str, file: &str, line: usize) -> Option<&'static str> {
    let is_meant = |entry: &Entry<'_>| {
        (entry.board == board || entry.board == EVERYWHERE)
            && entry.file == file
            && entry.lines.split(',').any(|known| known == WHOLE_FILE || known.parse() == Ok(line))
    };
    entries(FILE).filter_map(Result::ok).find(is_meant).map(|entry| entry.reason)
}

/// How many directives and whole files are left out by name because a board has too little RAM.
pub fn for_ram() -> usize {
    let entries = entries(FILE).filter_map(Result::ok).filter(|entry| entry.reason.contains(" of RAM"));
    entries.map(|entry| entry.lines.split(',').count()).sum()
}

/// Each entry: `board suite/name.wast:LINE[,LINE]... reason`.
fn entries(text: &str) -> impl Iterator<Item = Result<Entry<'_>>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        let mut parts = line.splitn(3, ' ');
        let mut part = |what| parts.next().with_context(|| format!("`{line}` has no {what}"));
        let (board, place, reason) = (part("board")?, part("place")?, part("reason")?);
        let (file, lines) = place.split_once(':').with_context(|| format!("`{line}` does not say which lines"))?;
        Ok(Entry { board, file, lines, reason })
    })
}

#[cfg(test)]
mod tests {
    use graver_targets::ALL;

    use super::*;

    #[test]
    fn every_entry_has_a_board_a_file_and_a_reason() {
        let files = crate::spec::suite::all();
        for entry in entries(FILE) {
            let Entry { board, file, lines, reason } = entry.expect("an entry with a reason");
            let is_board = |name: &str| ALL.iter().any(|target| target.board(name).is_some());
            assert!(board == EVERYWHERE || is_board(board), "{board}");
            let found = files.iter().find(|known| known.name == file).unwrap_or_else(|| panic!("no {file}"));
            assert!(reason.len() > 10, "{file}:{lines} {reason}");
            let last = found.text.lines().count();
            let is_line = |line: &str| line.parse().is_ok_and(|line| (1..=last).contains(&line));
            assert!(lines == WHOLE_FILE || lines.split(',').all(is_line), "{file}:{lines}");
        }
        for wrong in ["* a.wast:1", "* a.wast reason"] {
            assert!(entries(wrong).next().is_some_and(|entry| entry.is_err()), "{wrong}");
        }
    }

    #[test]
    fn lines_are_left_out_where_they_are_listed() {
        let grow = "wasm-v2/memory_grow.wast";
        assert!(reason("microbit", grow, 19).is_some() && reason("microbit", grow, 66).is_some());
        assert!(reason("microbit", grow, 18).is_none() && reason("mps2-an385", grow, 19).is_none());
        assert!(reason("microbit", "wasm-v2/memory_trap.wast", 1).is_some());
        assert!(reason("linux", "custom-page-sizes/memory_max_i64.wast", 4).is_some());
    }
}
