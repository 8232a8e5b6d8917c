//! Gives the linker the memory map, as `memory.x`.

use std::env::var;
use std::path::PathBuf;

fn main() {
    let folder = |name| PathBuf::from(var(name).expect("cargo sets it"));
    let out = folder("OUT_DIR");
    println!("cargo:rerun-if-changed=memory.x");
    if let Err(error) = std::fs::copy(folder("CARGO_MANIFEST_DIR").join("memory.x"), out.join("memory.x")) {
        panic!("memory.x: {error}");
    }
    println!("cargo:rustc-link-search={}", out.display());
}
