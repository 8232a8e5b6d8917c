//! Writes images: the sections in the order of their ids, plain records first, then code and what places it.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::record::{DirectoryEntry, Record};
use crate::{
    BaseAddresses, CustomSection, Data, Element, Export, FormatFeature, Function, FunctionType, Global, Header, Import,
    Init, LoadRelocation, MAGIC, Memory, Module, Name, SectionId, Table, ValType, abi,
};

/// Collects the parts of an image. Counts, offsets and the order of exports are worked out by [`Self::finish`].
#[derive(Clone, Debug, Default)]
pub struct ImageBuilder {
    /// Machine facts and code facts; magic, version, lengths and counts are filled in.
    pub header: Header,
    /// Module facts.
    pub module: Module,
    /// Type records; use [`Self::add_type`].
    pub types: Vec<FunctionType>,
    /// Imports in declaration order.
    pub imports: Vec<Import>,
    /// Functions, imported ones first.
    pub functions: Vec<Function>,
    /// Tables, imported ones first.
    pub tables: Vec<Table>,
    /// Memories, imported ones first.
    pub memories: Vec<Memory>,
    /// Globals, imported ones first.
    pub globals: Vec<Global>,
    /// Exports in declaration order.
    pub exports: Vec<Export>,
    /// Element segments.
    pub elements: Vec<Element>,
    /// Items of element segments.
    pub element_items: Vec<u32>,
    /// Items of element segments that are not plain functions.
    pub inits: Vec<Init>,
    /// Data segments.
    pub data_segments: Vec<Data>,
    /// Custom sections to keep.
    pub custom_sections: Vec<CustomSection>,
    /// Bytes of data segments and custom sections.
    pub data: Vec<u8>,
    /// Functions whose references live in the context.
    pub references: Vec<u32>,
    /// Machine code.
    pub text: Vec<u8>,
    /// Read-only data.
    pub rodata: Vec<u8>,
    /// Words that the loader adds addresses to.
    pub load_relocations: Vec<LoadRelocation>,
    /// Where the code must lie, if it was linked for a place.
    pub base_addresses: Option<BaseAddresses>,
    /// Log2 of the alignment of the text in the file, at least the one in the header: pages where files are mapped.
    pub text_file_align_log2: u8,
    value_types: Vec<u8>,
    strings: Vec<u8>,
    names: BTreeMap<String, u32>,
}

impl ImageBuilder {
    /// Adds a name, or finds the same one added before.
    pub fn name(&mut self, text: &str) -> Name {
        let length = text.len() as u32;
        if let Some(offset) = self.names.get(text) {
            return Name { offset: *offset, length };
        }
        let offset = self.strings.len() as u32;
        self.strings.extend_from_slice(text.as_bytes());
        self.strings.push(0);
        self.names.insert(text.into(), offset);
        Name { offset, length }
    }

    /// Adds a function type without thunks and returns its record, whose `canonical` is found by comparison.
    pub fn add_type(&mut self, params: &[ValType], results: &[ValType]) -> &mut FunctionType {
        let signature: Vec<u8> = params.iter().chain(results).map(|ty| ty.raw()).collect();
        let index = self.types.len() as u32;
        let same = self.types.iter().find(|ty| {
            let first = ty.first as usize;
            usize::from(ty.params) == params.len()
                && usize::from(ty.results) == results.len()
                && self.value_types.get(first..first + signature.len()) == Some(signature.as_slice())
        });
        let (first, canonical) = match same {
            Some(same) => (same.first, same.canonical),
            None => (self.value_types.len() as u32, index),
        };
        if same.is_none() {
            self.value_types.extend_from_slice(&signature);
        }
        self.types.push(FunctionType {
            first,
            params: params.len() as u16,
            results: results.len() as u16,
            call_thunk: crate::NONE,
            raw_thunk: crate::NONE,
            native_thunk: crate::NONE,
            canonical,
        });
        let last = self.types.len() - 1;
        &mut self.types[last]
    }

