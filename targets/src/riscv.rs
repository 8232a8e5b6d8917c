//! RISC-V with the ilp32, ilp32f, ilp32d and lp64d conventions. <https://github.com/riscv-non-isa/riscv-elf-psabi-doc>
//!
//! Odd here:
//! * An address takes two instructions, `auipc` and one with the low 12 bits, and each has a relocation of its own. The
//!   second one's symbol is not what it refers to, but a label of the first: the value is the first one's, relative to the
//!   first one's place. The low part has a sign, so the high part is rounded.
//! * `R_RISCV_CALL_PLT` is both at once, for `auipc` and `jalr`.
//! * A difference of labels, as in jump tables, is two relocations at one place: one adds, one subtracts.
//! * Linkers may shorten code, and compilers then leave them all branches as relocations. Not here: without the `relax`
//!   feature every distance within a section is final.
//! * On 64-bit machines a 32-bit integer is sign-extended in its register, unsigned ones too.
//! * Which registers pass floats depends on the widest that the ABI knows: `ilp32f` passes doubles in integer registers.
//! * There is no flushing of subnormals, and all arithmetic NaNs are the canonical one: of `fcsr` only the rounding mode
//!   matters.
//! * Accesses need their alignment unless `unaligned-scalar-mem` says otherwise. Linux promises that they work, not that
//!   they are quick; a store across the end of a memory, which a kernel emulates, may then have written its first bytes
//!   before it traps.

use crate::target::feature_mask;
use crate::{Board, Bounds, Environment, RustBuild, Target};
use graver_aot_format::{Arch, BoundsStrategy, FloatAbi};
#[cfg(feature = "host")]
use {
    crate::{
        CodeModel, Cpu, Field, Glue, Llvm, Quirks, Relocation, RelocationModel, RiscvField, Value,
        glue::Offsets,
        library::{
            GCC_DIVISION, GCC_DOUBLE, GCC_DOUBLE_SINGLE_HARD, GCC_DOUBLE_SOFT, GCC_SINGLE, GCC_WIDE_DOUBLE,
            GCC_WIDE_DOUBLE_HARD, GCC_WIDE_SINGLE, GCC_WIDE_SINGLE_HARD, LibraryCall, MEMORY, NEARBY_DOUBLE_HARD,
            NEARBY_SINGLE_HARD, ROUNDING_DOUBLE_HARD, ROUNDING_DOUBLE_SOFT, ROUNDING_SOFT, SQRT_DOUBLE_SOFT, SQRT_SOFT,
            WIDE_DIVISION,
        },
    },
    alloc::{format, string::String},
};

pub(crate) static RISCV32IMC: Target = Target {
    name: "riscv32imc",
    aliases: &["esp32c3", "esp32-c3", "rv32imc", "riscv32imc-unknown-none-elf", "riscv32imc-esp-espidf"],
    summary: "32-bit RISC-V without atomics, such as ESP32-C3",
    cpu_features: feature_mask(Arch::Riscv32, &["m", "c"]),
    board: Some(virt_32("riscv32imc-unknown-none-elf")),
    #[cfg(feature = "host")]
    llvm: Llvm { atomic_bits: 0, ..llvm32("+m,+c") },
    #[cfg(feature = "host")]
    library: SOFT,
    ..ROW32
};

pub(crate) static RISCV32IMAC: Target = Target {
    name: "riscv32imac",
    aliases: &["rv32imac", "esp32c6", "esp32-c6", "esp32h2", "riscv32imac-unknown-none-elf", "riscv32imac-esp-espidf"],
    summary: "32-bit RISC-V, floats in software, such as ESP32-C6",
    cpu_features: feature_mask(Arch::Riscv32, &["m", "a", "c"]),
    board: Some(virt_32("riscv32imac-unknown-none-elf")),
    #[cfg(feature = "host")]
    llvm: llvm32("+m,+a,+c"),
    #[cfg(feature = "host")]
    library: SOFT,
    ..ROW32
};

