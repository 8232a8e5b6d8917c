//! Runs an image where it lies in flash, on 64-bit Arm without an operating system: calls it, lets it call a native, and
//! catches its traps. `session.rs` is what a firmware does with an image, this is what it needs of the board, and
//! `start.rs` how it gets here.

#![no_std]
#![no_main]

#[path = "../../session.rs"]
mod session;
mod start;

use core::mem::MaybeUninit;

use graver_loader::platform::Bare;
use semihosting::print;

/// `graver compile guest.wat --target aarch64-none -o guest.aot`. Code runs in place if it is aligned as the image's header
/// asks for: 16, or 4096 if it has more than 1 MiB.
static IMAGE: &Aligned<[u8]> = &Aligned(*include_bytes!(env!("GRAVER_IMAGE")));

#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

unsafe extern "C" {
    // From the linker script: the lowest address of the stack.
    static _stack_end: u8;
}

extern "C" fn main() -> ! {
    // The image of this example has no linear memory. One that has needs a pool with room for it.
    let mut pool = [MaybeUninit::uninit(); 4096];
    let board = Bare::new((&raw const _stack_end).addr());
    let outcome = session::run(&board, &mut pool, &IMAGE.0, |text| print!("{}", text));
    semihosting::process::exit(outcome.is_err().into())
}
