//! Reads a module that wasmparser has validated.

use graver_aot_format::{ExternKind, ValType, abi};
use wasmparser::{
    CompositeInnerType, ConstExpr, DataKind, ElementItems, ElementKind, ExternalKind, FuncType, KnownCustom, Name,
    Operator, Parser, Payload, RefType, TableInit, TypeRef, Validator, WasmFeatures,
};

use super::{Data, Element, Export, Global, Import, Init, Limits, Memory, Mode, Module, Table, analysis, val_type};
use crate::error::{Error, ErrorKind, Result};
use crate::options::WasmVersion;

/// Validates `wasm` and collects what translation needs.
///
/// # Errors
/// The first reason why the bytes are not a valid module, or what in it is not supported.
pub(crate) fn parse(wasm: &[u8], version: WasmVersion) -> Result<Module<'_>> {
    validate(wasm, version).map_err(|error| in_its_function(error, wasm))?;
    let mut module = Module::default();
    for payload in Parser::new(0).parse_all(wasm) {
        section(&mut module, payload?)?;
    }
    analysis::complete(&mut module)?;
    Ok(module)
}

fn validate(wasm: &[u8], version: WasmVersion) -> Result<()> {
    let Err(error) = Validator::new_with_features(version.features()).validate_all(wasm) else { return Ok(()) };
    // WebAssembly goes on: what a later version allows is not wrong, only not for us.
    let later = WasmFeatures::WASM3 | WasmFeatures::LEGACY_EXCEPTIONS;
    let is_newer = version == WasmVersion::Latest
        && Validator::new_with_features(version.features() | later).validate_all(wasm).is_ok();
    Err(Error { kind: if is_newer { ErrorKind::Unsupported } else { ErrorKind::Invalid }, ..error.into() })
}

/// The same error, with the function if its offset lies in the body of one.
fn in_its_function(error: Error, wasm: &[u8]) -> Error {
    let Some(offset) = error.offset else { return error };
    let mut module = Module::default();
    for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
        // The sections that number and name functions. They refer to nothing, so that they can be read in any module.
        let is_needed = matches!(
            payload,
            Payload::ImportSection(_)
                | Payload::ExportSection(_)
                | Payload::CodeSectionEntry(_)
                | Payload::CustomSection(_)
        );
        if is_needed && section(&mut module, payload).is_err() {
            return error;
        }
    }
    match module.bodies.iter().position(|body| body.range().contains(&offset)) {
        Some(position) => {
            let index = module.imported_functions + position as u32;
            error.in_function(index, module.function_name(index))
        }
        None => error,
    }
}