    /// The bytes of the image.
    pub fn finish(mut self) -> Vec<u8> {
        let mut order: Vec<u32> = (0..self.exports.len() as u32).collect();
        order.sort_by_key(|index| {
            let name = self.exports[*index as usize].name;
            &self.strings[name.offset as usize..(name.offset + name.length) as usize]
        });
        if !self.load_relocations.is_empty() {
            self.header.required_features |= FormatFeature::LoadRelocations.bit();
        }
        if self.base_addresses.is_some() {
            self.header.required_features |= FormatFeature::BaseAddresses.bit();
        }
        // Read-only data moves with the text, so the text's place must suit the alignment of both.
        let text_align = self.header.text_align_log2.max(self.header.rodata_align_log2).max(self.text_file_align_log2);
        let sections = [
            section(SectionId::Module, &[self.module]),
            bytes(SectionId::ValueTypes, self.value_types),
            section(SectionId::Types, &self.types),
            section(SectionId::Imports, &self.imports),
            section(SectionId::Functions, &self.functions),
            section(SectionId::Tables, &self.tables),
            section(SectionId::Memories, &self.memories),
            section(SectionId::Globals, &self.globals),
            section(SectionId::Exports, &self.exports),
            section(SectionId::ExportOrder, &order),
            section(SectionId::Elements, &self.elements),
            section(SectionId::ElementItems, &self.element_items),
            section(SectionId::Inits, &self.inits),
            section(SectionId::DataSegments, &self.data_segments),
            bytes(SectionId::Data, self.data),
            bytes(SectionId::Strings, self.strings),
            section(SectionId::References, &self.references),
            Section { align_log2: text_align, ..bytes(SectionId::Text, self.text) },
            Section { align_log2: self.header.rodata_align_log2, ..bytes(SectionId::Rodata, self.rodata) },
            section(SectionId::LoadRelocations, &self.load_relocations),
            section(SectionId::CustomSections, &self.custom_sections),
            section(SectionId::BaseAddresses, self.base_addresses.as_slice()),
        ];
        let kept: Vec<&Section> = sections.iter().filter(|section| !section.body.is_empty()).collect();

        let mut out = vec![0; Header::SIZE + kept.len() * DirectoryEntry::SIZE];
        let mut directory = Vec::new();
        for section in &kept {
            let offset = out.len().next_multiple_of(1 << section.align_log2);
            out.resize(offset, 0);
            out.extend_from_slice(&section.body);
            DirectoryEntry {
                id: section.id.raw(),
                flags: DirectoryEntry::REQUIRED,
                stride: section.stride as u32,
                offset: offset as u32,
                length: section.body.len() as u32,
            }
            .write(&mut directory);
        }
        self.header = Header {
            magic: u32::from_le_bytes(MAGIC),
            version: crate::VERSION,
            header_length: Header::SIZE as u16,
            directory_stride: DirectoryEntry::SIZE as u16,
            section_count: kept.len() as u32,
            file_length: out.len() as u32,
            abi_version: abi::VERSION,
            slot_convention: abi::SLOT_CONVENTION,
            ..self.header
        };
        let mut head = Vec::new();
        self.header.write(&mut head);
        head.extend_from_slice(&directory);
        out[..head.len()].copy_from_slice(&head);
        out
    }
}

struct Section {
    id: SectionId,
    stride: usize,
    align_log2: u8,
    body: Vec<u8>,
}

fn section<R: Record>(id: SectionId, records: &[R]) -> Section {
    let mut body = Vec::with_capacity(records.len() * R::SIZE);
    for record in records {
        record.write(&mut body);
    }
    Section { id, stride: R::SIZE, align_log2: 2, body }
}

fn bytes(id: SectionId, body: Vec<u8>) -> Section {
    Section { id, stride: 1, align_log2: 0, body }
}
