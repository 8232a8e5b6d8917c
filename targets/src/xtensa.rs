//! Xtensa as in Espressif's chips, with and without register windows.
//! <https://www.cadence.com/content/dam/cadence-www/global/en_US/documents/tools/silicon-solutions/compute-ip/isa-summary.pdf>
//!
//! Odd here:
//! * There is no position-independent code: addresses are words that `L32R` loads from a pool in front of the code, up to
//!   256 KiB away. So images have load-time relocations, unless they are linked for a place.
//! * LLVM 22 puts the literals of a function at the end of the section before it, at any alignment
//!   (<https://github.com/llvm/llvm-project/issues/190204>); the linker gives each function a pool of its own.
//! * One ELF relocation type stands for the operand of any instruction, which the opcode tells apart.
//! * The instruction bus allows aligned reads of 32 bits only, as `L32R` does, so read-only data lies elsewhere (rows are
//!   split). Emulators do not show this; the linker proves that code has no address of anything in the text but code.
//! * With windows, `call8` moves the window by eight registers and `entry` claims the frame; the registers of callers stay
//!   in the register file until an overflow exception stores them below the stack pointers of their callees. The upper
//!   two bits of a return address are the size of the call's window.
//! * Floats travel in integer registers, and all floating-point registers belong to the caller.
//! * Loads and stores must be aligned; LLVM splits others into bytes.
//! * LLVM knows no `mul32high` of the cores that emulators have, so rows do without: what is shipped is what was proven.

use crate::target::feature_mask;
use crate::{Board, Bounds, Environment, RustBuild, Target};
use graver_aot_format::{Arch, BoundsStrategy, FloatAbi};
#[cfg(feature = "host")]
use {
    crate::{
        CodeModel, Cpu, Field, Glue, LibraryCall, Llvm, Quirks, Relocation, RelocationModel, Value, XtensaField,
        glue::Offsets,
        library::{
            GCC_DIVISION, GCC_DOUBLE, GCC_DOUBLE_SOFT, GCC_NARROW_DIVISION, GCC_PRODUCT, GCC_SINGLE,
            GCC_SINGLE_QUOTIENT, GCC_WIDE_DOUBLE, GCC_WIDE_SINGLE, MEMORY, ROUNDING_SOFT, SQRT_SOFT, WIDE_DIVISION,
        },
    },
    alloc::{format, string::String},
};

pub(crate) static ESP32: Target = Target {
    name: "xtensa-esp32",
    aliases: &["esp32", "xtensa", "xtensa-esp32-none-elf", "xtensa-esp32-espidf"],
    summary: "Espressif ESP32 (LX6): register windows, single-precision FPU",
    cpu_features: feature_mask(Arch::XtensaWindowed, ESP32_FEATURES),
    board: Some(SIM),
    proven: "qemu-system-xtensa -M sim -cpu de233_fpu (the nearest core)",
    #[cfg(feature = "host")]
    llvm: llvm("esp32", "-mul32high"),
    ..ROW
};

pub(crate) static ESP32_CALL0: Target = Target {
    name: "xtensa-esp32-call0",
    aliases: &["esp32-call0"],
    summary: "Espressif ESP32 with the call0 convention, single-precision FPU",
    arch: Arch::XtensaCall0,
    cpu_features: feature_mask(Arch::XtensaCall0, ESP32_FEATURES),
    board: Some(SIM_CALL0),
    proven: "qemu-system-xtensa -M sim -cpu de233_fpu (the nearest core)",
    #[cfg(feature = "host")]
    llvm: llvm("esp32", "-mul32high,-windowed"),
    #[cfg(feature = "host")]
    glue: glue_call0,
    ..ROW
};

pub(crate) static ESP32_S2: Target = Target {
    name: "xtensa-esp32s2",
    aliases: &["esp32s2", "esp32-s2", "xtensa-esp32s2-none-elf", "xtensa-esp32s2-espidf"],
    summary: "Espressif ESP32-S2 (LX7): register windows, floats in software",
    cpu_features: feature_mask(Arch::XtensaWindowed, ESP32_S2_FEATURES),
    board: Some(SIM),
    proven: "qemu-system-xtensa -M sim -cpu de233_fpu (the nearest core)",
    #[cfg(feature = "host")]
    llvm: Llvm { atomic_bits: 0, ..llvm("esp32", "-mul32high,-fp,-bool,-loop,-s32c1i,-mac16") },
    #[cfg(feature = "host")]
    library: SOFT,
    #[cfg(feature = "host")]
    glue: glue_windowed_soft,
    ..ROW
};

