//! Compiles the runtime helpers to WebAssembly; see `helpers/src/lib.rs`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const TARGET: &str = "wasm32-unknown-unknown";

fn main() {
    println!("cargo::rerun-if-changed=helpers/src");
    if let Err(reason) = build_helpers() {
        println!("cargo::error={reason}");
    }
}

fn build_helpers() -> Result<(), String> {
    let variable = |name| env::var_os(name).map(PathBuf::from).ok_or_else(|| format!("cargo did not set {name}"));
    let rustc = variable("RUSTC")?;
    let source = variable("CARGO_MANIFEST_DIR")?.join("helpers/src/lib.rs");
    let module = variable("OUT_DIR")?.join("helpers.wasm");
    require_target(&rustc)?;
    let output = Command::new(&rustc)
        .args(["--crate-name", "graver_helpers", "--crate-type", "cdylib", "--edition", "2024", "--target", TARGET])
        .args(["-C", "opt-level=3", "-C", "panic=abort", "-C", "strip=debuginfo", "-C", "debuginfo=0"])
        // The same bytes wherever the sources lie.
        .arg(format!("--remap-path-prefix={}=helpers", parent(&source).display()))
        .arg("-o")
        .args([&module, &source])
        .output()
        .map_err(|error| format!("cannot run {}: {error}", rustc.display()))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(format!("the runtime helpers do not compile for {TARGET}: {}", text.replace('\n', " / ")))
}

/// Without its standard library rustc only says that it cannot find `core`.
fn require_target(rustc: &Path) -> Result<(), String> {
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|error| format!("cannot run {}: {error}", rustc.display()))?;
    let directory = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let has_libraries = fs::read_dir(&directory).is_ok_and(|mut entries| entries.next().is_some());
    if has_libraries {
        return Ok(());
    }
    Err(format!(
        "the Rust target {TARGET} is missing, and the runtime helpers need it: run `rustup target add {TARGET}` or \
         `scripts/setup`"
    ))
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}
