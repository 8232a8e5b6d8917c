//! Words that mean unfinished work.

use super::sources::{assert_none, below};

// Written in parts, so that this file does not find itself.
const WORDS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("#[ig", "nore"),
    concat!("To be ", "filled"),
];

#[test]
fn nothing_is_left_for_later() {
    let mut complaints = Vec::new();
    for source in below("", &["rs", "toml", "md", "sh", "c", "h", "s", "S", "wat", "ld", "x"]) {
        for (number, line) in source.text.lines().enumerate() {
            if let Some(word) = WORDS.iter().find(|word| line.contains(**word)) {
                complaints.push(format!("{}:{}: {word}", source.path, number + 1));
            }
        }
    }
    assert_none("unfinished work", &complaints);
}
