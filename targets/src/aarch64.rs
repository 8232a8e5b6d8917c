//! AArch64, AAPCS64. <https://github.com/ARM-software/abi-aa>
//!
//! Odd here:
//! * Code reaches data in two steps: `ADRP` gives the 4 KiB page, and the next instruction has the offset in it. Both are
//!   for one address of the text modulo 4 KiB. The linker makes `ADRP` an `ADR` where the page is within 1 MiB, so that
//!   smaller images run at any multiple of 16; larger ones ask for 4 KiB in the header.
//! * Offsets of loads and stores count in units of the access: the relocation says of which.
//! * x18 belongs to the platform. The lower halves of v8-v15 are callee-saved, the upper halves are not.
//! * The upper half of a register that holds an `i32` means nothing.
//! * FPCR is callee-saved; its status twin FPSR is not.

use crate::{Board, Bounds, Environment, RustBuild, Target};
use graver_aot_format::{Arch, BoundsStrategy, FloatAbi};
#[cfg(feature = "host")]
use {
    crate::{
        Aarch64Field, CodeModel, Cpu, Field, Glue, Llvm, Quirks, Relocation, RelocationModel, Value,
        glue::Offsets,
        library::{MEMORY, WIDE_DIVISION},
    },
    alloc::{format, string::String},
};

pub(crate) static AARCH64: Target = Target {
    name: "aarch64",
    aliases: &[
        "aarch64v8",
        "arm64",
        "armv8-a",
        "aarch64-linux",
        "aarch64-unknown-linux-gnu",
        "aarch64-unknown-linux-musl",
        "cortex-a53",
        "cortex-a72",
    ],
    summary: "64-bit Arm under Linux, any CPU (Armv8-A)",
    // Linux may have pages of 64 KiB.
    file_align_log2: 16,
    bounds: Bounds { default: BoundsStrategy::Guard, supported: &[BoundsStrategy::Guard, BoundsStrategy::Software] },
    board: Some(LINUX),
    proven: "qemu-aarch64",
    #[cfg(feature = "host")]
    llvm: llvm("+reserve-x18"),
    ..ROW
};

/// Without an operating system the MMU may be off. All memory is Device memory then, and unaligned accesses fault.
pub(crate) static AARCH64_NONE: Target = Target {
    name: "aarch64-none",
    aliases: &["aarch64-none-elf", "aarch64-unknown-none"],
    summary: "64-bit Arm without an operating system, MMU on or off",
    needs_alignment: true,
    board: Some(VIRT),
    proven: "qemu-system-aarch64 -M virt (Cortex-A53)",
    #[cfg(feature = "host")]
    llvm: llvm("+reserve-x18,+strict-align"),
    ..ROW
};

const LINUX: Board = Board {
    name: "linux-aarch64",
    emulator: Some("qemu-aarch64"),
    args: &[],
    environment: Environment::Linux,
    script: None,
    rust: RustBuild {
        linker: Some("rust-lld"),
        flags: &["-Clinker-flavor=ld.lld"],
        ..RustBuild::of("aarch64-unknown-linux-musl")
    },
};

const VIRT: Board = Board {
    name: "virt-aarch64",
    emulator: Some("qemu-system-aarch64"),
    // Without a network card there is no ROM for it to find.
    args: &["-M", "virt", "-cpu", "cortex-a53", "-m", "256M", "-nic", "none"],
    environment: Environment::Bare,
    script: None,
    rust: RustBuild::of("aarch64-unknown-none"),
};

/// What all rows share.
const ROW: Target = Target {
    name: "",
    aliases: &[],
    summary: "",
    arch: Arch::Aarch64,
    pointer_bytes: 8,
    float_abi: FloatAbi::Hard,
    // Floats and NEON are in every Armv8-A.
    cpu_features: 0,
    needs_alignment: false,
    is_split: false,
    text_align_log2: 4,
    rodata_align_log2: 4,
    file_align_log2: 4,
    bounds: Bounds { default: BoundsStrategy::Software, supported: &[BoundsStrategy::Software] },
    board: None,
    small_board: None,
    proven: "",
    #[cfg(feature = "host")]
    llvm: llvm(""),
    #[cfg(feature = "host")]
    elf_machine: 183,
    #[cfg(feature = "host")]
    unwind_sections: &[".eh_frame"],
    #[cfg(feature = "host")]
    relocations: RELOCATIONS,
    #[cfg(feature = "host")]
    library: &[MEMORY, WIDE_DIVISION],
    #[cfg(feature = "host")]
    text_filler: &[0, 0, 0, 0], // udf #0
    #[cfg(feature = "host")]
    glue,
};

#[cfg(feature = "host")]
const fn llvm(features: &'static str) -> Llvm {
    Llvm {
        triple: "aarch64-unknown-none-elf",
        cpu: Cpu::Named("generic"),
        features,
        relocation_model: RelocationModel::Pic,
        code_model: CodeModel::Small,
        stack_register: "sp",
        atomic_bits: 64,
        quirks: Quirks { minimum_returns_nan: true, ..Quirks::NONE },
    }
}

