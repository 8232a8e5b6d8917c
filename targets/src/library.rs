//! The library calls that LLVM makes, and what stands behind each.

/// A library symbol that LLVM may call.
#[derive(Clone, Copy, Debug)]
pub struct LibraryCall {
    /// Its name in objects.
    pub symbol: &'static str,
    /// What defines it.
    pub body: LibraryBody,
}

/// What defines a library symbol. Exports are those of the helper module; their parameters and results are integers,
/// floats as their bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LibraryBody {
    /// The export itself: the call passes integers, or floats in integer registers, as the export takes them.
    Export(&'static str),
    /// The export behind a wrapper that takes and returns a scalar of these types the way the target passes them.
    Wrapped {
        /// The export.
        export: &'static str,
        /// What it takes.
        param: Scalar,
        /// What it returns.
        result: Scalar,
    },
    /// A 64-bit division that returns the quotient and the remainder in four 32-bit registers.
    DivMod {
        /// The export that computes the quotient.
        quotient: &'static str,
    },
    /// A division of 128-bit integers, passed in register pairs.
    WideDivision {
        /// Operands and result have a sign.
        is_signed: bool,
        /// The remainder is wanted, not the quotient.
        is_remainder: bool,
    },
    /// Copies or sets bytes.
    Memory(MemoryRoutine),
}

/// A type of a wrapper's parameter or result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// A 64-bit integer.
    I64,
    /// A float.
    F32,
    /// A double.
    F64,
}

impl Scalar {
    /// Its size.
    pub const fn bits(self) -> u32 {
        match self {
            Self::F32 => 32,
            Self::I64 | Self::F64 => 64,
        }
    }
}

/// The routines on memory; `n` counts bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryRoutine {
    /// `memcpy(to, from, n) -> to`.
    Copy,
    /// `memmove(to, from, n) -> to`.
    Move,
    /// `memset(to, byte, n) -> to`.
    Set,
    /// `__aeabi_memset(to, n, byte)`.
    SetSwapped,
    /// `__aeabi_memclr(to, n)`.
    Clear,
}

macro_rules! calls {
    ($($symbol:literal => $body:expr),* $(,)?) => { &[$(LibraryCall { symbol: $symbol, body: $body }),*] };
}

/// Calls every target may make, from intrinsics and from loops that LLVM recognises.
pub(crate) const MEMORY: &[LibraryCall] = {
    use LibraryBody::Memory;
    calls! {
        "memcpy" => Memory(MemoryRoutine::Copy),
        "memmove" => Memory(MemoryRoutine::Move),
        "memset" => Memory(MemoryRoutine::Set),
    }
};

/// Division of 128-bit integers, which 64-bit targets leave to a library.
pub(crate) const WIDE_DIVISION: &[LibraryCall] = {
    const fn wide(is_signed: bool, is_remainder: bool) -> LibraryBody {
        LibraryBody::WideDivision { is_signed, is_remainder }
    }
    calls! {
        "__udivti3" => wide(false, false), "__umodti3" => wide(false, true),
        "__divti3" => wide(true, false), "__modti3" => wide(true, true),
    }
};

/// Rounding of doubles, where no instruction does it and they are passed in floating-point registers.
pub(crate) const ROUNDING_DOUBLE_HARD: &[LibraryCall] = calls! {
    "ceil" => float("ceil", 64), "floor" => float("floor", 64), "trunc" => float("trunc", 64),
    // In the only rounding mode there is, these three are one.
    "rint" => float("nearest", 64), "nearbyint" => float("nearest", 64), "roundeven" => float("nearest", 64),
};

/// Rounding of floats, where no instruction does it and they are passed in floating-point registers.
pub(crate) const ROUNDING_SINGLE_HARD: &[LibraryCall] = calls! {
    "ceilf" => float("ceilf", 32), "floorf" => float("floorf", 32), "truncf" => float("truncf", 32),
    "rintf" => float("nearestf", 32), "nearbyintf" => float("nearestf", 32), "roundevenf" => float("nearestf", 32),
};

/// Rounding of doubles that LLVM leaves to a library although there is an instruction.
pub(crate) const NEARBY_DOUBLE_HARD: &[LibraryCall] = calls! { "nearbyint" => float("nearest", 64) };

/// The same for floats.
pub(crate) const NEARBY_SINGLE_HARD: &[LibraryCall] = calls! { "nearbyintf" => float("nearestf", 32) };

