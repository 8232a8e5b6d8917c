//! Sections and the arrays in them.

use core::marker::PhantomData;

use crate::record::Record;
use crate::value::stored_enum;
use crate::{
    BaseAddresses, Data, Element, Export, Function, FunctionType, Global, Import, Init, LoadRelocation, Memory, Module,
    Table,
};

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
    /// How many sections this version reads; the others are reserved, so an image that requires one is refused.
    pub(crate) const READ: usize = 21;

    /// The position of the section among those that this version reads.
    pub(crate) const fn position(self) -> Option<usize> {
        match self {
            Self::BaseAddresses => Some(Self::READ - 1),
            _ if self.raw() <= Self::LoadRelocations.raw() => Some(self.raw() as usize - 1),
            _ => None,
        }
    }

    /// Whether records can be so far apart in a section so long; bytes are next to each other.
    pub(crate) const fn allows(self, stride: u32, length: u32) -> bool {
        let record = self.record_bytes() as u32;
        stride >= record && (record > 1 || stride == 1) && length.is_multiple_of(stride)
    }

    const fn record_bytes(self) -> usize {
        match self {
            Self::Module => Module::SIZE,
            Self::Types => FunctionType::SIZE,
            Self::Imports => Import::SIZE,
            Self::Functions => Function::SIZE,
            Self::Tables => Table::SIZE,
            Self::Memories => Memory::SIZE,
            Self::Globals => Global::SIZE,
            Self::Exports => Export::SIZE,
            Self::Elements => Element::SIZE,
            Self::Inits => <Init as Record>::SIZE,
            Self::DataSegments => Data::SIZE,
            Self::ExportOrder | Self::ElementItems | Self::References => <u32 as Record>::SIZE,
            Self::LoadRelocations => LoadRelocation::SIZE,
            Self::BaseAddresses => BaseAddresses::SIZE,
            _ => 1,
        }
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

    /// Records whose stride and length were checked before.
    pub(crate) fn of(bytes: &'a [u8], stride: usize) -> Self {
        // The stride of a section that is not there.
        Self { bytes, stride: stride.max(1), record: PhantomData }
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
