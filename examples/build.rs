//! Gives the linker the memory map of the board: `boards/NAME.x`, under the name by which start-up code includes it,
//! `memory.x`. Your firmware has one board, and a `memory.x` beside its manifest will do.

use std::env::var;
use std::path::PathBuf;

fn main() {
    println!("cargo:rerun-if-env-changed=GRAVER_BOARD");
    let board = var("GRAVER_BOARD").expect("GRAVER_BOARD: the name of a file in boards/");
    let folder = |name| PathBuf::from(var(name).expect("cargo sets it"));
    let boards = folder("CARGO_MANIFEST_DIR").join("boards");
    println!("cargo:rerun-if-changed={}", boards.display());
    let (map, out) = (boards.join(board).with_extension("x"), folder("OUT_DIR"));
    if let Err(error) = std::fs::copy(&map, out.join("memory.x")) {
        panic!("{}: {error}", map.display());
    }
    println!("cargo:rustc-link-search={}", out.display());
    // Where no crate for start-up brings the sections, `link.x`.
    let arch = var("CARGO_CFG_TARGET_ARCH").expect("cargo sets it");
    println!("cargo:rustc-link-search={}", boards.join(&arch).display());
    if arch.starts_with("riscv") {
        // Its start-up code does not include the map by itself.
        println!("cargo:rustc-link-arg-bins=-Tmemory.x");
    }
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
}
