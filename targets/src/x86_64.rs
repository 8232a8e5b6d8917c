//! AMD64 with the System V psABI. <https://gitlab.com/x86-psABIs/x86-64-ABI>
//!
//! Odd here:
//! * PC-relative values are relative to the field, not to the end of the instruction: compilers put the difference in
//!   the addend (usually -4, but -5 or -8 where an immediate follows).
//! * The control bits of MXCSR are callee-saved, its status bits are not. The x87 control word is callee-saved as well,
//!   but wasm code never touches the x87.
//! * Baseline code rounds by library calls; from SSE4.1 on there is an instruction.

use crate::target::feature_mask;
use crate::{Board, Bounds, Environment, RustBuild, Target};
use graver_aot_format::{Arch, BoundsStrategy, FloatAbi};
#[cfg(feature = "host")]
use {
    crate::{
        CodeModel, Cpu, Field, Glue, LibraryCall, Llvm, Quirks, Relocation, RelocationModel, Value,
        glue::Offsets,
        library::{MEMORY, ROUNDING_DOUBLE_HARD, ROUNDING_SINGLE_HARD, WIDE_DIVISION},
    },
    alloc::{format, string::String},
};

pub(crate) static X86_64: Target = Target {
    name: "x86_64",
    aliases: &["x86-64", "amd64", "x86_64-linux", "x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"],
    summary: "64-bit x86, any CPU (SSE2)",
    cpu_features: 0,
    #[cfg(feature = "host")]
    llvm: llvm(Cpu::Named("x86-64")),
    ..ROW
};

pub(crate) static X86_64_V3: Target = Target {
    name: "x86_64-v3",
    aliases: &["x86-64-v3", "haswell"],
    summary: "64-bit x86 with AVX2, BMI2 and FMA (2013 and later)",
    cpu_features: feature_mask(Arch::X86_64, V3),
    #[cfg(feature = "host")]
    llvm: llvm(Cpu::Named("x86-64-v3")),
    ..ROW
};

// The features of this row are what the compiler finds on its machine.
pub(crate) static NATIVE: Target = Target {
    name: "native",
    aliases: &["host"],
    summary: "this machine's CPU",
    #[cfg(feature = "host")]
    llvm: llvm(Cpu::Host("x86-64")),
    ..ROW
};

const V3: &[&str] = &[
    "sse3", "ssse3", "sse4.1", "sse4.2", "popcnt", "cx16", "avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt",
    "movbe",
];

/// What all rows share.
const ROW: Target = Target {
    name: "",
    aliases: &[],
    summary: "",
    arch: Arch::X86_64,
    pointer_bytes: 8,
    float_abi: FloatAbi::Hard,
    cpu_features: 0,
    needs_alignment: false,
    text_align_log2: 4,
    rodata_align_log2: 4,
    file_align_log2: 12,
    is_split: false,
    bounds: Bounds { default: BoundsStrategy::Guard, supported: &[BoundsStrategy::Guard, BoundsStrategy::Software] },
    board: Some(Board {
        name: "linux",
        emulator: None,
        args: &[],
        environment: Environment::Linux,
        script: None,
        rust: RustBuild::of("x86_64-unknown-linux-gnu"),
    }),
    small_board: None,
    proven: "natively on Linux",
    #[cfg(feature = "host")]
    llvm: llvm(Cpu::Host("x86-64")),
    #[cfg(feature = "host")]
    elf_machine: 62,
    #[cfg(feature = "host")]
    unwind_sections: &[".eh_frame"],
    #[cfg(feature = "host")]
    relocations: RELOCATIONS,
    #[cfg(feature = "host")]
    library: LIBRARY,
    #[cfg(feature = "host")]
    text_filler: &[0xcc], // int3
    #[cfg(feature = "host")]
    glue,
};

#[cfg(feature = "host")]
const fn llvm(cpu: Cpu) -> Llvm {
    Llvm {
        triple: "x86_64-unknown-none-elf",
        cpu,
        features: "",
        relocation_model: RelocationModel::Pic,
        code_model: CodeModel::Small,
        stack_register: "rsp",
        atomic_bits: 64,
        quirks: Quirks::NONE,
    }
}

#[cfg(feature = "host")]
const LIBRARY: &[&[LibraryCall]] = &[MEMORY, WIDE_DIVISION, ROUNDING_DOUBLE_HARD, ROUNDING_SINGLE_HARD];

#[cfg(feature = "host")]
const RELOCATIONS: &[Relocation] = &[
    Relocation::new(0, "R_X86_64_NONE", Value::Nothing, Field::Word32),
    Relocation::new(2, "R_X86_64_PC32", Value::Relative, Field::Word32),
    // There is no procedure linkage table: the symbol itself is called.
    Relocation::call(4, "R_X86_64_PLT32", Value::Relative, Field::Word32),
    Relocation::new(24, "R_X86_64_PC64", Value::Relative, Field::Word64),
];

/// `enter` arrives with the stack pointer 8 below a multiple of 16; six registers, a word for MXCSR (unused without
/// floats), three words of the store and the address of the rest put it back to a multiple of 16 for the call.
#[cfg(feature = "host")]
fn glue(glue: &Glue) -> String {
    let (enter, leave, trap) = (Glue::ENTER, Glue::LEAVE, Glue::TRAP);
    let head = Glue::head();
    let Offsets { store, entry_sp, handler, trap_code, trap_pc } = glue.offsets();
    // 0x1f80: round to nearest, all exceptions masked, subnormals kept.
    let (save_floats, restore_floats) = if glue.uses_floats {
        ("stmxcsr (%rsp)\n movl $0x1f80, 4(%rsp)\n ldmxcsr 4(%rsp)\n", "ldmxcsr (%rsp)\n")
    } else {
        ("", "")
    };
    format!(
        r#"{head} .p2align 4
{enter}:
 pushq %rbp
 pushq %rbx
 pushq %r12
 pushq %r13
 pushq %r14
 pushq %r15
 subq $8, %rsp
 {save_floats} movq {store}(%rdi), %rax
 pushq {handler}(%rax)
 pushq {entry_sp}(%rax)
 pushq %rax
 leaq .Lgraver_rest(%rip), %r8
 pushq %r8
 movq %rsp, {entry_sp}(%rax)
 movq $0, {handler}(%rax)
 movq %rsi, %rax
 movq %rdx, %rsi
 movq %rcx, %rdx
 callq *%rax
 xorl %eax, %eax
.Lgraver_restore:
 popq %rdx
 popq %rcx
 popq {entry_sp}(%rcx)
 popq {handler}(%rcx)
 jmpq *%rdx
.Lgraver_rest:
 {restore_floats} addq $8, %rsp
 popq %r15
 popq %r14
 popq %r13
 popq %r12
 popq %rbx
 popq %rbp
 retq
 .size {enter}, .-{enter}
 .p2align 4
{trap}:
 movq {store}(%rdi), %rdi
 movl %esi, %esi
 movq %rsi, {trap_code}(%rdi)
 movq (%rsp), %rax
 movq %rax, {trap_pc}(%rdi)
 .size {trap}, .-{trap}
{leave}:
 movq {entry_sp}(%rdi), %rsp
 movl $1, %eax
 jmp .Lgraver_restore
 .size {leave}, .-{leave}
"#
    )
}
