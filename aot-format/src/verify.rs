//! The checks behind [`crate::Image::parse`]: after them, every index, offset and length in an image is in range.

use crate::record::{DirectoryEntry, Record};
use crate::section::SectionId;
use crate::view::slice;
use crate::{
    Arch, BaseAddresses, BoundsStrategy, CpuFeature, CustomSection, Data, Element, Error, Export, ExternKind, FloatAbi,
    FormatFeature, Function, FunctionType, Global, Header, HeaderField, Image, Import, IndexType, Init, InitKind,
    LoadRelocation, Memory, Module, Mutability, NONE, Name, SegmentMode, StopMode, Table, TableEntry, ValType, abi,
};

/// The first inconsistent header field, if there is one.
pub(crate) fn header(header: &Header, buffer_length: usize) -> Option<HeaderField> {
    let arch = Arch::from_raw(header.arch);
    let known_features = arch.map_or(0, CpuFeature::known);
    let checks = [
        (usize::from(header.header_length) >= Header::SIZE, HeaderField::HeaderLength),
        (usize::from(header.header_length) <= buffer_length, HeaderField::HeaderLength),
        (usize::from(header.directory_stride) >= DirectoryEntry::SIZE, HeaderField::DirectoryStride),
        (header.file_length as usize == buffer_length, HeaderField::FileLength),
        (arch.is_some(), HeaderField::Arch),
        (arch.is_some_and(|arch| arch.pointer_bytes() == header.pointer_bytes), HeaderField::PointerBytes),
        (FloatAbi::from_raw(header.float_abi).is_some(), HeaderField::FloatAbi),
        (header.cpu_features & !known_features == 0, HeaderField::CpuFeatures),
        (StopMode::from_raw(header.stop_mode).is_some(), HeaderField::StopMode),
        (header.fuel_mode <= 1, HeaderField::FuelMode),
        (header.text_align_log2 <= 16, HeaderField::TextAlign),
        (header.rodata_align_log2 <= 16, HeaderField::RodataAlign),
        (header.reserved == 0, HeaderField::Reserved),
    ];
    checks.iter().find(|(holds, _)| !holds).map(|(_, field)| *field)
}

/// Where read-only data must start in the file, given the text before it.
pub(crate) fn rodata_offset(text_offset: usize, text_length: usize, align_log2: u8) -> Option<usize> {
    text_offset.checked_add(text_length)?.checked_next_multiple_of(1 << align_log2)
}

/// Checks every record of an image whose sections have been found.
pub(crate) fn image(image: &Image<'_>) -> Result<(), Error> {
    let check = Check { image };
    check.code_placement()?;
    check.sections()?;
    check.module()?;
    check.imports()?;
    for (section, is_valid) in RECORDS {
        for (record, index) in image.section(*section).zip(0..) {
            if !is_valid(&check, record, index) {
                return Err(Error::Record(*section, index));
            }
        }
    }
    check.context_size()
}

/// Whether the record with these bytes and this number is valid.
type IsValid = fn(&Check<'_, '_>, &[u8], u32) -> bool;

macro_rules! records {
    ($($section:ident: $check:ident),* $(,)?) => {
        /// Each kind of record, in the order in which they are checked: one loop for all takes a fifth of a loop for each.
        const RECORDS: &[(SectionId, IsValid)] =
            &[$((SectionId::$section, |check, record, index| check.$check(&Record::read(record), index))),*];
    };
}
records! {
    Types: function_type,
    Imports: import,
    Functions: function,
    References: reference,
    Tables: table,
    Memories: memory,
    Globals: global,
    Exports: export,
    ExportOrder: export_order,
    Inits: init,
    Elements: element,
    DataSegments: data,
    CustomSections: custom_section,
    LoadRelocations: load_relocation,
    BaseAddresses: base_addresses,
}

struct Check<'i, 'a> {
    image: &'i Image<'a>,
}

