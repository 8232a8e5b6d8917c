//! Imports: found by name, compared by type.

use graver_aot_format::{BoundsStrategy, ExternKind, Import, NONE};

use super::Resolve;
use super::build::Builder;
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

impl<'m> Builder<'_, 'm> {
    /// Finds and checks all imports.
    pub(super) fn link(&mut self, resolve: Resolve<'_>) -> Result<(), LinkError<'m>> {
        let importer = self.entry.module;
        for import in importer.image().imports().iter() {
            let (module, name) = (importer.name(import.module), importer.name(import.name));
            let found = resolve(self.store, module, name).ok_or(LinkError::Missing { module, name })?;
            self.add(&import, found).map_err(|mismatch| LinkError::Incompatible { module, name, mismatch })?;
        }
        Ok(())
    }

    /// Puts what was found for an import into the instance, tables, memories and globals also into the context.
    fn add(&mut self, import: &Import, found: Extern) -> Result<(), Mismatch> {
        let (store, module, index) = (&*self.store, self.entry.module, import.index);
        let kind = ExternKind::from_raw(import.kind).ok_or(Mismatch::Kind)?;
        let layout = module.layout();
        let (position, offset, address) = match (kind, found) {
            (ExternKind::Function, Extern::Func(func)) => {
                let function = function(store, module, index, func)?;
                *self.entry.imports.get_mut(index as usize).ok_or(Mismatch::Kind)? = function;
                return Ok(());
            }
            (ExternKind::Table, Extern::Table(table)) => {
                (table.index, layout.imported_table(index), check_table(store, module, index, table)?)
            }
            (ExternKind::Memory, Extern::Memory(memory)) => {
                (memory.index, layout.memory_pointer(index), check_memory(store, module, index, memory)?)
            }
            (ExternKind::Global, Extern::Global(global)) => {
                (global.index, layout.imported_global(index), check_global(store, module, index, global)?)
            }
            _ => return Err(Mismatch::Kind),
        };
        self.entry.set_position(kind, index, position as usize);
        self.entry.context.at(offset).set(address);
        Ok(())
    }
}

/// A handle of another store cannot be linked.
impl From<AccessError> for Mismatch {
    fn from(_: AccessError) -> Self {
        Self::ForeignStore
    }
}

/// Fails with `mismatch` unless `holds`.
fn check(holds: bool, mismatch: Mismatch) -> Result<(), Mismatch> {
    if holds { Ok(()) } else { Err(mismatch) }
}

fn function(store: &StoreInner<'_>, module: &Module<'_>, index: u32, func: Func) -> Result<FuncId, Mismatch> {
    let id = func.id(store)?;
    let ty = module.function_type(index).ok_or(Mismatch::FunctionType)?;
    check(store.signature(id)? == module.signature(&ty), Mismatch::FunctionType)?;
    let has_code = match id.owner {
        FuncId::HOST => store.thunk_of(id.index, &ty) != NONE,
        // Always: exports have code.
        _ => store.callee(id).is_some(),
    };
    check(has_code, Mismatch::NoThunk)?;
    Ok(id)
}

/// The rule for limits: at least as large as asked, and at most as large as asked.
fn limits_fit(size: u64, maximum: Option<u64>, minimum: u64, most: Option<u64>) -> bool {
    size >= minimum && most.is_none_or(|most| maximum.is_some_and(|maximum| maximum <= most))
}

/// The address of the table's descriptor.
fn check_table(store: &StoreInner<'_>, module: &Module<'_>, index: u32, table: Table) -> Result<usize, Mismatch> {
    let record = module.image().tables().get(index as usize).ok_or(Mismatch::Kind)?;
    let (wanted, entry) = (TableType::of(&record), table.entry(store)?);
    check(entry.ty.element == wanted.element, Mismatch::ElementType)?;
    check(entry.ty.index_type == wanted.index_type, Mismatch::IndexType)?;
    check(limits_fit(entry.size(), entry.ty.maximum, wanted.minimum, wanted.maximum), Mismatch::Limits)?;
    Ok(entry.descriptor().address())
}

/// The address of the memory's descriptor.
fn check_memory(store: &StoreInner<'_>, module: &Module<'_>, index: u32, memory: Memory) -> Result<usize, Mismatch> {
    let record = module.image().memories().get(index as usize).ok_or(Mismatch::Kind)?;
    let (wanted, entry) = (MemoryType::of(&record), memory.entry(store)?);
    check(entry.ty.shared == wanted.shared, Mismatch::Shared)?;
    check(entry.ty.index_type == wanted.index_type, Mismatch::IndexType)?;
    check(entry.ty.page_log2 == wanted.page_log2, Mismatch::PageSize)?;
    check(limits_fit(entry.size(), entry.ty.maximum, wanted.minimum, wanted.maximum), Mismatch::Limits)?;
    check(record.bounds != BoundsStrategy::Guard.raw() || entry.is_guarded(), Mismatch::Guard)?;
    check(record.fixed == 0 || entry.size() == wanted.minimum, Mismatch::FixedLength)?;
    Ok(entry.descriptor().address())
}

/// The address of the global's first cell.
fn check_global(store: &StoreInner<'_>, module: &Module<'_>, index: u32, global: Global) -> Result<usize, Mismatch> {
    let record = module.image().globals().get(index as usize).ok_or(Mismatch::Kind)?;
    let (wanted, entry) = (GlobalType::of(&record), global.entry(store)?);
    check(entry.ty.value == wanted.value, Mismatch::GlobalType)?;
    check(entry.ty.mutability == wanted.mutability, Mismatch::Mutability)?;
    Ok(entry.address())
}
