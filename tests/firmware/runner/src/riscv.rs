//! RISC-V in machine mode.

use riscv_rt::{TrapFrame, entry};
use semihosting::println;

#[entry]
fn start() -> ! {
    crate::main()
}

/// The name by which the start-up code finds it; an exception is always a defect.
#[unsafe(export_name = "ExceptionHandler")]
extern "C" fn exception(frame: &TrapFrame) -> ! {
    let (cause, pc) = (riscv::register::mcause::read().bits(), riscv::register::mepc::read());
    println!("firmware: exception {} at {:#x}, return address {:#x}", cause, pc, frame.ra);
    semihosting::process::exit(1)
}
