//! What the loader takes: loads an image from flash, registers a native, instantiates, calls, prints a trap's text. Without
//! the feature `loader` only what is measured with is left. Lines that start with `#` are figures.

#![no_std]
#![no_main]

#[cfg(feature = "loader")]
mod embedder;
mod output;
#[path = "../../m4/src/paint.rs"]
#[expect(dead_code, reason = "the other firmware uses the rest")]
mod paint;

use cortex_m_semihosting::debug;

use output::Output;

#[cortex_m_rt::entry]
fn main() -> ! {
    let stack = paint::Stack::paint();
    let mut out = Output::new();
    let result = run(&mut out, &stack);
    out.line("# stack", stack.touched());
    debug::exit(if result.is_ok() { debug::EXIT_SUCCESS } else { debug::EXIT_FAILURE });
    loop {}
}

#[cfg(feature = "loader")]
fn run(out: &mut Output, stack: &paint::Stack) -> Result<(), ()> {
    embedder::run(out, stack).map_err(|what| out.text(what))
}

#[cfg(not(feature = "loader"))]
fn run(out: &mut Output, _stack: &paint::Stack) -> Result<(), ()> {
    out.line("nothing", 0);
    Ok(())
}

/// Says that it happened, not what: messages would be a part of what is measured.
#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    debug::exit(debug::EXIT_FAILURE);
    loop {}
}
