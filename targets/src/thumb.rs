//! Thumb on M-profile cores, AAPCS32. <https://github.com/ARM-software/abi-aa>
//!
//! Odd here:
//! * Code addresses carry bit 0 (T in the ELF ABI): symbols of functions, values of `R_ARM_REL32` to them, words in
//!   constant tables, return addresses.
//! * Relocations are REL: the addend is in the field. P of a branch is the instruction, and the addend is -4.
//! * Branch fields are scattered over two halfwords, and J1 and J2 are stored xor-ed with the sign.
//! * Library routines of the run-time ABI take floats in integer registers under either float convention; `sqrt` and its
//!   like follow the convention. Divisions return quotient and remainder in r0-r3.
//! * `__aeabi_memset` has its last two parameters the other way round than `memset`.
//! * FPSCR's mode bits are "not preserved" in theory and callee-saved in practice.
//! * Armv6-M has neither 32-bit branches besides `BL`, nor division, counting of zeros, 64-bit products, or loads that
//!   need no alignment. The baseline of Armv8-M adds division and `B.W`, and constants by `MOVW` and `MOVT`.

use crate::target::feature_mask;
use crate::{Board, Bounds, Environment, Flash, RustBuild, Target};
use graver_aot_format::{Arch, BoundsStrategy, FloatAbi};
#[cfg(feature = "host")]
use {
    crate::{
        CodeModel, Cpu, Field, Glue, Llvm, Quirks, Relocation, RelocationModel, ThumbField, Value,
        glue::Offsets,
        library::{
            AEABI, AEABI_BASELINE, AEABI_DIVISION, AEABI_DOUBLE, AEABI_SINGLE, AEABI_WIDE_CONVERSIONS, LibraryCall,
            MEMORY, ROUNDING_DOUBLE_HARD, ROUNDING_SINGLE_HARD, ROUNDING_SOFT, SQRT_DOUBLE_HARD, SQRT_SOFT,
        },
    },
    alloc::{format, string::String},
};

pub(crate) static THUMBV6M: Target = Target {
    name: "thumbv6m",
    aliases: &["cortex-m0", "cortex-m0plus", "cortex-m0+", "cortex-m1", "armv6m", "thumbv6m-none-eabi"],
    summary: "Arm Cortex-M0, M0+ and M1",
    needs_alignment: true,
    board: Some(mps2_an385("thumbv6m-none-eabi")),
    small_board: Some(MICROBIT),
    proven: "qemu-system-arm -M mps2-an385 (Cortex-M3, which has all its instructions), in part -M microbit (Cortex-M0)",
    #[cfg(feature = "host")]
    llvm: Llvm { atomic_bits: 0, ..llvm("thumbv6m-none-eabi", "cortex-m0", "") },
    #[cfg(feature = "host")]
    library: &[
        MEMORY,
        AEABI,
        AEABI_BASELINE,
        AEABI_DIVISION,
        AEABI_WIDE_CONVERSIONS,
        AEABI_DOUBLE,
        AEABI_SINGLE,
        SQRT_SOFT,
        ROUNDING_SOFT,
    ],
    ..ROW
};

pub(crate) static THUMBV7M: Target = Target {
    name: "thumbv7m",
    aliases: &["cortex-m3", "armv7m", "thumbv7m-none-eabi"],
    summary: "Arm Cortex-M3",
    cpu_features: feature_mask(Arch::Thumb, &["thumb2", "hwdiv"]),
    board: Some(mps2_an385("thumbv7m-none-eabi")),
    proven: "qemu-system-arm -M mps2-an385 (Cortex-M3)",
    #[cfg(feature = "host")]
    llvm: llvm("thumbv7m-none-eabi", "cortex-m3", ""),
    #[cfg(feature = "host")]
    library: SOFT,
    ..ROW
};

pub(crate) static THUMBV7EM: Target = Target {
    name: "thumbv7em",
    aliases: &["cortex-m4", "armv7em", "thumbv7em-none-eabi"],
    summary: "Arm Cortex-M4 and M7, floats in software",
    cpu_features: feature_mask(Arch::Thumb, &["thumb2", "hwdiv", "dsp"]),
    board: Some(mps2_an386("thumbv7em-none-eabi")),
    proven: "qemu-system-arm -M mps2-an386 (Cortex-M4)",
    #[cfg(feature = "host")]
    llvm: llvm("thumbv7em-none-eabi", "cortex-m4", "-fpregs"),
    #[cfg(feature = "host")]
    library: SOFT,
    ..ROW
};

