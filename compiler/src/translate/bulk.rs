//! Bulk operations on memories.
//!
//! Copies within a memory and fills are calls of routines in the image, one each per memory: they check the bounds, do what
//! is short at once, and leave the rest to the host. Where the number of bytes is a small constant, there is no call.

use graver_aot_format::abi::{Helper, Trap};
use inkwell::IntPredicate;
use inkwell::types::{BasicType as _, BasicTypeEnum};
use inkwell::values::{BasicValueEnum, FunctionValue, IntValue, PointerValue};
use wasmparser::{FuncType, ValType};

use super::function::Translator;
use super::memory::unaligned;
use super::{Unit, symbol};
use crate::error::{Error, Result};

/// Two pieces of one of these widths make any number of bytes from the width to its double.
const WIDTHS: [u32; 5] = [32, 16, 8, 4, 2];
/// The most bytes that are moved without the host.
const SHORT: u64 = 64;

/// Defines the routines that the code may call.
pub(super) fn define_all(unit: &Unit<'_, '_>) -> Result<()> {
    for (memory, record) in (0..).zip(&unit.module.memories) {
        if record.is_copied {
            define(unit, &symbol::memory_copy(memory), |routine| routine.copy_routine(memory))?;
        }
        if record.is_filled {
            define(unit, &symbol::memory_fill(memory), |routine| routine.fill_routine(memory))?;
        }
    }
    Ok(())
}

/// `(ctx, to, from or byte, length)`, all words.
fn define<'ctx>(
    unit: &Unit<'_, 'ctx>,
    name: &str,
    body: impl FnOnce(&mut Translator<'_, '_, 'ctx>) -> Result<()>,
) -> Result<()> {
    let function = routine(unit, name)?;
    unit.ir.define(function, name);
    let mut translator = Translator::new(unit, function, &routine_type(unit))?;
    body(&mut translator)?;
    unit.ir.builder.build_return(None)?;
    translator.finish()
}

fn routine<'ctx>(unit: &Unit<'_, 'ctx>, name: &str) -> Result<FunctionValue<'ctx>> {
    Ok(unit.ir.function(name, unit.slot_type(&routine_type(unit))?))
}

fn routine_type(unit: &Unit<'_, '_>) -> FuncType {
    FuncType::new([if unit.pointer_bytes() == 8 { ValType::I64 } else { ValType::I32 }; 3], [])
}

impl<'ctx> Translator<'_, '_, 'ctx> {
    pub(super) fn memory_fill(&mut self, memory: u32) -> Result<()> {
        let length = self.pop_word()?;
        let byte = self.pop_word()?;
        let to = self.pop_word()?;
        if !self.is_short_constant(memory, length) {
            return self.call_routine(&symbol::memory_fill(memory), [to, byte, length]);
        }
        self.check_range(memory, to, length)?;
        let to = self.place(memory, to)?;
        let byte = self.ir().builder.build_int_truncate(byte, self.int_type(8), "")?;
        self.ir().builder.build_memset(to, 1, byte, length).map_err(Error::llvm)?;
        Ok(())
    }

    pub(super) fn memory_copy(&mut self, to_memory: u32, from_memory: u32) -> Result<()> {
        let length = self.pop_word()?;
        let from = self.pop_word()?;
        let to = self.pop_word()?;
        if to_memory != from_memory {
            return self.copy_by_host(to_memory, from_memory, [to, from, length]);
        }
        if !self.is_short_constant(to_memory, length) {
            return self.call_routine(&symbol::memory_copy(to_memory), [to, from, length]);
        }
        let last = self.largest(to, from)?;
        self.check_range(to_memory, last, length)?;
        let (to, from) = (self.place(to_memory, to)?, self.place(to_memory, from)?);
        self.ir().builder.build_memmove(to, 1, from, 1, length).map_err(Error::llvm)?;
        Ok(())
    }

    pub(super) fn memory_init(&mut self, memory: u32, segment: u32) -> Result<()> {
        let length = self.pop_word()?;
        let from = self.pop_word()?;
        let to = self.pop_word()?;
        let word = |value: u32| self.ir().word(u64::from(value));
        let code = self.helper(Helper::MemoryInit, &[word(memory), word(segment), to, from, length])?;
        self.trap_if_code(code)
    }

