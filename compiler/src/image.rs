//! Writes the image: the module's facts as records, and the linked code.

use graver_aot_format::{
    BoundsStrategy, CustomSection, Data, Element, Export, ExternKind, FloatAbi, FormatFeature, Function, Global,
    Header, ImageBuilder, Import, IndexType, Init as InitRecord, InitKind, Memory, Module as ModuleRecord, Mutability,
    NONE, SegmentMode, StopMode, Table, ValType,
};
use graver_targets::Glue;

use crate::error::{Error, ErrorKind, Result};
use crate::link::{Linked, Section};
use crate::llvm::{Cpu, llvm_version};
use crate::module::{Init, Limits, Mode, Module};
use crate::options::Options;
use crate::place;
use crate::plan::Plan;
use crate::stack::{Bound, Stack};
use crate::translate::symbol;

/// The bytes of the image of a linked module.
///
/// # Errors
/// A symbol that the image needs is missing, or a part does not fit the file's 32-bit fields.
pub(crate) fn write(
    module: &Module<'_>,
    options: &Options,
    plan: &Plan,
    linked: &Linked,
    stack: &Stack,
) -> Result<Vec<u8>> {
    let mut writer = Writer { module, options, plan, linked, builder: ImageBuilder::default() };
    writer.header(stack)?;
    writer.types()?;
    writer.entities()?;
    writer.imports_and_exports();
    writer.segments()?;
    writer.custom_sections()?;
    let Writer { mut builder, linked, .. } = writer;
    builder.references.clone_from(&module.references);
    builder.text.clone_from(&linked.text);
    builder.rodata.clone_from(&linked.rodata);
    builder.load_relocations.clone_from(&linked.load_relocations);
    if let Some(base) = options.base_address {
        place::fix(&mut builder, base)?;
    }
    Ok(builder.finish())
}

struct Writer<'w> {
    module: &'w Module<'w>,
    options: &'w Options,
    plan: &'w Plan,
    linked: &'w Linked,
    builder: ImageBuilder,
}