impl Check<'_, '_> {
    /// Sections that belong to features are there exactly if the header declares those, and exports have an order.
    fn sections(&self) -> Result<(), Error> {
        let image = self.image;
        let expected = [
            (SectionId::LoadRelocations, !image.load_relocations().is_empty(), FormatFeature::LoadRelocations),
            (SectionId::BaseAddresses, image.base_addresses().is_some(), FormatFeature::BaseAddresses),
        ];
        if let Some((section, ..)) = expected.iter().find(|(_, exists, feature)| *exists != self.declares(*feature)) {
            return Err(Error::SectionMissing(*section));
        }
        let ordered = image.export_order().len();
        if ordered == image.exports().len() {
            Ok(())
        } else {
            Err(Error::Record(SectionId::ExportOrder, ordered as u32))
        }
    }

    fn module(&self) -> Result<(), Error> {
        let (image, module) = (self.image, &self.image.module);
        let start_is_valid = module.start_function == NONE
            || image.functions().get(module.start_function as usize).is_some_and(|function| {
                let is_imported = module.start_function < module.imported_functions;
                (is_imported || self.is_callable_by_host(&function))
                    && image.types().get(function.ty as usize).is_some_and(|ty| ty.params == 0 && ty.results == 0)
            });
        let is_valid = start_is_valid
            && self.is_code(module.enter)
            && self.is_code(module.leave)
            && module.leave < module.glue_end
            && module.glue_end as usize <= image.text().len()
            && module.flags & !(Module::LOCAL_TYPE_IDS | Module::USES_FLOATS) == 0
            && module.imported_functions as usize <= image.functions().len()
            && module.imported_tables as usize <= image.tables().len()
            && module.imported_memories as usize <= image.memories().len()
            && module.imported_globals as usize <= image.globals().len();
        if is_valid { Ok(()) } else { Err(Error::Record(SectionId::Module, 0)) }
    }

    /// Imports of each kind must be numbered 0, 1, 2 ... in declaration order, and there are as many as `module` says.
    fn imports(&self) -> Result<(), Error> {
        let image = self.image;
        let mut counts = [0u32; 4];
        for (position, import) in (0..).zip(image.imports().iter()) {
            let count = counts.get_mut(usize::from(import.kind));
            match count {
                Some(count) if *count == import.index => *count += 1,
                _ => return Err(Error::Record(SectionId::Imports, position)),
            }
        }
        let module = &image.module;
        let declared =
            [module.imported_functions, module.imported_tables, module.imported_memories, module.imported_globals];
        if counts == declared { Ok(()) } else { Err(Error::Record(SectionId::Module, 0)) }
    }

    fn import(&self, import: &Import, _index: u32) -> bool {
        self.is_name(import.module) && self.is_name(import.name) && import.reserved == 0 && import.reserved_half == 0
    }

    fn function(&self, function: &Function, index: u32) -> bool {
        let image = self.image;
        let is_imported = index < image.module.imported_functions;
        (function.ty as usize) < image.types().len()
            && (function.code == NONE || !is_imported && self.is_code(function.code))
            && (function.reference == NONE
                || image.references().get(function.reference as usize) == Some(index)
                    && (is_imported || self.is_callable_by_host(function)))
    }

    fn reference(&self, function: &u32, index: u32) -> bool {
        self.image.functions().get(*function as usize).is_some_and(|record| record.reference == index)
    }

    fn global(&self, global: &Global, index: u32) -> bool {
        let is_imported = index < self.image.module.imported_globals;
        ValType::from_raw(global.ty).is_some()
            && Mutability::from_raw(global.mutability).is_some()
            && global.reserved == 0
            && global.reserved_word == 0
            && (is_imported || self.is_init(&global.init, global.ty, index))
    }

    fn init(&self, init: &Init, _index: u32) -> bool {
        is_reference(init.ty) && self.is_init(init, init.ty, NONE)
    }

