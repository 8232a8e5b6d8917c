//! Sections and the arrays in them.

use core::marker::PhantomData;

use crate::record::Record;
use crate::value::stored_enum;

stored_enum! {
    /// A section of the file.
    SectionId: u16 {
        /// One [`crate::Module`].
        Module = 1,
        /// Bytes, each a [`crate::ValType`].
        ValueTypes = 2,
        /// [`crate::FunctionType`] records.
        Types = 3,
        /// [`crate::Import`] records in declaration order.
        Imports = 4,
        /// [`crate::Function`] records.
        Functions = 5,
        /// [`crate::Table`] records.
        Tables = 6,
        /// [`crate::Memory`] records.
        Memories = 7,
        /// [`crate::Global`] records.
        Globals = 8,
        /// [`crate::Export`] records in declaration order.
        Exports = 9,
        /// Indexes of exports, sorted by name.
        ExportOrder = 10,
        /// [`crate::Element`] records.
        Elements = 11,
        /// Items of element segments.
        ElementItems = 12,
        /// [`crate::Init`] records of element items that are not plain functions.
        Inits = 13,
        /// [`crate::Data`] records.
        DataSegments = 14,
        /// Bytes of data segments.
        Data = 15,
        /// Bytes of names.
        Strings = 16,
        /// Indexes of the functions whose references live in the context.
        References = 17,
        /// Machine code.
        Text = 18,
        /// Read-only data; follows the text at a fixed distance unless the image is split.
        Rodata = 19,
        /// [`crate::LoadRelocation`] records: words that hold addresses.
        LoadRelocations = 20,
        /// Exception tags (reserved).
        Tags = 21,
        /// Garbage-collected types (reserved).
        GcTypes = 22,
        /// Function names for backtraces (reserved).
        FunctionNames = 23,
        /// Return addresses and wasm offsets (reserved).
        TrapMap = 24,
        /// Custom sections of the module (reserved).
        CustomSections = 25,
        /// Signature over everything before it; always last (reserved).
        Signature = 26,
        /// One [`crate::BaseAddresses`]: where the code must lie, if it was linked for a place.
        BaseAddresses = 27,
    }
}

impl SectionId {
    /// Whether this version reads the section; the others are reserved, so an image that requires one is refused.
    pub(crate) const fn is_read(self) -> bool {
        self.raw() <= Self::LoadRelocations.raw() || self.raw() == Self::BaseAddresses.raw()
    }
}

/// Consecutive records of one section, read in place.
#[derive(Debug)]
pub struct Array<'a, R> {
    bytes: &'a [u8],
    stride: usize,
    record: PhantomData<R>,
}

impl<R> Clone for Array<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Array<'_, R> {}

impl<R> Default for Array<'_, R> {
    fn default() -> Self {
        Self { bytes: &[], stride: 1, record: PhantomData }
    }
}

impl<'a, R: Record> Array<'a, R> {
    /// `None` if the stride is shorter than the record or does not divide the section.
    pub(crate) fn new(bytes: &'a [u8], stride: usize) -> Option<Self> {
        if stride < R::SIZE || !bytes.len().is_multiple_of(stride) {
            return None;
        }
        Some(Self { bytes, stride, record: PhantomData })
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.stride
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Record number `index`.
    pub fn get(&self, index: usize) -> Option<R> {
        let at = index.checked_mul(self.stride)?;
        Some(R::read(self.bytes.get(at..)?.get(..self.stride)?))
    }

    /// All records in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = R> + Clone + use<'a, R> {
        self.bytes.chunks_exact(self.stride).map(R::read)
    }
}
