//! Allocates an instance and fills in its context, all or nothing.

use graver_aot_format::abi::{ContextHead, FunctionReference, FunctionSlot, HostRecord};
use graver_aot_format::{BoundsStrategy, ExternKind, Module as ModuleFacts, NONE};

use crate::alloc::{Buf, OutOfMemory};
use crate::error::AccessError;
use crate::module::Module;
use crate::shared::SharedMemory;
use crate::store::StoreInner;
use crate::store::function::{Callee, FuncId};
use crate::store::global::{GlobalEntry, GlobalType};
use crate::store::instance::InstanceEntry;
use crate::store::memory::MemoryType;
use crate::store::table::TableType;

/// An instance that is being made.
pub(super) struct Builder<'s, 'm> {
    pub(super) store: &'s mut StoreInner<'m>,
    pub(super) entry: InstanceEntry<'m>,
}

impl<'s, 'm> Builder<'s, 'm> {
    /// An instance without imports.
    pub(super) fn new(store: &'s mut StoreInner<'m>, module: &'m Module<'_>) -> Result<Self, OutOfMemory> {
        let entry = InstanceEntry::new(store.runtime, module)?;
        Ok(Self { store, entry })
    }

    /// Adds the instance with all that it owns to the store, not yet initialised, and returns its index.
    pub(super) fn finish(mut self) -> Result<u32, OutOfMemory> {
        let before = self.store.lengths();
        if let Err(OutOfMemory) = self.fill() {
            // Nobody has seen them.
            self.store.truncate(before);
            return Err(OutOfMemory);
        }
        let Self { store, entry } = self;
        let index = store.instances.len() as u32;
        freeze(store, &entry);
        let image = entry.module.image();
        store.reserve_stack_slack(image.header().stack_slack as usize);
        if image.module().flags & ModuleFacts::USES_FLOATS != 0 {
            store.float_door.get_or_insert(entry.module);
        }
        #[cfg(all(feature = "std", target_os = "linux"))]
        store.hosted.add_code(entry.module);
        // There is room.
        store.instances.push(entry)?;
        Ok(index)
    }

    /// Everything that can fail.
    fn fill(&mut self) -> Result<(), OutOfMemory> {
        self.store.instances.reserve(1)?;
        self.entry.context.at::<ContextHead>(0).set(self.store.context_head(self.index()));
        self.make_memories()?;
        self.make_tables()?;
        self.make_globals()?;
        self.write_type_ids()?;
        self.write_slots()?;
        self.write_references();
        Ok(())
    }

    fn index(&self) -> usize {
        self.store.instances.len()
    }

    fn make_memories(&mut self) -> Result<(), OutOfMemory> {
        let module = self.entry.module;
        let imported = module.image().module().imported_memories;
        for (own, record) in (0..).zip(module.image().memories().after(imported as usize).iter()) {
            let descriptor = self.entry.context.at(module.layout().memory(own));
            let is_guarded = record.bounds == BoundsStrategy::Guard.raw();
            let ty = MemoryType::of(&record);
            let shared = if ty.shared { SharedMemory::make(self.store, ty).map_err(no_memory)? } else { None };
            let position = match shared {
                Some((memory, is_inherited)) => self.store.add_shared(memory, is_inherited)?,
                None => self.store.add_memory(ty, is_guarded, descriptor, None).map_err(no_memory)?,
            };
            if let (true, Some(memory)) = (ty.shared, self.store.memories.get(position)) {
                let pointer = module.layout().memory_pointer(imported + own);
                self.entry.context.at(pointer).set(memory.descriptor().address());
            }
            self.entry.set_position(ExternKind::Memory, imported + own, position);
        }
        Ok(())
    }

    fn make_tables(&mut self) -> Result<(), OutOfMemory> {
        let module = self.entry.module;
        let imported = module.image().module().imported_tables;
        let mut slot = 0;
        for (own, record) in (0..).zip(module.image().tables().after(imported as usize).iter()) {
            if record.constant == NONE {
                let descriptor = self.entry.context.at(module.layout().table(slot));
                let added = self.store.add_table(TableType::of(&record), descriptor, None);
                self.entry.set_position(ExternKind::Table, imported + own, added.map_err(no_memory)?);
                slot += 1;
            }
        }
        Ok(())
    }