/// Rounding, where floats are passed in integer registers.
pub(crate) const ROUNDING_SOFT: &[LibraryCall] = {
    use LibraryBody::Export;
    calls! {
        "ceil" => Export("ceil"), "ceilf" => Export("ceilf"),
        "floor" => Export("floor"), "floorf" => Export("floorf"),
        "trunc" => Export("trunc"), "truncf" => Export("truncf"),
        "rint" => Export("nearest"), "rintf" => Export("nearestf"),
        "nearbyint" => Export("nearest"), "nearbyintf" => Export("nearestf"),
        "roundeven" => Export("nearest"), "roundevenf" => Export("nearestf"),
    }
};

/// Rounding of doubles, where only they are passed in integer registers.
pub(crate) const ROUNDING_DOUBLE_SOFT: &[LibraryCall] = {
    use LibraryBody::Export;
    calls! {
        "ceil" => Export("ceil"), "floor" => Export("floor"), "trunc" => Export("trunc"), "rint" => Export("nearest"),
        "nearbyint" => Export("nearest"), "roundeven" => Export("nearest"),
    }
};

/// Square root of doubles, where floats are passed in floating-point registers.
pub(crate) const SQRT_DOUBLE_HARD: &[LibraryCall] = calls! { "sqrt" => float("sqrt", 64) };

/// Square roots, where floats are passed in integer registers.
pub(crate) const SQRT_SOFT: &[LibraryCall] = {
    use LibraryBody::Export;
    calls! { "sqrt" => Export("sqrt"), "sqrtf" => Export("sqrtf") }
};

/// Square root of doubles, where only they are passed in integer registers.
pub(crate) const SQRT_DOUBLE_SOFT: &[LibraryCall] = calls! { "sqrt" => LibraryBody::Export("sqrt") };

/// GCC's names, which LLVM uses where a platform has none of its own: division of 64-bit integers on 32-bit machines.
/// <https://gcc.gnu.org/onlinedocs/gccint/Libgcc.html>
pub(crate) const GCC_DIVISION: &[LibraryCall] = {
    use LibraryBody::Export;
    calls! {
        "__divdi3" => Export("divdi3"), "__udivdi3" => Export("udivdi3"),
        "__moddi3" => Export("moddi3"), "__umoddi3" => Export("umoddi3"),
    }
};

/// Products of 64-bit integers, where no instruction gives the upper half of a product of words.
pub(crate) const GCC_PRODUCT: &[LibraryCall] = calls! { "__muldi3" => LibraryBody::Export("muldi3") };

/// Division of words, where no instruction does it.
pub(crate) const GCC_NARROW_DIVISION: &[LibraryCall] = {
    use LibraryBody::Export;
    calls! {
        "__divsi3" => Export("divsi3"), "__udivsi3" => Export("udivsi3"),
        "__modsi3" => Export("modsi3"), "__umodsi3" => Export("umodsi3"),
    }
};

/// Division of floats, where an FPU does the rest.
pub(crate) const GCC_SINGLE_QUOTIENT: &[LibraryCall] = calls! { "__divsf3" => LibraryBody::Export("divsf3") };

/// Doubles, where no FPU has them and they are passed in integer registers.
pub(crate) const GCC_DOUBLE: &[LibraryCall] = {
    use LibraryBody::Export;
    calls! {
        "__adddf3" => Export("adddf3"), "__subdf3" => Export("subdf3"),
        "__muldf3" => Export("muldf3"), "__divdf3" => Export("divdf3"),
        // Less than 0, 0, or greater than 0, as the operands are; and for NaNs what makes the comparison false.
        "__eqdf2" => Export("lesserdf"), "__nedf2" => Export("lesserdf"),
        "__ltdf2" => Export("lesserdf"), "__ledf2" => Export("lesserdf"),
        "__gtdf2" => Export("greaterdf"), "__gedf2" => Export("greaterdf"), "__unorddf2" => Export("undf"),
        "__fixdfsi" => Export("fixdfsi"), "__fixunsdfsi" => Export("fixunsdfsi"),
        "__floatsidf" => Export("floatsidf"), "__floatunsidf" => Export("floatunsidf"),
    }
};

/// Conversions between floats and doubles, both passed in integer registers.
pub(crate) const GCC_DOUBLE_SOFT: &[LibraryCall] = {
    use LibraryBody::Export;
    calls! { "__truncdfsf2" => Export("truncdfsf2"), "__extendsfdf2" => Export("extendsfdf2") }
};

/// The same where floats are passed in floating-point registers.
pub(crate) const GCC_DOUBLE_SINGLE_HARD: &[LibraryCall] = calls! {
    "__truncdfsf2" => wrapped("truncdfsf2", Scalar::F64, Scalar::F32),
    "__extendsfdf2" => wrapped("extendsfdf2", Scalar::F32, Scalar::F64),
};