pub(crate) static ESP32_S3: Target = Target {
    name: "xtensa-esp32s3",
    aliases: &["esp32s3", "esp32-s3", "xtensa-esp32s3-none-elf", "xtensa-esp32s3-espidf"],
    summary: "Espressif ESP32-S3 (LX7): register windows, single-precision FPU",
    cpu_features: feature_mask(Arch::XtensaWindowed, ESP32_FEATURES),
    board: Some(SIM),
    proven: "qemu-system-xtensa -M sim -cpu de233_fpu (the nearest core)",
    #[cfg(feature = "host")]
    llvm: llvm("esp32", "-mul32high"),
    ..ROW
};

pub(crate) static ESP8266: Target = Target {
    name: "xtensa-esp8266",
    aliases: &["esp8266", "lx106"],
    summary: "Espressif ESP8266 (LX106): call0 convention, no division, floats in software",
    arch: Arch::XtensaCall0,
    cpu_features: feature_mask(Arch::XtensaCall0, ESP8266_FEATURES),
    board: Some(LX106),
    proven: "qemu-system-xtensa -M sim -cpu lx106",
    #[cfg(feature = "host")]
    llvm: Llvm { atomic_bits: 0, ..llvm("esp8266", "") },
    #[cfg(feature = "host")]
    library: SMALL,
    #[cfg(feature = "host")]
    glue: glue_call0_soft,
    ..ROW
};

const ESP32_FEATURES: &[&str] =
    &["density", "nsa", "mul32", "div32", "sext", "clamps", "minmax", "s32c1i", "fp", "bool"];
const ESP32_S2_FEATURES: &[&str] = &["density", "nsa", "mul32", "div32", "sext", "clamps", "minmax"];
const ESP8266_FEATURES: &[&str] = &["density", "nsa", "mul32"];

const SIM: Board = Board {
    name: "xtensa-sim",
    emulator: Some("qemu-system-xtensa"),
    args: &["-M", "sim", "-cpu", "de233_fpu", "-device", "loader,cpu-num=0,file="],
    environment: Environment::Bare,
    script: None,
    rust: rust("xtensa/windowed.json"),
};

/// The same machine, with windows off.
const SIM_CALL0: Board = Board { rust: rust("xtensa/call0.json"), ..SIM };

const LX106: Board = Board {
    name: "xtensa-lx106",
    args: &["-M", "sim", "-cpu", "lx106", "-device", "loader,cpu-num=0,file="],
    rust: rust("xtensa/lx106.json"),
    ..SIM
};

const fn rust(target: &'static str) -> RustBuild {
    // Optimised for speed, large frames may not compile (see `unsafe_frames` below).
    let flags = &["-Copt-level=s"];
    RustBuild { builds_core: true, linker: Some(RustBuild::OUR_LINKER), flags, ..RustBuild::of(target) }
}

/// What all rows share.
const ROW: Target = Target {
    name: "",
    aliases: &[],
    summary: "",
    arch: Arch::XtensaWindowed,
    pointer_bytes: 4,
    float_abi: FloatAbi::Soft,
    cpu_features: 0,
    text_align_log2: 2,
    rodata_align_log2: 4,
    file_align_log2: 4,
    is_split: true,
    needs_alignment: true,
    bounds: Bounds { default: BoundsStrategy::Software, supported: &[BoundsStrategy::Software] },
    board: None,
    small_board: None,
    proven: "",
    #[cfg(feature = "host")]
    llvm: llvm("", ""),
    #[cfg(feature = "host")]
    elf_machine: 94,
    #[cfg(feature = "host")]
    unwind_sections: &[".eh_frame"],
    #[cfg(feature = "host")]
    relocations: RELOCATIONS,
    #[cfg(feature = "host")]
    library: LIBRARY,
    // `ill` is three zeros; so is any run of zeros.
    #[cfg(feature = "host")]
    text_filler: &[0],
    #[cfg(feature = "host")]
    glue: glue_windowed,
};

#[cfg(feature = "host")]
const fn llvm(cpu: &'static str, features: &'static str) -> Llvm {
    Llvm {
        triple: "xtensa-none-elf",
        cpu: Cpu::Named(cpu),
        features,
        relocation_model: RelocationModel::Static,
        code_model: CodeModel::Default,
        stack_register: "a1",
        atomic_bits: 32,
        quirks: Quirks {
            read_stack: Some("mov $0, a1"),
            has_vectors: false,
            selects_float_constants: false,
            minimum_returns_nan: false,
            // `l32i` reaches 1020 bytes. Beyond, an offset needs a register, for which frames have room to spare only
            // from 2 KiB on (<https://github.com/llvm/llvm-project/issues/195412>).
            unsafe_frames: Some((1020, 2048)),
        },
    }
}

#[cfg(feature = "host")]
const LIBRARY: &[&[LibraryCall]] = &[
    MEMORY,
    GCC_PRODUCT,
    GCC_DIVISION,
    GCC_DOUBLE,
    GCC_DOUBLE_SOFT,
    GCC_SINGLE_QUOTIENT,
    GCC_WIDE_DOUBLE,
    GCC_WIDE_SINGLE,
    SQRT_SOFT,
    ROUNDING_SOFT,
    WIDE_DIVISION,
];

