//! What the imports of an instance stand for.
#![allow(unsafe_code)] // Defines host functions over natives of the client.

use graver_loader::format::{ExternKind, Import};
use graver_loader::{
    AccessError, CallError, Extern, Func, Global, IndexType, Memory, MemoryType, Mutability, NativeError, Table,
    TableType, Val, ValType,
};

use crate::array::Array;
use crate::instance::Inst;
use crate::load::Mod;
use crate::natives::Target;
use crate::{builtin, exception, parts};

/// Bytes below the data of a module that brings no stack of its own.
const STACK: u32 = 64 * 1024;

/// Numbers that modules made to be loaded beside others import from `env`: where their data, functions and stack go.
/// There are no others here, so that is the start of everything.
const BASES: &[&str] = &[
    "__memory_base",
    "memoryBase",
    "__table_base",
    "tableBase",
    "DYNAMICTOP_PTR",
    "tempDoublePtr",
    "STACKTOP",
    "STACK_MAX",
    "ABORT",
];

/// What LLVM's linker makes such modules import.
const STACK_POINTER: &str = "__stack_pointer";
const FUNCTION_TABLE: &str = "__indirect_function_table";

/// Whether the library itself defines a global for a name.
pub(crate) fn is_global(module: &str, name: &str) -> bool {
    builtin::global(module, name).is_some() || (module == "env" && (BASES.contains(&name) || name == STACK_POINTER))
}

/// The instance whose imports are wanted.
struct Importer {
    inst: *mut Inst,
    module: &'static Mod,
    /// The module is of LLVM's kind: its stack is below its data, and the null function is in front of its own.
    wants_stack: bool,
}

/// What the imports of an instance stand for, in the module's order; `None` for those that nothing defines.
///
/// # Errors
/// A text if there is no memory.
///
/// # Safety
/// The instance lives and is not linked yet.
pub(crate) unsafe fn find(inst: *mut Inst) -> Result<Array<Option<Extern>>, &'static str> {
    const NO_MEMORY: &str = "allocate memory failed";
    // SAFETY: promised by the caller, and modules outlive their instances.
    let module: &'static Mod = unsafe { &*(*inst).module };
    let image = module.module.image();
    let wants_stack = image.imports().iter().any(|import| {
        image.name(import.module) == "env" && matches!(image.name(import.name), STACK_POINTER | FUNCTION_TABLE)
    });
    let importer = Importer { inst, module, wants_stack };
    let mut found = Array::filled(None, image.imports().len()).ok_or(NO_MEMORY)?;
    for ((position, import), found) in image.imports().iter().enumerate().zip(found.get_mut()) {
        *found = match importer.find(position, &import) {
            Ok(found) => found,
            Err(AccessError::OutOfMemory) => return Err(NO_MEMORY),
            Err(_) => return Err("incompatible import type"),
        };
    }
    Ok(found)
}

impl Importer {
    fn find(&self, position: usize, import: &Import) -> Result<Option<Extern>, AccessError> {
        let image = self.module.module.image();
        let (module, name) = (image.name(import.module), image.name(import.name));
        let source = self.module.relations.source(position);
        if !source.is_null() {
            return Ok(self.export(source, name));
        }
        match ExternKind::from_raw(import.kind) {
            Some(ExternKind::Function) => self.function(import.index, module, name),
            Some(ExternKind::Global) => self.global(import.index, module, name),
            Some(ExternKind::Memory) => self.memory(import.index),
            Some(ExternKind::Table) => self.table(import.index),
            _ => Ok(None),
        }
    }

    /// What another module of the program exports.
    fn export(&self, source: *const Mod, name: &str) -> Option<Extern> {
        // SAFETY: the instance lives; those that it imports from have been made.
        unsafe {
            let part = parts::of_module(self.inst, source)?;
            (*part).instance?.export(&*(*part).store(), name)
        }
    }

