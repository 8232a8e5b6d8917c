//! What differs between the machines that Graver compiles for, as data.
//!
//! A target is a row: what its code looks like from outside ([`Target`]) and, with the `host` feature, what LLVM must be
//! told ([`Llvm`]), which relocations its objects have ([`Relocation`]), which library calls LLVM makes
//! ([`LibraryCall`]) and the entry glue as assembly. One file per architecture holds its rows and says what is odd
//! about its psABI; a new target is a row there and a board to prove it on. Architecture names are nowhere else.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "host")]
extern crate alloc;

mod aarch64;
mod arm;
#[cfg(feature = "host")]
mod glue;
#[cfg(feature = "host")]
mod library;
#[cfg(feature = "host")]
mod llvm;
#[cfg(feature = "host")]
mod near;
#[cfg(feature = "host")]
mod relocation;
mod riscv;
#[cfg(feature = "host")]
mod select;
#[cfg(feature = "host")]
mod stack;
mod target;
#[cfg(all(test, feature = "host"))]
mod tests;
mod thumb;
mod x86_64;
mod xtensa;

#[cfg(feature = "host")]
pub use llvm::OPTIONS as LLVM_OPTIONS;
pub use target::{Board, Bounds, Environment, Flash, RustBuild, Target};
#[cfg(feature = "host")]
pub use {
    glue::Glue,
    library::{LibraryBody, LibraryCall, MemoryRoutine, Scalar},
    llvm::{CodeModel, Cpu, Llvm, Quirks, RelocationModel},
    near::UnknownTarget,
    relocation::{Aarch64Field, ArmField, Field, Relocation, RiscvField, Shape, ThumbField, Value, XtensaField},
    select::{Request, SelectError, Selection, select},
    stack::StackUse,
};

/// Every target, in the order in which they are shown.
pub const ALL: &[&Target] = &[
    &x86_64::X86_64,
    &x86_64::X86_64_V3,
    &x86_64::NATIVE,
    &aarch64::AARCH64,
    &aarch64::AARCH64_NONE,
    &arm::ARMV7,
    &arm::ARMV7_SOFTFP,
    &thumb::THUMBV6M,
    &thumb::THUMBV7M,
    &thumb::THUMBV7EM,
    &thumb::THUMBV7EM_HF,
    &thumb::THUMBV7EM_DP,
    &thumb::THUMBV8M_BASE,
    &thumb::THUMBV8M_MAIN_HF,
    &riscv::RISCV32IMC,
    &riscv::RISCV32IMAC,
    &riscv::RISCV32IMAFC,
    &riscv::RISCV32GC,
    &riscv::RISCV64GC,
    &riscv::RISCV64GC_NONE,
    &xtensa::ESP32,
    &xtensa::ESP32_CALL0,
    &xtensa::ESP32_S2,
    &xtensa::ESP32_S3,
    &xtensa::ESP8266,
];