pub(crate) static RISCV32IMAFC: Target = Target {
    name: "riscv32imafc",
    aliases: &["rv32imafc", "esp32p4", "esp32-p4", "riscv32imafc-unknown-none-elf", "riscv32imafc-esp-espidf"],
    summary: "32-bit RISC-V, single-precision FPU (ilp32f), such as ESP32-P4",
    float_abi: FloatAbi::HardSingle,
    cpu_features: feature_mask(Arch::Riscv32, &["m", "a", "f", "c"]),
    board: Some(virt_32("riscv32imafc-unknown-none-elf")),
    #[cfg(feature = "host")]
    llvm: llvm32("+m,+a,+f,+c"),
    #[cfg(feature = "host")]
    library: &[
        MEMORY,
        GCC_DIVISION,
        GCC_DOUBLE,
        GCC_DOUBLE_SINGLE_HARD,
        GCC_WIDE_DOUBLE,
        GCC_WIDE_SINGLE_HARD,
        SQRT_DOUBLE_SOFT,
        ROUNDING_DOUBLE_SOFT,
        NEARBY_SINGLE_HARD,
    ],
    #[cfg(feature = "host")]
    glue: glue_single,
    ..ROW32
};

pub(crate) static RISCV32GC: Target = Target {
    name: "riscv32gc",
    // The ABI that `wamrc` takes unless told otherwise.
    aliases: &["riscv32", "rv32gc", "riscv32imafdc"],
    summary: "32-bit RISC-V, double-precision FPU (ilp32d)",
    float_abi: FloatAbi::Hard,
    cpu_features: feature_mask(Arch::Riscv32, &["m", "a", "f", "d", "c"]),
    // Rust has no bare target of this kind.
    board: Some(virt(
        "qemu-system-riscv32",
        RustBuild { builds_core: true, ..RustBuild::of("riscv32gc-unknown-none-elf.json") },
    )),
    #[cfg(feature = "host")]
    llvm: llvm32("+m,+a,+f,+d,+c"),
    #[cfg(feature = "host")]
    library: &[
        MEMORY,
        GCC_DIVISION,
        GCC_WIDE_DOUBLE_HARD,
        GCC_WIDE_SINGLE_HARD,
        ROUNDING_DOUBLE_HARD,
        NEARBY_SINGLE_HARD,
    ],
    #[cfg(feature = "host")]
    glue: glue_double,
    ..ROW32
};

pub(crate) static RISCV64GC: Target = Target {
    name: "riscv64gc",
    aliases: &["riscv64", "rv64gc", "riscv64gc-unknown-linux-gnu", "riscv64gc-unknown-linux-musl"],
    summary: "64-bit RISC-V, Linux",
    cpu_features: feature_mask(Arch::Riscv64, &["m", "a", "f", "d", "c", "unaligned-scalar-mem"]),
    needs_alignment: false,
    file_align_log2: 16,
    bounds: Bounds { default: BoundsStrategy::Guard, supported: &[BoundsStrategy::Guard, BoundsStrategy::Software] },
    board: Some(LINUX),
    proven: "qemu-riscv64",
    #[cfg(feature = "host")]
    llvm: llvm64("+m,+a,+f,+d,+c,+unaligned-scalar-mem"),
    ..ROW64
};

pub(crate) static RISCV64GC_NONE: Target = Target {
    name: "riscv64gc-none",
    aliases: &["riscv64gc-unknown-none-elf"],
    summary: "64-bit RISC-V, bare metal",
    cpu_features: feature_mask(Arch::Riscv64, &["m", "a", "f", "d", "c"]),
    board: Some(virt("qemu-system-riscv64", RustBuild::of("riscv64gc-unknown-none-elf"))),
    proven: "qemu-system-riscv64 -M virt",
    #[cfg(feature = "host")]
    llvm: llvm64("+m,+a,+f,+d,+c"),
    ..ROW64
};

const fn virt(emulator: &'static str, rust: RustBuild) -> Board {
    Board {
        name: "riscv-virt",
        emulator: Some(emulator),
        // A kernel would start at the beginning of RAM; this starts where the program says, in flash as well.
        args: &["-M", "virt", "-bios", "none", "-device", "loader,cpu-num=0,file="],
        environment: Environment::Bare,
        script: None,
        rust,
    }
}

const fn virt_32(rust_target: &'static str) -> Board {
    virt("qemu-system-riscv32", RustBuild::of(rust_target))
}

const LINUX: Board = Board {
    name: "linux",
    emulator: Some("qemu-riscv64"),
    args: &[],
    environment: Environment::Linux,
    script: None,
    rust: RustBuild {
        linker: Some("riscv64-linux-gnu-gcc"),
        flags: &["-Ctarget-feature=+crt-static"],
        ..RustBuild::of("riscv64gc-unknown-linux-gnu")
    },
};

#[cfg(feature = "host")]
const SOFT: &[&[LibraryCall]] = &[
    MEMORY,
    GCC_DIVISION,
    GCC_DOUBLE,
    GCC_DOUBLE_SOFT,
    GCC_SINGLE,
    GCC_WIDE_DOUBLE,
    GCC_WIDE_SINGLE,
    SQRT_SOFT,
    ROUNDING_SOFT,
];

