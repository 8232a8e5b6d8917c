//! Linear memory. Every access goes through [`Translator::address`], which is all that keeps code inside its memory:
//! change it with care.

use graver_aot_format::BoundsStrategy;
use graver_aot_format::abi::{Helper, MemoryField, Trap};
use inkwell::types::BasicTypeEnum;
use inkwell::values::{BasicValueEnum, IntValue, PointerValue};
use inkwell::{AtomicOrdering, IntPredicate};
use wasmparser::{MemArg, MemArgTarget};

use super::function::Translator;
use crate::error::{Error, Result};
use crate::llvm::{Alias, AliasKind, value_instruction};

/// How a loaded integer becomes the operand's width.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extend {
    Signed,
    Unsigned,
}

impl<'ctx> Translator<'_, '_, 'ctx> {
    /// Loads a value of its full width.
    pub(super) fn load(&mut self, argument: &MemArg, ty: impl Into<BasicTypeEnum<'ctx>>) -> Result<()> {
        let value = self.load_value(argument, ty.into())?;
        self.push(value);
        Ok(())
    }

    /// Loads an integer of `bits` and extends it.
    pub(super) fn load_extended(&mut self, argument: &MemArg, bits: u32, extend: Extend, to: u32) -> Result<()> {
        let narrow = self.load_value(argument, self.int_type(bits).into())?.into_int_value();
        let ty = self.int_type(to);
        let builder = &self.ir().builder;
        let wide = match extend {
            Extend::Signed => builder.build_int_s_extend(narrow, ty, ""),
            Extend::Unsigned => builder.build_int_z_extend(narrow, ty, ""),
        };
        self.push(wide?);
        Ok(())
    }

    fn load_value(&mut self, argument: &MemArg, ty: BasicTypeEnum<'ctx>) -> Result<BasicValueEnum<'ctx>> {
        let memory = memory_of(argument)?;
        let index = self.pop_int()?;
        let address = self.address(memory, index, argument.offset, bytes(ty)?)?;
        let ir = self.ir();
        let value = ir.load(ty, address, self.memory_alias(memory))?;
        unaligned(value)?;
        if self.unit.bounds(memory) == BoundsStrategy::Guard {
            ir.keep(value)?;
        }
        Ok(value)
    }

    /// Stores a value of its full width.
    pub(super) fn store(&mut self, argument: &MemArg) -> Result<()> {
        let value = self.pop()?;
        self.store_value(argument, value)
    }

    /// Stores the low `bits` of an integer.
    pub(super) fn store_wrapped(&mut self, argument: &MemArg, bits: u32) -> Result<()> {
        let value = self.pop_int()?;
        let value = self.ir().builder.build_int_truncate(value, self.int_type(bits), "")?;
        self.store_value(argument, value.into())
    }

    fn store_value(&mut self, argument: &MemArg, value: BasicValueEnum<'ctx>) -> Result<()> {
        let memory = memory_of(argument)?;
        let index = self.pop_int()?;
        let address = self.address(memory, index, argument.offset, bytes(value.get_type())?)?;
        let store = self.ir().store(address, value, self.memory_alias(memory))?;
        store.set_alignment(1).map_err(Error::llvm)
    }

    /// The address of `size` bytes at `index + offset`, checked or guarded.
    pub(super) fn address(
        &mut self,
        memory: u32,
        index: IntValue<'ctx>,
        offset: u64,
        size: u32,
    ) -> Result<PointerValue<'ctx>> {
        let ir = self.ir();
        // The end of the access relative to the index; beyond 2^64 nothing is in bounds.
        let Some(end) = offset.checked_add(u64::from(size)) else {
            return self.address_out_of_bounds();
        };
        let index = match self.unit.bounds(memory) {
            // Any 32-bit index plus any 32-bit offset lies in the reservation.
            BoundsStrategy::Guard => ir.builder.build_int_z_extend(index, ir.word, "")?,
            BoundsStrategy::Software => match self.check_bounds(memory, index, end)? {
                Some(index) => index,
                None => return self.address_out_of_bounds(),
            },
        };
        let base = self.memory_base(memory)?;
        let start = self.ir().add_offset(base, index)?;
        if offset == 0 { Ok(start) } else { self.ir().add_offset(start, self.ir().word(offset)) }
    }

