//! Decisions that all partitions and the image must agree on.

use std::ops::Range;

use graver_aot_format::{BoundsStrategy, abi};
use serde::{Deserialize, Serialize};
use wasmparser::FuncType;

use crate::module::Module;
use crate::options::Options;
use crate::translate::symbol;

/// Bytes of wasm code per partition. Fixed, so that the split, and with it the output, never depends on the machine.
const PARTITION_BYTES: u64 = 12 * 1024;

/// Functions that are compiled in one LLVM module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Partition {
    /// Function indexes, none of them imported.
    pub(crate) functions: Range<u32>,
    /// This one also holds glue, thunks and init functions.
    pub(crate) has_glue: bool,
}

/// What is decided before translation starts.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Where everything is in the context.
    pub(crate) layout: abi::ContextLayout,
    /// The split of the code.
    pub(crate) partitions: Vec<Partition>,
    /// Canonical types that need a thunk from host to wasm, ascending.
    pub(crate) call_thunks: Vec<u32>,
    /// Canonical types that need a thunk from wasm to the host, ascending.
    pub(crate) raw_thunks: Vec<u32>,
    /// Those of them that C functions can have.
    pub(crate) native_thunks: Vec<u32>,
    pointer_bytes: u8,
}

impl Plan {
    /// The symbols that the image refers to; the linker keeps what they need.
    pub(crate) fn roots(&self, module: &Module<'_>) -> Vec<String> {
        let glue = ["graver_enter", "graver_leave", "graver_trap"].map(str::to_owned);
        let own = module.escaping.iter().copied().filter(|function| *function >= module.imported_functions);
        let inits = (0..module.init_functions.len() as u32).map(symbol::init);
        let init_thunks = module.init_functions.iter().map(|(_, ty)| symbol::init_thunk(*ty));
        glue.into_iter()
            .chain(own.map(symbol::function))
            .chain(self.call_thunks.iter().copied().map(symbol::call_thunk))
            .chain(self.raw_thunks.iter().copied().map(symbol::raw_thunk))
            .chain(self.native_thunks.iter().copied().map(symbol::native_thunk))
            .chain(inits)
            .chain(init_thunks)
            .collect()
    }

    /// Plans a compilation.
    pub(crate) fn new(module: &Module<'_>, options: &Options) -> Self {
        let pointer_bytes = options.target.pointer_bytes;
        let raw_thunks = canonical_types(module, 0..module.imported_functions);
        Self {
            layout: abi::ContextLayout::new(&context_shape(module), pointer_bytes),
            partitions: partitions(module, options),
            call_thunks: canonical_types(module, module.escaping.iter().copied()),
            native_thunks: raw_thunks.iter().copied().filter(|ty| is_native(&module.types[*ty as usize])).collect(),
            raw_thunks,
            pointer_bytes,
        }
    }

    /// Bytes of a pointer on the target.
    pub(crate) fn pointer_bytes(&self) -> u8 {
        self.pointer_bytes
    }

    /// How accesses to memory `index` are kept in bounds: guard regions need 32-bit indexes, whole pages of the host
    /// and a 64-bit address space.
    pub(crate) fn bounds(&self, module: &Module<'_>, options: &Options, index: u32) -> BoundsStrategy {
        let memory = &module.memories[index as usize];
        let can_guard = !memory.limits.is_64 && memory.page_log2 == abi::WASM_PAGE_LOG2 && self.pointer_bytes == 8;
        if can_guard { options.bounds() } else { BoundsStrategy::Software }
    }
}

fn context_shape(module: &Module<'_>) -> abi::ContextShape {
    let own_memories = &module.memories[module.imported_memories as usize..];
    let own_tables = &module.tables[module.imported_tables as usize..];
    abi::ContextShape {
        imported_functions: module.imported_functions,
        imported_tables: module.imported_tables,
        memory_pointers: abi::ContextShape::memory_pointers_of(
            module.imported_memories,
            module.memories.len() as u32,
            own_memories.iter().any(|memory| memory.shared),
        ),
        imported_globals: module.imported_globals,
        tables: own_tables.iter().filter(|table| table.constant.is_none()).count() as u32,
        memories: own_memories.len() as u32,
        global_cells: module.global_cell(module.globals.len() as u32),
        references: module.references.len() as u32,
        types: if module.has_local_type_ids { 0 } else { module.types.len() as u32 },
    }
}

fn partitions(module: &Module<'_>, options: &Options) -> Vec<Partition> {
    let end = module.functions.len() as u32;
    let mut start = module.imported_functions;
    // A textual format shows the module in one piece.
    let limit = if options.format.is_image() { PARTITION_BYTES } else { u64::MAX };
    let mut partitions = Vec::new();
    let mut bytes = 0;
    for (position, body) in module.bodies.iter().enumerate() {
        let next = module.imported_functions + position as u32 + 1;
        bytes += body.range().end - body.range().start;
        if bytes >= limit && next < end {
            partitions.push(Partition { functions: start..next, has_glue: false });
            start = next;
            bytes = 0;
        }
    }
    partitions.push(Partition { functions: start..end, has_glue: true });
    partitions
}

/// Whether C functions can have a type: numbers and external references only, and no reference beyond the first result.
fn is_native(ty: &FuncType) -> bool {
    use wasmparser::ValType::{F32, F64, I32, I64};
    let is_number = |ty: &wasmparser::ValType| matches!(ty, I32 | I64 | F32 | F64);
    let is_value = |ty: &wasmparser::ValType| is_number(ty) || *ty == wasmparser::ValType::EXTERNREF;
    ty.params().iter().all(is_value)
        && ty.results().first().is_none_or(is_value)
        && ty.results().iter().skip(1).all(is_number)
}

fn canonical_types(module: &Module<'_>, functions: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut types: Vec<u32> = functions.map(|function| module.canonical(module.functions[function as usize])).collect();
    types.sort_unstable();
    types.dedup();
    types
}
