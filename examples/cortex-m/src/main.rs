//! Runs an image where it lies in flash, on any core of Arm's M profile: calls it, lets it call a native, and catches its
//! traps. `session.rs` is what a firmware does with an image, this is what it needs of the board.

#![no_std]
#![no_main]

#[path = "../../session.rs"]
mod session;

use core::mem::MaybeUninit;

use cortex_m_rt::entry;
use graver_loader::platform::Bare;
use semihosting::print;

/// `graver compile guest.wat --target cortex-m4f -o guest.aot`. Code runs in place if it is aligned as the image's header
/// asks for, which is 16 at most on these cores.
static IMAGE: &Aligned<[u8]> = &Aligned(*include_bytes!(env!("GRAVER_IMAGE")));

#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

unsafe extern "C" {
    // From cortex-m-rt's linker script: the lowest address of the stack.
    static _stack_end: u8;
}

#[entry]
fn main() -> ! {
    // The image of this example has no linear memory. One that has needs a pool with room for it.
    let Some(pool) = cortex_m::singleton!(: [MaybeUninit<u8>; 4096] = [MaybeUninit::uninit(); 4096]) else {
        panic!("main runs once");
    };
    // The floating-point unit, which cortex-m-rt has turned on where there is one, and whatever else the core has, is found
    // out here. For cores with caches, see docs/porting.md.
    let board = Bare::new((&raw const _stack_end).addr());
    let outcome = session::run(&board, pool, &IMAGE.0, |text| print!("{}", text));
    semihosting::process::exit(outcome.is_err().into())
}
