//! What LLVM must be told about a target.

use crate::Target;
use graver_aot_format::CpuFeature;

/// Options of LLVM that have no place in its API. They hold for the whole process and all rows.
pub const OPTIONS: &[&core::ffi::CStr] = &[
    // A conditional move with a memory operand always loads; this pass would turn it into a branch around the load, which
    // then no longer traps.
    c"-x86-cmov-converter-force-mem-operand=false",
    // Pushed arguments are in no frame size; with moves, their room is part of the frame.
    c"-no-x86-call-frame-opt",
];

/// LLVM's side of a row.
#[derive(Debug)]
pub struct Llvm {
    /// Target triple.
    pub triple: &'static str,
    /// CPU.
    pub cpu: Cpu,
    /// Features on top of the CPU's, `+a,-b`.
    pub features: &'static str,
    /// Relocation model.
    pub relocation_model: RelocationModel,
    /// Code model.
    pub code_model: CodeModel,
    /// Name of the stack pointer for `llvm.read_register`.
    pub stack_register: &'static str,
    /// The widest integers that its instructions load, store and update atomically, in bits; 0 where there are none that
    /// update. Wider ones would be calls of a library.
    pub atomic_bits: u32,
    /// What must be done about its back end.
    pub quirks: Quirks,
}

/// What LLVM's back end for a target cannot do.
#[derive(Clone, Copy, Debug)]
pub struct Quirks {
    /// Assembly that copies the stack pointer to `$0`, where `llvm.read_register` does not exist.
    pub read_stack: Option<&'static str>,
    /// Whether vectors are worth making from scalar code. Where they are not, vectors of `i1` may not even compile.
    pub has_vectors: bool,
    /// Whether a floating-point constant can be selected by a condition.
    pub selects_float_constants: bool,
    /// Whether a choice of the smaller or larger of two floats becomes an instruction that returns a quiet NaN for a
    /// signalling one, where the comparison would have chosen the other operand.
    pub minimum_returns_nan: bool,
    /// Frames with more bytes than the first number and fewer than the second may not compile.
    pub unsafe_frames: Option<(u32, u32)>,
}

impl Quirks {
    /// Nothing must be done.
    pub const NONE: Self = Self {
        read_stack: None,
        has_vectors: true,
        selects_float_constants: true,
        minimum_returns_nan: false,
        unsafe_frames: None,
    };
}

/// Which CPU to generate code for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cpu {
    /// The one LLVM calls so.
    Named(&'static str),
    /// The one that the compiler runs on, as this CPU plus those features of the host that an image can require.
    /// Code is never generated for features that no loader could check.
    Host(&'static str),
}

/// How code reaches its own symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelocationModel {
    /// Relative to the program counter.
    Pic,
    /// By absolute addresses, which the linker resolves or leaves to the loader.
    Static,
}

/// How far apart code and its symbols may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeModel {
    /// The target's default.
    Default,
    /// Within 2 GiB.
    Small,
}

impl Target {
    /// The `cpu_features` bits for LLVM's feature names, such as the host's. Names that cannot be required are skipped.
    pub fn feature_mask<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> u64 {
        names.into_iter().filter_map(|name| CpuFeature::find(self.arch, name)).map(CpuFeature::mask).sum()
    }
}