    /// A native, a function of the library's own, or something that traps.
    fn function(&self, index: u32, module: &'static str, name: &'static str) -> Result<Option<Extern>, AccessError> {
        let links = self.module.links.get();
        let (Some(ty), Some(link)) = (self.module.module.function_signature(index), links.get(index as usize)) else {
            return Ok(None);
        };
        let (link, inst) = (*link, self.inst);
        // SAFETY: the instance lives as long as its functions; natives have the types that the client says.
        let func = unsafe {
            let mut store = (*inst).store();
            match link.target {
                Target::Nothing => Func::raw(&mut store, ty, move |_, _| {
                    let text = format_args!("failed to call unlinked import function ({module}, {name})");
                    exception::set(inst, text);
                    Err(CallError::code(0))
                }),
                Target::Builtin(row) => Func::raw(&mut store, ty, move |_, cells| builtin::call(row, inst, cells)),
                Target::Wasi(function) => {
                    let root = (*inst).root;
                    Func::raw(&mut store, ty, move |caller, cells| function.call((*root).wasi.as_ref(), caller, cells))
                }
                Target::Raw(function) => {
                    Func::raw(&mut store, ty, move |caller, cells| link.call_raw(function, inst, caller, cells))
                }
                Target::Native(function) => {
                    Func::native(&mut store, &link.native(ty, function)).map_err(|error| match error {
                        NativeError::OutOfMemory => AccessError::OutOfMemory,
                        // Letters are checked when modules are loaded.
                        NativeError::Signature => AccessError::NoThunk,
                    })
                }
            }
        };
        func.map(|func| Some(func.into()))
    }

    fn global(&self, index: u32, module: &str, name: &str) -> Result<Option<Extern>, AccessError> {
        let Some(record) = self.module.module.image().globals().get(index as usize) else { return Ok(None) };
        let is_i32 = ValType::from_raw(record.ty) == Some(ValType::I32);
        let side = (module == "env" && is_i32).then(|| self.base(name)).flatten();
        let mutability = if record.mutability == Mutability::Var.raw() { Mutability::Var } else { Mutability::Const };
        let (value, mutability) = match builtin::global(module, name) {
            Some(value) => (value, Mutability::Const),
            None => match side {
                Some(base) => (Val::I32(base.cast_signed()), mutability),
                None => return Ok(None),
            },
        };
        // SAFETY: the instance lives.
        let mut store = unsafe { (*self.inst).store() };
        Global::new(&mut store, mutability, value).map(|global| Some(global.into()))
    }

    /// The value of a base.
    fn base(&self, name: &str) -> Option<u32> {
        match name {
            STACK_POINTER => Some(STACK),
            "__memory_base" if self.wants_stack => Some(STACK),
            "__table_base" if self.wants_stack => Some(1),
            name => BASES.contains(&name).then_some(0),
        }
    }

    /// Memories are the instance's own, as the module declares them.
    fn memory(&self, index: u32) -> Result<Option<Extern>, AccessError> {
        let Some(record) = self.module.module.image().memories().get(index as usize) else { return Ok(None) };
        let below = if self.wants_stack && index == 0 { u64::from(STACK >> record.page_log2.min(31)) } else { 0 };
        let ty = MemoryType {
            minimum: record.minimum.saturating_add(below),
            maximum: (record.has_maximum == 1).then_some(record.maximum),
            index_type: IndexType::from_raw(record.index_type).unwrap_or(IndexType::I32),
            page_log2: record.page_log2,
            shared: record.shared == 1,
        };
        // SAFETY: the instance lives.
        let mut store = unsafe { (*self.inst).store() };
        Memory::new(&mut store, ty).map(|memory| Some(memory.into()))
    }

    /// Tables are the instance's own, as the module declares them.
    fn table(&self, index: u32) -> Result<Option<Extern>, AccessError> {
        let Some(record) = self.module.module.image().tables().get(index as usize) else { return Ok(None) };
        let ty = TableType {
            element: ValType::from_raw(record.element).unwrap_or(ValType::FuncRef),
            minimum: record.minimum.saturating_add(u64::from(self.wants_stack)),
            maximum: (record.has_maximum == 1).then_some(record.maximum),
            index_type: IndexType::from_raw(record.index_type).unwrap_or(IndexType::I32),
        };
        // SAFETY: the instance lives.
        let mut store = unsafe { (*self.inst).store() };
        Table::new(&mut store, ty).map(|table| Some(table.into()))
    }
}
