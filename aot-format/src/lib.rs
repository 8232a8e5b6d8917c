#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(any(feature = "write", test))]
extern crate alloc;

pub mod abi;
#[cfg(any(feature = "write", test))]
mod builder;
mod error;
mod machine;
mod ram;
mod record;
mod section;
mod value;
mod verify;
mod view;

#[cfg(any(feature = "write", test))]
pub use builder::ImageBuilder;
pub use error::{Error, HeaderField, Refusal};
pub use machine::{Arch, CpuFeature, FloatAbi, MachineFacts};
pub use ram::{Ram, RecordSizes, grown};
pub use record::{
    BaseAddresses, CustomSection, Data, DirectoryEntry, Element, Export, Function, FunctionType, Global, Header,
    Import, Init, LoadRelocation, Memory, Module, Name, Record, Table, TableEntry,
};
pub use section::{Array, SectionId};
pub use value::{
    BoundsStrategy, ExternKind, FormatFeature, IndexType, InitKind, Mutability, SegmentMode, StopMode, ValType,
};
pub use view::Image;

/// The first four bytes of every image: the magic that WAMR's AOT files have too.
pub const MAGIC: [u8; 4] = *b"\0aot";

/// The format version this crate reads and writes. The upper half keeps it out of WAMR's small numbers.
pub const VERSION: u32 = 0x4752_0001;

/// "Nothing here" in any 32-bit offset or index field.
pub const NONE: u32 = u32::MAX;

#[cfg(test)]
mod tests;
