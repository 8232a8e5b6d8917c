//! The checked view of an image. Its existence proves that every index, offset and length in the image is in range.

use core::fmt;

use crate::record::{DirectoryEntry, Record};
use crate::section::{Array, Section, SectionId};
use crate::{
    Arch, BaseAddresses, CustomSection, Data, Element, Error, Export, FloatAbi, FormatFeature, Function, FunctionType,
    Global, Header, HeaderField, Import, Init, InitKind, LoadRelocation, MAGIC, MachineFacts, Memory, Module, Name,
    Refusal, Table, TableEntry, VERSION, abi, verify,
};

/// An image whose header and metadata have been checked; borrows the bytes, copies nothing.
#[derive(Clone, Copy)]
pub struct Image<'a> {
    pub(crate) header: Header,
    pub(crate) module: Module,
    pub(crate) bytes: &'a [u8],
    sections: [Section<'a>; SectionId::READ],
}

impl fmt::Debug for Image<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image").field("header", &self.header).field("module", &self.module).finish_non_exhaustive()
    }
}

impl<'a> Image<'a> {
    /// Checks the whole of `bytes`, which must be exactly one image.
    ///
    /// # Errors
    /// The first inconsistency found: the header first, then the sections, then their records.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let header = parse_header(bytes)?;
        let sections = find_sections(bytes, &header)?;
        let module = Array::of(section(&sections, SectionId::Module)).get(0);
        let module = module.ok_or(Error::SectionMissing(SectionId::Module))?;
        let image = Self { header, module, bytes, sections };
        verify::image(&image)?;
        Ok(image)
    }

    /// A section; empty where the image lacks it.
    #[inline]
    pub(crate) fn section(&self, id: SectionId) -> Section<'a> {
        section(&self.sections, id)
    }

    /// The bytes of a section.
    #[inline]
    fn section_bytes(&self, id: SectionId) -> &'a [u8] {
        self.section(id).bytes
    }

    /// The records of a section, whose stride and length were checked when the directory was read.
    #[inline]
    fn array<R: Record>(&self, id: SectionId) -> Array<'a, R> {
        Array::of(self.section(id))
    }

    /// Where a section starts in the file; 0 if it has no bytes.
    fn offset(&self, id: SectionId) -> usize {
        match self.section_bytes(id) {
            [] => 0,
            bytes => bytes.as_ptr().addr() - self.bytes.as_ptr().addr(),
        }
    }

    /// Whether the image can run on a machine.
    ///
    /// # Errors
    /// Always [`Error::Refused`], with the first reason why not.
    pub fn check_machine(&self, machine: &MachineFacts) -> Result<(), Error> {
        let header = &self.header;
        if header.arch != machine.arch.raw() {
            return Err(Refusal::Arch(header.arch).into());
        }
        if header.float_abi != FloatAbi::None.raw() && header.float_abi != machine.float_abi.raw() {
            return Err(Refusal::FloatAbi(header.float_abi).into());
        }
        let missing = header.cpu_features & !machine.cpu_features;
        if missing != 0 {
            return Err(Refusal::CpuFeatures(missing).into());
        }
        if header.required_features & FormatFeature::GuardedMemory.bit() != 0 && !machine.guarded_memory {
            return Err(Refusal::GuardedMemory.into());
        }
        if header.fuel_mode != 0 {
            return Err(Refusal::Fuel.into());
        }
        Ok(())
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Facts about the module as a whole.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// The instruction set of the code.
    pub fn arch(&self) -> Arch {
        // Checked by `parse_header`.
        Arch::from_raw(self.header.arch).unwrap_or(Arch::X86_64)
    }

    /// All bytes of the image.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Function types.
    pub fn types(&self) -> Array<'a, FunctionType> {
        self.array(SectionId::Types)
    }

    /// Parameters and results of all types.
    pub(crate) fn value_types(&self) -> &'a [u8] {
        self.section_bytes(SectionId::ValueTypes)
    }

    /// Indexes of exports, sorted by name.
    pub(crate) fn export_order(&self) -> Array<'a, u32> {
        self.array(SectionId::ExportOrder)
    }

    /// Items of element segments.
    pub(crate) fn element_items(&self) -> Array<'a, u32> {
        self.array(SectionId::ElementItems)
    }

    /// Initial values of element items.
    pub(crate) fn inits(&self) -> Array<'a, Init> {
        self.array(SectionId::Inits)
    }

    /// The bytes of all data segments.
    pub(crate) fn data_bytes(&self) -> &'a [u8] {
        self.section_bytes(SectionId::Data)
    }

    /// The bytes of all names.
    pub(crate) fn strings(&self) -> &'a [u8] {
        self.section_bytes(SectionId::Strings)
    }

    /// Parameter types of `ty`, each a [`crate::ValType`] as stored.
    pub fn params(&self, ty: &FunctionType) -> &'a [u8] {
        slice(self.value_types(), ty.first as usize, ty.params.into()).unwrap_or_default()
    }

    /// Result types of `ty`, each a [`crate::ValType`] as stored.
    pub fn results(&self, ty: &FunctionType) -> &'a [u8] {
        let first = (ty.first as usize).saturating_add(usize::from(ty.params));
        slice(self.value_types(), first, ty.results.into()).unwrap_or_default()
    }

    /// Imports in declaration order.
    pub fn imports(&self) -> Array<'a, Import> {
        self.array(SectionId::Imports)
    }

    /// Functions, imported ones first.
    pub fn functions(&self) -> Array<'a, Function> {
        self.array(SectionId::Functions)
    }

    /// Tables, imported ones first.
    pub fn tables(&self) -> Array<'a, Table> {
        self.array(SectionId::Tables)
    }

    /// The elements of a constant table; empty for others.
    pub fn constant_table(&self, table: &Table) -> Array<'a, TableEntry> {
        let length = (table.minimum as usize).saturating_mul(TableEntry::SIZE);
        let bytes = slice(self.rodata(), table.constant as usize, length);
        Array::of(Section { bytes: bytes.unwrap_or_default(), stride: TableEntry::SIZE })
    }

    /// Memories, imported ones first.
    pub fn memories(&self) -> Array<'a, Memory> {
        self.array(SectionId::Memories)
    }

    /// Globals, imported ones first.
    pub fn globals(&self) -> Array<'a, Global> {
        self.array(SectionId::Globals)
    }

    /// Exports in declaration order.
    pub fn exports(&self) -> Array<'a, Export> {
        self.array(SectionId::Exports)
    }

    /// The export called `name`, by binary search.
    pub fn find_export(&self, name: &[u8]) -> Option<Export> {
        let (mut low, mut high) = (0, self.export_order().len());
        while low < high {
            let middle = low + (high - low) / 2;
            let export = self.exports().get(self.export_order().get(middle)? as usize)?;
            match self.name_bytes(export.name).cmp(name) {
                core::cmp::Ordering::Equal => return Some(export),
                core::cmp::Ordering::Less => low = middle + 1,
                core::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// Element segments.
    pub fn elements(&self) -> Array<'a, Element> {
        self.array(SectionId::Elements)
    }

    /// The item of a segment at `index` in the `element items` section, as an initial value.
    pub fn element_item(&self, segment: &Element, index: u32) -> Option<Init> {
        let item = self.element_items().get(segment.first.checked_add(index)? as usize)?;
        let (kind, index) = match item {
            crate::NONE => (InitKind::Null, 0),
            _ if item & Element::ITEM_IS_INIT != 0 => {
                return self.inits().get((item & !Element::ITEM_IS_INIT) as usize);
            }
            function => (InitKind::Function, function),
        };
        Some(Init { kind: kind.raw(), ty: segment.ty, index, cells: [0, 0] })
    }

    /// Data segments.
    pub fn data_segments(&self) -> Array<'a, Data> {
        self.array(SectionId::DataSegments)
    }

    /// The bytes of a data segment.
    pub fn data(&self, segment: &Data) -> &'a [u8] {
        slice(self.data_bytes(), segment.first as usize, segment.length as usize).unwrap_or_default()
    }

    /// Custom sections of the module that were kept.
    pub fn custom_sections(&self) -> Array<'a, CustomSection> {
        self.array(SectionId::CustomSections)
    }

    /// The bytes of a custom section.
    pub fn custom_section(&self, section: &CustomSection) -> &'a [u8] {
        slice(self.data_bytes(), section.first as usize, section.length as usize).unwrap_or_default()
    }

    /// Functions whose references live in the context, in the order of their places there.
    pub fn references(&self) -> Array<'a, u32> {
        self.array(SectionId::References)
    }

    /// The text of a name, without the NUL that follows it in the file.
    pub fn name(&self, name: Name) -> &'a str {
        core::str::from_utf8(self.name_bytes(name)).unwrap_or_default()
    }

    /// The bytes of a name, without the NUL that follows them in the file.
    pub fn name_bytes(&self, name: Name) -> &'a [u8] {
        slice(self.strings(), name.offset as usize, name.length as usize).unwrap_or_default()
    }

    /// Machine code.
    pub fn text(&self) -> &'a [u8] {
        self.section_bytes(SectionId::Text)
    }

    /// Offset of the machine code in the file.
    pub fn text_offset(&self) -> usize {
        self.offset(SectionId::Text)
    }

    /// Offset of the read-only data in the file; 0 if there is none.
    pub fn rodata_offset(&self) -> usize {
        self.offset(SectionId::Rodata)
    }

    /// Read-only data. Unless the image is split it follows the text, at the next multiple of its alignment.
    pub fn rodata(&self) -> &'a [u8] {
        self.section_bytes(SectionId::Rodata)
    }

    /// Words that the loader adds addresses to, all within text and read-only data.
    pub fn load_relocations(&self) -> Array<'a, LoadRelocation> {
        self.array(SectionId::LoadRelocations)
    }

    /// Where the code must lie, if it was linked for a place.
    pub fn base_addresses(&self) -> Option<BaseAddresses> {
        self.array::<BaseAddresses>(SectionId::BaseAddresses).get(0)
    }

    /// Log2 of the alignment that the address of [`Self::code_bytes`] needs: the text's own, and that of read-only data
    /// that moves with it.
    pub fn code_align_log2(&self) -> u8 {
        if self.is_split() || self.rodata().is_empty() {
            return self.header.text_align_log2;
        }
        self.header.text_align_log2.max(self.header.rodata_align_log2)
    }

    /// Whether text and read-only data are placed independently.
    pub fn is_split(&self) -> bool {
        self.header.required_features & FormatFeature::SplitBases.bit() != 0
    }

    /// The bytes that must keep their distances: text and, unless the image is split, the read-only data after it.
    pub fn code_bytes(&self) -> &'a [u8] {
        if self.is_split() || self.rodata().is_empty() {
            return self.text();
        }
        let end = verify::rodata_offset(self.text_offset(), self.text().len(), self.header.rodata_align_log2)
            .map_or(0, |start| start + self.rodata().len());
        self.bytes.get(self.text_offset()..end).unwrap_or_default()
    }

    /// The shape of the context that instances of this image need.
    pub fn context_layout(&self) -> abi::ContextLayout {
        let module = &self.module;
        let own_memories = self.memories().after(module.imported_memories as usize);
        let is_constant = |table: &Table| table.constant != crate::NONE;
        let shape = abi::ContextShape {
            imported_functions: module.imported_functions,
            imported_tables: module.imported_tables,
            memory_pointers: abi::ContextShape::memory_pointers_of(
                module.imported_memories,
                self.memories().len() as u32,
                own_memories.iter().any(|memory| memory.shared == 1),
            ),
            imported_globals: module.imported_globals,
            tables: self.tables().after(module.imported_tables as usize).iter().filter(|t| !is_constant(t)).count()
                as u32,
            memories: own_memories.len() as u32,
            global_cells: self
                .globals()
                .after(module.imported_globals as usize)
                .iter()
                .map(|global| crate::ValType::from_raw(global.ty).map_or(1, crate::ValType::cells) as u32)
                .sum(),
            references: self.references().len() as u32,
            types: if module.flags & Module::LOCAL_TYPE_IDS != 0 { 0 } else { self.types().len() as u32 },
        };
        abi::ContextLayout::new(&shape, self.header.pointer_bytes)
    }
}

