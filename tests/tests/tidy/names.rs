//! Names that have an address: LLVM's, those of architectures, and `unsafe`.

use super::sources::{Source, assert_none, below, product};
use super::tokens::tokens;

/// Crates that end up in products.
const PRODUCTS: &[&str] = &["aot-format/src", "targets/src", "compiler/src", "compiler/cli", "loader/src"];

/// Where the types of LLVM's binding may be named.
const LLVM_ROOMS: &[&str] = &["compiler/src/translate/", "compiler/src/llvm/"];

/// Where strings may name architectures, with the reason.
const ARCHITECTURE_ROOMS: &[(&str, &str)] = &[
    ("targets/", "that is what the crate is for"),
    ("aot-format/src/machine.rs", "`cfg(target_arch)`: which of the numbers this machine is"),
];

/// Parts of words that mean an architecture. Short ones are compared as whole words.
const ARCHITECTURES: &[&str] = &["x86", "amd64", "aarch64", "arm64", "armv", "thumb", "riscv", "xtensa"];
const SHORT_ARCHITECTURES: &[&str] = &["arm", "avx", "neon"];

/// Modules that may contain unsafe code, with the reason. Anything else is refused by the workspace's lints.
const UNSAFE_MODULES: &[(&str, &str)] = &[];

#[test]
fn llvm_stays_in_its_rooms() {
    let mut complaints = Vec::new();
    for source in PRODUCTS.iter().flat_map(|folder| product(folder)) {
        if LLVM_ROOMS.iter().any(|room| source.path.starts_with(room)) {
            continue;
        }
        for token in tokens(&source) {
            if !token.is_string && matches!(token.text.as_str(), "inkwell" | "llvm_sys") {
                complaints.push(format!("{}:{} names {}", source.path, token.line, token.text));
            }
        }
    }
    assert_none("LLVM's types outside translation and code generation", &complaints);
}

#[test]
fn architectures_are_named_in_targets_only() {
    let mut complaints = Vec::new();
    for source in PRODUCTS.iter().flat_map(|folder| product(folder)) {
        if ARCHITECTURE_ROOMS.iter().any(|(room, _)| source.path.starts_with(room)) {
            continue;
        }
        complaints.extend(architectures(&source));
    }
    assert_none("architecture names outside `targets`", &complaints);
}

fn architectures(source: &Source) -> Vec<String> {
    let named = |token: &super::tokens::Token| token.is_string && is_architecture(&token.text);
    let found = tokens(source);
    let mut complaints = Vec::new();
    for (position, token) in found.iter().enumerate().filter(|(_, token)| named(token)) {
        // `target_arch = "..."` decides at compile time which leaf module is built.
        let is_cfg = position >= 2 && found[position - 2].text == "target_arch" && found[position - 1].text == "=";
        if !is_cfg || !source.path.starts_with("loader/src/platform/") {
            complaints.push(format!("{}:{}: {}", source.path, token.line, token.text));
        }
    }
    complaints
}

fn is_architecture(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    ARCHITECTURES.iter().any(|name| lower.contains(name)) || words.any(|word| SHORT_ARCHITECTURES.contains(&word))
}

#[test]
fn what_counts_as_an_architecture() {
    for text in ["thumbv7em-none-eabi", "x86-64", "riscv32", "the arm core", "Xtensa"] {
        assert!(is_architecture(text), "{text}");
    }
    for text in ["alarm", "harm", "parameter", "no such target", "charm(arming)"] {
        assert!(!is_architecture(text), "{text}");
    }
}

#[test]
fn unsafe_has_an_address() {
    let mut found = Vec::new();
    for source in PRODUCTS.iter().flat_map(|folder| below(folder, &["rs"])) {
        let tokens = tokens(&source);
        let allows = tokens
            .windows(2)
            .any(|pair| matches!(pair[0].text.as_str(), "allow" | "expect") && pair[1].text == "unsafe_code");
        if allows {
            found.push(source.path);
        }
    }
    let is_named = |path: &String| UNSAFE_MODULES.iter().any(|(name, _)| name == path);
    let unnamed: Vec<String> = found.iter().filter(|path| !is_named(path)).cloned().collect();
    assert_none("modules with unsafe code that this test does not name", &unnamed);
    let stale: Vec<String> = UNSAFE_MODULES
        .iter()
        .filter(|(name, _)| !found.iter().any(|path| path == name))
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_none("modules named here that have no unsafe code any more", &stale);
}