    fn custom_section(&self, section: &CustomSection, _index: u32) -> bool {
        let end = u64::from(section.first) + u64::from(section.length);
        end <= self.image.data_bytes().len() as u64 && self.is_name(section.name)
    }

    fn data(&self, segment: &Data, _index: u32) -> bool {
        let image = self.image;
        let end = u64::from(segment.first) + u64::from(segment.length);
        let mode = SegmentMode::from_raw(segment.mode);
        end <= image.data_bytes().len() as u64
            && segment.reserved == 0
            && segment.reserved_half == 0
            && match mode {
                Some(SegmentMode::Active) => image
                    .memories()
                    .get(segment.memory as usize)
                    .is_some_and(|memory| self.is_init(&segment.offset, index_val_type(memory.index_type), NONE)),
                Some(SegmentMode::Passive) => true,
                Some(SegmentMode::Declared) | None => false,
            }
    }

    fn base_addresses(&self, _record: &BaseAddresses, index: u32) -> bool {
        index == 0
    }

    fn load_relocation(&self, relocation: &LoadRelocation, _index: u32) -> bool {
        let bytes = if relocation.is_in_rodata() { self.image.rodata() } else { self.image.text() };
        slice(bytes, relocation.offset() as usize, size_of::<u32>()).is_some()
    }

    fn function_type(&self, ty: &FunctionType, index: u32) -> bool {
        let image = self.image;
        let signature = |ty: &FunctionType| {
            slice(image.value_types(), ty.first as usize, usize::from(ty.params) + usize::from(ty.results))
        };
        let thunks = [ty.call_thunk, ty.raw_thunk, ty.native_thunk];
        signature(ty).is_some_and(|types| types.iter().all(|raw| ValType::from_raw(*raw).is_some()))
            && thunks.iter().all(|thunk| *thunk == NONE || self.is_code(*thunk))
            && ty.canonical <= index
            && image.types().get(ty.canonical as usize).is_some_and(|first| {
                first.canonical == ty.canonical && first.params == ty.params && signature(&first) == signature(ty)
            })
    }

    fn table(&self, table: &Table, index: u32) -> bool {
        let image = self.image;
        let limit = match IndexType::from_raw(table.index_type) {
            Some(IndexType::I32) => u64::from(u32::MAX),
            Some(IndexType::I64) => u64::MAX,
            None => return false,
        };
        let has_valid_limits = has_valid_limits(table.minimum, table.has_maximum, table.maximum, limit);
        let index_type_is_declared = table.index_type == IndexType::I32.raw() || self.declares(FormatFeature::Index64);
        if !is_reference(table.element) || !has_valid_limits || !index_type_is_declared || table.reserved != 0 {
            return false;
        }
        if index < image.module.imported_tables {
            return table.constant == NONE;
        }
        if table.constant == NONE {
            return self.is_init(&table.init, table.element, NONE);
        }
        let entries = image.constant_table(table);
        table.element == ValType::FuncRef.raw()
            && entries.len() as u64 == table.minimum
            && entries.iter().all(|entry| entry.code == 0 || self.is_table_entry(&entry))
    }

    fn is_table_entry(&self, entry: &TableEntry) -> bool {
        // Generated code compares `ty` with canonical indexes, so nothing else may stand there.
        self.is_code(entry.code) && self.image.types().get(entry.ty as usize).is_some_and(|ty| ty.canonical == entry.ty)
    }

