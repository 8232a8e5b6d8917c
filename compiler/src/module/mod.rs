//! A validated module in the form that translation and image need.

mod analysis;
mod parse;

use graver_aot_format::{ExternKind, ValType, abi};
use wasmparser::{ConstExpr, FuncType, FunctionBody};

pub(crate) use parse::parse;

/// A limit pair with the size of what it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) minimum: u64,
    pub(crate) maximum: Option<u64>,
    pub(crate) is_64: bool,
}

/// A linear memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) limits: Limits,
    pub(crate) page_log2: u8,
    pub(crate) shared: bool,
    /// Imported or exported: someone else may access or grow it.
    pub(crate) is_visible: bool,
    /// Some function has `memory.grow` for it.
    pub(crate) is_grown: bool,
    /// The code copies within it.
    pub(crate) is_copied: bool,
    /// The code fills parts of it.
    pub(crate) is_filled: bool,
}

impl Memory {
    /// Bytes at instantiation.
    pub(crate) fn minimum_bytes(&self) -> u64 {
        self.limits.minimum.saturating_mul(1 << self.page_log2)
    }

    /// Its last page of addresses stays unused: the loader lets no memory grow into it, and of an imported one only the
    /// maximum is known.
    fn lacks_last_page(&self, is_imported: bool) -> bool {
        let pages = if is_imported { self.limits.maximum } else { Some(self.limits.minimum) };
        let last = ((1_u64 << 32) - (1 << abi::WASM_PAGE_LOG2)) >> self.page_log2;
        !self.limits.is_64 && pages.is_some_and(|pages| pages <= last)
    }

    /// Nobody else sees the memory and no code grows it: its length is what it was at instantiation.
    pub(crate) fn never_grows(&self) -> bool {
        !self.is_visible && !self.is_grown
    }
}

/// A table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) limits: Limits,
    pub(crate) element: ValType,
    pub(crate) init: Init,
    /// Imported or exported: someone else may access it.
    pub(crate) is_visible: bool,
    /// Some instruction other than `call_indirect` and `table.size` uses it.
    pub(crate) is_accessed: bool,
    /// Functions (or null) if the table is constant: it becomes read-only data and takes no RAM.
    pub(crate) constant: Option<Vec<Option<u32>>>,
}

/// A global.
#[derive(Clone, Debug)]
pub(crate) struct Global {
    pub(crate) ty: ValType,
    pub(crate) mutable: bool,
    pub(crate) init: Init,
    /// Imported or exported: someone else may access it.
    pub(crate) is_visible: bool,
}

/// Where an initial value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Init {
    /// A number, as its bits.
    Constant(ValType, u64),
    /// The value of a global.
    Global(u32),
    /// A reference to a function.
    Function(u32),
    /// The null reference of a type.
    Null(ValType),
    /// A general expression, compiled as init function number `0`.
    Code(u32),
}

/// Where a segment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Passive,
    Active { target: u32, offset: Init },
    Declared,
}

/// An element segment.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) mode: Mode,
    pub(crate) ty: ValType,
    pub(crate) items: Vec<Init>,
}

/// A data segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Data<'a> {
    pub(crate) mode: Mode,
    pub(crate) bytes: &'a [u8],
}

/// An import.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Import<'a> {
    pub(crate) module: &'a str,
    pub(crate) name: &'a str,
    pub(crate) kind: ExternKind,
    pub(crate) index: u32,
}

/// An export.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Export<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: ExternKind,
    pub(crate) index: u32,
}

/// Everything known about a module.
#[derive(Debug, Default)]
pub(crate) struct Module<'a> {
    pub(crate) types: Vec<FuncType>,
    /// For each type the first one equal to it.
    pub(crate) canonical_types: Vec<u32>,
    pub(crate) imports: Vec<Import<'a>>,
    pub(crate) imported_functions: u32,
    pub(crate) imported_tables: u32,
    pub(crate) imported_memories: u32,
    pub(crate) imported_globals: u32,
    /// Type index of every function, imported ones first.
    pub(crate) functions: Vec<u32>,
    pub(crate) tables: Vec<Table>,
    pub(crate) memories: Vec<Memory>,
    pub(crate) globals: Vec<Global>,
    pub(crate) exports: Vec<Export<'a>>,
    pub(crate) start: Option<u32>,
    pub(crate) elements: Vec<Element>,
    pub(crate) data: Vec<Data<'a>>,
    /// Bodies of the functions that are not imported.
    pub(crate) bodies: Vec<FunctionBody<'a>>,
    /// General constant expressions, each compiled to a function without parameters.
    pub(crate) init_functions: Vec<(ConstExpr<'a>, ValType)>,
    /// Functions whose references are taken, ascending.
    pub(crate) references: Vec<u32>,
    /// Functions that something outside the image can call, ascending: exports, references, start, constant tables.
    pub(crate) escaping: Vec<u32>,
    /// No reference can come from another instance, so type ids are canonical type indexes.
    pub(crate) has_local_type_ids: bool,
    /// Some function or constant expression computes with floats.
    pub(crate) uses_floats: bool,
    /// Function names of the `name` section.
    pub(crate) names: Vec<(u32, &'a str)>,
    /// Names and bytes of custom sections, in the order of the file.
    pub(crate) custom_sections: Vec<(&'a str, &'a [u8])>,
}

impl Module<'_> {
    /// No memory reaches the last 64 KiB of 32-bit addresses.
    pub(crate) fn memories_lack_last_page(&self) -> bool {
        let mut memories = self.memories.iter().enumerate();
        memories.all(|(index, memory)| memory.lacks_last_page(index < self.imported_memories as usize))
    }

    /// The type of function `index`.
    pub(crate) fn function_type(&self, index: u32) -> &FuncType {
        &self.types[self.functions[index as usize] as usize]
    }

    /// The first type equal to type `index`.
    pub(crate) fn canonical(&self, index: u32) -> u32 {
        self.canonical_types[index as usize]
    }

    /// Position of a function's reference in the context.
    pub(crate) fn reference(&self, function: u32) -> Option<u32> {
        self.references.binary_search(&function).ok().map(|position| position as u32)
    }

    /// The name of a function, for messages.
    pub(crate) fn function_name(&self, index: u32) -> Option<&str> {
        let named = self.names.iter().find(|(function, _)| *function == index).map(|(_, name)| *name);
        named.or_else(|| {
            self.exports
                .iter()
                .find(|export| export.kind == ExternKind::Function && export.index == index)
                .map(|export| export.name)
        })
    }

    /// Position of own table `index` among the tables that live in the context.
    pub(crate) fn table_slot(&self, index: u32) -> u32 {
        let own = &self.tables[self.imported_tables as usize..index as usize];
        own.iter().filter(|table| table.constant.is_none()).count() as u32
    }

    /// First cell of own global `index`.
    pub(crate) fn global_cell(&self, index: u32) -> u32 {
        let own = &self.globals[self.imported_globals as usize..index as usize];
        own.iter().map(|global| global.ty.cells() as u32).sum()
    }
}

/// The value type in the file's terms; `None` for those that are not supported.
pub(crate) fn val_type(ty: wasmparser::ValType) -> Option<ValType> {
    Some(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(ty) if ty == wasmparser::RefType::FUNCREF => ValType::FuncRef,
        wasmparser::ValType::Ref(ty) if ty == wasmparser::RefType::EXTERNREF => ValType::ExternRef,
        wasmparser::ValType::Ref(_) => return None,
    })
}