pub(crate) static THUMBV7EM_HF: Target = Target {
    name: "thumbv7em-hf",
    aliases: &["cortex-m4f", "thumbv7em-none-eabihf"],
    summary: "Arm Cortex-M4F and M7, single-precision FPU",
    float_abi: FloatAbi::Hard,
    cpu_features: feature_mask(Arch::Thumb, &["thumb2", "hwdiv", "dsp", "fp32"]),
    board: Some(mps2_an386("thumbv7em-none-eabihf")),
    proven: "qemu-system-arm -M mps2-an386 (Cortex-M4F)",
    #[cfg(feature = "host")]
    llvm: llvm("thumbv7em-none-eabihf", "cortex-m4", ""),
    #[cfg(feature = "host")]
    library: &[
        MEMORY,
        AEABI,
        AEABI_WIDE_CONVERSIONS,
        AEABI_DOUBLE,
        SQRT_DOUBLE_HARD,
        ROUNDING_DOUBLE_HARD,
        ROUNDING_SINGLE_HARD,
    ],
    #[cfg(feature = "host")]
    glue: glue_hard,
    ..ROW
};

pub(crate) static THUMBV7EM_DP: Target = Target {
    name: "thumbv7em-dp",
    aliases: &["cortex-m7"],
    summary: "Arm Cortex-M7, double-precision FPU",
    float_abi: FloatAbi::Hard,
    cpu_features: feature_mask(Arch::Thumb, &["thumb2", "hwdiv", "dsp", "fp32", "fp64", "fp-armv8d16sp"]),
    board: Some(MPS2_AN500),
    proven: "qemu-system-arm -M mps2-an500 (Cortex-M7)",
    #[cfg(feature = "host")]
    llvm: llvm_fpv5("thumbv7em-none-eabihf", "cortex-m7"),
    #[cfg(feature = "host")]
    library: &[MEMORY, AEABI, AEABI_WIDE_CONVERSIONS],
    #[cfg(feature = "host")]
    glue: glue_hard,
    ..ROW
};

pub(crate) static THUMBV8M_BASE: Target = Target {
    name: "thumbv8m.base",
    aliases: &["cortex-m23", "armv8m.base", "thumbv8m.base-none-eabi"],
    summary: "Arm Cortex-M23",
    cpu_features: feature_mask(Arch::Thumb, &["v8m", "hwdiv"]),
    needs_alignment: true,
    board: Some(mps2_an505("thumbv7m-none-eabi")),
    proven: "qemu-system-arm -M mps2-an505 (Cortex-M33, which has all its instructions)",
    #[cfg(feature = "host")]
    llvm: llvm("thumbv8m.base-none-eabi", "cortex-m23", ""),
    #[cfg(feature = "host")]
    library: &[
        MEMORY,
        AEABI,
        AEABI_BASELINE,
        AEABI_WIDE_CONVERSIONS,
        AEABI_DOUBLE,
        AEABI_SINGLE,
        SQRT_SOFT,
        ROUNDING_SOFT,
    ],
    ..ROW
};

pub(crate) static THUMBV8M_MAIN_HF: Target = Target {
    name: "thumbv8m.main-hf",
    aliases: &["cortex-m33", "cortex-m33f", "cortex-m35p", "armv8m.main", "thumbv8m.main-none-eabihf"],
    summary: "Arm Cortex-M33 and M35P, single-precision FPU",
    float_abi: FloatAbi::Hard,
    cpu_features: feature_mask(Arch::Thumb, &["v8m", "thumb2", "hwdiv", "dsp", "fp32", "fp-armv8d16sp"]),
    board: Some(mps2_an505("thumbv8m.main-none-eabihf")),
    proven: "qemu-system-arm -M mps2-an505 (Cortex-M33)",
    #[cfg(feature = "host")]
    llvm: llvm_fpv5("thumbv8m.main-none-eabihf", "cortex-m33"),
    #[cfg(feature = "host")]
    library: &[MEMORY, AEABI, AEABI_WIDE_CONVERSIONS, AEABI_DOUBLE, SQRT_DOUBLE_HARD, ROUNDING_DOUBLE_HARD],
    #[cfg(feature = "host")]
    glue: glue_hard,
    ..ROW
};

