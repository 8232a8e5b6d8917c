//! Where all memory of a runtime comes from: one allocator, chosen when the runtime is made.

mod block;
mod buf;
mod owned;
mod pool;
mod source;

pub(crate) use block::Block;
pub(crate) use buf::Buf;
pub(crate) use owned::Owned;
pub use source::{Allocator, Functions};

use core::fmt;

/// The allocator has no memory for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("out of memory: give the runtime a larger pool")
    }
}

impl core::error::Error for OutOfMemory {}
