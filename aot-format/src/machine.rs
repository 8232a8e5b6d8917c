//! The machine that an image is for, as numbers; names and LLVM spellings live in the `targets` crate.

use crate::value::stored_enum;

stored_enum! {
    /// An instruction set.
    Arch: u16 {
        /// AMD64.
        X86_64 = 1,
        /// 64-bit Arm.
        Aarch64 = 2,
        /// 32-bit Arm, A32 state.
        Arm = 3,
        /// 32-bit Arm, T32 state: code addresses carry bit 0.
        Thumb = 4,
        /// 32-bit RISC-V.
        Riscv32 = 5,
        /// 64-bit RISC-V.
        Riscv64 = 6,
        /// Xtensa with register windows.
        XtensaWindowed = 7,
        /// Xtensa without register windows.
        XtensaCall0 = 8,
    }
}

impl Arch {
    /// The instruction set this crate was compiled for, if it is one we know. Code for `Thumb` and `Arm` are told apart
    /// by the profile: M-profile cores have Thumb only. Xtensa code without register windows says so in its target's `abi`.
    pub const HOST: Option<Self> = if cfg!(target_arch = "x86_64") {
        Some(Self::X86_64)
    } else if cfg!(target_arch = "aarch64") {
        Some(Self::Aarch64)
    } else if cfg!(all(target_arch = "arm", target_os = "none")) {
        Some(Self::Thumb)
    } else if cfg!(target_arch = "arm") {
        Some(Self::Arm)
    } else if cfg!(target_arch = "riscv32") {
        Some(Self::Riscv32)
    } else if cfg!(target_arch = "riscv64") {
        Some(Self::Riscv64)
    } else if cfg!(all(target_arch = "xtensa", target_abi = "call0")) {
        Some(Self::XtensaCall0)
    } else if cfg!(target_arch = "xtensa") {
        Some(Self::XtensaWindowed)
    } else {
        None
    };

    /// Bytes in a pointer.
    pub const fn pointer_bytes(self) -> u8 {
        match self {
            Self::X86_64 | Self::Aarch64 | Self::Riscv64 => 8,
            _ => 4,
        }
    }
}

stored_enum! {
    /// How floats cross the boundary between image and host. `None` crosses nothing and loads anywhere.
    FloatAbi: u8 {
        /// No function at the boundary takes or returns a float.
        None = 0,
        /// Floats travel in integer registers.
        Soft = 1,
        /// Floats travel in floating-point registers.
        Hard = 2,
        /// 32-bit floats travel in floating-point registers, 64-bit floats in integer registers.
        HardSingle = 3,
    }
}

/// A CPU feature that generated code may rely on: architecture, bit in the header's `cpu_features`, LLVM's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuFeature {
    /// The architecture whose bit this is.
    pub arch: Arch,
    /// Bit number in `cpu_features`.
    pub bit: u8,
    /// LLVM's name of the feature, which is also the name shown to users.
    pub name: &'static str,
}

macro_rules! cpu_features {
    ($($arch:ident { $($name:literal = $bit:literal),* $(,)? })*) => {
        impl CpuFeature {
            /// Every feature that an image can require.
            pub const ALL: &'static [Self] = &[
                $($(Self { arch: Arch::$arch, bit: $bit, name: $name },)*)*
            ];

            /// The bits of all features of `arch`.
            pub const fn known(arch: Arch) -> u64 {
                match arch {
                    $(Arch::$arch => 0 $(| 1 << $bit)*,)*
                }
            }
        }
    };
}

cpu_features! {
    X86_64 {
        "sse3" = 0, "ssse3" = 1, "sse4.1" = 2, "sse4.2" = 3, "popcnt" = 4, "cx16" = 5, "avx" = 6, "avx2" = 7,
        "bmi" = 8, "bmi2" = 9, "f16c" = 10, "fma" = 11, "lzcnt" = 12, "movbe" = 13,
        "avx512f" = 14, "avx512bw" = 15, "avx512cd" = 16, "avx512dq" = 17, "avx512vl" = 18,
    }
    Thumb { "fp32" = 0, "fp64" = 1, "dsp" = 2, "thumb2" = 3, "hwdiv" = 4, "fp-armv8d16sp" = 5, "v8m" = 6 }
    Arm { "vfp3d16" = 0, "vfp4d16" = 1, "neon" = 2, "hwdiv-arm" = 3 }
    Aarch64 { "lse" = 0 }
    Riscv32 { "m" = 0, "a" = 1, "f" = 2, "d" = 3, "c" = 4 }
    Riscv64 { "m" = 0, "a" = 1, "f" = 2, "d" = 3, "c" = 4, "unaligned-scalar-mem" = 5 }
    XtensaWindowed {
        "density" = 0, "nsa" = 1, "mul32" = 2, "mul32high" = 3, "div32" = 4, "sext" = 5, "clamps" = 6, "minmax" = 7,
        "s32c1i" = 8, "fp" = 9, "bool" = 10,
    }
    XtensaCall0 {
        "density" = 0, "nsa" = 1, "mul32" = 2, "mul32high" = 3, "div32" = 4, "sext" = 5, "clamps" = 6, "minmax" = 7,
        "s32c1i" = 8, "fp" = 9, "bool" = 10,
    }
}

impl CpuFeature {
    /// The mask with this feature's bit set.
    pub const fn mask(&self) -> u64 {
        1 << self.bit
    }

    /// The feature of `arch` with LLVM's `name`. Where the name is known, ask at compile time: that leaves no table behind.
    pub const fn find(arch: Arch, name: &str) -> Option<&'static Self> {
        let mut rest = Self::ALL;
        while let [feature, others @ ..] = rest {
            if feature.arch.raw() == arch.raw() && is_same(feature.name.as_bytes(), name.as_bytes()) {
                return Some(feature);
            }
            rest = others;
        }
        None
    }

    /// The bits of those `names` that `arch` has.
    pub const fn mask_of(arch: Arch, names: &[&str]) -> u64 {
        let (mut mask, mut rest) = (0, names);
        while let [name, others @ ..] = rest {
            if let Some(feature) = Self::find(arch, name) {
                mask |= feature.mask();
            }
            rest = others;
        }
        mask
    }
}

const fn is_same(mut a: &[u8], mut b: &[u8]) -> bool {
    while let ([first, others @ ..], [second, rest @ ..]) = (a, b) {
        if *first != *second {
            return false;
        }
        (a, b) = (others, rest);
    }
    a.is_empty() && b.is_empty()
}

/// What a loader knows of the machine it runs on; an image is checked against it before anything else is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineFacts {
    /// Instruction set.
    pub arch: Arch,
    /// How the loader passes floats.
    pub float_abi: FloatAbi,
    /// Bits of [`CpuFeature`] that the CPU has.
    pub cpu_features: u64,
    /// Whether guard regions and fault handling are available.
    pub guarded_memory: bool,
}