/// 256 KiB of flash, of which firmware has the first 88, and 16 KiB of RAM.
const MICROBIT: Board = Board {
    name: "microbit",
    args: &["-M", "microbit"],
    script: Some(Flash { start: 0x16000, bytes: 0x40000 - 0x16000 }),
    ..mps2_an385("thumbv6m-none-eabi")
};

const MPS2_AN500: Board = mps2("mps2-an500", &["-M", "mps2-an500"], "thumbv7em-none-eabihf");

const fn mps2_an385(rust_target: &'static str) -> Board {
    mps2("mps2-an385", &["-M", "mps2-an385"], rust_target)
}

const fn mps2_an386(rust_target: &'static str) -> Board {
    mps2("mps2-an386", &["-M", "mps2-an386"], rust_target)
}

const fn mps2_an505(rust_target: &'static str) -> Board {
    mps2("mps2-an505", &["-M", "mps2-an505"], rust_target)
}

const fn mps2(name: &'static str, args: &'static [&'static str], rust_target: &'static str) -> Board {
    Board {
        name,
        emulator: Some("qemu-system-arm"),
        args,
        environment: Environment::Bare,
        script: None,
        rust: RustBuild::of(rust_target),
    }
}

#[cfg(feature = "host")]
const SOFT: &[&[LibraryCall]] =
    &[MEMORY, AEABI, AEABI_WIDE_CONVERSIONS, AEABI_DOUBLE, AEABI_SINGLE, SQRT_SOFT, ROUNDING_SOFT];

/// What all rows share.
const ROW: Target = Target {
    name: "",
    aliases: &[],
    summary: "",
    arch: Arch::Thumb,
    pointer_bytes: 4,
    float_abi: FloatAbi::Soft,
    cpu_features: 0,
    needs_alignment: false,
    // `ldr` of a literal needs words at multiples of 4; `ldrd` and `vldr` no more than that.
    text_align_log2: 4,
    rodata_align_log2: 4,
    file_align_log2: 4,
    is_split: false,
    bounds: Bounds { default: BoundsStrategy::Software, supported: &[BoundsStrategy::Software] },
    board: None,
    small_board: None,
    proven: "",
    #[cfg(feature = "host")]
    llvm: llvm("", "", ""),
    #[cfg(feature = "host")]
    elf_machine: 40,
    #[cfg(feature = "host")]
    unwind_sections: &[".ARM.exidx", ".ARM.extab", ".eh_frame"],
    #[cfg(feature = "host")]
    relocations: RELOCATIONS,
    #[cfg(feature = "host")]
    library: &[],
    #[cfg(feature = "host")]
    text_filler: &[0x00, 0xde], // udf #0
    #[cfg(feature = "host")]
    glue: glue_soft,
};

#[cfg(feature = "host")]
const fn llvm(triple: &'static str, cpu: &'static str, features: &'static str) -> Llvm {
    Llvm {
        triple,
        cpu: Cpu::Named(cpu),
        features,
        relocation_model: RelocationModel::Pic,
        code_model: CodeModel::Default,
        stack_register: "sp",
        atomic_bits: 32,
        quirks: Quirks::NONE,
    }
}

/// With the FPU that has `vminnm` and `vmaxnm`.
#[cfg(feature = "host")]
const fn llvm_fpv5(triple: &'static str, cpu: &'static str) -> Llvm {
    Llvm { quirks: Quirks { minimum_returns_nan: true, ..Quirks::NONE }, ..llvm(triple, cpu, "") }
}

#[cfg(feature = "host")]
const RELOCATIONS: &[Relocation] = &[
    Relocation::new(0, "R_ARM_NONE", Value::Nothing, Field::Word32),
    Relocation::new(3, "R_ARM_REL32", Value::RelativeWithCodeBit, Field::Word32),
    Relocation::call(10, "R_ARM_THM_CALL", Value::RelativeWithCodeBit, Field::Thumb(ThumbField::Branch24)),
    Relocation::call(30, "R_ARM_THM_JUMP24", Value::RelativeWithCodeBit, Field::Thumb(ThumbField::Branch24)),
    Relocation::new(42, "R_ARM_PREL31", Value::RelativeWithCodeBit, Field::Word31),
    Relocation::new(49, "R_ARM_THM_MOVW_PREL_NC", Value::RelativeWithCodeBit, Field::Thumb(ThumbField::Movw)),
    Relocation::new(50, "R_ARM_THM_MOVT_PREL", Value::Relative, Field::Thumb(ThumbField::Movt)),
    Relocation::call(51, "R_ARM_THM_JUMP19", Value::RelativeWithCodeBit, Field::Thumb(ThumbField::Branch19)),
    Relocation::call(102, "R_ARM_THM_JUMP11", Value::Relative, Field::Thumb(ThumbField::Branch11)),
    Relocation::call(103, "R_ARM_THM_JUMP8", Value::Relative, Field::Thumb(ThumbField::Branch8)),
];

#[cfg(feature = "host")]
fn glue_soft(glue: &Glue) -> String {
    text(glue, "", "")
}

/// The environment is the FPSCR; zero is what wasm needs. It is pushed with r3, which keeps the stack aligned.
#[cfg(feature = "host")]
fn glue_hard(glue: &Glue) -> String {
    if glue.uses_floats {
        let save = "vpush {d8-d15}\n vmrs r5, fpscr\n push {r3, r5}\n movs r5, #0\n vmsr fpscr, r5\n";
        text(glue, save, "pop {r3, r5}\n vmsr fpscr, r5\n vpop {d8-d15}\n")
    } else {
        text(glue, "", "")
    }
}

/// Nine registers, three words of the store, the address of the rest, a word to fill up, and an even number of words for
/// floats: a multiple of 8 bytes for the call. The address in the frame carries the Thumb bit. All of it is in the
/// instructions of Armv6-M, which reach r8-r11 by moves only.
#[cfg(feature = "host")]
fn text(glue: &Glue, save_floats: &str, restore_floats: &str) -> String {
    let (enter, leave, trap) = (Glue::ENTER, Glue::LEAVE, Glue::TRAP);
    let head = Glue::head();
    let Offsets { store, entry_sp, handler, trap_code, trap_pc } = glue.offsets();
    format!(
        r#" .syntax unified
 .thumb
{head} .p2align 2
 .thumb_func
{enter}:
 push {{r4-r7, lr}}
 mov r4, r8
 mov r5, r9
 mov r6, r10
 mov r7, r11
 push {{r4-r7}}
 {save_floats} ldr r4, [r0, #{store}]
 ldr r5, [r4, #{entry_sp}]
 ldr r6, [r4, #{handler}]
 adr r7, .Lgraver_rest
 adds r7, #1
 sub sp, #4
 push {{r4-r7}}
 mov r5, sp
 str r5, [r4, #{entry_sp}]
 movs r5, #0
 str r5, [r4, #{handler}]
 mov r4, r1
 mov r1, r2
 mov r2, r3
 blx r4
 movs r0, #0
.Lgraver_restore:
 pop {{r4-r7}}
 add sp, #4
 str r5, [r4, #{entry_sp}]
 str r6, [r4, #{handler}]
 bx r7
 .p2align 2
.Lgraver_rest:
 {restore_floats} pop {{r4-r7}}
 mov r8, r4
 mov r9, r5
 mov r10, r6
 mov r11, r7
 pop {{r4-r7, pc}}
 .size {enter}, .-{enter}
 .p2align 2
 .thumb_func
{trap}:
 ldr r0, [r0, #{store}]
 str r1, [r0, #{trap_code}]
 mov r1, lr
 subs r1, #1
 str r1, [r0, #{trap_pc}]
 .size {trap}, .-{trap}
 .thumb_func
{leave}:
 ldr r1, [r0, #{entry_sp}]
 mov sp, r1
 movs r0, #1
 b .Lgraver_restore
 .size {leave}, .-{leave}
"#
    )
}
