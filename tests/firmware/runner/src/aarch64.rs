//! Cores of Arm's A profile in 64-bit state, as QEMU starts them: at EL1, MMU and caches off.

use semihosting::println;

// All memory is Device memory, where unaligned accesses fault. Emulators let them pass, unless SCTLR_EL1.A is set.
core::arch::global_asm!(
    r#"
    .section .text.start, "ax"
    .globl _start
_start:
    adrp x0, _stack_start
    add x0, x0, :lo12:_stack_start
    mov sp, x0
    mov x0, #(3 << 20) // CPACR_EL1.FPEN: floating-point registers are not trapped
    msr cpacr_el1, x0
    mrs x0, sctlr_el1
    orr x0, x0, #(1 << 1)
    msr sctlr_el1, x0
    adr x0, 3f
    msr vbar_el1, x0
    isb
    adrp x0, _bss_start
    add x0, x0, :lo12:_bss_start
    adrp x1, _bss_end
    add x1, x1, :lo12:_bss_end
1:  cmp x0, x1
    b.hs 2f
    stp xzr, xzr, [x0], #16
    b 1b
2:  bl {start}
    // Sixteen vectors of 128 bytes each: whatever it is, it is a fault.
    .balign 2048
3:  .rept 16
    mrs x0, esr_el1
    mrs x1, elr_el1
    mrs x2, far_el1
    b {fault}
    .balign 128
    .endr
"#,
    start = sym start,
    fault = sym fault,
);

extern "C" fn start() -> ! {
    crate::main()
}

/// Arm Architecture Reference Manual, "ESR_EL1": the upper bits say what happened.
extern "C" fn fault(syndrome: usize, pc: usize, address: usize) -> ! {
    println!("firmware: fault at {:#x}, syndrome {:#x}, address {:#x}", pc, syndrome, address);
    semihosting::process::exit(1)
}
