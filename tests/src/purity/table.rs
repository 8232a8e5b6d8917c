//! All instructions of Armv6-M and of the baseline of Armv8-M, by the encodings in the Armv6-M and Armv8-M Architecture
//! Reference Manuals ("The Thumb instruction set encoding"). The first halfword is in the upper half.

/// A set of instructions; each has all of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Profile {
    V6M,
    V8MBase,
}

/// Instructions that have the bits of `value` where `mask` has ones.
pub(super) struct Row {
    #[cfg_attr(not(test), expect(dead_code, reason = "for people, and for the tests to name a row"))]
    pub(super) name: &'static str,
    pub(super) first_in: Profile,
    pub(super) mask: u32,
    pub(super) value: u32,
}

const fn short(name: &'static str, first_in: Profile, mask: u16, value: u16) -> Row {
    Row { name, first_in, mask: (mask as u32) << 16, value: (value as u32) << 16 }
}

const fn wide(name: &'static str, first_in: Profile, mask: u32, value: u32) -> Row {
    Row { name, first_in, mask, value }
}

use Profile::{V6M, V8MBase};

pub(super) const INSTRUCTIONS: &[Row] = &[
    short("shift, add, subtract, move, compare", V6M, 0xc000, 0x0000),
    short("data processing", V6M, 0xfc00, 0x4000),
    short("add, compare, move with high registers", V6M, 0xfe00, 0x4400),
    short("move with high registers", V6M, 0xff00, 0x4600),
    short("bx", V6M, 0xff87, 0x4700),
    short("blx", V6M, 0xff87, 0x4780),
    short("bxns", V8MBase, 0xff87, 0x4704),
    short("blxns", V8MBase, 0xff87, 0x4784),
    short("ldr (literal)", V6M, 0xf800, 0x4800),
    short("load, store (register)", V6M, 0xf000, 0x5000),
    short("ldr, str, ldrb, strb (immediate)", V6M, 0xe000, 0x6000),
    short("ldrh, strh (immediate)", V6M, 0xf000, 0x8000),
    short("ldr, str (stack)", V6M, 0xf000, 0x9000),
    short("adr", V6M, 0xf800, 0xa000),
    short("add (stack pointer and immediate)", V6M, 0xf800, 0xa800),
    short("add, sub (stack pointer)", V6M, 0xff00, 0xb000),
    short("cbz, cbnz", V8MBase, 0xf500, 0xb100),
    short("sxth, sxtb, uxth, uxtb", V6M, 0xff00, 0xb200),
    short("push", V6M, 0xfe00, 0xb400),
    short("cps", V6M, 0xffef, 0xb662),
    short("rev", V6M, 0xffc0, 0xba00),
    short("rev16", V6M, 0xffc0, 0xba40),
    short("revsh", V6M, 0xffc0, 0xbac0),
    short("pop", V6M, 0xfe00, 0xbc00),
    short("bkpt", V6M, 0xff00, 0xbe00),
    // Not `it`, which has a mask in the low bits.
    short("nop, yield, wfe, wfi", V6M, 0xffcf, 0xbf00),
    short("sev", V6M, 0xffff, 0xbf40),
    short("stm", V6M, 0xf800, 0xc000),
    short("ldm", V6M, 0xf800, 0xc800),
    // Conditions 0 to 13.
    short("b (condition 0 to 7)", V6M, 0xf800, 0xd000),
    short("b (condition 8 to 11)", V6M, 0xfc00, 0xd800),
    short("b (condition 12, 13)", V6M, 0xfe00, 0xdc00),
    short("udf", V6M, 0xff00, 0xde00),
    short("svc", V6M, 0xff00, 0xdf00),
    short("b", V6M, 0xf800, 0xe000),
    wide("bl", V6M, 0xf800_d000, 0xf000_d000),
    wide("b.w", V8MBase, 0xf800_d000, 0xf000_9000),
    wide("msr", V6M, 0xfff0_ff00, 0xf380_8800),
    wide("mrs", V6M, 0xffff_f000, 0xf3ef_8000),
    wide("dsb", V6M, 0xffff_fff0, 0xf3bf_8f40),
    wide("dmb", V6M, 0xffff_fff0, 0xf3bf_8f50),
    wide("isb", V6M, 0xffff_fff0, 0xf3bf_8f60),
    wide("clrex", V8MBase, 0xffff_fff0, 0xf3bf_8f20),
    wide("udf.w", V6M, 0xfff0_f000, 0xf7f0_a000),
    wide("movw", V8MBase, 0xfbf0_8000, 0xf240_0000),
    wide("movt", V8MBase, 0xfbf0_8000, 0xf2c0_0000),
    wide("sdiv", V8MBase, 0xfff0_f0f0, 0xfb90_f0f0),
    wide("udiv", V8MBase, 0xfff0_f0f0, 0xfbb0_f0f0),
    wide("ldrex", V8MBase, 0xfff0_0f00, 0xe850_0f00),
    wide("ldrexb", V8MBase, 0xfff0_0fff, 0xe8d0_0f4f),
    wide("ldrexh", V8MBase, 0xfff0_0fff, 0xe8d0_0f5f),
    wide("lda, ldab", V8MBase, 0xfff0_0fdf, 0xe8d0_0f8f),
    wide("ldah", V8MBase, 0xfff0_0fff, 0xe8d0_0f9f),
    wide("ldaex, ldaexb", V8MBase, 0xfff0_0fdf, 0xe8d0_0fcf),
    wide("ldaexh", V8MBase, 0xfff0_0fff, 0xe8d0_0fdf),
    // The register in bits 12 to 15 is not 15, which means `tt`.
    wide("strex of r0 to r7", V8MBase, 0xfff0_8000, 0xe840_0000),
    wide("strex of r8 to r11", V8MBase, 0xfff0_c000, 0xe840_8000),
    wide("strex of r12, r13", V8MBase, 0xfff0_e000, 0xe840_c000),
    wide("strex of r14", V8MBase, 0xfff0_f000, 0xe840_e000),
    wide("tt, ttt, tta, ttat", V8MBase, 0xfff0_f03f, 0xe840_f000),
    wide("strexb", V8MBase, 0xfff0_0ff0, 0xe8c0_0f40),
    wide("strexh", V8MBase, 0xfff0_0ff0, 0xe8c0_0f50),
    wide("stl, stlb", V8MBase, 0xfff0_0fdf, 0xe8c0_0f8f),
    wide("stlh", V8MBase, 0xfff0_0fff, 0xe8c0_0f9f),
    wide("stlex", V8MBase, 0xfff0_0ff0, 0xe8c0_0fe0),
    wide("stlexb", V8MBase, 0xfff0_0ff0, 0xe8c0_0fc0),
    wide("stlexh", V8MBase, 0xfff0_0ff0, 0xe8c0_0fd0),
    wide("sg", V8MBase, 0xffff_ffff, 0xe97f_e97f),
];