    fn memory(&self, memory: &Memory, _index: u32) -> bool {
        let index_type = IndexType::from_raw(memory.index_type);
        // The most pages that its addresses can reach.
        let page_limit = match (index_type, memory.page_log2) {
            (Some(IndexType::I32), 0) => 1 << 32,
            (Some(IndexType::I32), abi::WASM_PAGE_LOG2) => 1 << (32 - abi::WASM_PAGE_LOG2),
            (Some(IndexType::I64), 0) => u64::MAX,
            (Some(IndexType::I64), abi::WASM_PAGE_LOG2) => 1 << (64 - abi::WASM_PAGE_LOG2),
            _ => return false,
        };
        let bounds_fit = match BoundsStrategy::from_raw(memory.bounds) {
            Some(BoundsStrategy::Software) => true,
            Some(BoundsStrategy::Guard) => {
                self.declares(FormatFeature::GuardedMemory)
                    && index_type == Some(IndexType::I32)
                    && memory.page_log2 == abi::WASM_PAGE_LOG2
                    && self.image.header.pointer_bytes == 8
            }
            None => false,
        };
        bounds_fit
            && has_valid_limits(memory.minimum, memory.has_maximum, memory.maximum, page_limit)
            && (index_type == Some(IndexType::I32) || self.declares(FormatFeature::Index64))
            && (memory.shared == 0 || self.declares(FormatFeature::SharedMemory))
            && [memory.shared, memory.fixed, memory.never_grows].iter().all(|flag| *flag <= 1)
            && memory.reserved == 0
    }

    fn export(&self, export: &Export, _index: u32) -> bool {
        let (image, index) = (self.image, export.index as usize);
        self.is_name(export.name)
            && export.reserved == 0
            && export.reserved_half == 0
            && match ExternKind::from_raw(export.kind) {
                Some(ExternKind::Function) => image.functions().get(index).is_some_and(|function| {
                    export.index < image.module.imported_functions || self.is_callable_by_host(&function)
                }),
                Some(ExternKind::Table) => image.tables().get(index).is_some_and(|table| table.constant == NONE),
                Some(ExternKind::Memory) => index < image.memories().len(),
                Some(ExternKind::Global) => index < image.globals().len(),
                Some(ExternKind::Tag) | None => false,
            }
    }

    /// Strictly ascending names prove both that the order is right and that no name occurs twice.
    fn export_order(&self, export: &u32, index: u32) -> bool {
        let image = self.image;
        let name = |export: u32| Some(image.name_bytes(image.exports().get(export as usize)?.name));
        let before = index.checked_sub(1).and_then(|before| image.export_order().get(before as usize));
        name(*export).is_some_and(|own| before.is_none_or(|before| name(before) < Some(own)))
    }

    fn element(&self, segment: &Element, _index: u32) -> bool {
        let image = self.image;
        let end = u64::from(segment.first) + u64::from(segment.count);
        let Some(mode) = SegmentMode::from_raw(segment.mode) else { return false };
        if !is_reference(segment.ty) || segment.reserved != 0 || end > image.element_items().len() as u64 {
            return false;
        }
        let items_are_valid = (0..segment.count)
            .all(|index| image.element_item(segment, index).is_some_and(|item| self.is_init(&item, segment.ty, NONE)));
        let place_is_valid = mode != SegmentMode::Active
            || image.tables().get(segment.table as usize).is_some_and(|table| {
                table.element == segment.ty
                    && table.constant == NONE
                    && self.is_init(&segment.offset, index_val_type(table.index_type), NONE)
            });
        items_are_valid && place_is_valid
    }

    /// Offsets in a context are 32 bits, in the layout and in the code.
    fn context_size(&self) -> Result<(), Error> {
        let size = self.image.context_layout().size();
        if size <= u64::from(u32::MAX) { Ok(()) } else { Err(Error::ContextSize(size)) }
    }

    /// Text must be aligned for direct use of the file, and read-only data must keep its distance to it.
    fn code_placement(&self) -> Result<(), Error> {
        let image = self.image;
        let header = &image.header;
        if !image.text_offset().is_multiple_of(1 << image.code_align_log2()) {
            return Err(Error::SectionBounds(SectionId::Text));
        }
        if self.declares(FormatFeature::SplitBases) || image.rodata().is_empty() {
            return Ok(());
        }
        let expected = rodata_offset(image.text_offset(), image.text().len(), header.rodata_align_log2);
        let found = expected.and_then(|start| image.bytes.get(start..)?.get(..image.rodata().len()));
        match found {
            Some(found) if core::ptr::eq(found, image.rodata()) => Ok(()),
            _ => Err(Error::SectionBounds(SectionId::Rodata)),
        }
    }

