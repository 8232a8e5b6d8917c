//! Calls: direct, through import slots, through tables, and of helpers.

use graver_aot_format::abi::{ContextHeadField, Helper, ReferenceField, SlotField, TableField, Trap};
use inkwell::IntPredicate;
use inkwell::types::FunctionType;
use inkwell::values::{BasicMetadataValueEnum, CallSiteValue, IntValue, PointerValue};
use wasmparser::FuncType;

use super::function::Translator;
use super::{Unit, symbol};
use crate::error::{Error, Result};
use crate::llvm::{Alias, AliasKind, call_value};

/// What is called: a function of this image, or an address.
enum Callee<'ctx> {
    Own(u32),
    Address { code: PointerValue<'ctx>, ctx: PointerValue<'ctx> },
}

impl<'ctx> Translator<'_, '_, 'ctx> {
    pub(super) fn call(&mut self, index: u32) -> Result<()> {
        let module = self.unit.module;
        let ty = module.function_type(index);
        if index >= module.imported_functions {
            return self.call_with(ty, &Callee::Own(index));
        }
        let slot = self.ir().field(self.ctx, self.unit.layout().function_slot(index))?;
        let width = self.unit.pointer_bytes();
        let code = self.ir().load_pointer(slot, SlotField::Code.offset(width), Alias::INVARIANT)?;
        let ctx = self.ir().load_pointer(slot, SlotField::Ctx.offset(width), Alias::INVARIANT)?;
        self.call_with(ty, &Callee::Address { code, ctx })
    }

    pub(super) fn call_indirect(&mut self, type_index: u32, table: u32) -> Result<()> {
        let index = self.pop_word()?;
        let callee = if self.unit.module.tables[table as usize].constant.is_some() {
            self.constant_table_callee(table, index, type_index)?
        } else {
            self.table_callee(table, index, type_index)?
        };
        self.call_with(&self.unit.module.types[type_index as usize], &callee)
    }

