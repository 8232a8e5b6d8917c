//! The least a platform can be: code runs where it lies or from the allocator's memory, and there is no MMU.
#![allow(unsafe_code)] // Implements an unsafe trait; reads identification registers.

use core::ptr::NonNull;

use graver_aot_format::{Arch, CpuFeature, FloatAbi, MachineFacts};

use super::{Placement, Platform, PlatformError};

/// A board whose instruction fetch sees what was written: without caches between the two, with caches off, or on 64-bit
/// Arm, where this looks after them.
///
/// Other boards with caches implement [`Platform`] themselves and can forward to this.
#[derive(Clone, Copy, Debug)]
pub struct Bare {
    stack_end: Option<usize>,
    cpu_features: u64,
    float_abi: FloatAbi,
}

impl Bare {
    /// A board whose main stack ends (has its lowest address) at `stack_end`, usually a linker symbol.
    ///
    /// CPU features are those that this crate was compiled for, or, on cores of the M profile, what the core says of itself.
    pub fn new(stack_end: usize) -> Self {
        Self {
            stack_end: Some(stack_end),
            cpu_features: compiled_features() | detected_features(),
            float_abi: compiled_float_abi(),
        }
    }

    /// The same with other CPU features, bits of [`CpuFeature`].
    #[must_use]
    pub fn with_cpu_features(self, cpu_features: u64) -> Self {
        Self { cpu_features, ..self }
    }

    /// The same with these features too, by the names that [`CpuFeature`] has for them: Xtensa cores do not say what they
    /// were configured with. Other names change nothing.
    #[must_use]
    pub fn with_named_features(self, names: &[&str]) -> Self {
        let named = Arch::HOST.map_or(0, |arch| CpuFeature::mask_of(arch, names));
        Self { cpu_features: self.cpu_features | named, ..self }
    }
}

/// How this crate itself passes floats.
pub(super) fn compiled_float_abi() -> FloatAbi {
    #[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
    return super::riscv::float_abi();
    #[cfg(not(any(target_arch = "riscv32", target_arch = "riscv64")))]
    if cfg!(any(target_abi = "eabihf", target_feature = "sse2", all(target_arch = "aarch64", target_feature = "neon")))
    {
        FloatAbi::Hard
    } else {
        FloatAbi::Soft
    }
}

// SAFETY: `place_code` promises nothing but what the code's own address is; the rest is defaults.
unsafe impl Platform for Bare {
    fn machine(&self) -> Option<MachineFacts> {
        Arch::HOST.map(|arch| MachineFacts {
            arch,
            float_abi: self.float_abi,
            cpu_features: self.cpu_features,
            guarded_memory: false,
        })
    }

    fn place_code(&self, code: &[u8], align: usize) -> Result<Placement, PlatformError> {
        let is_aligned = code.as_ptr().addr().is_multiple_of(align);
        Ok(if is_aligned { Placement::InPlace } else { Placement::Copy })
    }

    unsafe fn publish_code(&self, start: NonNull<u8>, length: usize) -> Result<(), PlatformError> {
        core::sync::atomic::fence(core::sync::atomic::Ordering::SeqCst);
        #[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
        // SAFETY: an instruction barrier, spelled as its encoding because compilers know the name on some cores only.
        unsafe {
            core::arch::asm!(".insn i 0x0f, 1, x0, x0, 0", options(nostack, preserves_flags));
        }
        #[cfg(target_arch = "arm")]
        // SAFETY: barriers: what was written has arrived, and what was fetched before is fetched again.
        unsafe {
            core::arch::asm!("dsb", "isb", options(nostack, preserves_flags));
        }
        #[cfg(target_arch = "aarch64")]
        super::aarch64::publish(start, length);
        let _ = (start, length);
        Ok(())
    }

    fn stack_end(&self) -> Option<usize> {
        self.stack_end
    }
}

/// Features that the compiler was told of.
pub(super) fn compiled_features() -> u64 {
    const COMPILED: u64 = match Arch::HOST {
        Some(arch) => compiled_for(arch),
        None => 0,
    };
    #[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
    return COMPILED | super::riscv::float_features();
    #[cfg(not(any(target_arch = "riscv32", target_arch = "riscv64")))]
    COMPILED
}

const fn compiled_for(arch: Arch) -> u64 {
    macro_rules! compiled {
        ($($name:literal),*) => { 0 $(| if cfg!(target_feature = $name) { CpuFeature::mask_of(arch, &[$name]) } else { 0 })* };
    }
    let known = compiled!("m", "a", "c", "lse", "sse3", "ssse3", "sse4.1", "sse4.2", "popcnt", "avx", "avx2", "fma");
    // Nothing tells what an Xtensa core was configured with; all of Espressif's have at least these.
    let least: &[&str] = match arch {
        Arch::XtensaWindowed => &["density", "nsa", "mul32", "div32", "sext", "clamps", "minmax"],
        Arch::XtensaCall0 => &["density", "nsa", "mul32"],
        _ => &[],
    };
    known | CpuFeature::mask_of(arch, least)
}

/// Features that an M-profile core reports: the compiler shows none of them in its configuration.
#[cfg(all(target_arch = "arm", target_os = "none"))]
fn detected_features() -> u64 {
    // Armv7-M and Armv8-M Architecture Reference Manuals, "System Control Space", registers CPUID, ID_ISAR3, CPACR, MVFR0, MVFR2.
    const CPUID: usize = 0xE000_ED00;
    const ID_ISAR3: usize = 0xE000_ED6C;
    const CPACR: usize = 0xE000_ED88;
    const MVFR0: usize = 0xE000_EF40;
    const MVFR2: usize = 0xE000_EF48;
    // SAFETY: the system control space is at the same place on every M-profile core, and reading it has no effect.
    let read = |address: usize| unsafe { core::ptr::with_exposed_provenance::<u32>(address).read_volatile() };
    let nibble = |value: u32, at: u32| (value >> at) & 15;

    let is_main = nibble(read(CPUID), 16) == 0xF;
    let part = (read(CPUID) >> 4) & 0xFFF;
    // Arm's cores from the Cortex-M23 on; no register names the architecture's version itself.
    let is_v8 = (0xD20..=0xD3F).contains(&part);
    // Cortex-M4 and Cortex-M7.
    const ALWAYS_DSP: [u32; 2] = [0xC24, 0xC27];
    let fpu_is_on = is_main && nibble(read(CPACR), 20) == 15;
    const fn bit(name: &str) -> u64 {
        CpuFeature::mask_of(Arch::Thumb, &[name])
    }
    let has = [
        (const { bit("thumb2") }, is_main),
        (const { bit("v8m") }, is_v8),
        (const { bit("hwdiv") }, is_main || is_v8),
        // Cores that always have it are known by their number: emulators copy the older cores' ID_ISAR3 into them.
        (const { bit("dsp") }, is_main && (ALWAYS_DSP.contains(&part) || nibble(read(ID_ISAR3), 4) >= 3)),
        (const { bit("fp32") }, fpu_is_on && nibble(read(MVFR0), 4) != 0),
        (const { bit("fp64") }, fpu_is_on && nibble(read(MVFR0), 8) != 0),
        // Rounding and selecting instructions.
        (const { bit("fp-armv8d16sp") }, fpu_is_on && nibble(read(MVFR2), 4) >= 4),
    ];
    has.iter().filter(|(_, has)| *has).fold(0, |mask, (bit, _)| mask | bit)
}

#[cfg(not(all(target_arch = "arm", target_os = "none")))]
fn detected_features() -> u64 {
    0
}
