//! Host functions: Rust closures and native C functions that the guest imports.

pub(crate) mod closure;
pub(crate) mod native;

pub use closure::HostResult;
pub(crate) use native::Support as NativeSupport;
pub use native::{Native, NativeError};
