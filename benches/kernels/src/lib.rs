//! The kernels that `cargo xtask bench` times: one exported function each, from a number of rounds to a checksum.
//!
//! The checksum depends on everything the kernel computes, so that no work can be left out, and is the same on every
//! machine.

extern crate alloc;

mod coremark;
mod crc32;
#[cfg(feature = "crates")]
mod deflate;
mod fannkuch;
mod interpreter;
#[cfg(feature = "crates")]
mod json;
mod matmul;
mod nbody;
mod quicksort;
mod random;
mod sha256;

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

macro_rules! kernels {
    ($($name:ident => $module:ident),* $(,)?) => {$(
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(rounds: u32) -> u64 {
            $module::run(rounds)
        }
    )*};
}

kernels! {
    run_coremark => coremark,
    run_crc32 => crc32,
    run_fannkuch => fannkuch,
    run_interpreter => interpreter,
    run_matmul => matmul,
    run_nbody => nbody,
    run_quicksort => quicksort,
    run_sha256 => sha256,
}

#[cfg(feature = "crates")]
kernels! {
    run_deflate => deflate,
    run_json => json,
}