fn parse_header(bytes: &[u8]) -> Result<Header, Error> {
    // A recognisable foreign file gets its own answer even when it is shorter than a header.
    if bytes.starts_with(b"\0asm") {
        return Err(Error::WebAssembly);
    }
    if bytes.len() >= 4 && !bytes.starts_with(&MAGIC) {
        return Err(Error::Magic);
    }
    if bytes.len() < Header::SIZE {
        return Err(Error::TooShort);
    }
    let header = Header::read(bytes);
    match header.version {
        VERSION => {}
        1..0x1000 => return Err(Error::WamrImage(header.version)),
        version => return Err(Error::Version(version)),
    }
    if header.abi_version != abi::VERSION {
        return Err(Error::AbiVersion(header.abi_version));
    }
    if header.slot_convention != abi::SLOT_CONVENTION {
        return Err(Error::SlotConvention(header.slot_convention));
    }
    let unknown = header.required_features & !FormatFeature::KNOWN;
    if unknown != 0 {
        return Err(Error::RequiredFeature(unknown.trailing_zeros() as u8));
    }
    match verify::header(&header, bytes.len()) {
        Some(field) => Err(Error::Header(field)),
        None => Ok(header),
    }
}

/// A section; empty where the image lacks it.
fn section<'a>(sections: &[Section<'a>; SectionId::READ], id: SectionId) -> Section<'a> {
    id.position().and_then(|position| sections.get(position)).copied().unwrap_or(Section::ABSENT)
}