    fn declares(&self, feature: FormatFeature) -> bool {
        self.image.header.required_features & feature.bit() != 0
    }

    /// Whether an own function has code to point at and a thunk for the host to call it.
    fn is_callable_by_host(&self, function: &Function) -> bool {
        function.code != NONE && self.image.types().get(function.ty as usize).is_some_and(|ty| ty.call_thunk != NONE)
    }

    fn is_code(&self, offset: u32) -> bool {
        // The Thumb bit of a callable address is not part of the offset proper.
        (offset as usize) < self.image.text().len()
    }

    fn is_name(&self, name: Name) -> bool {
        let Some(end) = (name.offset as usize).checked_add(name.length as usize) else { return false };
        self.image.strings().get(end) == Some(&0) && is_utf8(self.image.name_bytes(name))
    }

    /// `before` is the number of globals whose values are known when this one is needed ([`NONE`]: all).
    fn is_init(&self, init: &Init, ty: u8, before: u32) -> bool {
        let image = self.image;
        let Some(kind) = InitKind::from_raw(init.kind) else { return false };
        init.ty == ty
            && match kind {
                InitKind::Constant => !is_reference(ty),
                InitKind::Global => {
                    init.index < before
                        && image.globals().get(init.index as usize).is_some_and(|global| global.ty == ty)
                }
                InitKind::Function => {
                    ty == ValType::FuncRef.raw()
                        && image.functions().get(init.index as usize).is_some_and(|function| function.reference != NONE)
                }
                InitKind::Null => is_reference(ty),
                InitKind::Code => {
                    self.is_code(init.index) && u32::try_from(init.cells[0]).is_ok_and(|thunk| self.is_code(thunk))
                }
            }
    }
}

/// Whether bytes are UTF-8: the well-formed sequences of the Unicode Standard, table 3-7. The standard library's check is
/// made for long texts, and takes five times as much of a small core's flash.
pub(crate) fn is_utf8(mut bytes: &[u8]) -> bool {
    while let [first, rest @ ..] = bytes {
        if first.is_ascii() {
            bytes = rest;
            continue;
        }
        // How many bytes follow, and what the first of them may be.
        let (count, second) = match first {
            0xC2..=0xDF => (1, 0x80..=0xBF),
            0xE0 => (2, 0xA0..=0xBF),
            0xED => (2, 0x80..=0x9F),
            0xE1..=0xEF => (2, 0x80..=0xBF),
            0xF0 => (3, 0x90..=0xBF),
            0xF1..=0xF3 => (3, 0x80..=0xBF),
            0xF4 => (3, 0x80..=0x8F),
            _ => return false,
        };
        let Some((following, rest)) = rest.split_at_checked(count) else { return false };
        if !following.iter().all(|byte| (0x80..=0xBF).contains(byte))
            || !second.contains(following.first().unwrap_or(&0))
        {
            return false;
        }
        bytes = rest;
    }
    true
}

/// Whether neither the size at the start nor a maximum is over `limit`, and in this order.
fn has_valid_limits(minimum: u64, has_maximum: u8, maximum: u64, limit: u64) -> bool {
    let most = if has_maximum == 1 { maximum } else { limit };
    has_maximum <= 1 && minimum <= most && most <= limit
}

fn is_reference(raw: u8) -> bool {
    ValType::from_raw(raw).is_some_and(ValType::is_reference)
}

fn index_val_type(raw: u8) -> u8 {
    match IndexType::from_raw(raw) {
        Some(IndexType::I64) => ValType::I64.raw(),
        _ => ValType::I32.raw(),
    }
}