impl Writer<'_> {
    fn header(&mut self, stack: &Stack) -> Result<()> {
        let (module, target) = (self.module, self.options.target);
        let guarded = (0..module.memories.len() as u32).any(|memory| self.bounds(memory) == BoundsStrategy::Guard);
        self.builder.header = Header {
            arch: target.arch.raw(),
            pointer_bytes: target.pointer_bytes,
            float_abi: self.float_abi().raw(),
            cpu_features: Cpu::of(target, self.options.extra_features).required_features(target),
            required_features: [
                (guarded, FormatFeature::GuardedMemory),
                (target.is_split, FormatFeature::SplitBases),
                (module.memories.iter().any(|memory| memory.shared), FormatFeature::SharedMemory),
            ]
            .into_iter()
            .filter(|(is_needed, _)| *is_needed)
            .fold(0, |features, (_, feature)| features | feature.bit()),
            text_align_log2: target.text_align_log2.max(self.linked.text_align_log2),
            rodata_align_log2: target.rodata_align_log2.max(self.linked.rodata_align_log2),
            stack_bound: match stack.bound {
                Bound::Bytes(bytes) => bytes,
                Bound::Recursive { .. } => NONE,
            },
            stack_slack: stack.slack,
            stop_mode: if self.options.interruptible { StopMode::Polled } else { StopMode::Asynchronous }.raw(),
            compiler_version: crate::version::COMPILER,
            llvm_version: llvm_version(),
            ..Header::default()
        };
        self.builder.text_file_align_log2 = target.file_align_log2;
        let mut flags = 0;
        if module.has_local_type_ids {
            flags |= ModuleRecord::LOCAL_TYPE_IDS;
        }
        if module.uses_floats {
            flags |= ModuleRecord::USES_FLOATS;
        }
        self.builder.module = ModuleRecord {
            imported_functions: module.imported_functions,
            imported_tables: module.imported_tables,
            imported_memories: module.imported_memories,
            imported_globals: module.imported_globals,
            start_function: module.start.unwrap_or(NONE),
            flags,
            enter: self.code(Glue::ENTER)?,
            leave: self.code(Glue::LEAVE)?,
            glue_end: self.glue_end()?,
        };
        Ok(())
    }

    /// Floats cross the boundary if a function there takes or returns one.
    fn float_abi(&self) -> FloatAbi {
        let module = self.module;
        let is_float = |ty: &wasmparser::ValType| matches!(ty, wasmparser::ValType::F32 | wasmparser::ValType::F64);
        let has_floats = (0..module.imported_functions).chain(module.escaping.iter().copied()).any(|function| {
            let ty = module.function_type(function);
            ty.params().iter().chain(ty.results()).any(is_float)
        });
        if has_floats { self.options.target.float_abi } else { FloatAbi::None }
    }

    fn bounds(&self, memory: u32) -> BoundsStrategy {
        self.plan.bounds(self.module, self.options, memory)
    }

    /// The callable text offset of a symbol.
    fn code(&self, symbol: &str) -> Result<u32> {
        let missing = || Error::new(ErrorKind::Link, format!("no code for `{symbol}`: please report this"));
        let placed = self.linked.symbol(symbol).filter(|placed| placed.section == Section::Text);
        placed.map(|placed| placed.offset).ok_or_else(missing)
    }

    /// Where the entry glue ends, whose last function `leave` is.
    fn glue_end(&self) -> Result<u32> {
        let leave =
            self.linked.symbol(Glue::LEAVE).map(|leave| (leave.offset & !self.options.target.code_bit()) + leave.size);
        leave.ok_or_else(|| Error::new(ErrorKind::Link, "no size of `leave`: please report this"))
    }

    /// The offset of a constant table in read-only data.
    fn constant_table(&self, index: u32) -> Result<u32> {
        let missing = || Error::new(ErrorKind::Link, format!("no data for table {index}: please report this"));
        let placed = self.linked.symbol(&symbol::constant_table(index));
        placed.filter(|placed| placed.section == Section::Rodata).map(|placed| placed.offset).ok_or_else(missing)
    }

    fn types(&mut self) -> Result<()> {
        for (index, ty) in self.module.types.iter().enumerate() {
            let canonical = self.module.canonical(index as u32);
            let thunk = |planned: &[u32], name: fn(u32) -> String| match planned.binary_search(&canonical) {
                Ok(_) => self.code(&name(canonical)),
                Err(_) => Ok(NONE),
            };
            let call_thunk = thunk(&self.plan.call_thunks, symbol::call_thunk)?;
            let raw_thunk = thunk(&self.plan.raw_thunks, symbol::raw_thunk)?;
            let native_thunk = thunk(&self.plan.native_thunks, symbol::native_thunk)?;
            let params = val_types(ty.params())?;
            let results = val_types(ty.results())?;
            let record = self.builder.add_type(&params, &results);
            record.call_thunk = call_thunk;
            record.raw_thunk = raw_thunk;
            record.native_thunk = native_thunk;
        }
        Ok(())
    }

    fn entities(&mut self) -> Result<()> {
        let module = self.module;
        for (index, ty) in module.functions.iter().enumerate() {
            let index = index as u32;
            let is_own = index >= module.imported_functions;
            let escapes = is_own && module.escaping.binary_search(&index).is_ok();
            let code = if escapes { self.code(&symbol::function(index))? } else { NONE };
            let reference = module.reference(index).unwrap_or(NONE);
            self.builder.functions.push(Function { ty: *ty, code, reference });
        }
        for (index, table) in module.tables.iter().enumerate() {
            let constant = match &table.constant {
                Some(_) => self.constant_table(index as u32)?,
                None => NONE,
            };
            let init = self.init(&table.init, table.element)?;
            self.builder.tables.push(Table {
                element: table.element.raw(),
                index_type: index_type(&table.limits),
                has_maximum: u8::from(table.limits.maximum.is_some()),
                reserved: 0,
                constant,
                minimum: table.limits.minimum,
                maximum: table.limits.maximum.unwrap_or(0),
                init,
            });
        }
        for (index, memory) in module.memories.iter().enumerate() {
            self.builder.memories.push(Memory {
                index_type: index_type(&memory.limits),
                page_log2: memory.page_log2,
                has_maximum: u8::from(memory.limits.maximum.is_some()),
                shared: u8::from(memory.shared),
                bounds: self.bounds(index as u32).raw(),
                fixed: u8::from(self.options.fixed_memory),
                never_grows: u8::from(memory.never_grows()),
                reserved: 0,
                minimum: memory.limits.minimum,
                maximum: memory.limits.maximum.unwrap_or(0),
            });
        }
        for (index, global) in module.globals.iter().enumerate() {
            let is_own = index >= module.imported_globals as usize;
            let init = if is_own { self.init(&global.init, global.ty)? } else { InitRecord::default() };
            let mutability = if global.mutable { Mutability::Var } else { Mutability::Const };
            self.builder.globals.push(Global {
                ty: global.ty.raw(),
                mutability: mutability.raw(),
                reserved: 0,
                reserved_word: 0,
                init,
            });
        }
        Ok(())
    }

    fn imports_and_exports(&mut self) {
        for import in &self.module.imports {
            let record = Import {
                module: self.builder.name(import.module),
                name: self.builder.name(import.name),
                kind: import.kind.raw(),
                index: import.index,
                ..Import::default()
            };
            self.builder.imports.push(record);
        }
        for export in &self.module.exports {
            let record = Export {
                name: self.builder.name(export.name),
                kind: export.kind.raw(),
                index: export.index,
                ..Export::default()
            };
            self.builder.exports.push(record);
        }
        debug_assert!(self.module.exports.iter().all(|export| export.kind != ExternKind::Tag));
    }

    fn segments(&mut self) -> Result<()> {
        for segment in &self.module.elements {
            let is_active_in_memory = match segment.mode {
                Mode::Active { target, .. } => self.module.tables[target as usize].constant.is_none(),
                Mode::Passive => true,
                Mode::Declared => false,
            };
            let first = self.builder.element_items.len() as u32;
            // Segments of constant tables are done, and declared ones never were more than a declaration.
            let (mode, items) =
                if is_active_in_memory { (segment.mode, segment.items.as_slice()) } else { (Mode::Declared, &[][..]) };
            for item in items {
                let item = self.element_item(item, segment.ty)?;
                self.builder.element_items.push(item);
            }
            let (mode, table, offset) = self.mode(mode, |module, table| module.tables[table as usize].limits)?;
            let count = items.len() as u32;
            self.builder.elements.push(Element {
                mode,
                ty: segment.ty.raw(),
                reserved: 0,
                table,
                first,
                count,
                offset,
            });
        }
        for segment in &self.module.data {
            let (mode, memory, offset) =
                self.mode(segment.mode, |module, memory| module.memories[memory as usize].limits)?;
            self.builder.data_segments.push(Data {
                mode,
                reserved: 0,
                reserved_half: 0,
                memory,
                first: self.builder.data.len() as u32,
                length: segment.bytes.len() as u32,
                offset,
            });
            self.builder.data.extend_from_slice(segment.bytes);
        }
        Ok(())
    }

    /// Keeps what was asked for; a module can have several sections of one name.
    fn custom_sections(&mut self) -> Result<()> {
        for name in &self.options.custom_sections {
            let mut found = false;
            for (_, bytes) in self.module.custom_sections.iter().filter(|(known, _)| known == name) {
                found = true;
                let (first, length) = (self.builder.data.len() as u32, bytes.len() as u32);
                let name = self.builder.name(name);
                self.builder.custom_sections.push(CustomSection { name, first, length });
                self.builder.data.extend_from_slice(bytes);
            }
            if !found {
                let text =
                    format!("the module has no custom section \"{name}\": --emit-custom-sections names what to keep");
                return Err(Error::new(ErrorKind::Options, text));
            }
        }
        Ok(())
    }

    fn element_item(&mut self, item: &Init, ty: ValType) -> Result<u32> {
        match item {
            Init::Function(index) => Ok(*index),
            Init::Null(_) => Ok(NONE),
            _ => {
                let init = self.init(item, ty)?;
                self.builder.inits.push(init);
                Ok(Element::ITEM_IS_INIT | (self.builder.inits.len() as u32 - 1))
            }
        }
    }

    fn mode(&self, mode: Mode, limits: impl Fn(&Module<'_>, u32) -> Limits) -> Result<(u8, u32, InitRecord)> {
        Ok(match mode {
            Mode::Passive => (SegmentMode::Passive.raw(), 0, InitRecord::default()),
            Mode::Declared => (SegmentMode::Declared.raw(), 0, InitRecord::default()),
            Mode::Active { target, offset } => {
                let ty = if limits(self.module, target).is_64 { ValType::I64 } else { ValType::I32 };
                (SegmentMode::Active.raw(), target, self.init(&offset, ty)?)
            }
        })
    }

    fn init(&self, init: &Init, ty: ValType) -> Result<InitRecord> {
        let (kind, index, cell) = match *init {
            Init::Constant(_, bits) => (InitKind::Constant, 0, bits),
            Init::Global(index) => (InitKind::Global, index, 0),
            Init::Function(index) => (InitKind::Function, index, 0),
            Init::Null(_) => (InitKind::Null, 0, 0),
            Init::Code(number) => {
                let thunk = self.code(&symbol::init_thunk(ty))?;
                (InitKind::Code, self.code(&symbol::init(number))?, u64::from(thunk))
            }
        };
        Ok(InitRecord { kind: kind.raw(), ty: ty.raw(), index, cells: [cell, 0] })
    }
}

fn index_type(limits: &Limits) -> u8 {
    if limits.is_64 { IndexType::I64.raw() } else { IndexType::I32.raw() }
}

fn val_types(types: &[wasmparser::ValType]) -> Result<Vec<ValType>> {
    let known = |ty: &wasmparser::ValType| {
        crate::module::val_type(*ty).ok_or_else(|| Error::unsupported(format!("the type {ty}"), 0))
    };
    types.iter().map(known).collect()
}
