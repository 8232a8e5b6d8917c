//! Runs an image where it lies in flash, on RISC-V in machine mode: calls it, lets it call a native, and catches its traps.
//! `session.rs` is what a firmware does with an image, this is what it needs of the board.

#![no_std]
#![no_main]

#[path = "../../session.rs"]
mod session;

use core::mem::MaybeUninit;

use graver_loader::platform::Bare;
use riscv_rt::entry;
use semihosting::print;

/// `graver compile guest.wat --target riscv32imac -o guest.aot`. Code runs in place if it is aligned as the image's header
/// asks for, which is 16 at most on these cores.
static IMAGE: &Aligned<[u8]> = &Aligned(*include_bytes!(env!("GRAVER_IMAGE")));

#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

unsafe extern "C" {
    // From riscv-rt's linker script: the lowest address of the stack.
    static __estack: u8;
}

#[entry]
fn main() -> ! {
    // The image of this example has no linear memory. One that has needs a pool with room for it.
    let Some(pool) = riscv::singleton!(: [MaybeUninit<u8>; 4096] = [MaybeUninit::uninit(); 4096]) else {
        panic!("main runs once");
    };
    // Extensions and the convention for floats are those that this firmware was compiled for. Images for fewer extensions
    // run as well, those for another convention (`riscv32imac` and `riscv32imafc`) do not.
    let board = Bare::new((&raw const __estack).addr());
    let outcome = session::run(&board, pool, &IMAGE.0, |text| print!("{}", text));
    semihosting::process::exit(outcome.is_err().into())
}
