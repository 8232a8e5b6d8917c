//! Directives that are left out by name: `tests/spec-skips.txt`.

use anyhow::{Context, Result};

const FILE: &str = include_str!("../../spec-skips.txt");

/// The name that stands for every board.
const EVERYWHERE: &str = "*";

/// A line of the file.
#[derive(Clone, Copy, Debug)]
struct Entry<'t> {
    board: &'t str,
    place: &'t str,
    reason: &'t str,
}

/// Why the directive at `line` of `file` is left out on a board, if it is.
pub(crate) fn reason(board: &str, file: &str, line: usize) -> Option<&'static str> {
    let place = format!("{file}:{line}");
    let is_meant = |entry: &Entry<'_>| entry.place == place && (entry.board == board || entry.board == EVERYWHERE);
    entries(FILE).filter_map(Result::ok).find(is_meant).map(|entry| entry.reason)
}

/// How many directives are left out because a board has too little RAM.
pub fn for_ram() -> usize {
    entries(FILE).filter_map(Result::ok).filter(|entry| entry.reason.contains(" of RAM")).count()
}

/// Each entry: `board suite/name.wast:LINE reason`.
fn entries(text: &str) -> impl Iterator<Item = Result<Entry<'_>>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        let mut parts = line.splitn(3, ' ');
        let mut part = |what| parts.next().with_context(|| format!("`{line}` has no {what}"));
        Ok(Entry { board: part("board")?, place: part("place")?, reason: part("reason")? })
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
            let Entry { board, place, reason } = entry.expect("an entry with a reason");
            let is_board = |name: &str| ALL.iter().any(|target| target.board.is_some_and(|board| board.name == name));
            assert!(board == EVERYWHERE || is_board(board), "{board}");
            let (name, line) = place.split_once(':').expect("file:line");
            assert!(files.iter().any(|file| file.name == name), "{name}");
            assert!(line.parse::<usize>().is_ok() && reason.len() > 10, "{place}");
        }
        assert!(entries("* a.wast:1").next().is_some_and(|entry| entry.is_err()));
    }
}
