//! Imports and exports of a module, as C sees them.
#![allow(unsafe_code)] // C names and pointers.

use core::ffi::{c_char, c_uint};
use core::ptr::{from_ref, null};

use graver_loader::format::{ExternKind, Image, NONE};
use graver_loader::{Module, Mutability, ValType};

use crate::array::Array;
use crate::exported::exported;
use crate::load::Mod;
use crate::natives::Link;
use crate::types::{ExportType, ImportType, kind};

/// A type of a function, table, memory or global: what the handles of all four point to.
#[derive(Clone, Copy)]
pub struct Type {
    params: &'static [u8],
    results: &'static [u8],
    /// Of elements or of a global.
    value: u8,
    is_mutable: bool,
    is_shared: bool,
    /// Pages or elements.
    minimum: u32,
    maximum: u32,
}

/// An import or export; the module's name is null for exports.
#[derive(Clone, Copy)]
struct Row {
    module: *const c_char,
    name: *const c_char,
    kind: u8,
    /// Within its kind.
    index: u32,
    ty: Type,
}

/// All imports and exports of a module.
pub(crate) struct Catalogue {
    imports: Array<Row>,
    exports: Array<Row>,
}

/// `wasm_valkind_t` of a type as images store it.
pub(crate) fn kind_of(raw: u8) -> u8 {
    match ValType::from_raw(raw) {
        Some(ValType::I64) => kind::I64,
        Some(ValType::F32) => kind::F32,
        Some(ValType::F64) => kind::F64,
        Some(ValType::V128) => kind::V128,
        Some(ValType::ExternRef) => kind::EXTERNREF,
        Some(ValType::FuncRef) => kind::FUNCREF,
        Some(ValType::I32) | None => kind::I32,
    }
}

