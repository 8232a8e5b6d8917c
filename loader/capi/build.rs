//! Natives in shared libraries find the functions of the C API in the command that loads them.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_NATIVE_LIB").is_some() {
        println!("cargo::rustc-link-arg-bin=graver-run=-rdynamic");
    }
}