    /// An element of a table in read-only data: `{code offset or 0, type}`.
    fn constant_table_callee(&mut self, table: u32, index: IntValue<'ctx>, ty: u32) -> Result<Callee<'ctx>> {
        let ir = self.ir();
        let length = self.unit.module.tables[table as usize].limits.minimum;
        let is_out = ir.builder.build_int_compare(IntPredicate::UGE, index, ir.word(length), "")?;
        self.trap_if(is_out, Trap::UndefinedElement)?;

        let ir = self.ir();
        let i32_type = ir.context.i32_type();
        let offset = ir.builder.build_left_shift(index, ir.word(3), "")?;
        let entry = ir.add_offset(self.read_only_symbol(&symbol::constant_table(table)), offset)?;
        let code = ir.load(i32_type, entry, Alias::INVARIANT)?.into_int_value();
        let found = ir.load(i32_type, ir.field(entry, 4)?, Alias::INVARIANT)?.into_int_value();
        let is_null = ir.builder.build_int_compare(IntPredicate::EQ, code, i32_type.const_zero(), "")?;
        self.trap_if(is_null, Trap::UninitializedElement)?;
        let expected = i32_type.const_int(u64::from(self.unit.module.canonical(ty)), false);
        self.trap_if_different(found, expected)?;

        let ir = self.ir();
        let code = ir.builder.build_int_z_extend_or_bit_cast(code, ir.word, "")?;
        let code = ir.add_offset(self.read_only_symbol(symbol::TEXT), code)?;
        Ok(Callee::Address { code, ctx: self.ctx })
    }

    /// An element of a table in memory: a pointer to `{code, ctx, type id, owner}`.
    fn table_callee(&mut self, table: u32, index: IntValue<'ctx>, ty: u32) -> Result<Callee<'ctx>> {
        let length = self.table_length(table)?;
        let is_out = self.ir().builder.build_int_compare(IntPredicate::UGE, index, length, "")?;
        self.trap_if(is_out, Trap::UndefinedElement)?;
        let element = self.table_element(table, index)?;
        let reference = self.ir().load(self.ir().ptr, element, self.table_alias(table))?.into_pointer_value();
        let is_null = self.ir().builder.build_is_null(reference, "")?;
        self.trap_if(is_null, Trap::UninitializedElement)?;

        let width = self.unit.pointer_bytes();
        let found = self.ir().load_word(reference, ReferenceField::TypeId.offset(width), Alias::INVARIANT)?;
        let expected = self.type_id(ty)?;
        self.trap_if_different(found, expected)?;
        let code = self.ir().load_pointer(reference, ReferenceField::Code.offset(width), Alias::INVARIANT)?;
        let ctx = self.ir().load_pointer(reference, ReferenceField::Ctx.offset(width), Alias::INVARIANT)?;
        Ok(Callee::Address { code, ctx })
    }

    fn trap_if_different(&mut self, found: IntValue<'ctx>, expected: IntValue<'ctx>) -> Result<()> {
        let differs = self.ir().builder.build_int_compare(IntPredicate::NE, found, expected, "")?;
        self.trap_if(differs, Trap::IndirectCallType)
    }

    /// The id of a type, a word: known now, or given by the store.
    fn type_id(&self, ty: u32) -> Result<IntValue<'ctx>> {
        let ir = self.ir();
        let canonical = self.unit.module.canonical(ty);
        if self.unit.module.has_local_type_ids {
            return Ok(ir.word(u64::from(canonical)));
        }
        let place = ir.field(self.ctx, self.unit.layout().type_id(canonical))?;
        let id = ir.load(ir.context.i32_type(), place, Alias::INVARIANT)?.into_int_value();
        Ok(ir.builder.build_int_z_extend_or_bit_cast(id, ir.word, "")?)
    }

    fn call_with(&mut self, ty: &FuncType, callee: &Callee<'ctx>) -> Result<()> {
        let slot_type = self.unit.slot_type(ty)?;
        let ctx = match callee {
            Callee::Own(_) => self.ctx,
            Callee::Address { ctx, .. } => *ctx,
        };
        let mut arguments: Vec<BasicMetadataValueEnum<'ctx>> = vec![ctx.into()];
        arguments.extend(self.pop_many(ty.params().len())?.into_iter().map(BasicMetadataValueEnum::from));
        let rest = match ty.results().len() {
            0 | 1 => None,
            count => Some(self.entry_alloca(self.ir().ptr.into(), Some(count as u32 - 1))?),
        };
        arguments.extend(rest.map(BasicMetadataValueEnum::from));
        let call = match callee {
            Callee::Own(index) => self.ir().builder.build_call(self.unit.function(*index)?, &arguments, "")?,
            Callee::Address { code, .. } => self.call_address(slot_type, *code, &arguments)?,
        };
        self.stack.extend(call_value(call));
        for (cell, ty) in ty.results().iter().skip(1).enumerate() {
            let Some(rest) = rest else { break };
            let ty = self.unit.value_type(self.unit.val_type(*ty)?);
            let address = self.ir().field(rest, cell as u32 * 8)?;
            let value = self.ir().load(ty, address, Alias::of(AliasKind::Cells))?;
            self.push(value);
        }
        Ok(())
    }

    fn call_address(
        &self,
        ty: FunctionType<'ctx>,
        code: PointerValue<'ctx>,
        arguments: &[BasicMetadataValueEnum<'ctx>],
    ) -> Result<CallSiteValue<'ctx>> {
        Ok(self.ir().builder.build_indirect_call(ty, code, arguments, "")?)
    }

    /// Calls a helper of the host with words.
    pub(super) fn helper(&self, helper: Helper, arguments: &[IntValue<'ctx>]) -> Result<IntValue<'ctx>> {
        self.unit.helper(self.ctx, helper, arguments)
    }

    pub(super) fn table_length(&self, table: u32) -> Result<IntValue<'ctx>> {
        let record = &self.unit.module.tables[table as usize];
        if record.constant.is_some() {
            return Ok(self.ir().word(record.limits.minimum));
        }
        let descriptor = self.table_descriptor(table)?;
        let offset = TableField::Length.offset(self.unit.pointer_bytes());
        self.ir().load_word(descriptor, offset, Alias::of(AliasKind::Descriptor))
    }

    /// A symbol of the image that the linker places.
    fn read_only_symbol(&self, name: &str) -> PointerValue<'ctx> {
        let ir = self.ir();
        let global = ir.module.get_global(name).unwrap_or_else(|| {
            let global = ir.module.add_global(ir.context.i8_type(), None, name);
            global.set_constant(true);
            global.set_visibility(inkwell::GlobalVisibility::Hidden);
            global
        });
        global.as_pointer_value()
    }
}

impl<'ctx> Unit<'_, 'ctx> {
    /// Calls a helper of the host with words. `ctx` may be anything that starts like a context.
    pub(super) fn helper(
        &self,
        ctx: PointerValue<'ctx>,
        helper: Helper,
        arguments: &[IntValue<'ctx>],
    ) -> Result<IntValue<'ctx>> {
        let ir = &self.ir;
        let width = self.pointer_bytes();
        let vector = ir.load_pointer(ctx, ContextHeadField::Helpers.offset(width), Alias::INVARIANT)?;
        let code = ir.load_pointer(vector, helper.offset(width), Alias::INVARIANT)?;
        let mut params = vec![ir.ptr.into()];
        params.resize(arguments.len() + 1, ir.word.into());
        debug_assert_eq!(arguments.len(), helper.params());
        let ty = ir.word.fn_type(&params, false);
        let mut values: Vec<BasicMetadataValueEnum<'ctx>> = vec![ctx.into()];
        values.extend(arguments.iter().map(|argument| BasicMetadataValueEnum::from(*argument)));
        let call = ir.builder.build_indirect_call(ty, code, &values, "")?;
        match call_value(call) {
            Some(value) => Ok(value.into_int_value()),
            None => Err(Error::llvm("helper without result")),
        }
    }
}
