//! An image with something in every section.

use alloc::vec::Vec;

use crate::{
    Arch, BaseAddresses, BoundsStrategy, CpuFeature, CustomSection, Data, Element, Export, ExternKind, FloatAbi,
    FormatFeature, Function, Global, Header, ImageBuilder, Import, IndexType, Init, InitKind, LoadRelocation, Memory,
    Module, Mutability, NONE, Record, SegmentMode, Table, TableEntry, ValType,
};

pub(super) const ENTER: u32 = 0;
pub(super) const LEAVE: u32 = 16;
pub(super) const GLUE_END: u32 = 32;
pub(super) const THUNK: u32 = 32;
pub(super) const FIRST_FUNCTION: u32 = 64;

pub(super) fn constant(ty: ValType, value: u64) -> Init {
    Init { kind: InitKind::Constant.raw(), ty: ty.raw(), index: 0, cells: [value, 0] }
}

pub(super) fn indexed(kind: InitKind, ty: ValType, index: u32) -> Init {
    Init { kind: kind.raw(), ty: ty.raw(), index, cells: [0, 0] }
}

pub(super) fn null(ty: ValType) -> Init {
    indexed(InitKind::Null, ty, 0)
}

/// The builder behind [`image`], for tests that change something first.
pub(super) fn builder() -> ImageBuilder {
    let mut builder = ImageBuilder::default();
    builder.header = Header {
        arch: Arch::X86_64.raw(),
        pointer_bytes: 8,
        float_abi: FloatAbi::Hard.raw(),
        cpu_features: CpuFeature::find(Arch::X86_64, "popcnt").map_or(0, CpuFeature::mask),
        required_features: FormatFeature::GuardedMemory.bit()
            | FormatFeature::SharedMemory.bit()
            | FormatFeature::Index64.bit()
            | FormatFeature::LoadRelocations.bit()
            | FormatFeature::BaseAddresses.bit(),
        text_align_log2: 4,
        rodata_align_log2: 6,
        stack_bound: 4096,
        compiler_version: 1 << 8,
        llvm_version: 22 << 16,
        ..Header::default()
    };
    builder.module = Module {
        imported_functions: 2,
        imported_tables: 1,
        imported_memories: 1,
        imported_globals: 1,
        start_function: 2,
        flags: Module::USES_FLOATS,
        enter: ENTER,
        leave: LEAVE,
        glue_end: GLUE_END,
    };
    builder.text = (0..160).collect();
    builder.load_relocations =
        [8, 12 | LoadRelocation::ADD_RODATA, LoadRelocation::IN_RODATA].map(|place| LoadRelocation { place }).to_vec();
    builder.base_addresses = Some(BaseAddresses { text: 0x1000, rodata: 0x8000 });
    add_types(&mut builder);
    add_imports(&mut builder);
    add_functions(&mut builder);
    add_tables(&mut builder);
    add_memories_and_globals(&mut builder);
    add_exports(&mut builder);
    add_segments(&mut builder);
    builder
}

/// The image itself.
pub(super) fn image() -> Vec<u8> {
    builder().finish()
}

fn add_types(builder: &mut ImageBuilder) {
    use ValType::{ExternRef, F32, F64, FuncRef, I32, I64, V128};
    builder.add_type(&[], &[]).call_thunk = THUNK;
    let binary = builder.add_type(&[I32, I32], &[I32]);
    binary.call_thunk = THUNK + 4;
    binary.raw_thunk = THUNK + 8;
    binary.native_thunk = THUNK + 12;
    builder.add_type(&[I64, F32, F64, FuncRef, ExternRef, V128], &[I32, I64]);
    builder.add_type(&[I32, I32], &[I32]).call_thunk = THUNK + 4;
}

fn add_imports(builder: &mut ImageBuilder) {
    let kinds = [
        ("host", ExternKind::Function, 0),
        ("table", ExternKind::Table, 0),
        ("memory", ExternKind::Memory, 0),
        ("base", ExternKind::Global, 0),
        ("log", ExternKind::Function, 1),
    ];
    for (name, kind, index) in kinds {
        let import = Import {
            module: builder.name("env"),
            name: builder.name(name),
            kind: kind.raw(),
            index,
            ..Import::default()
        };
        builder.imports.push(import);
    }
}

fn add_functions(builder: &mut ImageBuilder) {
    let unreachable = Function { ty: 0, code: NONE, reference: NONE };
    builder.functions = [
        Function { ty: 1, reference: 1, ..unreachable },
        unreachable,
        Function { code: FIRST_FUNCTION, ..unreachable },
        Function { ty: 1, code: FIRST_FUNCTION + 16, reference: 0 },
        Function { ty: 3, code: NONE, reference: NONE },
        Function { ty: 2, code: NONE, reference: NONE },
    ]
    .into();
    builder.references = [3, 0].into();
}

