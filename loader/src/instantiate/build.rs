//! Allocates an instance and fills in its context, all or nothing.

use graver_aot_format::abi::{ContextHead, FunctionReference, FunctionSlot, HostRecord};
use graver_aot_format::{Module as ModuleFacts, NONE};

use super::imports::Imports;
use crate::alloc::{Buf, OutOfMemory};
use crate::error::{AccessError, LinkError};
use crate::module::Module;
use crate::store::StoreInner;
use crate::store::cell::Context;
use crate::store::function::{Callee, FuncId};
use crate::store::global::{GlobalEntry, GlobalType};
use crate::store::instance::InstanceEntry;
use crate::store::memory::MemoryEntry;
use crate::store::table::TableEntry;

/// An instance that is being made. What it owns moves to the store at once when everything is there.
struct Builder<'s, 'm> {
    store: &'s mut StoreInner<'m>,
    module: &'m Module<'m>,
    context: Context<'m>,
    own_memories: Buf<'m, MemoryEntry<'m>>,
    own_tables: Buf<'m, TableEntry<'m>>,
    own_globals: Buf<'m, GlobalEntry<'m>>,
}

/// Adds an instance to the store, not yet initialised, and returns its index.
pub(super) fn build<'m>(
    store: &mut StoreInner<'m>,
    module: &'m Module<'_>,
    mut imports: Imports<'m>,
) -> Result<u32, LinkError<'m>> {
    let allocator = store.runtime.allocator();
    let mut builder = Builder {
        context: Context::new(store.runtime, module.layout().size())?,
        store,
        module,
        own_memories: Buf::new(allocator),
        own_tables: Buf::new(allocator),
        own_globals: Buf::new(allocator),
    };
    builder.write_head();
    builder.write_imports(&imports);
    builder.make_memories(&mut imports.memories)?;
    builder.make_tables(&mut imports.tables)?;
    builder.make_globals(&mut imports.globals)?;
    builder.write_type_ids()?;
    let records = builder.write_slots(&imports.functions)?;
    builder.write_references()?;
    Ok(builder.finish(imports, records)?)
}

