//! Xtensa, with and without register windows; `tests/firmware/xtensa` has the start-up code.

use graver_loader::format::{Arch, CpuFeature};
use graver_loader::platform::Bare;

/// What the start-up code calls.
#[unsafe(no_mangle)]
extern "C" fn graver_main() -> ! {
    crate::main()
}

/// The board with all that the simulated core has: Xtensa cores do not tell.
pub fn with_features(board: Bare) -> Bare {
    const FEATURES: [&str; 10] =
        ["density", "nsa", "mul32", "div32", "sext", "clamps", "minmax", "s32c1i", "fp", "bool"];
    let masks = Arch::HOST.into_iter().flat_map(|arch| FEATURES.map(|name| CpuFeature::find(arch, name)));
    board.with_cpu_features(masks.flatten().fold(0, |all, feature| all | feature.mask()))
}