    /// Compares the end of an access with the memory's length; the index as a word, or `None` if no index is in bounds.
    pub(super) fn check_bounds(
        &mut self,
        memory: u32,
        index: IntValue<'ctx>,
        end: u64,
    ) -> Result<Option<IntValue<'ctx>>> {
        let ir = self.ir();
        let word_bits = ir.word.get_bit_width();
        let index_bits = index.get_type().get_bit_width();
        if word_bits == 32 && end > u64::from(u32::MAX) {
            return Ok(None);
        }
        let length = self.memory_length(memory)?;
        let mut index = index;
        if index_bits > word_bits {
            // A 64-bit index into a 32-bit address space: the upper half must be 0.
            let limit = index.get_type().const_int(u64::from(u32::MAX), false);
            let is_large = ir.builder.build_int_compare(IntPredicate::UGT, index, limit, "")?;
            self.trap_if(is_large, Trap::MemoryOutOfBounds)?;
            index = self.ir().builder.build_int_truncate(index, ir.word, "")?;
        } else if index_bits < word_bits {
            index = ir.builder.build_int_z_extend(index, ir.word, "")?;
        }
        let ir = self.ir();
        let end_word = ir.word(end);
        let is_out = if end <= self.minimum_bytes(memory) {
            // Memories never shrink, so `length - end` cannot wrap: one subtraction, which LLVM can share.
            let last = ir.builder.build_int_sub(length, end_word, "")?;
            ir.builder.build_int_compare(IntPredicate::UGT, index, last, "")?
        } else {
            let sum = ir.builder.build_int_add(index, end_word, "")?;
            let is_beyond = ir.builder.build_int_compare(IntPredicate::UGT, sum, length, "")?;
            let wraps = ir.builder.build_int_compare(IntPredicate::ULT, sum, end_word, "")?;
            // 32-bit indexes and offsets cannot wrap 64 bits.
            let cannot_wrap = word_bits == 64 && index_bits == 32;
            if cannot_wrap { is_beyond } else { ir.builder.build_or(is_beyond, wraps, "")? }
        };
        self.trap_if(is_out, Trap::MemoryOutOfBounds)?;
        Ok(Some(index))
    }

    /// Code after an access that is always out of bounds still needs an address to be about; it never runs.
    pub(super) fn address_out_of_bounds(&mut self) -> Result<PointerValue<'ctx>> {
        self.trap_always(Trap::MemoryOutOfBounds)?;
        let dead = self.block("dead");
        self.ir().builder.position_at_end(dead);
        self.is_reachable = true;
        Ok(self.ir().ptr.const_null())
    }

    pub(super) fn minimum_bytes(&self, memory: u32) -> u64 {
        self.unit.module.memories[memory as usize].minimum_bytes()
    }

    /// Nothing can change the length: nobody else sees the memory, no code grows it, or the user says so.
    fn never_grows(&self, memory: u32) -> bool {
        let record = &self.unit.module.memories[memory as usize];
        self.unit.options.fixed_memory || record.never_grows()
    }

    pub(super) fn memory_base(&self, memory: u32) -> Result<PointerValue<'ctx>> {
        let is_guarded = self.unit.bounds(memory) == BoundsStrategy::Guard;
        let alias = Alias {
            kind: AliasKind::Descriptor,
            // A guarded memory grows in place.
            is_invariant: is_guarded || self.never_grows(memory),
        };
        let descriptor = self.memory_descriptor(memory)?;
        self.ir().load_pointer(descriptor, MemoryField::Base.offset(self.unit.pointer_bytes()), alias)
    }

    /// The length in bytes, a word.
    pub(super) fn memory_length(&self, memory: u32) -> Result<IntValue<'ctx>> {
        if self.unit.options.fixed_memory {
            return Ok(self.ir().word(self.minimum_bytes(memory)));
        }
        let alias = Alias { kind: AliasKind::Descriptor, is_invariant: self.never_grows(memory) };
        let descriptor = self.memory_descriptor(memory)?;
        let length = self.ir().load_word(descriptor, MemoryField::Length.offset(self.unit.pointer_bytes()), alias)?;
        let is_changed_by_others = self.unit.module.memories[memory as usize].shared && !alias.is_invariant;
        if let Some(load) = value_instruction(length.into()).filter(|_| is_changed_by_others) {
            // Without atomic instructions the one would be a call of a library, and a word is not torn anyway.
            let marked = match self.is_lock_free(self.ir().word.get_bit_width()) {
                true => load.set_atomic_ordering(AtomicOrdering::Monotonic),
                false => load.set_volatile(true),
            };
            marked.map_err(Error::llvm)?;
        }
        Ok(length)
    }

    /// Own descriptors are in the context, those that other instances see behind a pointer in it.
    fn memory_descriptor(&self, memory: u32) -> Result<PointerValue<'ctx>> {
        let (module, layout) = (self.unit.module, self.unit.layout());
        if memory < module.imported_memories || module.memories[memory as usize].shared {
            return self.ir().load_pointer(self.ctx, layout.memory_pointer(memory), Alias::INVARIANT);
        }
        self.ir().field(self.ctx, layout.memory(memory - module.imported_memories))
    }

    pub(super) fn memory_alias(&self, memory: u32) -> Alias {
        let is_visible = self.unit.module.memories[memory as usize].is_visible;
        Alias::of(AliasKind::Memory((!is_visible).then_some(memory)))
    }

    pub(super) fn memory_size(&mut self, memory: u32) -> Result<()> {
        let record = &self.unit.module.memories[memory as usize];
        let (page_log2, is_64) = (record.page_log2, record.limits.is_64);
        let length = self.memory_length(memory)?;
        let shift = self.ir().word(u64::from(page_log2));
        let pages = self.ir().builder.build_right_shift(length, shift, false, "")?;
        let pages = self.word_to_index(pages, is_64)?;
        self.push(pages);
        Ok(())
    }

    pub(super) fn memory_grow(&mut self, memory: u32) -> Result<()> {
        let is_64 = self.unit.module.memories[memory as usize].limits.is_64;
        let pages = self.pop_word()?;
        let memory = self.ir().word(u64::from(memory));
        let old = self.helper(Helper::MemoryGrow, &[memory, pages])?;
        // All ones stays all ones in either width.
        let old = self.signed_word_to_index(old, is_64)?;
        self.push(old);
        Ok(())
    }

    /// Takes an index as a word. A 64-bit one that no 32-bit machine can reach saturates, and so stays out of bounds.
    pub(super) fn pop_word(&mut self) -> Result<IntValue<'ctx>> {
        let value = self.pop_int()?;
        let ir = self.ir();
        let (bits, word_bits) = (value.get_type().get_bit_width(), ir.word.get_bit_width());
        if bits <= word_bits {
            return Ok(ir.builder.build_int_z_extend_or_bit_cast(value, ir.word, "")?);
        }
        let limit = value.get_type().const_int(u64::from(u32::MAX), false);
        let value = ir.intrinsic("llvm.umin", &[value.get_type().into()], &[value.into(), limit.into()])?;
        Ok(ir.builder.build_int_truncate(value.into_int_value(), ir.word, "")?)
    }

    /// A word as an index of a memory or table.
    pub(super) fn word_to_index(&self, value: IntValue<'ctx>, is_64: bool) -> Result<IntValue<'ctx>> {
        let ty = self.int_type(if is_64 { 64 } else { 32 });
        Ok(self.ir().builder.build_int_cast_sign_flag(value, ty, false, "")?)
    }

    /// A word as an index, where all ones means failure.
    pub(super) fn signed_word_to_index(&self, value: IntValue<'ctx>, is_64: bool) -> Result<IntValue<'ctx>> {
        let ty = self.int_type(if is_64 { 64 } else { 32 });
        Ok(self.ir().builder.build_int_cast_sign_flag(value, ty, true, "")?)
    }
}

pub(super) fn memory_of(argument: &MemArg) -> Result<u32> {
    match argument.target {
        MemArgTarget::Memory(memory) => Ok(memory),
        MemArgTarget::Array(_) => Err(Error::unsupported("an array access", 0)),
    }
}

fn bytes(ty: BasicTypeEnum<'_>) -> Result<u32> {
    match ty {
        BasicTypeEnum::IntType(ty) => Ok(ty.get_bit_width() / 8),
        BasicTypeEnum::FloatType(ty) => Ok(ty.get_bit_width() / 8),
        _ => Err(Error::llvm("memory access of an unexpected type")),
    }
}

/// The alignment in wasm is a hint that may be wrong.
pub(super) fn unaligned(value: BasicValueEnum<'_>) -> Result<()> {
    match value_instruction(value) {
        Some(load) => load.set_alignment(1).map_err(Error::llvm),
        None => Ok(()),
    }
}