/// The sections that the directory names, by position.
fn find_sections<'a>(bytes: &'a [u8], header: &Header) -> Result<[Section<'a>; SectionId::READ], Error> {
    let stride = usize::from(header.directory_stride);
    let start = usize::from(header.header_length);
    let directory: Array<'_, DirectoryEntry> = (header.section_count as usize)
        .checked_mul(stride)
        .and_then(|length| slice(bytes, start, length))
        .and_then(|bytes| Array::new(bytes, stride))
        .ok_or(Error::Header(HeaderField::SectionCount))?;
    let (mut sections, mut found) = ([Section::ABSENT; SectionId::READ], 0u32);
    for entry in directory.iter() {
        let id = SectionId::from_raw(entry.id);
        let Some((id, position)) = id.and_then(|id| Some((id, id.position()?))) else {
            if entry.flags & DirectoryEntry::REQUIRED != 0 {
                return Err(Error::UnknownSection(entry.id));
            }
            continue;
        };
        let bytes = slice(bytes, entry.offset as usize, entry.length as usize).ok_or(Error::SectionBounds(id))?;
        if !id.allows(entry.stride, entry.length) {
            return Err(Error::SectionStride(id));
        }
        if found & 1 << position != 0 {
            return Err(Error::SectionTwice(id));
        }
        found |= 1 << position;
        if let Some(section) = sections.get_mut(position) {
            *section = Section { bytes, stride: entry.stride as usize };
        }
    }
    Ok(sections)
}

/// `length` bytes from `start` on, if there are so many.
#[inline(never)]
pub(crate) fn slice(bytes: &[u8], start: usize, length: usize) -> Option<&[u8]> {
    bytes.get(start..)?.get(..length)
}
