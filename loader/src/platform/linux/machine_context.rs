//! The registers of interrupted code, per instruction set.

use crate::platform::Redirect;

/// Whether the functions below do anything on this machine.
pub(super) const IS_KNOWN: bool =
    cfg!(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "arm", target_arch = "riscv64"));

/// The program counter.
#[cfg(target_arch = "x86_64")]
pub(super) fn pc(context: &libc::ucontext_t) -> usize {
    context.uc_mcontext.gregs[libc::REG_RIP as usize] as usize
}

/// Continues elsewhere: System V passes the first argument in RDI.
#[cfg(target_arch = "x86_64")]
pub(super) fn redirect(context: &mut libc::ucontext_t, to: Redirect) {
    context.uc_mcontext.gregs[libc::REG_RIP as usize] = to.pc as i64;
    context.uc_mcontext.gregs[libc::REG_RDI as usize] = to.argument as i64;
}

/// The program counter.
#[cfg(target_arch = "aarch64")]
pub(super) fn pc(context: &libc::ucontext_t) -> usize {
    context.uc_mcontext.pc as usize
}

/// Continues elsewhere: AAPCS64 passes the first argument in X0.
#[cfg(target_arch = "aarch64")]
pub(super) fn redirect(context: &mut libc::ucontext_t, to: Redirect) {
    context.uc_mcontext.pc = to.pc as u64;
    context.uc_mcontext.regs[0] = to.argument as u64;
}

/// The program counter.
#[cfg(target_arch = "riscv64")]
pub(super) fn pc(context: &libc::ucontext_t) -> usize {
    context.uc_mcontext.__gregs[libc::REG_PC] as usize
}

/// Continues elsewhere: the RISC-V psABI passes the first argument in a0.
#[cfg(target_arch = "riscv64")]
pub(super) fn redirect(context: &mut libc::ucontext_t, to: Redirect) {
    context.uc_mcontext.__gregs[libc::REG_PC] = to.pc as u64;
    context.uc_mcontext.__gregs[libc::REG_A0] = to.argument as u64;
}

/// The program counter.
#[cfg(target_arch = "arm")]
pub(super) fn pc(context: &libc::ucontext_t) -> usize {
    context.uc_mcontext.arm_pc as usize
}

/// Continues elsewhere, in the A32 state as all code of images here: AAPCS32 passes the first argument in R0.
#[cfg(target_arch = "arm")]
pub(super) fn redirect(context: &mut libc::ucontext_t, to: Redirect) {
    const THUMB: libc::c_ulong = 1 << 5;
    context.uc_mcontext.arm_cpsr &= !THUMB;
    context.uc_mcontext.arm_pc = to.pc as libc::c_ulong;
    context.uc_mcontext.arm_r0 = to.argument as libc::c_ulong;
}

/// No code lies at 0, so every fault is a foreign one.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "arm", target_arch = "riscv64")))]
pub(super) fn pc(_: &libc::ucontext_t) -> usize {
    0
}

/// Never reached: see [`pc`].
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "arm", target_arch = "riscv64")))]
pub(super) fn redirect(_: &mut libc::ucontext_t, _: Redirect) {}