/// Without an FPU.
#[cfg(feature = "host")]
const SOFT: &[&[LibraryCall]] = &[
    MEMORY,
    GCC_PRODUCT,
    GCC_DIVISION,
    GCC_DOUBLE,
    GCC_DOUBLE_SOFT,
    GCC_SINGLE,
    GCC_WIDE_DOUBLE,
    GCC_WIDE_SINGLE,
    SQRT_SOFT,
    ROUNDING_SOFT,
    WIDE_DIVISION,
];

/// Without division either.
#[cfg(feature = "host")]
const SMALL: &[&[LibraryCall]] = &[
    MEMORY,
    GCC_PRODUCT,
    GCC_NARROW_DIVISION,
    GCC_DIVISION,
    GCC_DOUBLE,
    GCC_DOUBLE_SOFT,
    GCC_SINGLE,
    GCC_WIDE_DOUBLE,
    GCC_WIDE_SINGLE,
    SQRT_SOFT,
    ROUNDING_SOFT,
    WIDE_DIVISION,
];

/// The operand of an instruction is told by the opcode: `op0` in the low four bits, then `n`, and `m` for `J`.
#[cfg(feature = "host")]
const RELOCATIONS: &[Relocation] = &[
    Relocation::new(0, "R_XTENSA_NONE", Value::Nothing, Field::Word32),
    Relocation::new(1, "R_XTENSA_32", Value::Absolute, Field::Word32),
    Relocation::new(11, "R_XTENSA_ASM_EXPAND", Value::Nothing, Field::Word32),
    Relocation::new(12, "R_XTENSA_ASM_SIMPLIFY", Value::Nothing, Field::Word32),
    Relocation {
        opcode: Some((0x0f, 0x01)),
        ..Relocation::new(20, "R_XTENSA_SLOT0_OP (l32r)", Value::Literal, Field::Xtensa(XtensaField::L32r))
    },
    Relocation {
        opcode: Some((0x0f, 0x05)),
        is_call: true,
        ..Relocation::new(20, "R_XTENSA_SLOT0_OP (call)", Value::RelativeToNextWord, Field::Xtensa(XtensaField::Call))
    },
    Relocation {
        opcode: Some((0x3f, 0x06)),
        is_call: true,
        ..Relocation::new(20, "R_XTENSA_SLOT0_OP (j)", Value::RelativeToEnd(4), Field::Xtensa(XtensaField::Jump))
    },
];

/// The environment is FCR; zero is what wasm needs.
#[cfg(feature = "host")]
fn environment(glue: &Glue, has_fpu: bool) -> (&'static str, &'static str) {
    if glue.uses_floats && has_fpu {
        ("rur a8, fcr\n s32i a8, a1, 32\n movi a8, 0\n wur a8, fcr\n", "l32i a8, a1, 32\n wur a8, fcr\n")
    } else {
        ("", "")
    }
}

/// ```text
/// enter's frame:  a1 + 48   for the windows of enter and its caller
///                    + 32   FCR
///                    + 16   a0 to a3 as `leave` finds them
///                    + 12   address of what pops the rest: where `call0` returns to
///                     + 8   store.handler   (as before this call)
///                     + 4   store.entry_sp  (as before this call)
///                a1 +  0    store                                   <- store.entry_sp
/// ```
/// `leave` first makes the processor store all windows but its own, by calling down through the whole register file.
/// Then it puts the registers of `enter` where those of its own caller were stored, right below its stack pointer, and
/// returns: the underflow exception loads them. So nothing lies in memory that an interrupt could overwrite.
#[cfg(feature = "host")]
fn glue_windowed(glue: &Glue) -> String {
    text_windowed(glue, true)
}

#[cfg(feature = "host")]
fn glue_windowed_soft(glue: &Glue) -> String {
    text_windowed(glue, false)
}