#[cfg(feature = "host")]
const RELOCATIONS: &[Relocation] = &[
    Relocation::new(0, "R_AARCH64_NONE", Value::Nothing, Field::Word32),
    Relocation::new(256, "R_AARCH64_NONE", Value::Nothing, Field::Word32),
    Relocation::new(260, "R_AARCH64_PREL64", Value::Relative, Field::Word64),
    Relocation::new(261, "R_AARCH64_PREL32", Value::Relative, Field::Word32),
    Relocation::new(273, "R_AARCH64_LD_PREL_LO19", Value::Relative, instruction(Aarch64Field::Branch19)),
    Relocation::new(274, "R_AARCH64_ADR_PREL_LO21", Value::Relative, instruction(Aarch64Field::Adr)),
    Relocation::new(275, "R_AARCH64_ADR_PREL_PG_HI21", PAGE, instruction(Aarch64Field::Adrp)),
    Relocation::new(277, "R_AARCH64_ADD_ABS_LO12_NC", Value::PageOffset, instruction(Aarch64Field::Add12)),
    Relocation::new(278, "R_AARCH64_LDST8_ABS_LO12_NC", Value::PageOffset, instruction(Aarch64Field::Access12(0))),
    branch(279, "R_AARCH64_TSTBR14", Aarch64Field::Branch14),
    branch(280, "R_AARCH64_CONDBR19", Aarch64Field::Branch19),
    branch(282, "R_AARCH64_JUMP26", Aarch64Field::Branch26),
    branch(283, "R_AARCH64_CALL26", Aarch64Field::Branch26),
    Relocation::new(284, "R_AARCH64_LDST16_ABS_LO12_NC", Value::PageOffset, instruction(Aarch64Field::Access12(1))),
    Relocation::new(285, "R_AARCH64_LDST32_ABS_LO12_NC", Value::PageOffset, instruction(Aarch64Field::Access12(2))),
    Relocation::new(286, "R_AARCH64_LDST64_ABS_LO12_NC", Value::PageOffset, instruction(Aarch64Field::Access12(3))),
    Relocation::new(299, "R_AARCH64_LDST128_ABS_LO12_NC", Value::PageOffset, instruction(Aarch64Field::Access12(4))),
];

#[cfg(feature = "host")]
const PAGE: Value = Value::Page { near: instruction(Aarch64Field::Adr) };

#[cfg(feature = "host")]
const fn instruction(field: Aarch64Field) -> Field {
    Field::Aarch64(field)
}

#[cfg(feature = "host")]
const fn branch(elf_type: u32, name: &'static str, field: Aarch64Field) -> Relocation {
    Relocation::call(elf_type, name, Value::Relative, instruction(field))
}

/// Twelve registers, with floats eight more, FPCR and a word to fill up, and the four words: the stack pointer is always
/// at a multiple of 16. Zero in FPCR is what wasm needs and what most code has, and writing it is slow.
#[cfg(feature = "host")]
fn glue(glue: &Glue) -> String {
    let (enter, leave, trap) = (Glue::ENTER, Glue::LEAVE, Glue::TRAP);
    let head = Glue::head();
    let Offsets { store, entry_sp, handler, trap_code, trap_pc } = glue.offsets();
    let (save_floats, restore_floats) = if glue.uses_floats { (SAVE_FLOATS, RESTORE_FLOATS) } else { ("", "") };
    format!(
        r#"{head} .p2align 2
{enter}:
 stp x29, x30, [sp, #-96]!
 stp x19, x20, [sp, #16]
 stp x21, x22, [sp, #32]
 stp x23, x24, [sp, #48]
 stp x25, x26, [sp, #64]
 stp x27, x28, [sp, #80]
 {save_floats} ldr x9, [x0, #{store}]
 ldr x10, [x9, #{entry_sp}]
 ldr x11, [x9, #{handler}]
 adr x12, .Lgraver_rest
 stp x9, x12, [sp, #-32]!
 stp x10, x11, [sp, #16]
 mov x10, sp
 str x10, [x9, #{entry_sp}]
 str xzr, [x9, #{handler}]
 mov x9, x1
 mov x1, x2
 mov x2, x3
 blr x9
 mov w0, wzr
.Lgraver_restore:
 ldp x10, x11, [sp, #16]
 ldp x9, x12, [sp], #32
 str x10, [x9, #{entry_sp}]
 str x11, [x9, #{handler}]
 br x12
.Lgraver_rest:
 {restore_floats} ldp x27, x28, [sp, #80]
 ldp x25, x26, [sp, #64]
 ldp x23, x24, [sp, #48]
 ldp x21, x22, [sp, #32]
 ldp x19, x20, [sp, #16]
 ldp x29, x30, [sp], #96
 ret
 .size {enter}, .-{enter}
{trap}:
 ldr x0, [x0, #{store}]
 mov w1, w1
 str x1, [x0, #{trap_code}]
 str x30, [x0, #{trap_pc}]
 .size {trap}, .-{trap}
{leave}:
 ldr x9, [x0, #{entry_sp}]
 mov sp, x9
 mov w0, #1
 b .Lgraver_restore
 .size {leave}, .-{leave}
"#
    )
}

#[cfg(feature = "host")]
const SAVE_FLOATS: &str = "stp d8, d9, [sp, #-80]!
 stp d10, d11, [sp, #16]
 stp d12, d13, [sp, #32]
 stp d14, d15, [sp, #48]
 mrs x9, fpcr
 str x9, [sp, #64]
 cbz x9, 1f
 msr fpcr, xzr
1:
";

#[cfg(feature = "host")]
const RESTORE_FLOATS: &str = "ldr x9, [sp, #64]
 cbz x9, 1f
 msr fpcr, x9
1:
 ldp d14, d15, [sp, #48]
 ldp d12, d13, [sp, #32]
 ldp d10, d11, [sp, #16]
 ldp d8, d9, [sp], #80
";