fn section<'a>(module: &mut Module<'a>, payload: Payload<'a>) -> Result<()> {
    match payload {
        Payload::Version { encoding: wasmparser::Encoding::Component, .. } => {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "this is a component, not a module: extract the core module first",
            ));
        }
        Payload::TypeSection(reader) => {
            for group in reader.into_iter_with_offsets() {
                let (offset, group) = group?;
                for ty in group.into_types() {
                    match ty.composite_type.inner {
                        CompositeInnerType::Func(ty) => add_type(module, ty, offset)?,
                        _ => return Err(Error::unsupported("a type other than a function type", offset)),
                    }
                }
            }
        }
        Payload::ImportSection(reader) => {
            for import in reader.into_imports_with_offsets() {
                let (offset, import) = import?;
                add_import(module, &import, offset)?;
            }
        }
        Payload::FunctionSection(reader) => {
            for ty in reader {
                module.functions.push(ty?);
            }
        }
        Payload::TableSection(reader) => {
            for table in reader.into_iter_with_offsets() {
                let (offset, table) = table?;
                let init = match table.init {
                    TableInit::RefNull => None,
                    TableInit::Expr(expr) => Some(expr),
                };
                add_table(module, &table.ty, init, offset)?;
            }
        }
        Payload::MemorySection(reader) => {
            for memory in reader {
                module.memories.push(memory_type(&memory?, false));
            }
        }
        Payload::GlobalSection(reader) => {
            for global in reader.into_iter_with_offsets() {
                let (offset, global) = global?;
                let ty = supported(global.ty.content_type, offset)?;
                let init = const_expr(module, &global.init_expr, ty)?;
                module.globals.push(Global { ty, mutable: global.ty.mutable, init, is_visible: false });
            }
        }
        Payload::ExportSection(reader) => {
            for export in reader.into_iter_with_offsets() {
                let (offset, export) = export?;
                let kind = match export.kind {
                    ExternalKind::Func | ExternalKind::FuncExact => ExternKind::Function,
                    ExternalKind::Table => ExternKind::Table,
                    ExternalKind::Memory => ExternKind::Memory,
                    ExternalKind::Global => ExternKind::Global,
                    ExternalKind::Tag => return Err(Error::unsupported("an exception tag", offset)),
                };
                module.exports.push(Export { name: export.name, kind, index: export.index });
            }
        }
        Payload::StartSection { func, .. } => module.start = Some(func),
        Payload::ElementSection(reader) => {
            for element in reader.into_iter_with_offsets() {
                let (offset, element) = element?;
                add_element(module, element, offset)?;
            }
        }
        Payload::DataSection(reader) => {
            for data in reader {
                let data = data?;
                let mode = match data.kind {
                    DataKind::Passive => Mode::Passive,
                    DataKind::Active { memory_index, offset_expr } => {
                        let is_64 = module.memories[memory_index as usize].limits.is_64;
                        active(module, memory_index, &offset_expr, is_64)?
                    }
                };
                module.data.push(Data { mode, bytes: data.data });
            }
        }
        Payload::CodeSectionEntry(body) => module.bodies.push(body),
        Payload::TagSection(reader) => return Err(Error::unsupported("an exception tag", reader.range().start)),
        Payload::CustomSection(section) => {
            module.custom_sections.push((section.name(), section.data()));
            if let KnownCustom::Name(names) = section.as_known() {
                // A damaged name section is no error: names only serve messages.
                for name in names.flatten() {
                    if let Name::Function(map) = name {
                        module.names.extend(map.into_iter().flatten().map(|naming| (naming.index, naming.name)));
                    }
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn add_type(module: &mut Module<'_>, ty: FuncType, offset: u64) -> Result<()> {
    for value in ty.params().iter().chain(ty.results()) {
        supported(*value, offset)?;
        module.uses_floats |= matches!(value, wasmparser::ValType::F32 | wasmparser::ValType::F64);
    }
    let index = module.types.len() as u32;
    let first = module.types.iter().position(|known| *known == ty).map_or(index, |first| first as u32);
    module.canonical_types.push(first);
    module.types.push(ty);
    Ok(())
}

fn add_import<'a>(module: &mut Module<'a>, import: &wasmparser::Import<'a>, offset: u64) -> Result<()> {
    let (kind, count) = match import.ty {
        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
            module.functions.push(ty);
            (ExternKind::Function, &mut module.imported_functions)
        }
        TypeRef::Table(ty) => {
            add_table(module, &ty, None, offset)?;
            (ExternKind::Table, &mut module.imported_tables)
        }
        TypeRef::Memory(ty) => {
            module.memories.push(memory_type(&ty, true));
            (ExternKind::Memory, &mut module.imported_memories)
        }
        TypeRef::Global(ty) => {
            let value = supported(ty.content_type, offset)?;
            let init = Init::Constant(value, 0);
            module.globals.push(Global { ty: value, mutable: ty.mutable, init, is_visible: true });
            (ExternKind::Global, &mut module.imported_globals)
        }
        TypeRef::Tag(_) => return Err(Error::unsupported("an exception tag", offset)),
    };
    let index = *count;
    *count += 1;
    module.imports.push(Import { module: import.module, name: import.name, kind, index });
    if kind == ExternKind::Table {
        module.tables[index as usize].is_visible = true;
    }
    Ok(())
}

fn add_table<'a>(
    module: &mut Module<'a>,
    ty: &wasmparser::TableType,
    init: Option<ConstExpr<'a>>,
    offset: u64,
) -> Result<()> {
    let element = reference(ty.element_type, offset)?;
    let init = match init {
        Some(expr) => const_expr(module, &expr, element)?,
        None => Init::Null(element),
    };
    module.tables.push(Table {
        limits: Limits { minimum: ty.initial, maximum: ty.maximum, is_64: ty.table64 },
        element,
        init,
        is_visible: false,
        is_accessed: false,
        constant: None,
    });
    Ok(())
}

