//! A32 on A-profile cores, AAPCS32. <https://github.com/ARM-software/abi-aa>
//!
//! Odd here:
//! * Relocations are REL: the addend is in the field. P of a branch is the instruction, and the addend is -8: the program
//!   counter reads as two instructions further on.
//! * The baseline is that of Linux distributions (armhf): Armv7-A with the sixteen double registers of VFPv3. NEON is left
//!   out, which flushes subnormal floats to zero, and division, which Cortex-A8 and A9 lack.
//! * `armv7-softfp` is GCC's `-mfloat-abi=softfp`: the same instructions, but floats cross function boundaries in integer
//!   registers, as in every program of a `gnueabi` system. Such systems may run on cores without an FPU: those refuse
//!   the image, by the feature in its header.
//! * Library routines of the run-time ABI take floats in integer registers under either float convention; `ceil` and its
//!   like follow the convention. 32-bit divisions return quotient and remainder in r0 and r1, 64-bit ones in r0-r3.
//! * Single accesses of 1, 2 and 4 bytes need no alignment under Linux; `LDRD`, `LDM` and `VLDR` do, and LLVM keeps to
//!   that.
//! * FPSCR's mode bits are "not preserved" in theory and callee-saved in practice.
//! * d8-d15 are callee-saved wherever there is an FPU, under either float convention.

use crate::target::feature_mask;
use crate::{Board, Bounds, Environment, RustBuild, Target};
use graver_aot_format::{Arch, BoundsStrategy, FloatAbi};
#[cfg(feature = "host")]
use {
    crate::{
        ArmField, CodeModel, Cpu, Field, Glue, Llvm, Quirks, Relocation, RelocationModel, Value,
        glue::Offsets,
        library::{
            AEABI, AEABI_DIVISION, AEABI_WIDE_CONVERSIONS, MEMORY, ROUNDING_DOUBLE_HARD, ROUNDING_SINGLE_HARD,
            ROUNDING_SOFT,
        },
    },
    alloc::{format, string::String},
};

pub(crate) static ARMV7: Target = Target {
    name: "armv7",
    aliases: &[
        "armv7a",
        "armv7-hf",
        "armhf",
        "armv7-unknown-linux-gnueabihf",
        "armv7-unknown-linux-musleabihf",
        "cortex-a5",
        "cortex-a7",
        "cortex-a8",
        "cortex-a9",
        "cortex-a15",
        "cortex-a17",
    ],
    summary: "32-bit Arm under Linux, any Armv7-A with an FPU (armhf)",
    float_abi: FloatAbi::Hard,
    board: Some(linux(
        "linux-armv7",
        RustBuild { linker: Some("arm-linux-gnueabihf-gcc"), ..static_build("armv7-unknown-linux-gnueabihf") },
    )),
    #[cfg(feature = "host")]
    llvm: llvm("armv7a-none-eabihf"),
    #[cfg(feature = "host")]
    library: &[MEMORY, AEABI, AEABI_DIVISION, AEABI_WIDE_CONVERSIONS, ROUNDING_DOUBLE_HARD, ROUNDING_SINGLE_HARD],
    ..ROW
};

pub(crate) static ARMV7_SOFTFP: Target = Target {
    name: "armv7-softfp",
    aliases: &["armv7-unknown-linux-gnueabi", "armv7-unknown-linux-musleabi"],
    summary: "32-bit Arm under Linux, the same with floats passed in integer registers (softfp)",
    float_abi: FloatAbi::Soft,
    board: Some(linux(
        "linux-armv7-softfp",
        RustBuild {
            linker: Some("arm-linux-gnueabi-gcc"),
            builds_core: true,
            ..static_build("armv7-unknown-linux-gnueabi")
        },
    )),
    #[cfg(feature = "host")]
    llvm: llvm("armv7a-none-eabi"),
    #[cfg(feature = "host")]
    library: &[MEMORY, AEABI, AEABI_DIVISION, AEABI_WIDE_CONVERSIONS, ROUNDING_SOFT],
    ..ROW
};

/// The core is without NEON and, as the real one, without division.
const fn linux(name: &'static str, rust: RustBuild) -> Board {
    Board {
        name,
        emulator: Some("qemu-arm"),
        args: &["-cpu", "cortex-a9,neon=off"],
        environment: Environment::Linux,
        script: None,
        rust,
    }
}

const fn static_build(rust_target: &'static str) -> RustBuild {
    RustBuild { flags: &["-Ctarget-feature=+crt-static"], ..RustBuild::of(rust_target) }
}

