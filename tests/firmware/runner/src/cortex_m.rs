//! Cores of Arm's M profile.

use cortex_m_rt::{ExceptionFrame, entry, exception};
use semihosting::println;

#[entry]
fn start() -> ! {
    crate::main()
}

/// Also for all faults that have no handler of their own.
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    println!("firmware: fault at {:#x}, return address {:#x}", frame.pc(), frame.lr());
    semihosting::process::exit(1)
}
