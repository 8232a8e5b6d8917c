//! RISC-V: immediates are scattered so that each bit has as few places as possible over all types of instructions.
//! <https://docs.riscv.org/reference/isa/unpriv/rv32.html>

use super::{half, put, replace, sign_extend, word};
use graver_targets::RiscvField;

/// Which bits of a value are where: how many, from which bit of the value, at which bit of the instruction.
type Bits = &'static [(u32, u32, u32)];

const LOW_I: Bits = &[(12, 0, 20)];
const LOW_S: Bits = &[(5, 0, 7), (7, 5, 25)];
const BRANCH: Bits = &[(1, 11, 7), (4, 1, 8), (6, 5, 25), (1, 12, 31)];
const JUMP: Bits = &[(8, 12, 12), (1, 11, 20), (10, 1, 21), (1, 20, 31)];
const SHORT_BRANCH: Bits = &[(1, 5, 2), (2, 1, 3), (2, 6, 5), (2, 3, 10), (1, 8, 12)];
const SHORT_JUMP: Bits = &[(1, 5, 2), (3, 1, 3), (1, 7, 6), (1, 6, 7), (1, 10, 8), (2, 8, 9), (1, 4, 11), (1, 11, 12)];

/// The bits of [`RiscvField::High`].
const HIGH: u32 = !0 << 12;

pub(super) fn decode(field: RiscvField, place: &[u8]) -> Option<i64> {
    Some(match field {
        RiscvField::High => sign_extend(word(place)? & HIGH, 32),
        RiscvField::LowI => sign_extend(gather(LOW_I, word(place)?), 12),
        RiscvField::LowS => sign_extend(gather(LOW_S, word(place)?), 12),
        RiscvField::Call => {
            let low = sign_extend(gather(LOW_I, word(place.get(4..)?)?), 12) as u32;
            sign_extend((word(place)? & HIGH).wrapping_add(low), 32)
        }
        RiscvField::Branch => sign_extend(gather(BRANCH, word(place)?), 13),
        RiscvField::Jump => sign_extend(gather(JUMP, word(place)?), 21),
        RiscvField::ShortBranch => sign_extend(gather(SHORT_BRANCH, half(place, 0)?.into()), 9),
        RiscvField::ShortJump => sign_extend(gather(SHORT_JUMP, half(place, 0)?.into()), 12),
    })
}

pub(super) fn encode(field: RiscvField, place: &mut [u8], value: u32) -> Option<()> {
    match field {
        RiscvField::High => replace(place, HIGH, value.wrapping_add(0x800)),
        RiscvField::LowI => scatter(LOW_I, place, value),
        RiscvField::LowS => scatter(LOW_S, place, value),
        RiscvField::Call => {
            scatter(LOW_I, place.get_mut(4..)?, value)?;
            replace(place, HIGH, value.wrapping_add(0x800))
        }
        RiscvField::Branch => scatter(BRANCH, place, value),
        RiscvField::Jump => scatter(JUMP, place, value),
        RiscvField::ShortBranch => scatter_half(SHORT_BRANCH, place, value),
        RiscvField::ShortJump => scatter_half(SHORT_JUMP, place, value),
    }
}

fn gather(bits: Bits, instruction: u32) -> u32 {
    bits.iter().fold(0, |value, (count, from, at)| value | (instruction >> at & ((1 << count) - 1)) << from)
}

/// The bits of the instruction that belong to the value, and what they become.
fn spread(bits: Bits, value: u32) -> (u32, u32) {
    bits.iter().fold((0, 0), |(mask, spread), (count, from, at)| {
        let ones = (1 << count) - 1;
        (mask | ones << at, spread | (value >> from & ones) << at)
    })
}

fn scatter(bits: Bits, place: &mut [u8], value: u32) -> Option<()> {
    let (mask, spread) = spread(bits, value);
    replace(place, mask, spread)
}

fn scatter_half(bits: Bits, place: &mut [u8], value: u32) -> Option<()> {
    let (mask, spread) = spread(bits, value);
    put(place, &(half(place, 0)? & !mask as u16 | spread as u16).to_le_bytes())
}
