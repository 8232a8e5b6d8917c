//! Compiles the natives with the C compiler of the target.

fn main() {
    println!("cargo::rerun-if-changed=natives.c");
    cc::Build::new()
        .file("natives.c")
        .std("c11")
        // Compilers without the target's C library will do.
        .flag("-ffreestanding")
        .warnings(true)
        .warnings_into_errors(true)
        .compile("graver_test_natives");
}
