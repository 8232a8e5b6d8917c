#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

mod alloc;
mod bytes;
mod call;
mod code;
#[cfg(all(feature = "std", target_os = "linux"))]
pub mod command;
mod error;
mod func;
mod global;
mod guest;
mod helpers;
mod host;
mod instance;
mod instantiate;
mod interrupt;
mod linker;
mod memory;
mod module;
pub mod platform;
#[cfg(all(feature = "std", target_os = "linux"))]
mod running;
mod runtime;
#[cfg(all(feature = "std", target_os = "linux"))]
mod shared;
#[cfg(not(all(feature = "std", target_os = "linux")))]
#[path = "unshared.rs"]
mod shared;
mod store;
mod table;
mod value;
pub mod wasi;
#[cfg(all(feature = "std", target_os = "linux"))]
pub mod wasi_threads;

pub use alloc::{Allocator, Functions, OutOfMemory};
pub use call::{Params, Results, TypedFunc, WasmType};
pub use error::{AccessError, CallError, HostError, LinkError, LoadError, Mismatch, RuntimeError};
pub use func::Func;
pub use global::Global;
pub use graver_aot_format as format;
pub use graver_aot_format::abi::Trap;
pub use graver_aot_format::{IndexType, MachineFacts, Mutability, ValType};
pub use guest::{GuestPtr, GuestSlice, GuestValue};
pub use host::{HostResult, Native, NativeError};
pub use instance::{Extern, Instance};
pub use interrupt::Interrupt;
pub use linker::Linker;
pub use memory::Memory;
pub use module::Module;
pub use runtime::Runtime;
#[cfg(all(feature = "std", target_os = "linux"))]
pub use shared::SharedMemory;
pub use store::global::GlobalType;
pub use store::memory::MemoryType;
pub use store::table::{MAX_TABLE_SIZE, TableType};
pub use store::{AsStore, Caller, GrowFailed, StackLimit, Store, StoreOptions};
pub use table::Table;
pub use value::{ExternRef, Signature, Val};