#[cfg(feature = "host")]
fn text_windowed(glue: &Glue, has_fpu: bool) -> String {
    let (enter, leave, trap) = (Glue::ENTER, Glue::LEAVE, Glue::TRAP);
    let Offsets { store, entry_sp, handler, trap_code, trap_pc } = glue.offsets();
    let (save_floats, restore_floats) = environment(glue, has_fpu);
    let head = Glue::head();
    format!(
        r#"{head} .p2align 2
{enter}:
 entry a1, 80
 {save_floats} l32i a6, a2, {store}
 l32i a8, a6, {entry_sp}
 l32i a9, a6, {handler}
 s32i a6, a1, 0
 s32i a8, a1, 4
 s32i a9, a1, 8
 mov a7, a0
 call0 .Lgraver_call
 movi a2, 1
 j .Lgraver_restore
 .p2align 2
.Lgraver_call:
 s32i a0, a1, 12
 mov a0, a7
 s32i a0, a1, 16
 s32i a1, a1, 20
 s32i a2, a1, 24
 s32i a3, a1, 28
 s32i a1, a6, {entry_sp}
 movi a8, 0
 s32i a8, a6, {handler}
 mov a10, a2
 mov a11, a4
 mov a12, a5
 callx8 a3
 movi a2, 0
.Lgraver_restore:
 l32i a6, a1, 0
 l32i a8, a1, 4
 l32i a9, a1, 8
 s32i a8, a6, {entry_sp}
 s32i a9, a6, {handler}
 {restore_floats} retw
 .size {enter}, .-{enter}
 .p2align 2
.Lgraver_spill:
 entry a1, 48
 movi a15, 0
 beqz a2, .Lgraver_spilled
 addi a14, a2, -1
 call12 .Lgraver_spill
.Lgraver_spilled:
 retw
 .p2align 2
{trap}:
 entry a1, 48
 l32i a2, a2, {store}
 s32i a3, a2, {trap_code}
 l32i a4, a2, {entry_sp}
 l32i a4, a4, 12
 srli a4, a4, 15
 srli a4, a4, 15
 slli a4, a4, 30
 slli a5, a0, 2
 srli a5, a5, 2
 or a5, a5, a4
 s32i a5, a2, {trap_pc}
 j .Lgraver_leave
 .size {trap}, .-{trap}
 .p2align 2
{leave}:
 entry a1, 48
.Lgraver_leave:
 movi a14, 4
 call12 .Lgraver_spill
 l32i a4, a2, {entry_sp}
 addi a5, a1, -16
 l32i a6, a4, 16
 s32i a6, a5, 0
 l32i a6, a4, 20
 s32i a6, a5, 4
 l32i a6, a4, 24
 s32i a6, a5, 8
 l32i a6, a4, 28
 s32i a6, a5, 12
 l32i a0, a4, 12
 slli a0, a0, 2
 srli a0, a0, 2
 movi a6, 1
 slli a6, a6, 31
 or a0, a0, a6
 retw
 .size {leave}, .-{leave}
"#
    )
}

/// The same words at the same offsets; the rest of the frame is what the convention asks a function to preserve.
#[cfg(feature = "host")]
fn glue_call0(glue: &Glue) -> String {
    text_call0(glue, true)
}

#[cfg(feature = "host")]
fn glue_call0_soft(glue: &Glue) -> String {
    text_call0(glue, false)
}

#[cfg(feature = "host")]
fn text_call0(glue: &Glue, has_fpu: bool) -> String {
    let (enter, leave, trap) = (Glue::ENTER, Glue::LEAVE, Glue::TRAP);
    let Offsets { store, entry_sp, handler, trap_code, trap_pc } = glue.offsets();
    let (save_floats, restore_floats) = environment(glue, has_fpu);
    let head = Glue::head();
    format!(
        r#"{head} .p2align 2
{enter}:
 addi a1, a1, -64
 {save_floats} s32i a0, a1, 36
 s32i a12, a1, 40
 s32i a13, a1, 44
 s32i a14, a1, 48
 s32i a15, a1, 52
 l32i a12, a2, {store}
 l32i a8, a12, {entry_sp}
 l32i a9, a12, {handler}
 s32i a12, a1, 0
 s32i a8, a1, 4
 s32i a9, a1, 8
 call0 .Lgraver_call
 movi a2, 1
 j .Lgraver_restore
 .p2align 2
.Lgraver_call:
 s32i a0, a1, 12
 s32i a1, a12, {entry_sp}
 movi a8, 0
 s32i a8, a12, {handler}
 mov a8, a3
 mov a3, a4
 mov a4, a5
 callx0 a8
 movi a2, 0
.Lgraver_restore:
 l32i a12, a1, 0
 l32i a8, a1, 4
 l32i a9, a1, 8
 s32i a8, a12, {entry_sp}
 s32i a9, a12, {handler}
 {restore_floats} l32i a0, a1, 36
 l32i a12, a1, 40
 l32i a13, a1, 44
 l32i a14, a1, 48
 l32i a15, a1, 52
 addi a1, a1, 64
 ret
 .size {enter}, .-{enter}
 .p2align 2
{trap}:
 l32i a2, a2, {store}
 s32i a3, a2, {trap_code}
 s32i a0, a2, {trap_pc}
 j {leave}
 .size {trap}, .-{trap}
 .p2align 2
{leave}:
 l32i a1, a2, {entry_sp}
 l32i a3, a1, 12
 jx a3
 .size {leave}, .-{leave}
"#
    )
}
