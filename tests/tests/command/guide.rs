//! The guide to small memories: its sources, built by its commands, run.

use std::fs;
use std::process::Command;

use graver_guests::repository;

use crate::{Answer, Workplace};

/// Fenced blocks: what stands after the fence, and the text.
fn blocks(guide: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut lines = guide.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((info.to_owned(), text.join("\n") + "\n"));
        }
    }
    blocks
}

#[test]
fn the_guide_to_small_memories_does_what_it_says() {
    let guide = fs::read_to_string(repository().join("docs/small-memories.md")).expect("the guide");
    let place = Workplace::new();
    let mut built = 0;
    for (info, text) in blocks(&guide) {
        if let Some((_, file)) = info.split_once(' ') {
            place.write(file, &text);
        } else if info == "sh" {
            run_commands(&place, &text);
            // Eight samples of which one is 80: the mean is 10.
            let call = place.graver(&["run", "--invoke", "add", "filter.wasm", "80"]);
            call.expect(0, &["0xa:i32"]);
            let memory = place.graver(&["inspect", "filter.aot"]).expect(0, &["pages of 1,"]);
            assert!(memory.stdout.contains("bounds checks: software"), "{memory:?}");
            fs::remove_file(place.path("filter.wasm")).expect("was built");
            built += 1;
        }
    }
    assert_eq!(built, 2, "C and Rust");
}

fn run_commands(place: &Workplace, text: &str) {
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", place.tools.folder.display());
    let mut shell = Command::new("bash");
    shell.args(["-eu", "-c", text]).env("PATH", path).current_dir(place.folder.path());
    // As a user's shell would have it, not as cargo's tests do.
    let answer = Answer::of(shell.env_remove("RUSTFLAGS").output().expect("bash"));
    let answer = answer.expect(0, &["bytes per instance"]);
    let ram = answer.stdout.lines().find_map(|line| line.strip_prefix("ram ")).expect("a report");
    let bytes: u32 = ram.trim().split(' ').next().and_then(|word| word.parse().ok()).expect("bytes");
    assert!(bytes < 4096, "{ram}");
}
