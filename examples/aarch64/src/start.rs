//! From reset to `main`, at EL1 with MMU and caches off, as QEMU starts a program.
//!
//! All memory is Device memory then, in which unaligned accesses fault. Rust's code for `aarch64-unknown-none` makes none,
//! and neither do images for `aarch64-none`. A firmware that turns the MMU on and maps its memory as Normal memory may run
//! images for `aarch64` as well, compiled with `--bounds-checks software`: they are smaller where data is not aligned.

core::arch::global_asm!(
    r#"
    .section .text.start, "ax"
    .globl _start
_start:
    ldr x0, =_stack_start
    mov sp, x0
    mov x0, #(3 << 20) // CPACR_EL1.FPEN: images and Rust use floating-point registers
    msr cpacr_el1, x0
    mrs x0, sctlr_el1
    orr x0, x0, #(1 << 1) // SCTLR_EL1.A: emulators, too, let unaligned accesses fault
    msr sctlr_el1, x0
    isb
    // Variables get their first values.
    ldr x0, =_data_start
    ldr x1, =_data_end
    ldr x2, =_data_in_flash
1:  cmp x0, x1
    b.hs 2f
    ldp x3, x4, [x2], #16
    stp x3, x4, [x0], #16
    b 1b
2:  ldr x0, =_bss_start
    ldr x1, =_bss_end
3:  cmp x0, x1
    b.hs {main}
    stp xzr, xzr, [x0], #16
    b 3b
"#,
    main = sym crate::main,
);
