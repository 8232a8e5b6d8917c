//! Runs images where they lie in flash, with memory from one static pool, and prints what happens over semihosting.
//!
//! There is no global allocator, so nothing can be allocated outside the pool. Lines that start with `#` are figures;
//! everything else is compared with `expected.txt`.

#![no_std]
#![no_main]

mod board;
mod cases;
mod paint;

use cortex_m_semihosting::{debug, hprintln};
use graver_loader::{Allocator, Runtime};
use panic_semihosting as _;

use board::Board;

/// One page of linear memory, what the pool loses to rounding for so large a block (an eighth), the loader's own data.
const POOL_BYTES: usize = 84 * 1024;

#[cortex_m_rt::entry]
fn main() -> ! {
    let stack = paint::Stack::paint();
    let Some(pool) = cortex_m::singleton!(: [u8; POOL_BYTES] = [paint::COLOUR; POOL_BYTES]) else {
        panic!("main runs once");
    };
    let board = Board::new(stack.end());
    let outcome = match Runtime::with_platform(Allocator::pool(paint::uninit(pool)), &board) {
        Ok(runtime) => cases::run(&runtime, &board, &stack),
        Err(_) => Err("runtime"),
    };
    if let Err(what) = outcome {
        hprintln!("failed: {}", what);
        debug::exit(debug::EXIT_FAILURE);
    }
    hprintln!("code in place {}, copied {}", board.in_place(), board.copied());
    hprintln!("# pool: {} of {} bytes touched", paint::touched(pool), POOL_BYTES);
    hprintln!("# stack: {} of {} bytes touched", stack.touched(), stack.size());
    hprintln!("the stack kept its distance from the end: {}", stack.touched() + cases::DISTANCE < stack.size());
    debug::exit(debug::EXIT_SUCCESS);
    panic!("the debugger went on after exit");
}