/// What the 32-bit rows share.
const ROW32: Target = Target {
    name: "",
    aliases: &[],
    summary: "",
    arch: Arch::Riscv32,
    pointer_bytes: 4,
    float_abi: FloatAbi::Soft,
    cpu_features: 0,
    needs_alignment: true,
    text_align_log2: 4,
    rodata_align_log2: 4,
    file_align_log2: 4,
    is_split: false,
    bounds: Bounds { default: BoundsStrategy::Software, supported: &[BoundsStrategy::Software] },
    board: None,
    small_board: None,
    proven: "qemu-system-riscv32 -M virt",
    #[cfg(feature = "host")]
    llvm: llvm32(""),
    #[cfg(feature = "host")]
    elf_machine: 243,
    #[cfg(feature = "host")]
    unwind_sections: &[".eh_frame"],
    #[cfg(feature = "host")]
    relocations: RELOCATIONS,
    #[cfg(feature = "host")]
    library: &[],
    #[cfg(feature = "host")]
    text_filler: &[0x00, 0x00], // c.unimp
    #[cfg(feature = "host")]
    glue: glue_soft,
};

/// What the 64-bit rows share.
const ROW64: Target = Target {
    arch: Arch::Riscv64,
    pointer_bytes: 8,
    float_abi: FloatAbi::Hard,
    #[cfg(feature = "host")]
    llvm: llvm64(""),
    #[cfg(feature = "host")]
    library: &[MEMORY, WIDE_DIVISION, NEARBY_DOUBLE_HARD, NEARBY_SINGLE_HARD],
    #[cfg(feature = "host")]
    glue: glue_double,
    ..ROW32
};

#[cfg(feature = "host")]
const fn llvm32(features: &'static str) -> Llvm {
    Llvm { atomic_bits: 32, ..llvm("riscv32-none-elf", "generic-rv32", features) }
}

#[cfg(feature = "host")]
const fn llvm64(features: &'static str) -> Llvm {
    llvm("riscv64-none-elf", "generic-rv64", features)
}

/// The convention follows from the features: the widest floating-point registers pass floats.
#[cfg(feature = "host")]
const fn llvm(triple: &'static str, cpu: &'static str, features: &'static str) -> Llvm {
    Llvm {
        triple,
        cpu: Cpu::Named(cpu),
        features,
        relocation_model: RelocationModel::Pic,
        code_model: CodeModel::Default,
        stack_register: "sp",
        atomic_bits: 64,
        quirks: Quirks::NONE,
    }
}

#[cfg(feature = "host")]
const RELOCATIONS: &[Relocation] = &[
    Relocation::new(0, "R_RISCV_NONE", Value::Nothing, Field::Word32),
    Relocation::call(16, "R_RISCV_BRANCH", Value::Relative, Field::Riscv(RiscvField::Branch)),
    Relocation::call(17, "R_RISCV_JAL", Value::Relative, Field::Riscv(RiscvField::Jump)),
    // There is no procedure linkage table: the symbol itself is called.
    Relocation::call(18, "R_RISCV_CALL", Value::Relative, Field::Riscv(RiscvField::Call)),
    Relocation::call(19, "R_RISCV_CALL_PLT", Value::Relative, Field::Riscv(RiscvField::Call)),
    Relocation::new(23, "R_RISCV_PCREL_HI20", Value::Relative, Field::Riscv(RiscvField::High)),
    Relocation::new(24, "R_RISCV_PCREL_LO12_I", Value::OfLabelled, Field::Riscv(RiscvField::LowI)),
    Relocation::new(25, "R_RISCV_PCREL_LO12_S", Value::OfLabelled, Field::Riscv(RiscvField::LowS)),
    Relocation::new(33, "R_RISCV_ADD8", Value::Minuend, Field::Byte),
    Relocation::new(34, "R_RISCV_ADD16", Value::Minuend, Field::Half),
    Relocation::new(35, "R_RISCV_ADD32", Value::Minuend, Field::Word32),
    Relocation::new(36, "R_RISCV_ADD64", Value::Minuend, Field::Word64),
    Relocation::new(37, "R_RISCV_SUB8", Value::Subtrahend, Field::Byte),
    Relocation::new(38, "R_RISCV_SUB16", Value::Subtrahend, Field::Half),
    Relocation::new(39, "R_RISCV_SUB32", Value::Subtrahend, Field::Word32),
    Relocation::new(40, "R_RISCV_SUB64", Value::Subtrahend, Field::Word64),
    Relocation::call(44, "R_RISCV_RVC_BRANCH", Value::Relative, Field::Riscv(RiscvField::ShortBranch)),
    Relocation::call(45, "R_RISCV_RVC_JUMP", Value::Relative, Field::Riscv(RiscvField::ShortJump)),
    Relocation::new(54, "R_RISCV_SET8", Value::Minuend, Field::Byte),
    Relocation::new(55, "R_RISCV_SET16", Value::Minuend, Field::Half),
    Relocation::new(56, "R_RISCV_SET32", Value::Minuend, Field::Word32),
    Relocation::new(57, "R_RISCV_32_PCREL", Value::Relative, Field::Word32),
];

