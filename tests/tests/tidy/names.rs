//! Names that have an address: LLVM's, those of architectures, and `unsafe`.

use super::sources::{Source, assert_none, below, product};
use super::tokens::tokens;

/// Crates that end up in products.
const PRODUCTS: &[&str] =
    &["aot-format/src", "targets/src", "compiler/src", "compiler/cli", "loader/src", "loader/capi/src"];

/// Where the types of LLVM's binding may be named.
const LLVM_ROOMS: &[&str] = &["compiler/src/translate/", "compiler/src/llvm/"];

/// Where strings may name architectures, with the reason.
const ARCHITECTURE_ROOMS: &[(&str, &str)] = &[
    ("targets/", "that is what the crate is for"),
    ("aot-format/src/machine.rs", "`cfg(target_arch)`: which of the numbers this machine is"),
    ("loader/src/platform/", "each leaf module serves one machine: `cfg(target_arch)` and its CPU features"),
];

/// Parts of words that mean an architecture. Short ones are compared as whole words.
const ARCHITECTURES: &[&str] = &["x86", "amd64", "aarch64", "arm64", "armv", "thumb", "riscv", "xtensa"];
const SHORT_ARCHITECTURES: &[&str] = &["arm"];

/// Modules that may contain unsafe code; each says beside its `allow` what for. The workspace's lints refuse it elsewhere.
const UNSAFE_MODULES: &[&str] = &[
    "compiler/src/llvm/address_facts.rs",
    "compiler/src/llvm/builder.rs",
    "compiler/src/llvm/disassembler.rs",
    "compiler/src/llvm/keep_loads.rs",
    "compiler/src/llvm/quirks.rs",
    "compiler/src/llvm/xtensa.rs",
    "compiler/src/llvm/machine.rs",
    "compiler/src/llvm/plain_loops.rs",
    "loader/capi/src/alloc.rs",
    "loader/capi/src/array.rs",
    "loader/capi/src/builtin/format.rs",
    "loader/capi/src/builtin/mod.rs",
    "loader/capi/src/builtin/pthread.rs",
    "loader/capi/src/call.rs",
    "loader/capi/src/context.rs",
    "loader/capi/src/env.rs",
    "loader/capi/src/exception.rs",
    "loader/capi/src/externref.rs",
    "loader/capi/src/function.rs",
    "loader/capi/src/growth.rs",
    "loader/capi/src/guest_heap.rs",
    "loader/capi/src/imports.rs",
    "loader/capi/src/inspect.rs",
    "loader/capi/src/instance.rs",
    "loader/capi/src/instantiate.rs",
    "loader/capi/src/item.rs",
    "loader/capi/src/libc.rs",
    "loader/capi/src/list.rs",
    "loader/capi/src/load.rs",
    "loader/capi/src/log.rs",
    "loader/capi/src/main_function.rs",
    "loader/capi/src/memory.rs",
    "loader/capi/src/module_folder.rs",
    "loader/capi/src/modules.rs",
    "loader/capi/src/native_lib.rs",
    "loader/capi/src/natives.rs",
    "loader/capi/src/package.rs",
    "loader/capi/src/parts.rs",
    "loader/capi/src/platform.rs",
    "loader/capi/src/refused.rs",
    "loader/capi/src/state.rs",
    "loader/capi/src/table.rs",
    "loader/capi/src/text.rs",
    "loader/capi/src/threads/host.rs",
    "loader/capi/src/threads/none.rs",
    "loader/capi/src/threads/program.rs",
    "loader/capi/src/threads/pthread.rs",
    "loader/capi/src/threads/spawn.rs",
    "loader/capi/src/threads/wasi_thread.rs",
    "loader/capi/src/wasi/host.rs",
    "loader/capi/src/wasi/mod.rs",
    "loader/src/alloc/block.rs",
    "loader/src/alloc/buf.rs",
    "loader/src/alloc/owned.rs",
    "loader/src/alloc/pool.rs",
    "loader/src/alloc/source.rs",
    "loader/src/bytes.rs",
    "loader/src/call/enter.rs",
    "loader/src/call/typed.rs",
    "loader/src/func.rs",
    "loader/src/helpers/mod.rs",
    "loader/src/host/closure.rs",
    "loader/src/host/native.rs",
    "loader/src/instantiate/start.rs",
    "loader/src/code.rs",
    "loader/src/interrupt.rs",
    "loader/src/module.rs",
    "loader/src/platform/aarch64.rs",
    "loader/src/platform/bare.rs",
    "loader/src/platform/linux/mod.rs",
    "loader/src/platform/linux/park.rs",
    "loader/src/platform/mod.rs",
    "loader/src/platform/riscv.rs",
    "loader/src/running.rs",
    "loader/src/shared.rs",
    "loader/src/store/active.rs",
    "loader/src/store/cell.rs",
    "loader/src/store/function.rs",
    "loader/src/store/hosted.rs",
    "loader/src/store/interrupt.rs",
    "loader/src/store/memory.rs",
    "loader/src/store/mod.rs",
    "loader/src/value.rs",
    "loader/src/wasi/host/socket/system.rs",
];

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
    let named = tokens(source).into_iter().filter(|token| token.is_string && is_architecture(&token.text));
    named.map(|token| format!("{}:{}: {}", source.path, token.line, token.text)).collect()
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
    let (mut found, mut unexplained) = (Vec::new(), Vec::new());
    for source in PRODUCTS.iter().flat_map(|folder| below(folder, &["rs"])) {
        for pair in tokens(&source).windows(2) {
            if pair[1].text != "unsafe_code" || matches!(pair[0].text.as_str(), "forbid" | "deny") {
                continue;
            }
            let line = source.text.lines().nth(pair[1].line - 1).unwrap_or_default();
            if !line.contains("// ") {
                unexplained.push(format!("{}:{}", source.path, pair[1].line));
            }
            found.push(source.path.clone());
        }
    }
    assert_none("unsafe code without a reason beside its `allow`", &unexplained);
    let is_named = |path: &&String| UNSAFE_MODULES.contains(&path.as_str());
    let unnamed: Vec<String> = found.iter().filter(|path| !is_named(path)).cloned().collect();
    assert_none("modules with unsafe code that this test does not name", &unnamed);
    let is_stale = |name: &&&str| !found.iter().any(|path| path == **name);
    let stale: Vec<String> = UNSAFE_MODULES.iter().filter(is_stale).map(|name| (*name).to_owned()).collect();
    assert_none("modules named here that have no unsafe code any more", &stale);
}
