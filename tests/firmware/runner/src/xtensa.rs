//! Xtensa, with and without register windows; `tests/firmware/xtensa` has the start-up code.

use graver_loader::platform::Bare;

/// What the start-up code calls.
#[unsafe(no_mangle)]
extern "C" fn graver_main() -> ! {
    crate::main()
}

/// The board with what the simulated core has: Xtensa cores do not tell, and of the LX106 all is known that there is.
pub fn with_features(board: Bare) -> Bare {
    const LARGE: [&str; 7] = ["div32", "sext", "clamps", "minmax", "s32c1i", "fp", "bool"];
    if env!("GRAVER_BOARD").ends_with("lx106") { board } else { board.with_named_features(&LARGE) }
}
