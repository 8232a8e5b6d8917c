//! Locals, globals, references and tables.

use graver_aot_format::ValType;
use graver_aot_format::abi::{Helper, TableField, Trap};
use inkwell::IntPredicate;
use inkwell::values::{IntValue, PointerValue};

use super::function::Translator;
use crate::error::Result;
use crate::llvm::{Alias, AliasKind};
use crate::module::Init;

impl<'ctx> Translator<'_, '_, 'ctx> {
    pub(super) fn local_get(&mut self, index: u32) -> Result<()> {
        let (slot, ty) = self.locals[index as usize];
        let value = self.ir().builder.build_load(ty, slot, "")?;
        self.push(value);
        Ok(())
    }

    pub(super) fn local_set(&mut self, index: u32) -> Result<()> {
        let value = self.pop()?;
        self.ir().builder.build_store(self.locals[index as usize].0, value)?;
        Ok(())
    }

    pub(super) fn local_tee(&mut self, index: u32) -> Result<()> {
        self.local_set(index)?;
        self.local_get(index)
    }

    pub(super) fn global_get(&mut self, index: u32) -> Result<()> {
        let global = &self.unit.module.globals[index as usize];
        let is_own = index >= self.unit.module.imported_globals;
        match global.init {
            // Floats are left to the load: as constants they would have to be hidden from LLVM's algebra.
            Init::Constant(ValType::I32, value) if is_own && !global.mutable => self.i32_const(value as i32),
            Init::Constant(ValType::I64, value) if is_own && !global.mutable => self.i64_const(value as i64),
            _ => {
                let alias = Alias { is_invariant: !global.mutable, ..self.global_alias(index) };
                let address = self.global_address(index)?;
                let value = self.ir().load(self.unit.value_type(global.ty), address, alias)?;
                self.push(value);
            }
        }
        Ok(())
    }

    pub(super) fn global_set(&mut self, index: u32) -> Result<()> {
        let value = self.pop()?;
        let address = self.global_address(index)?;
        self.ir().store(address, value, self.global_alias(index))?;
        Ok(())
    }