#[cfg(feature = "host")]
fn glue_soft(glue: &Glue) -> String {
    text(glue, None)
}

#[cfg(feature = "host")]
fn glue_single(glue: &Glue) -> String {
    text(glue, glue.uses_floats.then_some(Floats { bytes: 4, letter: 'w' }))
}

#[cfg(feature = "host")]
fn glue_double(glue: &Glue) -> String {
    text(glue, glue.uses_floats.then_some(Floats { bytes: 8, letter: 'd' }))
}

/// The floating-point registers.
#[cfg(feature = "host")]
struct Floats {
    bytes: u32,
    letter: char,
}

/// From the stack pointer up: fs0-fs11 and a word for fcsr where there are floats, ra, s0-s11; filled up to a multiple of
/// 16 bytes. Below it four words: address of the rest, store, entry_sp, handler.
#[cfg(feature = "host")]
fn text(glue: &Glue, floats: Option<Floats>) -> String {
    let (enter, leave, trap) = (Glue::ENTER, Glue::LEAVE, Glue::TRAP);
    let head = Glue::head();
    let Offsets { store, entry_sp, handler, trap_code, trap_pc } = glue.offsets();
    let word = u32::from(glue.pointer_bytes);
    let x = if word == 8 { 'd' } else { 'w' };
    let (mut save, mut restore) = (String::new(), String::new());
    let mut at = 0;
    if let Some(Floats { bytes, letter }) = floats {
        for register in 0..12 {
            save += &format!(" fs{letter} fs{register}, {at}(sp)\n");
            restore += &format!(" fl{letter} fs{register}, {at}(sp)\n");
            at += bytes;
        }
        // The old value goes out, the environment that wasm needs comes in: zero.
        save += &format!(" fscsr t0, zero\n s{x} t0, {at}(sp)\n");
        restore += &format!(" l{x} t0, {at}(sp)\n fscsr t0\n");
        at += word;
    }
    for register in ["ra", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11"] {
        save += &format!(" s{x} {register}, {at}(sp)\n");
        restore += &format!(" l{x} {register}, {at}(sp)\n");
        at += word;
    }
    let frame = at.next_multiple_of(16);
    let [second, third, fourth, words] = [1, 2, 3, 4].map(|count| count * word);
    format!(
        r#"{head} .p2align 2
{enter}:
 addi sp, sp, -{frame}
{save} l{x} s0, {store}(a0)
 l{x} t0, {entry_sp}(s0)
 l{x} t1, {handler}(s0)
 lla t2, .Lgraver_rest
 addi sp, sp, -{words}
 s{x} t2, 0(sp)
 s{x} s0, {second}(sp)
 s{x} t0, {third}(sp)
 s{x} t1, {fourth}(sp)
 s{x} sp, {entry_sp}(s0)
 s{x} zero, {handler}(s0)
 mv t0, a1
 mv a1, a2
 mv a2, a3
 jalr t0
 li a0, 0
.Lgraver_restore:
 l{x} t2, 0(sp)
 l{x} t3, {second}(sp)
 l{x} t0, {third}(sp)
 l{x} t1, {fourth}(sp)
 addi sp, sp, {words}
 s{x} t0, {entry_sp}(t3)
 s{x} t1, {handler}(t3)
 jr t2
.Lgraver_rest:
{restore} addi sp, sp, {frame}
 ret
 .size {enter}, .-{enter}
 .p2align 2
{trap}:
 l{x} a0, {store}(a0)
 s{x} a1, {trap_code}(a0)
 s{x} ra, {trap_pc}(a0)
 .size {trap}, .-{trap}
{leave}:
 l{x} sp, {entry_sp}(a0)
 li a0, 1
 j .Lgraver_restore
 .size {leave}, .-{leave}
"#
    )
}