/// What all rows share.
const ROW: Target = Target {
    name: "",
    aliases: &[],
    summary: "",
    arch: Arch::Arm,
    pointer_bytes: 4,
    float_abi: FloatAbi::Soft,
    cpu_features: feature_mask(Arch::Arm, &["vfp3d16"]),
    needs_alignment: false,
    // `vldr` of a literal and `ldrd` need words at multiples of 4.
    text_align_log2: 4,
    rodata_align_log2: 4,
    file_align_log2: 12,
    is_split: false,
    bounds: Bounds { default: BoundsStrategy::Software, supported: &[BoundsStrategy::Software] },
    board: None,
    small_board: None,
    proven: "qemu-arm (Cortex-A9 without NEON)",
    #[cfg(feature = "host")]
    llvm: llvm(""),
    #[cfg(feature = "host")]
    elf_machine: 40,
    #[cfg(feature = "host")]
    unwind_sections: &[".ARM.exidx", ".ARM.extab", ".eh_frame"],
    #[cfg(feature = "host")]
    relocations: RELOCATIONS,
    #[cfg(feature = "host")]
    library: &[],
    #[cfg(feature = "host")]
    text_filler: &[0xf0, 0x00, 0xf0, 0xe7], // udf #0
    #[cfg(feature = "host")]
    glue,
};

#[cfg(feature = "host")]
const fn llvm(triple: &'static str) -> Llvm {
    Llvm {
        triple,
        cpu: Cpu::Named("generic"),
        features: "+vfp3d16,-d32,-neon",
        relocation_model: RelocationModel::Pic,
        code_model: CodeModel::Default,
        stack_register: "sp",
        atomic_bits: 64,
        quirks: Quirks::NONE,
    }
}

#[cfg(feature = "host")]
const RELOCATIONS: &[Relocation] = &[
    Relocation::new(0, "R_ARM_NONE", Value::Nothing, Field::Word32),
    Relocation::new(3, "R_ARM_REL32", Value::Relative, Field::Word32),
    branch(28, "R_ARM_CALL"),
    branch(29, "R_ARM_JUMP24"),
    Relocation::new(42, "R_ARM_PREL31", Value::Relative, Field::Word31),
    Relocation::new(45, "R_ARM_MOVW_PREL_NC", Value::Relative, Field::Arm(ArmField::Movw)),
    Relocation::new(46, "R_ARM_MOVT_PREL", Value::Relative, Field::Arm(ArmField::Movt)),
];

#[cfg(feature = "host")]
const fn branch(elf_type: u32, name: &'static str) -> Relocation {
    Relocation::call(elf_type, name, Value::Relative, Field::Arm(ArmField::Branch24))
}

/// Nine registers, three words of the store, the address of the rest, a word to fill up, and an even number of words for
/// floats: a multiple of 8 bytes for the call. The environment is the FPSCR; zero is what wasm needs.
#[cfg(feature = "host")]
fn glue(glue: &Glue) -> String {
    let (enter, leave, trap) = (Glue::ENTER, Glue::LEAVE, Glue::TRAP);
    let head = Glue::head();
    let Offsets { store, entry_sp, handler, trap_code, trap_pc } = glue.offsets();
    let (save_floats, restore_floats) = if glue.uses_floats {
        (
            "vpush {d8-d15}\n vmrs r5, fpscr\n push {r3, r5}\n mov r5, #0\n vmsr fpscr, r5\n",
            "pop {r3, r5}\n vmsr fpscr, r5\n vpop {d8-d15}\n",
        )
    } else {
        ("", "")
    };
    format!(
        r#" .syntax unified
 .arm
{head} .p2align 2
{enter}:
 push {{r4-r11, lr}}
 {save_floats} ldr r4, [r0, #{store}]
 ldr r5, [r4, #{entry_sp}]
 ldr r6, [r4, #{handler}]
 adr r7, .Lgraver_rest
 push {{r4-r8}}
 str sp, [r4, #{entry_sp}]
 mov r5, #0
 str r5, [r4, #{handler}]
 mov r4, r1
 mov r1, r2
 mov r2, r3
 blx r4
 mov r0, #0
.Lgraver_restore:
 pop {{r4-r8}}
 str r5, [r4, #{entry_sp}]
 str r6, [r4, #{handler}]
 bx r7
.Lgraver_rest:
 {restore_floats} pop {{r4-r11, pc}}
 .size {enter}, .-{enter}
{trap}:
 ldr r0, [r0, #{store}]
 str r1, [r0, #{trap_code}]
 str lr, [r0, #{trap_pc}]
 .size {trap}, .-{trap}
{leave}:
 ldr sp, [r0, #{entry_sp}]
 mov r0, #1
 b .Lgraver_restore
 .size {leave}, .-{leave}
"#
    )
}
