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
    /// The export behind a wrapper that takes `params` floats of `bits` bits, and returns one, the way floats are passed.
    Float {
        /// The export.
        export: &'static str,
        /// 32 or 64.
        bits: u32,
        /// 1 or 2.
        params: u32,
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

/// Rounding, where no instruction does it and floats are passed in floating-point registers.
pub(crate) const ROUNDING_HARD: &[LibraryCall] = calls! {
    "ceil" => float("ceil", 64), "ceilf" => float("ceilf", 32),
    "floor" => float("floor", 64), "floorf" => float("floorf", 32),
    "trunc" => float("trunc", 64), "truncf" => float("truncf", 32),
    // In the only rounding mode there is, these three are one.
    "rint" => float("nearest", 64), "rintf" => float("nearestf", 32),
    "nearbyint" => float("nearest", 64), "nearbyintf" => float("nearestf", 32),
    "roundeven" => float("nearest", 64), "roundevenf" => float("nearestf", 32),
};

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

/// Square root of doubles, where floats are passed in floating-point registers.
pub(crate) const SQRT_DOUBLE_HARD: &[LibraryCall] = calls! { "sqrt" => float("sqrt", 64) };

/// Square roots, where floats are passed in integer registers.
pub(crate) const SQRT_SOFT: &[LibraryCall] = {
    use LibraryBody::Export;
    calls! { "sqrt" => Export("sqrt"), "sqrtf" => Export("sqrtf") }
};

/// The part of Arm's run-time ABI (RTABI32) for doubles, 64-bit integers and memory. These functions take and return
/// floats in integer registers even under the hard-float convention.
/// <https://github.com/ARM-software/abi-aa/blob/main/rtabi32/rtabi32.rst>
pub(crate) const AEABI_DOUBLE: &[LibraryCall] = {
    use LibraryBody::{DivMod, Export, Memory};
    calls! {
        "__aeabi_dadd" => Export("adddf3"), "__aeabi_dsub" => Export("subdf3"),
        "__aeabi_dmul" => Export("muldf3"), "__aeabi_ddiv" => Export("divdf3"),
        "__aeabi_dcmpeq" => Export("eqdf"), "__aeabi_dcmplt" => Export("ltdf"), "__aeabi_dcmple" => Export("ledf"),
        "__aeabi_dcmpge" => Export("gedf"), "__aeabi_dcmpgt" => Export("gtdf"), "__aeabi_dcmpun" => Export("undf"),
        "__aeabi_d2iz" => Export("fixdfsi"), "__aeabi_d2uiz" => Export("fixunsdfsi"),
        "__aeabi_d2lz" => Export("fixdfdi"), "__aeabi_d2ulz" => Export("fixunsdfdi"),
        "__aeabi_i2d" => Export("floatsidf"), "__aeabi_ui2d" => Export("floatunsidf"),
        "__aeabi_l2d" => Export("floatdidf"), "__aeabi_ul2d" => Export("floatundidf"),
        "__aeabi_d2f" => Export("truncdfsf2"), "__aeabi_f2d" => Export("extendsfdf2"),
        // No FPU of these targets converts 64-bit integers.
        "__aeabi_f2lz" => Export("fixsfdi"), "__aeabi_f2ulz" => Export("fixunssfdi"),
        "__aeabi_l2f" => Export("floatdisf"), "__aeabi_ul2f" => Export("floatundisf"),
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

const fn float(export: &'static str, bits: u32) -> LibraryBody {
    LibraryBody::Float { export, bits, params: 1 }
}

impl crate::Target {
    /// What defines `symbol`, if LLVM may call it on this target.
    pub fn library_call(&self, symbol: &str) -> Option<&'static LibraryCall> {
        self.library.iter().flat_map(|group| group.iter()).find(|call| call.symbol == symbol)
    }
}