    /// Own globals are in the context, imported ones behind a pointer in it.
    fn global_address(&self, index: u32) -> Result<PointerValue<'ctx>> {
        let module = self.unit.module;
        if index < module.imported_globals {
            return self.ir().load_pointer(self.ctx, self.unit.layout().imported_global(index), Alias::INVARIANT);
        }
        self.ir().field(self.ctx, self.unit.layout().global_cell(module.global_cell(index)))
    }

    fn global_alias(&self, index: u32) -> Alias {
        let is_visible = self.unit.module.globals[index as usize].is_visible;
        Alias::of(AliasKind::Global((!is_visible).then_some(index)))
    }

    pub(super) fn ref_null(&mut self) {
        self.push(self.ir().ptr.const_null());
    }

    pub(super) fn ref_is_null(&mut self) -> Result<()> {
        let reference = self.pop_pointer()?;
        let is_null = self.ir().builder.build_is_null(reference, "")?;
        self.push_bool(is_null)
    }

    /// The references of own functions are in the context.
    pub(super) fn ref_func(&mut self, index: u32) -> Result<()> {
        let position = self.unit.module.reference(index).unwrap_or_default();
        let reference = self.ir().field(self.ctx, self.unit.layout().reference(position))?;
        self.push(reference);
        Ok(())
    }

    pub(super) fn table_get(&mut self, table: u32) -> Result<()> {
        let index = self.pop_word()?;
        let element = self.checked_element(table, index)?;
        let value = self.ir().load(self.ir().ptr, element, self.table_alias(table))?;
        self.push(value);
        Ok(())
    }

    pub(super) fn table_set(&mut self, table: u32) -> Result<()> {
        let value = self.pop()?;
        let index = self.pop_word()?;
        let element = self.checked_element(table, index)?;
        self.ir().store(element, value, self.table_alias(table))?;
        Ok(())
    }

    fn checked_element(&mut self, table: u32, index: IntValue<'ctx>) -> Result<PointerValue<'ctx>> {
        let length = self.table_length(table)?;
        let is_out = self.ir().builder.build_int_compare(IntPredicate::UGE, index, length, "")?;
        self.trap_if(is_out, Trap::TableOutOfBounds)?;
        self.table_element(table, index)
    }

    /// The address of an element whose index has been checked.
    pub(super) fn table_element(&self, table: u32, index: IntValue<'ctx>) -> Result<PointerValue<'ctx>> {
        let ir = self.ir();
        let width = self.unit.pointer_bytes();
        let descriptor = self.table_descriptor(table)?;
        let alias = Alias::of(AliasKind::Descriptor);
        let elements = ir.load_pointer(descriptor, TableField::Elements.offset(width), alias)?;
        let shift = ir.word(u64::from(width.trailing_zeros()));
        let offset = ir.builder.build_left_shift(index, shift, "")?;
        ir.add_offset(elements, offset)
    }

    pub(super) fn table_alias(&self, table: u32) -> Alias {
        let is_visible = self.unit.module.tables[table as usize].is_visible;
        Alias::of(AliasKind::Table((!is_visible).then_some(table)))
    }

    /// Own descriptors are in the context, imported ones behind a pointer in it.
    pub(super) fn table_descriptor(&self, table: u32) -> Result<PointerValue<'ctx>> {
        let module = self.unit.module;
        if table < module.imported_tables {
            return self.ir().load_pointer(self.ctx, self.unit.layout().imported_table(table), Alias::INVARIANT);
        }
        self.ir().field(self.ctx, self.unit.layout().table(module.table_slot(table)))
    }

    pub(super) fn table_size(&mut self, table: u32) -> Result<()> {
        let is_64 = self.unit.module.tables[table as usize].limits.is_64;
        let length = self.table_length(table)?;
        let length = self.word_to_index(length, is_64)?;
        self.push(length);
        Ok(())
    }

    pub(super) fn table_grow(&mut self, table: u32) -> Result<()> {
        let is_64 = self.unit.module.tables[table as usize].limits.is_64;
        let count = self.pop_word()?;
        let reference = self.pop_reference_word()?;
        let table = self.ir().word(u64::from(table));
        let old = self.helper(Helper::TableGrow, &[table, reference, count])?;
        let old = self.signed_word_to_index(old, is_64)?;
        self.push(old);
        Ok(())
    }

    pub(super) fn table_fill(&mut self, table: u32) -> Result<()> {
        let count = self.pop_word()?;
        let reference = self.pop_reference_word()?;
        let to = self.pop_word()?;
        let table = self.ir().word(u64::from(table));
        let code = self.helper(Helper::TableFill, &[table, to, reference, count])?;
        self.trap_if_code(code)
    }

    pub(super) fn table_copy(&mut self, to_table: u32, from_table: u32) -> Result<()> {
        self.table_transfer(Helper::TableCopy, to_table, from_table)
    }

    pub(super) fn table_init(&mut self, table: u32, segment: u32) -> Result<()> {
        self.table_transfer(Helper::TableInit, table, segment)
    }

    fn table_transfer(&mut self, helper: Helper, to: u32, from: u32) -> Result<()> {
        let count = self.pop_word()?;
        let from_index = self.pop_word()?;
        let to_index = self.pop_word()?;
        let word = |value: u32| self.ir().word(u64::from(value));
        let code = self.helper(helper, &[word(to), word(from), to_index, from_index, count])?;
        self.trap_if_code(code)
    }

    pub(super) fn element_drop(&mut self, segment: u32) -> Result<()> {
        let segment = self.ir().word(u64::from(segment));
        self.helper(Helper::ElementDrop, &[segment])?;
        Ok(())
    }

    fn pop_reference_word(&mut self) -> Result<IntValue<'ctx>> {
        let reference = self.pop_pointer()?;
        Ok(self.ir().builder.build_ptr_to_int(reference, self.ir().word, "")?)
    }
}
