//! The checked view of an image. Its existence proves that every index, offset and length in the image is in range.

use crate::record::{DirectoryEntry, Record};
use crate::section::{Array, SectionId};
use crate::{
    Arch, BaseAddresses, Data, Element, Error, Export, FloatAbi, FormatFeature, Function, FunctionType, Global, Header,
    HeaderField, Import, Init, LoadRelocation, MAGIC, MachineFacts, Memory, Module, Name, Refusal, Table, TableEntry,
    VERSION, abi, verify,
};

/// An image whose header and metadata have been checked; borrows the bytes, copies nothing.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    pub(crate) header: Header,
    pub(crate) module: Module,
    pub(crate) bytes: &'a [u8],
    pub(crate) value_types: &'a [u8],
    pub(crate) types: Array<'a, FunctionType>,
    pub(crate) imports: Array<'a, Import>,
    pub(crate) functions: Array<'a, Function>,
    pub(crate) tables: Array<'a, Table>,
    pub(crate) memories: Array<'a, Memory>,
    pub(crate) globals: Array<'a, Global>,
    pub(crate) exports: Array<'a, Export>,
    pub(crate) export_order: Array<'a, u32>,
    pub(crate) elements: Array<'a, Element>,
    pub(crate) element_items: Array<'a, u32>,
    pub(crate) inits: Array<'a, Init>,
    pub(crate) data_segments: Array<'a, Data>,
    pub(crate) data: &'a [u8],
    pub(crate) strings: &'a [u8],
    pub(crate) references: Array<'a, u32>,
    pub(crate) text_offset: usize,
    pub(crate) text: &'a [u8],
    pub(crate) rodata: &'a [u8],
    pub(crate) load_relocations: Array<'a, LoadRelocation>,
    pub(crate) base_addresses: Array<'a, BaseAddresses>,
}

