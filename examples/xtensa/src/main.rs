//! Runs an image where it lies in flash, on Xtensa: calls it, lets it call a native, and catches its traps. `session.rs` is
//! what a firmware does with an image, this is what it needs of the board.

#![no_std]
#![no_main]

#[path = "../../session.rs"]
mod session;

use core::mem::MaybeUninit;

use firmware_simcall::{print, process};
use graver_loader::platform::Bare;

/// `graver compile guest.wat --target esp32 --base-address 0x4000000 -o guest.aot`. Code for Xtensa has addresses in it,
/// so it was compiled for this place; compiled without `--base-address` it would be copied to the pool.
#[unsafe(link_section = ".image")]
static IMAGE: Aligned<[u8; include_bytes!(env!("GRAVER_IMAGE")).len()]> = Aligned(*include_bytes!(env!("GRAVER_IMAGE")));

#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

/// What an ESP32 has beyond what the loader takes every core to have; no core says it itself.
const FEATURES: &[&str] = &["div32", "sext", "clamps", "minmax", "s32c1i", "fp", "bool"];

unsafe extern "C" {
    // From the memory map: the lowest address of the stack.
    static _stack_end: u8;
}

/// What the start-up code calls.
#[unsafe(no_mangle)]
extern "C" fn graver_main() -> ! {
    // The image of this example has no linear memory. One that has needs a pool with room for it.
    let mut pool = [MaybeUninit::uninit(); 4096];
    let board = Bare::new((&raw const _stack_end).addr()).with_named_features(FEATURES);
    let outcome = session::run(&board, &mut pool, &IMAGE.0, |text| print!("{}", text));
    process::exit(outcome.is_err().into())
}