/// Floats, where no FPU has them.
pub(crate) const GCC_SINGLE: &[LibraryCall] = {
    use LibraryBody::Export;
    calls! {
        "__addsf3" => Export("addsf3"), "__subsf3" => Export("subsf3"),
        "__mulsf3" => Export("mulsf3"), "__divsf3" => Export("divsf3"),
        "__eqsf2" => Export("lessersf"), "__nesf2" => Export("lessersf"),
        "__ltsf2" => Export("lessersf"), "__lesf2" => Export("lessersf"),
        "__gtsf2" => Export("greatersf"), "__gesf2" => Export("greatersf"), "__unordsf2" => Export("unsf"),
        "__fixsfsi" => Export("fixsfsi"), "__fixunssfsi" => Export("fixunssfsi"),
        "__floatsisf" => Export("floatsisf"), "__floatunsisf" => Export("floatunsisf"),
    }
};

/// Conversions between doubles and 64-bit integers on 32-bit machines, doubles passed in integer registers.
pub(crate) const GCC_WIDE_DOUBLE: &[LibraryCall] = {
    use LibraryBody::Export;
    calls! {
        "__fixdfdi" => Export("fixdfdi"), "__fixunsdfdi" => Export("fixunsdfdi"),
        "__floatdidf" => Export("floatdidf"), "__floatundidf" => Export("floatundidf"),
    }
};

/// The same, doubles passed in floating-point registers.
pub(crate) const GCC_WIDE_DOUBLE_HARD: &[LibraryCall] = calls! {
    "__fixdfdi" => wrapped("fixdfdi", Scalar::F64, Scalar::I64),
    "__fixunsdfdi" => wrapped("fixunsdfdi", Scalar::F64, Scalar::I64),
    "__floatdidf" => wrapped("floatdidf", Scalar::I64, Scalar::F64),
    "__floatundidf" => wrapped("floatundidf", Scalar::I64, Scalar::F64),
};

/// Conversions between floats and 64-bit integers on 32-bit machines, floats passed in integer registers.
pub(crate) const GCC_WIDE_SINGLE: &[LibraryCall] = {
    use LibraryBody::Export;
    calls! {
        "__fixsfdi" => Export("fixsfdi"), "__fixunssfdi" => Export("fixunssfdi"),
        "__floatdisf" => Export("floatdisf"), "__floatundisf" => Export("floatundisf"),
    }
};

/// The same, floats passed in floating-point registers.
pub(crate) const GCC_WIDE_SINGLE_HARD: &[LibraryCall] = calls! {
    "__fixsfdi" => wrapped("fixsfdi", Scalar::F32, Scalar::I64),
    "__fixunssfdi" => wrapped("fixunssfdi", Scalar::F32, Scalar::I64),
    "__floatdisf" => wrapped("floatdisf", Scalar::I64, Scalar::F32),
    "__floatundisf" => wrapped("floatundisf", Scalar::I64, Scalar::F32),
};

/// The part of Arm's run-time ABI (RTABI32) that every core needs: memory, division of 64-bit integers. Its functions
/// take and return floats in integer registers even under the hard-float convention.
/// <https://github.com/ARM-software/abi-aa/blob/main/rtabi32/rtabi32.rst>
pub(crate) const AEABI: &[LibraryCall] = {
    use LibraryBody::{DivMod, Memory};
    calls! {
        "__aeabi_ldivmod" => DivMod { quotient: "divdi3" }, "__aeabi_uldivmod" => DivMod { quotient: "udivdi3" },
        "__aeabi_memcpy" => Memory(MemoryRoutine::Copy), "__aeabi_memcpy4" => Memory(MemoryRoutine::Copy),
        "__aeabi_memcpy8" => Memory(MemoryRoutine::Copy),
        "__aeabi_memmove" => Memory(MemoryRoutine::Move), "__aeabi_memmove4" => Memory(MemoryRoutine::Move),
        "__aeabi_memmove8" => Memory(MemoryRoutine::Move),
        "__aeabi_memset" => Memory(MemoryRoutine::SetSwapped), "__aeabi_memset4" => Memory(MemoryRoutine::SetSwapped),
        "__aeabi_memset8" => Memory(MemoryRoutine::SetSwapped),
        "__aeabi_memclr" => Memory(MemoryRoutine::Clear), "__aeabi_memclr4" => Memory(MemoryRoutine::Clear),
        "__aeabi_memclr8" => Memory(MemoryRoutine::Clear),
    }
};