    pub(super) fn data_drop(&mut self, segment: u32) -> Result<()> {
        let segment = self.ir().word(u64::from(segment));
        self.helper(Helper::DataDrop, &[segment])?;
        Ok(())
    }

    /// The host's copy, which checks the bounds itself.
    fn copy_by_host(&mut self, to_memory: u32, from_memory: u32, arguments: [IntValue<'ctx>; 3]) -> Result<()> {
        let word = |value: u32| self.ir().word(u64::from(value));
        let [to, from, length] = arguments;
        let code = self.helper(Helper::MemoryCopy, &[word(to_memory), word(from_memory), to, from, length])?;
        self.trap_if_code(code)
    }

    fn fill_by_host(&mut self, memory: u32, [to, byte, length]: [IntValue<'ctx>; 3]) -> Result<()> {
        let memory = self.ir().word(u64::from(memory));
        let code = self.helper(Helper::MemoryFill, &[memory, to, byte, length])?;
        self.trap_if_code(code)
    }

    fn call_routine(&self, name: &str, arguments: [IntValue<'ctx>; 3]) -> Result<()> {
        let [first, second, third] = arguments.map(Into::into);
        let arguments = [self.ctx.into(), first, second, third];
        self.ir().builder.build_call(routine(self.unit, name)?, &arguments, "")?;
        Ok(())
    }

    /// Whether so many bytes are moved in place, where that is worth its code.
    fn is_short_constant(&self, memory: u32, length: IntValue<'ctx>) -> bool {
        let most = SHORT.min(self.minimum_bytes(memory));
        self.moves_pieces() && length.get_zero_extended_constant().is_some_and(|length| length <= most)
    }

    /// Whether there are wide accesses at any address, and code may take space.
    fn moves_pieces(&self) -> bool {
        let options = self.unit.options;
        let has_pieces = options.target.pointer_bytes == 8 && !options.target.needs_alignment;
        has_pieces && options.opt_level > 0 && options.size_level == 0
    }

    /// Traps unless `length` bytes from `start` on are in the memory.
    fn check_range(&mut self, memory: u32, start: IntValue<'ctx>, length: IntValue<'ctx>) -> Result<()> {
        let bytes = self.memory_length(memory)?;
        let builder = &self.ir().builder;
        let last = builder.build_int_sub(bytes, length, "")?;
        let is_out = builder.build_int_compare(IntPredicate::UGT, start, last, "")?;
        let is_out = match length.get_zero_extended_constant() {
            // Memories never shrink, so the difference cannot wrap.
            Some(length) if length <= self.minimum_bytes(memory) => is_out,
            _ => {
                let is_long = builder.build_int_compare(IntPredicate::UGT, length, bytes, "")?;
                builder.build_or(is_long, is_out, "")?
            }
        };
        self.trap_if(is_out, Trap::MemoryOutOfBounds)
    }

    fn largest(&self, left: IntValue<'ctx>, right: IntValue<'ctx>) -> Result<IntValue<'ctx>> {
        let types = [self.ir().word.into()];
        Ok(self.ir().intrinsic("llvm.umax", &types, &[left.into(), right.into()])?.into_int_value())
    }

    fn place(&self, memory: u32, index: IntValue<'ctx>) -> Result<PointerValue<'ctx>> {
        self.ir().add_offset(self.memory_base(memory)?, index)
    }

    fn word_param(&self, index: u32) -> Result<IntValue<'ctx>> {
        Ok(self.param(index)?.into_int_value())
    }

    fn copy_routine(&mut self, memory: u32) -> Result<()> {
        let arguments = [self.word_param(1)?, self.word_param(2)?, self.word_param(3)?];
        if !self.moves_pieces() {
            return self.copy_by_host(memory, memory, arguments);
        }
        let [to, from, length] = arguments;
        let last = self.largest(to, from)?;
        self.check_range(memory, last, length)?;
        self.if_longer(length, SHORT, |routine| routine.copy_by_host(memory, memory, arguments))?;
        let (to, from) = (self.place(memory, to)?, self.place(memory, from)?);
        for width in WIDTHS {
            self.if_longer(length, u64::from(width) - 1, |routine| {
                let ty = routine.piece(width);
                let [first, last] = routine.ends(from, length, width)?;
                let (first, last) = (routine.load_piece(memory, ty, first)?, routine.load_piece(memory, ty, last)?);
                routine.store_ends(memory, to, length, width, [first, last])
            })?;
        }
        self.if_longer(length, 0, |routine| {
            let value = routine.load_piece(memory, routine.piece(1), from)?;
            routine.store_piece(memory, to, value)
        })
    }

    fn fill_routine(&mut self, memory: u32) -> Result<()> {
        let arguments = [self.word_param(1)?, self.word_param(2)?, self.word_param(3)?];
        if !self.moves_pieces() {
            return self.fill_by_host(memory, arguments);
        }
        let [to, byte, length] = arguments;
        self.check_range(memory, to, length)?;
        self.if_longer(length, SHORT, |routine| routine.fill_by_host(memory, arguments))?;
        let to = self.place(memory, to)?;
        for width in WIDTHS {
            self.if_longer(length, u64::from(width) - 1, |routine| {
                let value = routine.repeat(byte, width)?;
                routine.store_ends(memory, to, length, width, [value, value])
            })?;
        }
        self.if_longer(length, 0, |routine| {
            let value = routine.repeat(byte, 1)?;
            routine.store_piece(memory, to, value)
        })
    }

    /// If `length` is greater than `limit`, does something and returns.
    fn if_longer(
        &mut self,
        length: IntValue<'ctx>,
        limit: u64,
        then: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let ir = self.ir();
        let is_longer = ir.builder.build_int_compare(IntPredicate::UGT, length, ir.word(limit), "")?;
        let (longer, next) = (self.block("longer"), self.block(""));
        ir.builder.build_conditional_branch(is_longer, longer, next)?;
        ir.builder.position_at_end(longer);
        then(self)?;
        ir.builder.build_return(None)?;
        ir.builder.position_at_end(next);
        Ok(())
    }

    /// The type of `width` bytes: a register.
    fn piece(&self, width: u32) -> BasicTypeEnum<'ctx> {
        match width {
            1..=8 => self.int_type(width * 8).into(),
            _ => self.int_type(8).vec_type(width).as_basic_type_enum(),
        }
    }

    /// A piece with the low byte of a word everywhere.
    fn repeat(&self, byte: IntValue<'ctx>, width: u32) -> Result<BasicValueEnum<'ctx>> {
        let ir = self.ir();
        let byte = ir.builder.build_and(byte, ir.word(0xff), "")?;
        let word = ir.builder.build_int_mul(byte, ir.word(0x0101_0101_0101_0101), "")?;
        if width <= 8 {
            return Ok(ir.builder.build_int_truncate_or_bit_cast(word, self.int_type(width * 8), "")?.into());
        }
        let words = ir.word.vec_type(width / 8);
        let vector = ir.builder.build_insert_element(words.get_poison(), word, ir.word(0), "")?;
        let order = ir.context.i32_type().vec_type(width / 8).const_zero();
        let vector = ir.builder.build_shuffle_vector(vector, words.get_poison(), order, "")?;
        Ok(ir.builder.build_bit_cast(vector, self.piece(width), "")?)
    }

    /// Where the first and the last piece of `length` bytes are.
    fn ends(&self, start: PointerValue<'ctx>, length: IntValue<'ctx>, width: u32) -> Result<[PointerValue<'ctx>; 2]> {
        let ir = self.ir();
        let last = ir.builder.build_int_sub(length, ir.word(u64::from(width)), "")?;
        Ok([start, ir.add_offset(start, last)?])
    }

    fn store_ends(
        &self,
        memory: u32,
        to: PointerValue<'ctx>,
        length: IntValue<'ctx>,
        width: u32,
        [first_value, last_value]: [BasicValueEnum<'ctx>; 2],
    ) -> Result<()> {
        let [first, last] = self.ends(to, length, width)?;
        self.store_piece(memory, first, first_value)?;
        self.store_piece(memory, last, last_value)
    }

    fn load_piece(
        &self,
        memory: u32,
        ty: BasicTypeEnum<'ctx>,
        from: PointerValue<'ctx>,
    ) -> Result<BasicValueEnum<'ctx>> {
        let value = self.ir().load(ty, from, self.memory_alias(memory))?;
        unaligned(value)?;
        Ok(value)
    }

    fn store_piece(&self, memory: u32, to: PointerValue<'ctx>, value: BasicValueEnum<'ctx>) -> Result<()> {
        self.ir().store(to, value, self.memory_alias(memory))?.set_alignment(1).map_err(Error::llvm)
    }
}
