//! What the modules of the official test suite import.

use core::fmt::{self, Write};

use super::{Outcome, Row, arg};
use crate::libc::Output;

pub(super) const ROWS: &[Row] = &[
    Row { name: "print", signature: "()", run: |_, _| print(format_args!("()")) },
    Row {
        name: "print_i32",
        signature: "(i)",
        run: |_, args| print(format_args!("_i32({})", arg(args, 0).cast_signed())),
    },
    Row {
        name: "print_i64",
        signature: "(I)",
        run: |_, args| print(format_args!("_i64({})", cell(args, 0).cast_signed())),
    },
    Row { name: "print_f32", signature: "(f)", run: |_, args| print(format_args!("_f32({})", single(args, 0))) },
    Row { name: "print_f64", signature: "(F)", run: |_, args| print(format_args!("_f64({})", double(args, 0))) },
    Row {
        name: "print_i32_f32",
        signature: "(if)",
        run: |_, args| print(format_args!("_i32_f32({}, {})", arg(args, 0).cast_signed(), single(args, 1))),
    },
    Row {
        name: "print_f64_f64",
        signature: "(FF)",
        run: |_, args| print(format_args!("_f64_f64({}, {})", double(args, 0), double(args, 1))),
    },
];

fn cell(args: &[u64], index: usize) -> u64 {
    args.get(index).copied().unwrap_or_default()
}

fn single(args: &[u64], index: usize) -> f32 {
    f32::from_bits(arg(args, index))
}

fn double(args: &[u64], index: usize) -> f64 {
    f64::from_bits(cell(args, index))
}

fn print(text: fmt::Arguments<'_>) -> Outcome {
    // Printing to standard output does not fail here.
    let _ = writeln!(Output, "spectest.print{text}");
    Ok(0)
}