    fn make_globals(&mut self) -> Result<(), OutOfMemory> {
        let module = self.entry.module;
        let imported = module.image().module().imported_globals;
        let mut cell = 0;
        for (own, record) in (0..).zip(module.image().globals().after(imported as usize).iter()) {
            let ty = GlobalType::of(&record);
            let cells = ty.value.cells() as u32;
            let place = |number: u32| self.entry.context.at(module.layout().global_cell(number));
            // A value of one cell has the first place twice; only one is used.
            let entry = GlobalEntry::of_instance(ty, [place(cell), place(cell + cells - 1)]);
            self.entry.set_position(ExternKind::Global, imported + own, self.store.globals.len());
            self.store.globals.push(entry)?;
            cell += cells;
        }
        Ok(())
    }

    fn has_local_ids(&self) -> bool {
        self.entry.module.image().module().flags & ModuleFacts::LOCAL_TYPE_IDS != 0
    }

    fn write_type_ids(&mut self) -> Result<(), OutOfMemory> {
        if self.has_local_ids() {
            return Ok(());
        }
        let module = self.entry.module;
        for (index, ty) in (0..).zip(module.image().types().iter()) {
            let place = self.entry.context.at::<u32>(module.layout().type_id(index));
            if ty.canonical == index {
                place.set(self.store.type_id(module.signature(&ty))?);
            } else {
                place.set(self.entry.context.at::<u32>(module.layout().type_id(ty.canonical)).get());
            }
        }
        Ok(())
    }

    /// What each imported function is for generated code, with records for those of the host.
    fn write_slots(&mut self) -> Result<(), OutOfMemory> {
        let hosts = self.entry.imports.iter().filter(|function| function.owner == FuncId::HOST).count();
        let mut records = Buf::with_capacity(self.store.runtime.allocator(), hosts)?;
        for (index, function) in (0..).zip(self.entry.imports.iter()) {
            let module = self.entry.module;
            let callee = if function.owner == FuncId::HOST {
                // It is in the store, or it would not have been found.
                let record = self.store.host_record(function.index, self.index()).ok_or(OutOfMemory)?;
                let ctx = records.start().expose_provenance().get() + records.len() * size_of::<HostRecord>();
                // There is room for all of them, so those before stay where they are.
                records.push(record)?;
                let ty = module.function_type(index);
                ty.map(|ty| Callee { code: module.code(self.store.thunk_of(function.index, &ty)), ctx })
            } else {
                self.store.callee(*function)
            };
            let slot = callee.map_or(FunctionSlot::default(), |Callee { code, ctx }| FunctionSlot { code, ctx });
            self.entry.context.at(module.layout().function_slot(index)).set(slot);
        }
        self.entry.records = records;
        Ok(())
    }

    fn write_references(&self) {
        let (module, context) = (self.entry.module, &self.entry.context);
        let (image, layout, owner) = (module.image(), module.layout(), context.address());
        for (position, function) in (0..).zip(image.references().iter()) {
            let (Some(record), Some(ty)) = (image.functions().get(function as usize), module.function_type(function))
            else {
                continue;
            };
            let slot = if function < image.module().imported_functions {
                context.at::<FunctionSlot>(layout.function_slot(function)).get()
            } else {
                FunctionSlot { code: module.code(record.code), ctx: owner }
            };
            let type_id =
                if self.has_local_ids() { ty.canonical } else { context.at::<u32>(layout.type_id(ty.canonical)).get() };
            let reference = FunctionReference { code: slot.code, ctx: slot.ctx, type_id: type_id as usize, owner };
            context.at(layout.reference(position)).set(reference);
        }
    }
}

/// Memories whose length the module's code relies on do not grow from now on.
fn freeze(store: &mut StoreInner<'_>, entry: &InstanceEntry<'_>) {
    for (index, record) in entry.module.image().memories().iter().enumerate() {
        let position = entry.position(ExternKind::Memory, index);
        if let Some(memory) = position.and_then(|position| store.memories.get_mut(position)) {
            memory.is_frozen |= record.fixed == 1 || record.never_grows == 1;
            memory.is_fixed |= record.fixed == 1;
        }
    }
}

/// Own memories and tables have valid types, so the only reason for failing is a lack of memory.
fn no_memory(_: AccessError) -> OutOfMemory {
    OutOfMemory
}
