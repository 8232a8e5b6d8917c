//! WASI preview 1: the system interface of programs made with `wasm32-wasip1` toolchains.
//!
//! There are two hosts. On Linux (feature `wasi`) [`WasiOptions`] says what a program may see; the [`Wasi`] that it builds holds
//! the program's arguments, variables and open descriptors, and [`link()`] defines all of preview 1 for a linker. On boards
//! [`board::Wasi`] has arguments, variables and what a [`board::System`] knows of clocks, random numbers and a console.
//!
//! Both have a method per function. The methods know nothing of the loader:
//! they take the program's memory as a [`GuestMemory`], which checks every address, and fail with an [`Errno`].

pub mod board;
mod errno;
mod events;
mod functions;
#[cfg(all(feature = "wasi", target_os = "linux"))]
mod host;
mod memory;
mod strings;
#[cfg_attr(
    not(all(feature = "wasi", target_os = "linux")),
    expect(dead_code, reason = "boards have standard streams only")
)]
mod types;

pub use errno::Errno;
#[cfg(all(feature = "wasi", target_os = "linux"))]
pub use host::{
    Call, Capture, FUNCTIONS, Function, Mapping, OptionsError, SharedWasi, Stdio, Wasi, WasiOptions, link, link_shared,
};
pub use memory::GuestMemory;

/// `proc_exit`: ends the call that runs the program.
fn exit(_: &mut crate::Caller<'_, '_>, code: u32) -> Result<(), crate::CallError> {
    Err(crate::CallError::Exit(code.cast_signed()))
}

/// The name of the module that programs import the functions from.
pub const MODULE: &str = "wasi_snapshot_preview1";
