//! What changed, for people.

/// The first lines that differ, with a little of what comes before.
pub(super) fn lines(expected: &str, found: &str) -> String {
    let (expected, found): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    let same_start = expected.iter().zip(&found).take_while(|(a, b)| a == b).count();
    let room = expected.len().min(found.len()) - same_start;
    let same_end = expected.iter().rev().zip(found.iter().rev()).take(room).take_while(|(a, b)| a == b).count();
    let shown = |sign, lines: &[&str]| lines.iter().map(|line| format!("  {sign} {line}\n")).collect::<String>();
    let before = shown(' ', &expected[same_start.saturating_sub(3)..same_start]);
    let gone = shown('-', &expected[same_start..expected.len() - same_end]);
    let new = shown('+', &found[same_start..found.len() - same_end]);
    format!("  line {}:\n{before}{gone}{new}", same_start + 1)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_middle_is_shown() {
        let text = super::lines("a\nb\nc\n", "a\nx\ny\nc\n");
        assert_eq!(text, "  line 2:\n    a\n  - b\n  + x\n  + y\n");
    }
}
