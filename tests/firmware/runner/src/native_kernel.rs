//! What the compiler is measured against: the kernel compiled for the board itself. The file `script` has the number of
//! rounds, four bytes. Without the feature `kernel` the firmware is what the kernel comes on top of.

#![no_std]
#![no_main]

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "arm")]
mod cortex_m;
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
mod riscv;

#[cfg(target_arch = "xtensa")]
extern crate firmware_simcall as semihosting;

use semihosting::fs::File;
use semihosting::io::{self, Read as _};
use semihosting::println;

/// What the board's start-up code calls.
#[cfg_attr(target_arch = "xtensa", unsafe(export_name = "graver_main"))]
extern "C" fn main() -> ! {
    match rounds() {
        Ok(rounds) => {
            println!("checksum {}", run(rounds));
            semihosting::process::exit(0)
        }
        Err(error) => {
            println!("firmware: the file `script`: {}", error);
            semihosting::process::exit(1)
        }
    }
}

fn rounds() -> io::Result<u32> {
    let mut bytes = [0; 4];
    File::open(c"script")?.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

#[cfg(feature = "kernel")]
fn run(rounds: u32) -> u64 {
    board_kernel::run_coremark(rounds)
}

#[cfg(not(feature = "kernel"))]
fn run(rounds: u32) -> u64 {
    rounds.into()
}
