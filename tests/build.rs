//! Compiles the natives of the loader's tests with the system's C compiler.

fn main() {
    println!("cargo::rerun-if-changed=natives.c");
    cc::Build::new()
        .file("natives.c")
        .std("c11")
        .warnings(true)
        .warnings_into_errors(true)
        .compile("graver_test_natives");
}
