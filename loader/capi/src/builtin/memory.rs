//! Blocks of bytes, and where they come from.

use graver_loader::CallError;

use super::{Guest, Outcome, Row, arg, int};
use crate::guest_heap::{allocate, free, reallocate};

pub(super) const ROWS: &[Row] = &[
    Row { name: "memcmp", signature: "(iii)i", run: compare },
    Row { name: "memcpy", signature: "(iii)i", run: copy },
    Row { name: "memmove", signature: "(iii)i", run: copy },
    Row { name: "emscripten_memcpy_big", signature: "(iii)i", run: copy },
    Row { name: "memset", signature: "(iii)i", run: fill },
    Row { name: "memchr", signature: "(iii)i", run: find },
    Row { name: "malloc", signature: "(i)i", run: malloc },
    Row { name: "calloc", signature: "(ii)i", run: calloc },
    Row { name: "realloc", signature: "(ii)i", run: realloc },
    Row { name: "free", signature: "(i)", run: release },
    Row { name: "strdup", signature: "(i)i", run: duplicate },
    Row { name: "__cxa_allocate_exception", signature: "(i)i", run: malloc },
];

fn compare(guest: &mut Guest, args: &[u64]) -> Outcome {
    let (first, second, length) = (arg(args, 0), arg(args, 1), arg(args, 2));
    guest.bytes(first, length)?;
    guest.bytes(second, length)?;
    for index in 0..length {
        let (a, b) = (guest.byte(first + index)?, guest.byte(second + index)?);
        if a != b {
            return Ok(int(i32::from(a) - i32::from(b)));
        }
    }
    Ok(0)
}

fn copy(guest: &mut Guest, args: &[u64]) -> Outcome {
    let (to, from, length) = (arg(args, 0), arg(args, 1), arg(args, 2));
    copy_within(guest, to, from, length)?;
    Ok(u64::from(to))
}

/// Copies bytes, which may overlap.
pub(super) fn copy_within(guest: &mut Guest, to: u32, from: u32, length: u32) -> Result<(), CallError> {
    guest.bytes(from, length)?;
    guest.bytes(to, length)?;
    let start = from as usize;
    guest.memory()?.copy_within(start..start + length as usize, to as usize);
    Ok(())
}

fn fill(guest: &mut Guest, args: &[u64]) -> Outcome {
    let to = arg(args, 0);
    guest.bytes(to, arg(args, 2))?.fill(arg(args, 1) as u8);
    Ok(u64::from(to))
}

fn find(guest: &mut Guest, args: &[u64]) -> Outcome {
    let (start, wanted) = (arg(args, 0), arg(args, 1) as u8);
    let found = guest.bytes(start, arg(args, 2))?.iter().position(|byte| *byte == wanted);
    Ok(found.map_or(0, |index| u64::from(start) + index as u64))
}

fn malloc(guest: &mut Guest, args: &[u64]) -> Outcome {
    Ok(allocate(guest.inst, u64::from(arg(args, 0))))
}

fn calloc(guest: &mut Guest, args: &[u64]) -> Outcome {
    let Some(size) = arg(args, 0).checked_mul(arg(args, 1)) else { return Ok(0) };
    let block = allocate(guest.inst, u64::from(size));
    if block != 0 {
        guest.bytes(block as u32, size)?.fill(0);
    }
    Ok(block)
}

fn realloc(guest: &mut Guest, args: &[u64]) -> Outcome {
    Ok(reallocate(guest.inst, u64::from(arg(args, 0)), u64::from(arg(args, 1))))
}

fn release(guest: &mut Guest, args: &[u64]) -> Outcome {
    free(guest.inst, u64::from(arg(args, 0)));
    Ok(0)
}

fn duplicate(guest: &mut Guest, args: &[u64]) -> Outcome {
    let from = arg(args, 0);
    let size = guest.text(from)?.len() as u32 + 1;
    let block = allocate(guest.inst, u64::from(size));
    if block != 0 {
        copy_within(guest, block as u32, from, size)?;
    }
    Ok(block)
}