/// Conversions between floats and 64-bit integers, which no 32-bit Arm FPU has.
pub(crate) const AEABI_WIDE_CONVERSIONS: &[LibraryCall] = {
    use LibraryBody::Export;
    calls! {
        "__aeabi_d2lz" => Export("fixdfdi"), "__aeabi_d2ulz" => Export("fixunsdfdi"),
        "__aeabi_l2d" => Export("floatdidf"), "__aeabi_ul2d" => Export("floatundidf"),
        "__aeabi_f2lz" => Export("fixsfdi"), "__aeabi_f2ulz" => Export("fixunssfdi"),
        "__aeabi_l2f" => Export("floatdisf"), "__aeabi_ul2f" => Export("floatundisf"),
    }
};

/// The part of Arm's run-time ABI for doubles, where no FPU has them.
pub(crate) const AEABI_DOUBLE: &[LibraryCall] = {
    use LibraryBody::Export;
    calls! {
        "__aeabi_dadd" => Export("adddf3"), "__aeabi_dsub" => Export("subdf3"),
        "__aeabi_dmul" => Export("muldf3"), "__aeabi_ddiv" => Export("divdf3"),
        "__aeabi_dcmpeq" => Export("eqdf"), "__aeabi_dcmplt" => Export("ltdf"), "__aeabi_dcmple" => Export("ledf"),
        "__aeabi_dcmpge" => Export("gedf"), "__aeabi_dcmpgt" => Export("gtdf"), "__aeabi_dcmpun" => Export("undf"),
        "__aeabi_d2iz" => Export("fixdfsi"), "__aeabi_d2uiz" => Export("fixunsdfsi"),
        "__aeabi_i2d" => Export("floatsidf"), "__aeabi_ui2d" => Export("floatunsidf"),
        "__aeabi_d2f" => Export("truncdfsf2"), "__aeabi_f2d" => Export("extendsfdf2"),
    }
};

/// The part of Arm's run-time ABI for floats, where no FPU has them.
pub(crate) const AEABI_SINGLE: &[LibraryCall] = {
    use LibraryBody::Export;
    calls! {
        "__aeabi_fadd" => Export("addsf3"), "__aeabi_fsub" => Export("subsf3"),
        "__aeabi_fmul" => Export("mulsf3"), "__aeabi_fdiv" => Export("divsf3"),
        "__aeabi_fcmpeq" => Export("eqsf"), "__aeabi_fcmplt" => Export("ltsf"), "__aeabi_fcmple" => Export("lesf"),
        "__aeabi_fcmpge" => Export("gesf"), "__aeabi_fcmpgt" => Export("gtsf"), "__aeabi_fcmpun" => Export("unsf"),
        "__aeabi_f2iz" => Export("fixsfsi"), "__aeabi_f2uiz" => Export("fixunssfsi"),
        "__aeabi_i2f" => Export("floatsisf"), "__aeabi_ui2f" => Export("floatunsisf"),
    }
};

/// What the baseline cores of the M profile lack: multiplications wider than a register, shifts of two registers,
/// counting of zeros.
pub(crate) const AEABI_BASELINE: &[LibraryCall] = {
    use LibraryBody::Export;
    calls! {
        "__aeabi_lmul" => Export("muldi3"),
        "__aeabi_llsl" => Export("ashldi3"), "__aeabi_llsr" => Export("lshrdi3"), "__aeabi_lasr" => Export("ashrdi3"),
        "__clzsi2" => Export("clzsi2"),
    }
};

/// Division, where no instruction does it. The quotient is in the first register, and the remainder in the second.
pub(crate) const AEABI_DIVISION: &[LibraryCall] = {
    use LibraryBody::Export;
    calls! {
        "__aeabi_idiv" => Export("divsi3"), "__aeabi_uidiv" => Export("udivsi3"),
        "__aeabi_idivmod" => Export("divmodsi4"), "__aeabi_uidivmod" => Export("udivmodsi4"),
    }
};

const fn wrapped(export: &'static str, param: Scalar, result: Scalar) -> LibraryBody {
    LibraryBody::Wrapped { export, param, result }
}

const fn float(export: &'static str, bits: u32) -> LibraryBody {
    let scalar = if bits == 32 { Scalar::F32 } else { Scalar::F64 };
    wrapped(export, scalar, scalar)
}

impl crate::Target {
    /// What defines `symbol`, if LLVM may call it on this target.
    pub fn library_call(&self, symbol: &str) -> Option<&'static LibraryCall> {
        self.library.iter().flat_map(|group| group.iter()).find(|call| call.symbol == symbol)
    }
}
