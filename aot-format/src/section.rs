//! Sections and the arrays in them.

use core::marker::PhantomData;

use crate::record::Record;
use crate::value::stored_enum;
use crate::{
    BaseAddresses, CustomSection, Data, Element, Export, Function, FunctionType, Global, Import, Init, LoadRelocation,
    Memory, Module, Table,
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
        /// Bytes of data segments and custom sections.
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
        /// [`crate::CustomSection`] records.
        CustomSections = 25,
        /// Signature over everything before it; always last (reserved).
        Signature = 26,
        /// One [`crate::BaseAddresses`]: where the code must lie, if it was linked for a place.
        BaseAddresses = 27,
    }
}

impl SectionId {
    /// How many sections this version reads; the others are reserved, so an image that requires one is refused.
    pub(crate) const READ: usize = 22;

    /// The position of the section among those that this version reads.
    pub(crate) const fn position(self) -> Option<usize> {
        match self {
            Self::BaseAddresses => Some(Self::READ - 1),
            Self::CustomSections => Some(Self::READ - 2),
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
            Self::CustomSections => CustomSection::SIZE,
            _ => 1,
        }
    }
}

/// A section: its bytes and how far apart its elements are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Section<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) stride: usize,
}

impl Section<'_> {
    /// A section that is not there.
    pub(crate) const ABSENT: Self = Self { bytes: &[], stride: 1 };
}

impl<'a> Section<'a> {
    /// Element number `index`. The same for all records, so that there is one of it.
    #[inline(never)]
    fn get(self, index: usize) -> Option<&'a [u8]> {
        self.bytes.get(index.checked_mul(self.stride)?..)?.get(..self.stride)
    }

    /// What is left from element number `first` on.
    #[inline(never)]
    fn after(self, first: usize) -> Self {
        let bytes = first.checked_mul(self.stride).and_then(|start| self.bytes.get(start..));
        Self { bytes: bytes.unwrap_or_default(), ..self }
    }

    /// Number of elements.
    #[inline(never)]
    fn len(self) -> usize {
        self.bytes.len() / self.stride
    }
}

/// Takes the bytes of the elements one by one.
impl<'a> Iterator for Section<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (element, rest) = self.bytes.split_at_checked(self.stride)?;
        self.bytes = rest;
        Some(element)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let length = (*self).len();
        (length, Some(length))
    }
}

impl ExactSizeIterator for Section<'_> {}

/// Consecutive records of one section, read in place.
#[derive(Debug)]
pub struct Array<'a, R> {
    section: Section<'a>,
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
        Self { section: Section::ABSENT, record: PhantomData }
    }
}

impl<'a, R: Record> Array<'a, R> {
    /// `None` if the stride is shorter than the record or does not divide the section.
    pub(crate) fn new(bytes: &'a [u8], stride: usize) -> Option<Self> {
        if stride < R::SIZE || !bytes.len().is_multiple_of(stride) {
            return None;
        }
        Some(Self::of(Section { bytes, stride }))
    }

    /// Records whose stride and length were checked before.
    pub(crate) fn of(section: Section<'a>) -> Self {
        Self { section, record: PhantomData }
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.section.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.section.bytes.is_empty()
    }

    /// Record number `index`.
    pub fn get(&self, index: usize) -> Option<R> {
        self.section.get(index).map(R::read)
    }

    /// The records from number `first` on.
    #[must_use]
    pub fn after(&self, first: usize) -> Self {
        Self::of(self.section.after(first))
    }

    /// All records in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = R> + Clone + use<'a, R> {
        self.section.map(R::read)
    }
}
