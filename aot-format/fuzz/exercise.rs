//! What must hold for any bytes: an error, or a view whose promises are true. Shared by the fuzz target, which explores,
//! and by seeded tests, which repeat.

use crate::{
    Array, DirectoryEntry, ExternKind, Function, Image, Init, InitKind, NONE, Name, Record, SegmentMode, ValType,
};

/// Parses `bytes`; in a valid view, asks every question that a loader asks, and checks that the answers lead nowhere
/// outside the image. Returns whether the view is valid.
pub(crate) fn exercise(bytes: &[u8]) -> bool {
    match Image::parse(bytes) {
        Ok(image) => {
            View { image }.check();
            true
        }
        Err(error) => {
            assert_ne!(alloc::format!("{error}"), "", "{error:?} has a text");
            false
        }
    }
}

struct View<'a> {
    image: Image<'a>,
}

impl View<'_> {
    fn check(&self) {
        self.header();
        self.types_and_functions();
        self.imports();
        self.tables_memories_globals();
        self.exports();
        self.segments();
        self.code();
        self.context();
    }

    fn header(&self) {
        let image = &self.image;
        assert_eq!(image.header().file_length as usize, image.bytes().len());
        assert_eq!(image.header().pointer_bytes, image.arch().pointer_bytes());
        assert!(image.header().section_count as usize * DirectoryEntry::SIZE <= image.bytes().len());
    }

    fn is_code(&self, offset: u32) -> bool {
        (offset as usize) < self.image.text().len()
    }

    fn types_and_functions(&self) {
        let image = &self.image;
        for (index, ty) in image.types().iter().enumerate() {
            let (params, results) = (image.params(&ty), image.results(&ty));
            assert_eq!((params.len(), results.len()), (ty.params.into(), ty.results.into()));
            assert!(params.iter().chain(results).all(|ty| ValType::from_raw(*ty).is_some()));
            assert!([ty.call_thunk, ty.raw_thunk, ty.native_thunk].iter().all(|at| *at == NONE || self.is_code(*at)));
            assert!(ty.canonical as usize <= index);
            let canonical = image.types().get(ty.canonical as usize).expect("canonical type");
            assert_eq!((image.params(&canonical), image.results(&canonical)), (params, results));
            assert_eq!(canonical.canonical, ty.canonical);
        }
        for (index, function) in image.functions().iter().enumerate() {
            assert!(image.types().get(function.ty as usize).is_some());
            assert!(function.code == NONE || self.is_code(function.code));
            if function.reference != NONE {
                assert_eq!(image.references().get(function.reference as usize), Some(index as u32));
            }
        }
        for function in image.references().iter() {
            self.assert_callable(function);
        }
        if image.module().start_function != NONE {
            self.assert_callable(image.module().start_function);
        }
    }

    /// What the host needs to call a function: code, and a thunk of its type; imports have them elsewhere.
    fn assert_callable(&self, index: u32) {
        let function: Function = self.image.functions().get(index as usize).expect("function");
        let ty = self.image.types().get(function.ty as usize).expect("type of a function");
        if index >= self.image.module().imported_functions {
            assert!(self.is_code(function.code) && self.is_code(ty.call_thunk));
        }
    }

    fn imports(&self) {
        let (image, module) = (&self.image, self.image.module());
        for import in image.imports().iter() {
            self.name(import.module);
            self.name(import.name);
            let count = match ExternKind::from_raw(import.kind) {
                Some(ExternKind::Function) => module.imported_functions,
                Some(ExternKind::Table) => module.imported_tables,
                Some(ExternKind::Memory) => module.imported_memories,
                Some(ExternKind::Global) => module.imported_globals,
                kind => panic!("import of {kind:?}"),
            };
            assert!(import.index < count);
        }
        assert!(module.imported_functions as usize <= image.functions().len());
        assert!(module.imported_tables as usize <= image.tables().len());
        assert!(module.imported_memories as usize <= image.memories().len());
        assert!(module.imported_globals as usize <= image.globals().len());
    }

    fn name(&self, name: Name) {
        let bytes = self.image.name_bytes(name);
        assert_eq!(bytes.len(), name.length as usize);
        assert_eq!(self.image.name(name).as_bytes(), bytes);
    }

    fn tables_memories_globals(&self) {
        let (image, module) = (&self.image, self.image.module());
        for (index, table) in image.tables().iter().enumerate() {
            let entries = image.constant_table(&table);
            if table.constant != NONE {
                assert_eq!(entries.len() as u64, table.minimum);
                for entry in entries.iter().filter(|entry| entry.code != 0) {
                    assert!(self.is_code(entry.code));
                    assert!(image.types().get(entry.ty as usize).is_some());
                }
            } else if index >= module.imported_tables as usize {
                self.init(&table.init, table.element);
            }
            assert!(table.has_maximum == 0 || table.minimum <= table.maximum);
        }
        for memory in image.memories().iter() {
            assert!(memory.has_maximum == 0 || memory.minimum <= memory.maximum);
            assert!(memory.minimum.checked_shl(memory.page_log2.into()).is_some());
        }
        for global in image.globals().iter().skip(module.imported_globals as usize) {
            self.init(&global.init, global.ty);
        }
    }

    fn init(&self, init: &Init, ty: u8) {
        let image = &self.image;
        assert_eq!(init.ty, ty);
        match InitKind::from_raw(init.kind).expect("kind of an initial value") {
            InitKind::Constant | InitKind::Null => {}
            InitKind::Global => assert_eq!(image.globals().get(init.index as usize).map(|global| global.ty), Some(ty)),
            InitKind::Function => {
                let function = image.functions().get(init.index as usize).expect("referenced function");
                assert!(image.references().get(function.reference as usize).is_some());
            }
            InitKind::Code => assert!(self.is_code(init.index) && self.is_code(init.cells[0] as u32)),
        }
    }

    fn exports(&self) {
        let image = &self.image;
        for export in image.exports().iter() {
            self.name(export.name);
            assert_eq!(image.find_export(image.name_bytes(export.name)), Some(export));
            let index = export.index as usize;
            match ExternKind::from_raw(export.kind).expect("kind of an export") {
                ExternKind::Function => self.assert_callable(export.index),
                ExternKind::Table => assert_eq!(image.tables().get(index).map(|table| table.constant), Some(NONE)),
                ExternKind::Memory => assert!(image.memories().get(index).is_some()),
                ExternKind::Global => assert!(image.globals().get(index).is_some()),
                ExternKind::Tag => panic!("tags are reserved"),
            }
        }
        assert_eq!(image.find_export(b"\0no such export"), None);
    }

    fn segments(&self) {
        let image = &self.image;
        for segment in image.elements().iter() {
            for index in 0..segment.count {
                self.init(&image.element_item(&segment, index).expect("element item"), segment.ty);
            }
            if segment.mode == SegmentMode::Active.raw() {
                let table = image.tables().get(segment.table as usize).expect("table of an active segment");
                assert_eq!((table.element, table.constant), (segment.ty, NONE));
                self.init(&segment.offset, segment.offset.ty);
            }
        }
        for segment in image.data_segments().iter() {
            assert_eq!(image.data(&segment).len(), segment.length as usize);
            if segment.mode == SegmentMode::Active.raw() {
                assert!(image.memories().get(segment.memory as usize).is_some());
                self.init(&segment.offset, segment.offset.ty);
            }
        }
    }

    fn code(&self) {
        let image = &self.image;
        assert!(self.is_code(image.module().enter) && self.is_code(image.module().leave));
        assert!(image.text_offset().is_multiple_of(1 << image.header().text_align_log2));
        assert!(image.text_offset().is_multiple_of(1 << image.code_align_log2()));
        let code = image.code_bytes();
        assert!(code.starts_with(image.text()));
        assert!(code.len() == image.text().len() || code.ends_with(image.rodata()));
    }

    fn context(&self) {
        let (image, layout) = (&self.image, self.image.context_layout());
        assert!(layout.size() <= u64::from(u32::MAX));
        let imported = image.module().imported_memories;
        let own_memories = image.memories().len() as u32 - imported;
        let is_any_shared = image.memories().after(imported as usize).iter().any(|memory| memory.shared == 1);
        let ends = [
            layout.memory(own_memories),
            layout.memory_pointer(if is_any_shared { image.memories().len() as u32 } else { imported }),
            layout.imported_global(image.module().imported_globals),
            layout.imported_table(image.module().imported_tables),
            layout.function_slot(image.module().imported_functions),
            layout.reference(image.references().len() as u32),
        ];
        assert!(ends.iter().all(|end| u64::from(*end) <= layout.size()), "{ends:?} in {layout:?}");
        self.probe_ends(image.functions());
    }

    /// Beyond the end there is nothing, whatever the index.
    fn probe_ends<R: Record>(&self, array: Array<'_, R>) {
        assert!(array.get(array.len()).is_none() && array.get(usize::MAX).is_none());
        assert_eq!(array.iter().len(), array.len());
    }
}
