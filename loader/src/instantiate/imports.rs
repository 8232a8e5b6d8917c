//! Imports: found by name, compared by type.

use graver_aot_format::{BoundsStrategy, ExternKind, Import, NONE};

use super::Resolve;
use crate::alloc::Buf;
use crate::error::{AccessError, LinkError, Mismatch};
use crate::func::Func;
use crate::global::Global;
use crate::instance::Extern;
use crate::memory::Memory;
use crate::module::Module;
use crate::store::StoreInner;
use crate::store::function::FuncId;
use crate::store::global::GlobalType;
use crate::store::memory::MemoryType;
use crate::store::table::TableType;
use crate::table::Table;

/// What the imports of a module are in the store, by kind and in order.
#[derive(Debug)]
pub(crate) struct Imports<'m> {
    pub(crate) functions: Buf<'m, FuncId>,
    pub(crate) tables: Buf<'m, u32>,
    pub(crate) memories: Buf<'m, u32>,
    pub(crate) globals: Buf<'m, u32>,
}

impl<'m> Imports<'m> {
    /// Finds and checks all imports.
    pub(crate) fn find(
        store: &StoreInner<'m>,
        module: &'m Module<'_>,
        resolve: Resolve<'_>,
    ) -> Result<Self, LinkError<'m>> {
        let allocator = store.runtime.allocator();
        let image = module.image();
        let (facts, images) = (image.module(), image);
        let mut imports = Self {
            functions: Buf::with_capacity(allocator, facts.imported_functions as usize)?,
            tables: Buf::with_capacity(allocator, images.tables().len())?,
            memories: Buf::with_capacity(allocator, images.memories().len())?,
            globals: Buf::with_capacity(allocator, images.globals().len())?,
        };
        for import in image.imports().iter() {
            let (module_name, name) = (image.name(import.module), image.name(import.name));
            let missing = LinkError::Missing { module: module_name, name };
            let found = resolve(store, module_name, name).ok_or(missing)?;
            match imports.add(store, module, &import, found) {
                Ok(()) => {}
                Err(Failure::OutOfMemory) => return Err(LinkError::OutOfMemory),
                Err(Failure::Mismatch(mismatch)) => {
                    return Err(LinkError::Incompatible { module: module_name, name, mismatch });
                }
            }
        }
        Ok(imports)
    }

    fn add(
        &mut self,
        store: &StoreInner<'_>,
        module: &Module<'_>,
        import: &Import,
        found: Extern,
    ) -> Result<(), Failure> {
        match (ExternKind::from_raw(import.kind), found) {
            (Some(ExternKind::Function), Extern::Func(func)) => {
                self.functions.push(function(store, module, import.index, func)?)?;
            }
            (Some(ExternKind::Table), Extern::Table(table)) => {
                check_table(store, module, import.index, table)?;
                self.tables.push(table.index)?;
            }
            (Some(ExternKind::Memory), Extern::Memory(memory)) => {
                check_memory(store, module, import.index, memory)?;
                self.memories.push(memory.index)?;
            }
            (Some(ExternKind::Global), Extern::Global(global)) => {
                check_global(store, module, import.index, global)?;
                self.globals.push(global.index)?;
            }
            _ => return Err(Mismatch::Kind.into()),
        }
        Ok(())
    }
}

/// Why an import cannot be used.
#[derive(Clone, Copy, Debug)]
enum Failure {
    Mismatch(Mismatch),
    OutOfMemory,
}

impl From<Mismatch> for Failure {
    fn from(mismatch: Mismatch) -> Self {
        Self::Mismatch(mismatch)
    }
}

impl From<crate::alloc::OutOfMemory> for Failure {
    fn from(_: crate::alloc::OutOfMemory) -> Self {
        Self::OutOfMemory
    }
}

/// A handle of another store cannot be linked.
impl From<AccessError> for Failure {
    fn from(_: AccessError) -> Self {
        Self::Mismatch(Mismatch::ForeignStore)
    }
}

/// Fails with `mismatch` unless `holds`.
fn check(holds: bool, mismatch: Mismatch) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(mismatch.into()) }
}

fn function(store: &StoreInner<'_>, module: &Module<'_>, index: u32, func: Func) -> Result<FuncId, Failure> {
    let id = func.id(store)?;
    let ty = module.function_type(index).ok_or(Mismatch::FunctionType)?;
    check(store.signature(id)? == module.signature(&ty), Mismatch::FunctionType)?;
    if id.owner == FuncId::HOST {
        check(store.thunk_of(id.index, &ty) != NONE, Mismatch::NoThunk)?;
    } else {
        // Always there: exports have code.
        check(store.callee(id).is_some(), Mismatch::NoThunk)?;
    }
    Ok(id)
}

/// The rule for limits: at least as large as asked, and at most as large as asked.
fn limits_fit(size: u64, maximum: Option<u64>, minimum: u64, most: Option<u64>) -> bool {
    size >= minimum && most.is_none_or(|most| maximum.is_some_and(|maximum| maximum <= most))
}

fn check_table(store: &StoreInner<'_>, module: &Module<'_>, index: u32, table: Table) -> Result<(), Failure> {
    let record = module.image().tables().get(index as usize).ok_or(Mismatch::Kind)?;
    let (wanted, entry) = (TableType::of(&record), table.entry(store)?);
    check(entry.ty.element == wanted.element, Mismatch::ElementType)?;
    check(entry.ty.index_type == wanted.index_type, Mismatch::IndexType)?;
    check(limits_fit(entry.size(), entry.ty.maximum, wanted.minimum, wanted.maximum), Mismatch::Limits)
}

fn check_memory(store: &StoreInner<'_>, module: &Module<'_>, index: u32, memory: Memory) -> Result<(), Failure> {
    let record = module.image().memories().get(index as usize).ok_or(Mismatch::Kind)?;
    let (wanted, entry) = (MemoryType::of(&record), memory.entry(store)?);
    check(entry.ty.shared == wanted.shared, Mismatch::Shared)?;
    check(entry.ty.index_type == wanted.index_type, Mismatch::IndexType)?;
    check(entry.ty.page_log2 == wanted.page_log2, Mismatch::PageSize)?;
    check(limits_fit(entry.size(), entry.ty.maximum, wanted.minimum, wanted.maximum), Mismatch::Limits)?;
    check(record.bounds != BoundsStrategy::Guard.raw() || entry.is_guarded(), Mismatch::Guard)?;
    check(record.fixed == 0 || entry.size() == wanted.minimum, Mismatch::FixedLength)
}

fn check_global(store: &StoreInner<'_>, module: &Module<'_>, index: u32, global: Global) -> Result<(), Failure> {
    let record = module.image().globals().get(index as usize).ok_or(Mismatch::Kind)?;
    let (wanted, entry) = (GlobalType::of(&record), global.entry(store)?);
    check(entry.ty.value == wanted.value, Mismatch::GlobalType)?;
    check(entry.ty.mutability == wanted.mutability, Mismatch::Mutability)
}