impl<'m> Builder<'_, 'm> {
    fn index(&self) -> usize {
        self.store.instances.len()
    }

    fn write_head(&self) {
        self.context.at::<ContextHead>(0).set(self.store.context_head(self.index()));
    }

    /// Pointers to what imported tables, memories and globals are.
    fn write_imports(&self, imports: &Imports<'_>) {
        let (store, layout) = (&*self.store, self.module.layout());
        let put = |offset: u32, address: Option<usize>| self.context.at::<usize>(offset).set(address.unwrap_or(0));
        for (index, position) in (0..).zip(imports.memories.iter()) {
            let memory = store.memories.get(*position as usize);
            put(layout.imported_memory(index), memory.map(|memory| memory.descriptor().address()));
        }
        for (index, position) in (0..).zip(imports.tables.iter()) {
            let table = store.tables.get(*position as usize);
            put(layout.imported_table(index), table.map(|table| table.descriptor().address()));
        }
        for (index, position) in (0..).zip(imports.globals.iter()) {
            let global = store.globals.get(*position as usize);
            put(layout.imported_global(index), global.map(GlobalEntry::address));
        }
    }

    fn make_memories(&mut self, positions: &mut Buf<'m, u32>) -> Result<(), OutOfMemory> {
        let own = self.module.image().memories();
        let first = self.store.memories.len();
        for (index, record) in (0..).zip(own.iter().skip(positions.len())) {
            let descriptor = self.context.at(self.module.layout().memory(index));
            let entry = MemoryEntry::of_instance(self.store.runtime, &record, descriptor).map_err(no_memory)?;
            self.own_memories.push(entry)?;
            positions.push((first + index as usize) as u32)?;
        }
        Ok(())
    }

    fn make_tables(&mut self, positions: &mut Buf<'m, u32>) -> Result<(), OutOfMemory> {
        let own = self.module.image().tables();
        for record in own.iter().skip(positions.len()) {
            if record.constant != NONE {
                positions.push(NONE)?;
                continue;
            }
            let slot = self.own_tables.len();
            let descriptor = self.context.at(self.module.layout().table(slot as u32));
            let entry = TableEntry::of_instance(self.store.runtime, &record, descriptor).map_err(no_memory)?;
            self.own_tables.push(entry)?;
            positions.push((self.store.tables.len() + slot) as u32)?;
        }
        Ok(())
    }

    fn make_globals(&mut self, positions: &mut Buf<'m, u32>) -> Result<(), OutOfMemory> {
        let own = self.module.image().globals();
        let first = self.store.globals.len();
        let mut cell = 0;
        for (index, record) in own.iter().skip(positions.len()).enumerate() {
            let ty = GlobalType::of(&record);
            let cells = ty.value.cells() as u32;
            let place = |number: u32| self.context.at(self.module.layout().global_cell(number));
            // A value of one cell has the first place twice; only one is used.
            let entry = GlobalEntry::of_instance(ty, [place(cell), place(cell + cells - 1)]);
            self.own_globals.push(entry)?;
            positions.push((first + index) as u32)?;
            cell += cells;
        }
        Ok(())
    }

    fn has_local_ids(&self) -> bool {
        self.module.image().module().flags & ModuleFacts::LOCAL_TYPE_IDS != 0
    }

    fn write_type_ids(&mut self) -> Result<(), OutOfMemory> {
        if self.has_local_ids() {
            return Ok(());
        }
        let module = self.module;
        for (index, ty) in (0..).zip(module.image().types().iter()) {
            let place = self.context.at::<u32>(module.layout().type_id(index));
            if ty.canonical == index {
                place.set(self.store.type_id(module.signature(&ty))?);
            } else {
                place.set(self.context.at::<u32>(module.layout().type_id(ty.canonical)).get());
            }
        }
        Ok(())
    }

    /// What each imported function is for generated code; returns the records of host functions.
    fn write_slots(&self, functions: &[FuncId]) -> Result<Buf<'m, HostRecord>, OutOfMemory> {
        let hosts = functions.iter().filter(|function| function.owner == FuncId::HOST).count();
        let mut records = Buf::with_capacity(self.store.runtime.allocator(), hosts)?;
        for (index, function) in (0..).zip(functions) {
            let callee = if function.owner == FuncId::HOST {
                let record = self.store.host_record(function.index, self.index()).unwrap_or_default();
                let ctx = records.start().expose_provenance().get() + records.len() * size_of::<HostRecord>();
                // There is room for all of them, so those before stay where they are.
                records.push(record)?;
                let ty = self.module.function_type(index);
                ty.map(|ty| Callee { code: self.module.code(self.store.thunk_of(function.index, &ty)), ctx })
            } else {
                self.store.callee(*function)
            };
            let slot = callee.map_or(FunctionSlot::default(), |Callee { code, ctx }| FunctionSlot { code, ctx });
            self.context.at(self.module.layout().function_slot(index)).set(slot);
        }
        Ok(records)
    }

    fn write_references(&self) -> Result<(), OutOfMemory> {
        let (image, layout) = (self.module.image(), self.module.layout());
        let owner = self.context.address();
        for (position, function) in (0..).zip(image.references().iter()) {
            let (Some(record), Some(ty)) =
                (image.functions().get(function as usize), self.module.function_type(function))
            else {
                continue;
            };
            let slot = if function < image.module().imported_functions {
                self.context.at::<FunctionSlot>(layout.function_slot(function)).get()
            } else {
                FunctionSlot { code: self.module.code(record.code), ctx: owner }
            };
            let type_id = if self.has_local_ids() {
                ty.canonical
            } else {
                self.context.at::<u32>(layout.type_id(ty.canonical)).get()
            };
            let reference = FunctionReference { code: slot.code, ctx: slot.ctx, type_id: type_id as usize, owner };
            self.context.at(layout.reference(position)).set(reference);
        }
        Ok(())
    }

    /// Moves everything to the store. Allocates first, so that nothing can fail halfway.
    fn finish(self, imports: Imports<'m>, records: Buf<'m, HostRecord>) -> Result<u32, OutOfMemory> {
        let Self { store, module, context, own_memories, own_tables, own_globals } = self;
        let allocator = store.runtime.allocator();
        let image = module.image();
        let dropped_data = Buf::filled(allocator, false, image.data_segments().len())?;
        let dropped_elements = Buf::filled(allocator, false, image.elements().len())?;
        store.instances.reserve(1)?;
        store.memories.reserve(own_memories.len())?;
        store.tables.reserve(own_tables.len())?;
        store.globals.reserve(own_globals.len())?;

        freeze(store, module, &imports);
        store.reserve_stack_slack(image.header().stack_slack as usize);
        if image.module().flags & ModuleFacts::USES_FLOATS != 0 {
            store.float_door.get_or_insert(module);
        }
        store.memories.append(own_memories)?;
        store.tables.append(own_tables)?;
        store.globals.append(own_globals)?;
        let index = store.instances.len() as u32;
        store.instances.push(InstanceEntry {
            module,
            context,
            imports: imports.functions,
            memories: imports.memories,
            tables: imports.tables,
            globals: imports.globals,
            _records: records,
            dropped_data,
            dropped_elements,
        })?;
        Ok(index)
    }
}

/// Imported memories whose length the module's code relies on do not grow from now on.
fn freeze(store: &mut StoreInner<'_>, module: &Module<'_>, imports: &Imports<'_>) {
    let imported = module.image().module().imported_memories as usize;
    for (record, position) in module.image().memories().iter().zip(imports.memories.iter()).take(imported) {
        if let Some(memory) = store.memories.get_mut(*position as usize) {
            memory.is_frozen |= record.fixed == 1 || record.never_grows == 1;
            memory.is_fixed |= record.fixed == 1;
        }
    }
}

/// Own memories and tables have valid types, so the only reason for failing is a lack of memory.
fn no_memory(_: AccessError) -> OutOfMemory {
    OutOfMemory
}