fn add_tables(builder: &mut ImageBuilder) {
    let table = |element: ValType, minimum, init| Table {
        element: element.raw(),
        index_type: IndexType::I32.raw(),
        has_maximum: 0,
        reserved: 0,
        constant: NONE,
        minimum,
        maximum: 0,
        init,
    };
    let entries = [
        TableEntry { code: FIRST_FUNCTION, ty: 0 },
        TableEntry { code: 0, ty: 0 },
        TableEntry { code: FIRST_FUNCTION + 32, ty: 1 },
    ];
    let mut rodata = alloc::vec![0xaa; 8];
    entries.iter().for_each(|entry| entry.write(&mut rodata));
    builder.rodata = rodata;
    builder.tables = [
        table(ValType::FuncRef, 1, null(ValType::FuncRef)),
        Table { has_maximum: 1, maximum: 10, ..table(ValType::ExternRef, 2, null(ValType::ExternRef)) },
        Table { constant: 8, ..table(ValType::FuncRef, 3, null(ValType::FuncRef)) },
        table(ValType::FuncRef, 1, indexed(InitKind::Function, ValType::FuncRef, 3)),
    ]
    .into();
}

fn add_memories_and_globals(builder: &mut ImageBuilder) {
    let memory = Memory { page_log2: 16, minimum: 1, ..Memory::default() };
    builder.memories = [
        memory,
        Memory { bounds: BoundsStrategy::Guard.raw(), has_maximum: 1, maximum: 65536, never_grows: 1, ..memory },
        Memory { index_type: IndexType::I64.raw(), page_log2: 0, shared: 1, has_maximum: 1, maximum: 9, ..memory },
    ]
    .into();
    let global =
        |ty: ValType, init| Global { ty: ty.raw(), mutability: Mutability::Const.raw(), init, ..Global::default() };
    let code = Init { cells: [THUNK.into(), 0], ..indexed(InitKind::Code, ValType::I32, FIRST_FUNCTION + 48) };
    builder.globals = [
        global(ValType::I32, Init::default()),
        global(ValType::I64, constant(ValType::I64, u64::MAX)),
        global(ValType::FuncRef, indexed(InitKind::Function, ValType::FuncRef, 3)),
        Global { mutability: Mutability::Var.raw(), ..global(ValType::V128, constant(ValType::V128, 7)) },
        global(ValType::I32, indexed(InitKind::Global, ValType::I32, 0)),
        global(ValType::I32, code),
    ]
    .into();
}

fn add_exports(builder: &mut ImageBuilder) {
    let exports = [
        ("run", ExternKind::Function, 3),
        ("host", ExternKind::Function, 0),
        ("z memory", ExternKind::Memory, 1),
        ("", ExternKind::Global, 3),
        ("été", ExternKind::Table, 1),
    ];
    for (name, kind, index) in exports {
        let export = Export { name: builder.name(name), kind: kind.raw(), index, ..Export::default() };
        builder.exports.push(export);
    }
}

fn add_segments(builder: &mut ImageBuilder) {
    builder.inits = [indexed(InitKind::Global, ValType::FuncRef, 2), null(ValType::ExternRef)].into();
    builder.element_items = [3, NONE, Element::ITEM_IS_INIT, Element::ITEM_IS_INIT | 1].into();
    let passive = Element { ty: ValType::FuncRef.raw(), first: 0, count: 2, ..Element::default() };
    let active = SegmentMode::Active.raw();
    builder.elements = [
        Element { mode: active, table: 0, count: 3, offset: indexed(InitKind::Global, ValType::I32, 0), ..passive },
        passive,
        Element { mode: SegmentMode::Declared.raw(), count: 1, ..passive },
        Element { ty: ValType::ExternRef.raw(), first: 3, count: 1, ..passive },
    ]
    .into();
    builder.data = b"hello, world".to_vec();
    builder.custom_sections = [CustomSection { name: builder.name("custom"), first: 2, length: 10 }].into();
    builder.data_segments = [
        Data { mode: active, memory: 1, first: 0, length: 5, offset: constant(ValType::I32, 16), ..Data::default() },
        Data { mode: active, memory: 2, first: 5, length: 2, offset: constant(ValType::I64, 0), ..Data::default() },
        Data { first: 7, length: 5, ..Data::default() },
    ]
    .into();
}
