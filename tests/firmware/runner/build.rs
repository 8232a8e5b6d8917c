//! Gives the linker the memory map of the board: `boards/NAME.x`, under the name by which start-up code includes it.

use std::env::var;
use std::path::PathBuf;

fn main() {
    println!("cargo:rerun-if-env-changed=GRAVER_BOARD");
    let board = var("GRAVER_BOARD").expect("GRAVER_BOARD: the name of a file in boards/");
    let folder = |name| PathBuf::from(var(name).expect("cargo sets it"));
    let map = folder("CARGO_MANIFEST_DIR").join("boards").join(board).with_extension("x");
    println!("cargo:rerun-if-changed={}", map.display());
    let out = folder("OUT_DIR");
    if let Err(error) = std::fs::copy(&map, out.join("memory.x")) {
        panic!("{}: {error}", map.display());
    }
    if var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "aarch64") {
        // No crate for start-up brings one.
        let sections = folder("CARGO_MANIFEST_DIR").join("boards/aarch64.ld");
        println!("cargo:rerun-if-changed={}", sections.display());
        if let Err(error) = std::fs::copy(&sections, out.join("link.x")) {
            panic!("{}: {error}", sections.display());
        }
    }
    println!("cargo:rustc-link-search={}", out.display());
    if var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch.starts_with("riscv")) {
        // The start-up code of other machines includes it.
        println!("cargo:rustc-link-arg-bins=-Tmemory.x");
    }
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
}
