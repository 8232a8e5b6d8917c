//! Whether code for the smallest cores of Arm's M profile has only instructions that they have. The emulated boards that
//! it runs on have more, so running proves nothing.
//!
//! The text is decoded from its start to its end, except for the data between functions, which the linker knows from the
//! mapping symbols of the objects (`$d`, "Mapping symbols" in the ELF ABI). Nothing is taken on trust: what is neither
//! data by that account nor an instruction of the table below is an error.

mod table;

use std::fmt;
use std::ops::Range;

use table::{INSTRUCTIONS, Profile};

/// The cores that a target's code must be able to run on, if they have a profile of their own.
fn profile_of(target: &str) -> Option<Profile> {
    match target {
        "thumbv6m" => Some(Profile::V6M),
        "thumbv8m.base" => Some(Profile::V8MBase),
        _ => None,
    }
}

/// Code that is not an instruction of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Impure {
    offset: usize,
    code: u32,
    is_wide: bool,
}

impl fmt::Display for Impure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, code, is_wide } = *self;
        write!(f, "at {offset:#x} of the text is no instruction of these cores: ")?;
        if is_wide { write!(f, "{:04x} {:04x}", code >> 16, code & 0xffff) } else { write!(f, "{:04x}", code >> 16) }
    }
}

impl std::error::Error for Impure {}

/// What was decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// Instructions of the profile.
    pub instructions: usize,
    /// Bytes of data between them.
    pub data: usize,
}

/// Decodes a text; `data` are the ranges that are no code, ascending. A target without a profile of its own has nothing
/// to be decoded.
///
/// # Errors
/// The first thing that is neither data nor an instruction of the profile.
pub fn check(target: &str, text: &[u8], data: &[Range<u32>]) -> Result<Decoded, Impure> {
    let Some(profile) = profile_of(target) else { return Ok(Decoded::default()) };
    let mut decoded = Decoded::default();
    let mut data = data.iter().map(|range| range.start as usize..range.end as usize).peekable();
    let mut at = 0;
    while at < text.len() {
        if let Some(range) = data.next_if(|range| range.start <= at) {
            decoded.data += range.end.saturating_sub(at);
            at = range.end.max(at);
            continue;
        }
        // An instruction must not run into data, nor over the end.
        let end = data.peek().map_or(text.len(), |range| range.start).min(text.len());
        let half = |offset: usize| {
            let bytes = text.get(offset..end)?.first_chunk::<2>()?;
            Some(u32::from(u16::from_le_bytes(*bytes)))
        };
        let first = half(at).unwrap_or(u32::from(u16::MAX));
        let is_wide = first >> 11 >= 0b11101;
        let second = if is_wide { half(at + 2) } else { Some(0) };
        let code = first << 16 | second.unwrap_or(0);
        if second.is_none() || !is_instruction(profile, code) {
            return Err(Impure { offset: at, code, is_wide });
        }
        decoded.instructions += 1;
        at += if is_wide { 4 } else { 2 };
    }
    Ok(decoded)
}

fn is_instruction(profile: Profile, code: u32) -> bool {
    INSTRUCTIONS.iter().any(|row| row.first_in <= profile && code & row.mask == row.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(halves: &[u16]) -> Vec<u8> {
        halves.iter().flat_map(|half| half.to_le_bytes()).collect()
    }

    /// Instructions, and the smallest profile that has them (0: none, 6, 8), as LLVM's assembler encodes them.
    const CASES: &[(&[u16], u8)] = &[
        (&[0x2001], 6),         // movs r0, #1
        (&[0x4348], 6),         // muls r0, r1, r0
        (&[0xb5f0], 6),         // push {r4-r7, lr}
        (&[0x4770], 6),         // bx lr
        (&[0xb662], 6),         // cpsie i
        (&[0xba08], 6),         // rev r0, r1
        (&[0xbf00], 6),         // nop
        (&[0xde00], 6),         // udf #0
        (&[0xf000, 0xf800], 6), // bl
        (&[0xf3bf, 0x8f5f], 6), // dmb sy
        (&[0xf3ef, 0x8008], 6), // mrs r0, msp
        (&[0xb108], 8),         // cbz r0
        (&[0xf000, 0xb800], 8), // b.w
        (&[0xfb90, 0xf0f1], 8), // sdiv r0, r0, r1
        (&[0xfbb0, 0xf0f1], 8), // udiv r0, r0, r1
        (&[0xf240, 0x0001], 8), // movw r0, #1
        (&[0xf2c0, 0x0001], 8), // movt r0, #1
        (&[0xe850, 0x1f00], 8), // ldrex r1, [r0]
        (&[0xe8d0, 0x1faf], 8), // lda r1, [r0]
        (&[0xbf08], 0),         // it eq
        (&[0xf8d0, 0x1000], 0), // ldr.w r1, [r0]
        (&[0xf04f, 0x0001], 0), // mov.w r0, #1
        (&[0xfb00, 0xf001], 0), // mul r0, r0, r1
        (&[0xfba0, 0x0101], 0), // umull r0, r1, r0, r1
        (&[0xfab0, 0xf080], 0), // clz r0, r0
        (&[0xe8df, 0xf000], 0), // tbb [pc, r0]
        (&[0xe9d0, 0x0100], 0), // ldrd r0, r1, [r0]
        (&[0xf000, 0x8000], 0), // beq.w
        (&[0xee30, 0x0a00], 0), // vadd.f32
    ];

    #[test]
    fn each_profile_has_its_instructions_and_no_others() {
        for (halves, least) in CASES {
            for (target, version) in [("thumbv6m", 6), ("thumbv8m.base", 8)] {
                let is_known = *least != 0 && *least <= version;
                assert_eq!(check(target, &bytes(halves), &[]).is_ok(), is_known, "{halves:04x?} on {target}");
            }
        }
    }

    #[test]
    fn rows_exclude_each_other_and_have_no_bits_beside_their_mask() {
        for (index, row) in INSTRUCTIONS.iter().enumerate() {
            assert_eq!(row.value & !row.mask, 0, "{}", row.name);
            let is_wide = row.value >> 27 >= 0b11101;
            assert!(is_wide || row.mask & 0xffff == 0, "{}", row.name);
            for other in &INSTRUCTIONS[index + 1..] {
                let both = row.mask & other.mask;
                assert_ne!(row.value & both, other.value & both, "{} and {}", row.name, other.name);
            }
        }
    }

    #[test]
    fn data_is_skipped_and_code_runs_neither_into_it_nor_over_the_end() {
        // movs, four bytes that are no instruction, bx lr
        let text = bytes(&[0x2001, 0xf8d0, 0x1000, 0x4770]);
        assert!(check("thumbv6m", &text, &[]).is_err());
        let constants = 2..6;
        let found = check("thumbv6m", &text, std::slice::from_ref(&constants));
        assert_eq!(found, Ok(Decoded { instructions: 2, data: 4 }));
        assert!(check("thumbv6m", &bytes(&[0xf000]), &[]).is_err(), "half of a bl");
        let split = bytes(&[0xf000, 0xf800]);
        assert!(check("thumbv6m", &split, &[]).is_ok());
        let second = 2..4;
        assert!(check("thumbv6m", &split, std::slice::from_ref(&second)).is_err(), "a bl whose second half is data");
        assert_eq!(check("thumbv7m", &text, &[]), Ok(Decoded::default()));
    }
}
