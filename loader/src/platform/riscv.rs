//! How this crate was compiled for RISC-V, as far as the compiler does not say: it hides the features `f` and `d`.
#![allow(unsafe_code)] // Functions in assembly.

use graver_aot_format::{Arch, CpuFeature, FloatAbi};

/// How this crate passes floats: an integer is the first in integer registers, or the second after the float.
pub(super) fn float_abi() -> FloatAbi {
    match (first_after_float(0.0, 1), first_after_double(0.0, 1)) {
        (0, _) => FloatAbi::Soft,
        (_, 0) => FloatAbi::HardSingle,
        _ => FloatAbi::Hard,
    }
}

/// Features that floats in registers prove.
pub(super) fn float_features() -> u64 {
    const fn mask(names: &[&str]) -> u64 {
        match Arch::HOST {
            Some(arch) => CpuFeature::mask_of(arch, names),
            None => 0,
        }
    }
    match float_abi() {
        FloatAbi::Hard => const { mask(&["f", "d"]) },
        FloatAbi::HardSingle => const { mask(&["f"]) },
        FloatAbi::None | FloatAbi::Soft => 0,
    }
}

/// Returns what is in the first integer register.
#[unsafe(naked)]
extern "C" fn first_after_float(_: f32, _: usize) -> usize {
    core::arch::naked_asm!("ret")
}

/// Returns what is in the first integer register.
#[unsafe(naked)]
extern "C" fn first_after_double(_: f64, _: usize) -> usize {
    core::arch::naked_asm!("ret")
}
