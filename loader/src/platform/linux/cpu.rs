//! Which CPU features this machine has.

/// Detects each feature by its name in Rust and sets the bit of its name in images.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! detected {
    ($arch:expr, $detect:ident, $($rust:tt => $ours:literal),* $(,)?) => {
        [$((std::arch::$detect!($rust), $ours)),*]
            .iter()
            .filter(|(has, _)| *has)
            .filter_map(|(_, name)| graver_aot_format::CpuFeature::find($arch, name))
            .fold(0, |mask, feature| mask | feature.mask())
    };
}

/// Bits of [`graver_aot_format::CpuFeature`].
#[cfg(target_arch = "x86_64")]
pub(super) fn features() -> u64 {
    detected!(
        graver_aot_format::Arch::X86_64,
        is_x86_feature_detected,
        "sse3" => "sse3", "ssse3" => "ssse3", "sse4.1" => "sse4.1", "sse4.2" => "sse4.2", "popcnt" => "popcnt",
        "cmpxchg16b" => "cx16", "avx" => "avx", "avx2" => "avx2", "bmi1" => "bmi", "bmi2" => "bmi2",
        "f16c" => "f16c", "fma" => "fma", "lzcnt" => "lzcnt", "movbe" => "movbe", "avx512f" => "avx512f",
        "avx512bw" => "avx512bw", "avx512cd" => "avx512cd", "avx512dq" => "avx512dq", "avx512vl" => "avx512vl",
    )
}

/// Bits of [`graver_aot_format::CpuFeature`].
#[cfg(target_arch = "aarch64")]
pub(super) fn features() -> u64 {
    detected!(graver_aot_format::Arch::Aarch64, is_aarch64_feature_detected, "lse" => "lse")
}

/// Bits of [`graver_aot_format::CpuFeature`]. Linux promises that unaligned accesses work:
/// <https://docs.kernel.org/arch/riscv/uabi.html>.
#[cfg(target_arch = "riscv64")]
pub(super) fn features() -> u64 {
    let unaligned = graver_aot_format::CpuFeature::find(graver_aot_format::Arch::Riscv64, "unaligned-scalar-mem");
    crate::platform::bare::compiled_features() | unaligned.map_or(0, graver_aot_format::CpuFeature::mask)
}

/// Bits of [`graver_aot_format::CpuFeature`], from the kernel's `AT_HWCAP` (`asm/hwcap.h`).
#[cfg(target_arch = "arm")]
pub(super) fn features() -> u64 {
    // SAFETY: has no preconditions.
    let capabilities = unsafe { libc::getauxval(libc::AT_HWCAP) };
    [("neon", 1 << 12), ("vfp3d16", 1 << 13 | 1 << 14), ("vfp4d16", 1 << 16), ("hwdiv-arm", 1 << 17)]
        .iter()
        .filter(|(_, bits)| capabilities & bits != 0)
        .filter_map(|(name, _)| graver_aot_format::CpuFeature::find(graver_aot_format::Arch::Arm, name))
        .fold(0, |mask, feature| mask | feature.mask())
}

/// Bits of [`graver_aot_format::CpuFeature`]: what this crate was compiled for, where nothing better is known.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "arm", target_arch = "riscv64")))]
pub(super) fn features() -> u64 {
    crate::platform::bare::compiled_features()
}