impl<'a> Image<'a> {
    /// Checks the whole of `bytes`, which must be exactly one image.
    ///
    /// # Errors
    /// The first inconsistency found: the header first, then the sections, then their records.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let header = parse_header(bytes)?;
        let mut sections = Sections::read(bytes, &header)?;
        let module_records: Array<'a, Module> = sections.array(SectionId::Module)?;
        let module = module_records.get(0).ok_or(Error::SectionMissing(SectionId::Module))?;
        let (text_offset, text) = sections.located(SectionId::Text)?;
        let image = Self {
            header,
            module,
            bytes,
            value_types: sections.bytes(SectionId::ValueTypes)?,
            types: sections.array(SectionId::Types)?,
            imports: sections.array(SectionId::Imports)?,
            functions: sections.array(SectionId::Functions)?,
            tables: sections.array(SectionId::Tables)?,
            memories: sections.array(SectionId::Memories)?,
            globals: sections.array(SectionId::Globals)?,
            exports: sections.array(SectionId::Exports)?,
            export_order: sections.array(SectionId::ExportOrder)?,
            elements: sections.array(SectionId::Elements)?,
            element_items: sections.array(SectionId::ElementItems)?,
            inits: sections.array(SectionId::Inits)?,
            data_segments: sections.array(SectionId::DataSegments)?,
            data: sections.bytes(SectionId::Data)?,
            strings: sections.bytes(SectionId::Strings)?,
            references: sections.array(SectionId::References)?,
            text_offset,
            text,
            rodata: sections.bytes(SectionId::Rodata)?,
            load_relocations: sections.array(SectionId::LoadRelocations)?,
            base_addresses: sections.array(SectionId::BaseAddresses)?,
        };
        verify::image(&image)?;
        Ok(image)
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
        self.types
    }

    /// Parameter types of `ty`, each a [`crate::ValType`] as stored.
    pub fn params(&self, ty: &FunctionType) -> &'a [u8] {
        let first = ty.first as usize;
        self.value_types.get(first..).and_then(|types| types.get(..usize::from(ty.params))).unwrap_or_default()
    }

    /// Result types of `ty`, each a [`crate::ValType`] as stored.
    pub fn results(&self, ty: &FunctionType) -> &'a [u8] {
        let first = (ty.first as usize).saturating_add(usize::from(ty.params));
        self.value_types.get(first..).and_then(|types| types.get(..usize::from(ty.results))).unwrap_or_default()
    }

    /// Imports in declaration order.
    pub fn imports(&self) -> Array<'a, Import> {
        self.imports
    }

    /// Functions, imported ones first.
    pub fn functions(&self) -> Array<'a, Function> {
        self.functions
    }

    /// Tables, imported ones first.
    pub fn tables(&self) -> Array<'a, Table> {
        self.tables
    }

    /// The elements of a constant table; empty for others.
    pub fn constant_table(&self, table: &Table) -> Array<'a, TableEntry> {
        let start = table.constant as usize;
        let length = (table.minimum as usize).saturating_mul(TableEntry::SIZE);
        self.rodata
            .get(start..)
            .and_then(|bytes| bytes.get(..length))
            .and_then(|bytes| Array::new(bytes, TableEntry::SIZE))
            .unwrap_or_default()
    }

    /// Memories, imported ones first.
    pub fn memories(&self) -> Array<'a, Memory> {
        self.memories
    }

    /// Globals, imported ones first.
    pub fn globals(&self) -> Array<'a, Global> {
        self.globals
    }

    /// Exports in declaration order.
    pub fn exports(&self) -> Array<'a, Export> {
        self.exports
    }

    /// The export called `name`, by binary search.
    pub fn find_export(&self, name: &[u8]) -> Option<Export> {
        let (mut low, mut high) = (0, self.export_order.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let export = self.exports.get(self.export_order.get(middle)? as usize)?;
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
        self.elements
    }

    /// The item of a segment at `index` in the `element items` section, as an initial value.
    pub fn element_item(&self, segment: &Element, index: u32) -> Option<Init> {
        let item = self.element_items.get(segment.first.checked_add(index)? as usize)?;
        if item == crate::NONE {
            return Some(Init { kind: crate::InitKind::Null.raw(), ty: segment.ty, ..Init::default() });
        }
        if item & Element::ITEM_IS_INIT != 0 {
            return self.inits.get((item & !Element::ITEM_IS_INIT) as usize);
        }
        Some(Init { kind: crate::InitKind::Function.raw(), ty: segment.ty, index: item, ..Init::default() })
    }

    /// Data segments.
    pub fn data_segments(&self) -> Array<'a, Data> {
        self.data_segments
    }

    /// The bytes of a data segment.
    pub fn data(&self, segment: &Data) -> &'a [u8] {
        let first = segment.first as usize;
        self.data.get(first..).and_then(|bytes| bytes.get(..segment.length as usize)).unwrap_or_default()
    }

    /// Functions whose references live in the context, in the order of their places there.
    pub fn references(&self) -> Array<'a, u32> {
        self.references
    }

    /// The text of a name, without the NUL that follows it in the file.
    pub fn name(&self, name: Name) -> &'a str {
        core::str::from_utf8(self.name_bytes(name)).unwrap_or_default()
    }

    /// The bytes of a name, without the NUL that follows them in the file.
    pub fn name_bytes(&self, name: Name) -> &'a [u8] {
        let start = name.offset as usize;
        self.strings.get(start..).and_then(|bytes| bytes.get(..name.length as usize)).unwrap_or_default()
    }

    /// Machine code.
    pub fn text(&self) -> &'a [u8] {
        self.text
    }

    /// Offset of the machine code in the file.
    pub fn text_offset(&self) -> usize {
        self.text_offset
    }

    /// Read-only data. Unless the image is split it follows the text, at the next multiple of its alignment.
    pub fn rodata(&self) -> &'a [u8] {
        self.rodata
    }

    /// Words that the loader adds addresses to, all within text and read-only data.
    pub fn load_relocations(&self) -> Array<'a, LoadRelocation> {
        self.load_relocations
    }

    /// Where the code must lie, if it was linked for a place.
    pub fn base_addresses(&self) -> Option<BaseAddresses> {
        self.base_addresses.get(0)
    }

    /// Log2 of the alignment that the address of [`Self::code_bytes`] needs: the text's own, and that of read-only data
    /// that moves with it.
    pub fn code_align_log2(&self) -> u8 {
        if self.is_split() || self.rodata.is_empty() {
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
        if self.is_split() || self.rodata.is_empty() {
            return self.text;
        }
        let end = verify::rodata_offset(self.text_offset, self.text.len(), self.header.rodata_align_log2)
            .map_or(0, |start| start + self.rodata.len());
        self.bytes.get(self.text_offset..end).unwrap_or_default()
    }

    /// The shape of the context that instances of this image need.
    pub fn context_layout(&self) -> abi::ContextLayout {
        let module = &self.module;
        let is_constant = |table: &Table| table.constant != crate::NONE;
        let shape = abi::ContextShape {
            imported_functions: module.imported_functions,
            imported_tables: module.imported_tables,
            imported_memories: module.imported_memories,
            imported_globals: module.imported_globals,
            tables: self.tables.iter().skip(module.imported_tables as usize).filter(|t| !is_constant(t)).count() as u32,
            memories: (self.memories.len() as u32).saturating_sub(module.imported_memories),
            global_cells: self
                .globals
                .iter()
                .skip(module.imported_globals as usize)
                .map(|global| crate::ValType::from_raw(global.ty).map_or(1, crate::ValType::cells) as u32)
                .sum(),
            references: self.references.len() as u32,
            types: if module.flags & Module::LOCAL_TYPE_IDS != 0 { 0 } else { self.types.len() as u32 },
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

/// The directory, resolved: offset, bytes and stride of every known section.
struct Sections<'a> {
    found: [Option<(usize, &'a [u8], usize)>; SectionId::ALL.len()],
}

impl<'a> Sections<'a> {
    fn read(bytes: &'a [u8], header: &Header) -> Result<Self, Error> {
        let stride = usize::from(header.directory_stride);
        let start = usize::from(header.header_length);
        let directory: Array<'_, DirectoryEntry> = (header.section_count as usize)
            .checked_mul(stride)
            .and_then(|length| bytes.get(start..)?.get(..length))
            .and_then(|bytes| Array::new(bytes, stride))
            .ok_or(Error::Header(HeaderField::SectionCount))?;
        let mut sections = Self { found: [None; SectionId::ALL.len()] };
        for entry in directory.iter() {
            let Some(id) = SectionId::from_raw(entry.id).filter(|id| id.is_read()) else {
                if entry.flags & DirectoryEntry::REQUIRED != 0 {
                    return Err(Error::UnknownSection(entry.id));
                }
                continue;
            };
            let offset = entry.offset as usize;
            let body = bytes
                .get(offset..)
                .and_then(|rest| rest.get(..entry.length as usize))
                .ok_or(Error::SectionBounds(id))?;
            let place = sections.found.get_mut(usize::from(entry.id) - 1).ok_or(Error::SectionBounds(id))?;
            if place.replace((offset, body, entry.stride as usize)).is_some() {
                return Err(Error::SectionTwice(id));
            }
        }
        Ok(sections)
    }

    fn find(&mut self, id: SectionId) -> Option<(usize, &'a [u8], usize)> {
        self.found.get(usize::from(id.raw()) - 1).copied().flatten()
    }

    /// A section of records; empty where the image has none.
    fn array<R: Record>(&mut self, id: SectionId) -> Result<Array<'a, R>, Error> {
        match self.find(id) {
            Some((_, bytes, stride)) => Array::new(bytes, stride).ok_or(Error::SectionStride(id)),
            None => Ok(Array::default()),
        }
    }

    /// A section of plain bytes; empty where the image has none.
    fn bytes(&mut self, id: SectionId) -> Result<&'a [u8], Error> {
        Ok(self.located(id)?.1)
    }

    /// A section of plain bytes and its offset in the file.
    fn located(&mut self, id: SectionId) -> Result<(usize, &'a [u8]), Error> {
        match self.find(id) {
            Some((offset, bytes, 1)) => Ok((offset, bytes)),
            Some(_) => Err(Error::SectionStride(id)),
            None => Ok((0, &[])),
        }
    }
}