/// A number of pages or elements in 32 bits.
fn count(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Type {
    const NONE: Self =
        Self { params: &[], results: &[], value: 0, is_mutable: false, is_shared: false, minimum: 0, maximum: 0 };

    fn of(module: &'static Module<'static>, kind: u8, index: u32) -> Option<Self> {
        let image: &Image<'static> = module.image();
        let index = index as usize;
        let limits = |minimum, maximum, has_maximum, most| {
            (count(minimum), if has_maximum == 1 { count(maximum) } else { most })
        };
        Some(match ExternKind::from_raw(kind)? {
            ExternKind::Function => {
                let ty = image.types().get(image.functions().get(index)?.ty as usize)?;
                Self { params: image.params(&ty), results: image.results(&ty), ..Self::NONE }
            }
            ExternKind::Table => {
                let table = image.tables().get(index)?;
                let (minimum, maximum) = limits(table.minimum, table.maximum, table.has_maximum, u32::MAX);
                Self { value: kind_of(table.element), minimum, maximum, ..Self::NONE }
            }
            ExternKind::Memory => {
                let memory = image.memories().get(index)?;
                // The most that 32-bit addresses reach.
                let most = count((1 << 32) >> memory.page_log2.min(32));
                let (minimum, maximum) = limits(memory.minimum, memory.maximum, memory.has_maximum, most);
                Self { is_shared: memory.shared == 1, minimum, maximum, ..Self::NONE }
            }
            ExternKind::Global => {
                let global = image.globals().get(index)?;
                let is_mutable = global.mutability == Mutability::Var.raw();
                Self { value: kind_of(global.ty), is_mutable, ..Self::NONE }
            }
            ExternKind::Tag => return None,
        })
    }
}

impl Catalogue {
    /// `None` if there is no memory.
    fn of(module: &'static Module<'static>) -> Option<Self> {
        let image: &Image<'static> = module.image();
        let row = Row { module: null(), name: null(), kind: 0, index: NONE, ty: Type::NONE };
        let mut imports = Array::filled(row, image.imports().len())?;
        let mut exports = Array::filled(row, image.exports().len())?;
        // Names in images end with NUL.
        let text = |name| image.name_bytes(name).as_ptr().cast::<c_char>();
        for (row, import) in imports.get_mut().iter_mut().zip(image.imports().iter()) {
            let ty = Type::of(module, import.kind, import.index).unwrap_or(Type::NONE);
            *row = Row {
                module: text(import.module),
                name: text(import.name),
                kind: import.kind,
                index: import.index,
                ty,
            };
        }
        for (row, export) in exports.get_mut().iter_mut().zip(image.exports().iter()) {
            let ty = Type::of(module, export.kind, export.index).unwrap_or(Type::NONE);
            *row = Row { module: null(), name: text(export.name), kind: export.kind, index: export.index, ty };
        }
        Some(Self { imports, exports })
    }
}

/// The catalogue of a module, made now if it was not before.
///
/// # Safety
/// Null, or a module of the client.
unsafe fn catalogue<'a>(module: *mut Mod) -> Option<&'a Catalogue> {
    // SAFETY: promised by the caller; modules stay where they are, and their catalogues once they are made.
    unsafe {
        let place = module.as_ref()?;
        if place.catalogue.is_none() {
            (*module).catalogue = Catalogue::of(&place.module);
        }
        (*module).catalogue.as_ref()
    }
}

/// A row by the number that C gave.
fn row_at(rows: &Array<Row>, index: i32) -> Option<&Row> {
    rows.get().get(usize::try_from(index).ok()?)
}

exported! {
    /// How many imports a module has; -1 without a module or memory.
    fn wasm_runtime_get_import_count(module: *mut Mod) -> i32 {
        // SAFETY: as promised to this function.
        unsafe { catalogue(module) }.map_or(-1, |catalogue| catalogue.imports.get().len() as i32)
    }

    /// An import, in the order of the module: names and types stay as long as the module. All zero if there is none.
    fn wasm_runtime_get_import_type(module: *mut Mod, index: i32, to: *mut ImportType) {
        if to.is_null() {
            return;
        }
        let mut found = ImportType { module_name: null(), name: null(), kind: 0, linked: false, ty: null() };
        // SAFETY: as promised to this function.
        unsafe {
            if let Some(row) = catalogue(module).and_then(|catalogue| row_at(&catalogue.imports, index)) {
                let links = &(*module).links;
                let link = links.get().get(row.index as usize);
                found = ImportType {
                    module_name: row.module,
                    name: row.name,
                    kind: c_uint::from(row.kind),
                    linked: row.kind == ExternKind::Function.raw() && link.is_some_and(Link::is_linked),
                    ty: from_ref(&row.ty).cast(),
                };
            }
            to.write(found);
        }
    }

    /// How many exports a module has; -1 without a module or memory.
    fn wasm_runtime_get_export_count(module: *mut Mod) -> i32 {
        // SAFETY: as promised to this function.
        unsafe { catalogue(module) }.map_or(-1, |catalogue| catalogue.exports.get().len() as i32)
    }

    /// An export: names and types stay as long as the module. All zero if there is none. Sorted by name.
    fn wasm_runtime_get_export_type(module: *mut Mod, index: i32, to: *mut ExportType) {
        if to.is_null() {
            return;
        }
        // SAFETY: as promised to this function.
        unsafe {
            let row = catalogue(module).and_then(|catalogue| row_at(&catalogue.exports, index));
            to.write(row.map_or(ExportType { name: null(), kind: 0, ty: null() }, |row| ExportType {
                name: row.name,
                kind: c_uint::from(row.kind),
                ty: from_ref(&row.ty).cast(),
            }));
        }
    }

    /// How many parameters a function type has.
    fn wasm_func_type_get_param_count(ty: *const Type) -> u32 {
        // SAFETY: null, or a type of this library.
        unsafe { ty.as_ref() }.map_or(0, |ty| ty.params.len() as u32)
    }

    /// The kind of a parameter; 0xFF if there is none.
    fn wasm_func_type_get_param_valkind(ty: *const Type, index: u32) -> u8 {
        // SAFETY: null, or a type of this library.
        unsafe { ty.as_ref() }.and_then(|ty| ty.params.get(index as usize)).map_or(u8::MAX, |raw| kind_of(*raw))
    }

    /// How many results a function type has.
    fn wasm_func_type_get_result_count(ty: *const Type) -> u32 {
        // SAFETY: null, or a type of this library.
        unsafe { ty.as_ref() }.map_or(0, |ty| ty.results.len() as u32)
    }

    /// The kind of a result; 0xFF if there is none.
    fn wasm_func_type_get_result_valkind(ty: *const Type, index: u32) -> u8 {
        // SAFETY: null, or a type of this library.
        unsafe { ty.as_ref() }.and_then(|ty| ty.results.get(index as usize)).map_or(u8::MAX, |raw| kind_of(*raw))
    }

    /// The kind of a global.
    fn wasm_global_type_get_valkind(ty: *const Type) -> u8 {
        // SAFETY: null, or a type of this library.
        unsafe { ty.as_ref() }.map_or(u8::MAX, |ty| ty.value)
    }

    /// Whether a global can be assigned.
    fn wasm_global_type_get_mutable(ty: *const Type) -> bool {
        // SAFETY: null, or a type of this library.
        unsafe { ty.as_ref() }.is_some_and(|ty| ty.is_mutable)
    }

    /// Whether a memory is shared between threads.
    fn wasm_memory_type_get_shared(ty: *const Type) -> bool {
        // SAFETY: null, or a type of this library.
        unsafe { ty.as_ref() }.is_some_and(|ty| ty.is_shared)
    }

    /// Pages of a memory at the start.
    fn wasm_memory_type_get_init_page_count(ty: *const Type) -> u32 {
        // SAFETY: null, or a type of this library.
        unsafe { ty.as_ref() }.map_or(0, |ty| ty.minimum)
    }

    /// The most pages of a memory.
    fn wasm_memory_type_get_max_page_count(ty: *const Type) -> u32 {
        // SAFETY: null, or a type of this library.
        unsafe { ty.as_ref() }.map_or(0, |ty| ty.maximum)
    }

    /// The kind of a table's elements.
    fn wasm_table_type_get_elem_kind(ty: *const Type) -> u8 {
        // SAFETY: null, or a type of this library.
        unsafe { ty.as_ref() }.map_or(u8::MAX, |ty| ty.value)
    }

    /// Whether a table is shared: none is.
    fn wasm_table_type_get_shared(_ty: *const Type) -> bool {
        false
    }

    /// Elements of a table at the start.
    fn wasm_table_type_get_init_size(ty: *const Type) -> u32 {
        // SAFETY: null, or a type of this library.
        unsafe { ty.as_ref() }.map_or(0, |ty| ty.minimum)
    }

    /// The most elements of a table.
    fn wasm_table_type_get_max_size(ty: *const Type) -> u32 {
        // SAFETY: null, or a type of this library.
        unsafe { ty.as_ref() }.map_or(0, |ty| ty.maximum)
    }
}