fn memory_type(ty: &wasmparser::MemoryType, is_visible: bool) -> Memory {
    Memory {
        limits: Limits { minimum: ty.initial, maximum: ty.maximum, is_64: ty.memory64 },
        page_log2: ty.page_size_log2.map_or(abi::WASM_PAGE_LOG2, |log2| log2 as u8),
        shared: ty.shared,
        is_visible,
        is_grown: false,
        is_copied: false,
        is_filled: false,
    }
}

fn add_element<'a>(module: &mut Module<'a>, element: wasmparser::Element<'a>, offset: u64) -> Result<()> {
    let mode = match element.kind {
        ElementKind::Passive => Mode::Passive,
        ElementKind::Declared => Mode::Declared,
        ElementKind::Active { table_index, offset_expr } => {
            let target = table_index.unwrap_or(0);
            let is_64 = module.tables[target as usize].limits.is_64;
            active(module, target, &offset_expr, is_64)?
        }
    };
    let (ty, items) = match element.items {
        ElementItems::Functions(functions) => {
            let items: Result<Vec<_>, _> = functions.into_iter().map(|index| index.map(Init::Function)).collect();
            (ValType::FuncRef, items?)
        }
        ElementItems::Expressions(ty, expressions) => {
            let ty = reference(ty, offset)?;
            let mut items = Vec::new();
            for expr in expressions {
                items.push(const_expr(module, &expr?, ty)?);
            }
            (ty, items)
        }
    };
    module.elements.push(Element { mode, ty, items });
    Ok(())
}

fn active<'a>(module: &mut Module<'a>, target: u32, offset: &ConstExpr<'a>, is_64: bool) -> Result<Mode> {
    let ty = if is_64 { ValType::I64 } else { ValType::I32 };
    Ok(Mode::Active { target, offset: const_expr(module, offset, ty)? })
}

/// Single constants are data; everything else becomes a function of the image.
fn const_expr<'a>(module: &mut Module<'a>, expr: &ConstExpr<'a>, ty: ValType) -> Result<Init> {
    let mut operators = expr.get_operators_reader();
    let first = operators.read()?;
    let is_single = matches!(operators.read()?, Operator::End);
    let simple = match first {
        Operator::I32Const { value } => Some(Init::Constant(ty, u64::from(value as u32))),
        Operator::I64Const { value } => Some(Init::Constant(ty, value as u64)),
        Operator::F32Const { value } => Some(Init::Constant(ty, u64::from(value.bits()))),
        Operator::F64Const { value } => Some(Init::Constant(ty, value.bits())),
        Operator::GlobalGet { global_index } => Some(Init::Global(global_index)),
        Operator::RefFunc { function_index } => Some(Init::Function(function_index)),
        Operator::RefNull { .. } => Some(Init::Null(ty)),
        _ => None,
    };
    match simple {
        Some(init) if is_single => Ok(init),
        _ => {
            let number = module.init_functions.len() as u32;
            module.init_functions.push((expr.clone(), ty));
            Ok(Init::Code(number))
        }
    }
}

/// The type in the file's terms, if this version compiles it.
fn supported(ty: wasmparser::ValType, offset: u64) -> Result<ValType> {
    match val_type(ty) {
        Some(ValType::V128) | None => Err(Error::unsupported(format!("the type {ty}"), offset)),
        Some(ty) => Ok(ty),
    }
}

fn reference(ty: RefType, offset: u64) -> Result<ValType> {
    supported(wasmparser::ValType::Ref(ty), offset)
}
