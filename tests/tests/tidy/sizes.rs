//! Files that can be read in one go, and a README that shows where they are.

use std::collections::BTreeSet;
use std::fs;

use super::sources::{assert_none, below, root};

/// Lines after which a file is too long, unless it is a table.
const LIMIT: usize = 700;

/// Longer files, with the reason.
const LONG: &[(&str, &str)] = &[];

#[test]
fn files_are_short_or_named() {
    let sources = below("", &["rs"]);
    assert!(sources.len() > 20, "the walk finds the sources");
    let long: Vec<String> = sources
        .iter()
        .map(|source| (source.path.as_str(), source.text.lines().count()))
        .filter(|(path, lines)| *lines > LIMIT && !LONG.iter().any(|(name, _)| name == path))
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    assert_none("files that are too long", &long);
}

#[test]
fn the_readme_lists_every_room() {
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md");
    // Rows of the folder table start with the folder: "| `loader/` | what it is".
    let listed: BTreeSet<String> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("/`"))
        .map(|(name, _)| name.to_owned())
        .collect();
    let rooms: BTreeSet<String> = fs::read_dir(root())
        .expect("the root")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    let missing: Vec<String> = rooms.difference(&listed).cloned().collect();
    assert_none("folders that README.md does not list", &missing);
    let gone: Vec<String> = listed.difference(&rooms).cloned().collect();
    assert_none("folders that README.md lists and that do not exist", &gone);
}
