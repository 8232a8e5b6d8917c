//! The atomic operators. What the target's instructions can do is done by them; wider accesses are made of plain ones
//! while the host lets nobody else run.
//! <https://github.com/WebAssembly/threads/blob/main/proposals/threads/Overview.md>

use graver_aot_format::abi::{Helper, Trap, WAIT_TRAPS};
use inkwell::types::IntType;
use inkwell::values::{InstructionValue, IntValue, PointerValue};
use inkwell::{AtomicOrdering, AtomicRMWBinOp, IntPredicate};
use wasmparser::{MemArg, Operator};

use super::function::Translator;
use super::memory::memory_of;
use crate::error::{Error, Result};
use crate::llvm::{Alias, value_instruction};

/// WebAssembly has one ordering.
const ORDERING: AtomicOrdering = AtomicOrdering::SequentiallyConsistent;

/// What an operator does, apart from where.
#[derive(Clone, Copy, Debug)]
pub(super) enum Access {
    /// Extends `bits` with zeroes.
    Load {
        bits: u32,
        to: u32,
    },
    Store {
        bits: u32,
    },
    Update {
        bits: u32,
        operation: AtomicRMWBinOp,
    },
    CompareExchange {
        bits: u32,
    },
    Wait {
        bits: u32,
    },
    Notify,
}

/// The table of operators; `None` for those that are not atomic.
pub(super) fn access<'o>(operator: &'o Operator<'_>) -> Option<(Access, &'o MemArg)> {
    use AtomicRMWBinOp::{Add, And, Or, Sub, Xchg, Xor};
    use Operator as O;
    let update = |bits, operation| Access::Update { bits, operation };
    let exchange = |bits| Access::CompareExchange { bits };
    Some(match operator {
        O::MemoryAtomicNotify { memarg } => (Access::Notify, memarg),
        O::MemoryAtomicWait32 { memarg } => (Access::Wait { bits: 32 }, memarg),
        O::MemoryAtomicWait64 { memarg } => (Access::Wait { bits: 64 }, memarg),
        O::I32AtomicLoad8U { memarg } => (Access::Load { bits: 8, to: 32 }, memarg),
        O::I32AtomicLoad16U { memarg } => (Access::Load { bits: 16, to: 32 }, memarg),
        O::I32AtomicLoad { memarg } => (Access::Load { bits: 32, to: 32 }, memarg),
        O::I64AtomicLoad8U { memarg } => (Access::Load { bits: 8, to: 64 }, memarg),
        O::I64AtomicLoad16U { memarg } => (Access::Load { bits: 16, to: 64 }, memarg),
        O::I64AtomicLoad32U { memarg } => (Access::Load { bits: 32, to: 64 }, memarg),
        O::I64AtomicLoad { memarg } => (Access::Load { bits: 64, to: 64 }, memarg),
        O::I32AtomicStore8 { memarg } | O::I64AtomicStore8 { memarg } => (Access::Store { bits: 8 }, memarg),
        O::I32AtomicStore16 { memarg } | O::I64AtomicStore16 { memarg } => (Access::Store { bits: 16 }, memarg),
        O::I32AtomicStore { memarg } | O::I64AtomicStore32 { memarg } => (Access::Store { bits: 32 }, memarg),
        O::I64AtomicStore { memarg } => (Access::Store { bits: 64 }, memarg),
        O::I32AtomicRmw8AddU { memarg } | O::I64AtomicRmw8AddU { memarg } => (update(8, Add), memarg),
        O::I32AtomicRmw16AddU { memarg } | O::I64AtomicRmw16AddU { memarg } => (update(16, Add), memarg),
        O::I32AtomicRmwAdd { memarg } | O::I64AtomicRmw32AddU { memarg } => (update(32, Add), memarg),
        O::I64AtomicRmwAdd { memarg } => (update(64, Add), memarg),
        O::I32AtomicRmw8SubU { memarg } | O::I64AtomicRmw8SubU { memarg } => (update(8, Sub), memarg),
        O::I32AtomicRmw16SubU { memarg } | O::I64AtomicRmw16SubU { memarg } => (update(16, Sub), memarg),
        O::I32AtomicRmwSub { memarg } | O::I64AtomicRmw32SubU { memarg } => (update(32, Sub), memarg),
        O::I64AtomicRmwSub { memarg } => (update(64, Sub), memarg),
        O::I32AtomicRmw8AndU { memarg } | O::I64AtomicRmw8AndU { memarg } => (update(8, And), memarg),
        O::I32AtomicRmw16AndU { memarg } | O::I64AtomicRmw16AndU { memarg } => (update(16, And), memarg),
        O::I32AtomicRmwAnd { memarg } | O::I64AtomicRmw32AndU { memarg } => (update(32, And), memarg),
        O::I64AtomicRmwAnd { memarg } => (update(64, And), memarg),
        O::I32AtomicRmw8OrU { memarg } | O::I64AtomicRmw8OrU { memarg } => (update(8, Or), memarg),
        O::I32AtomicRmw16OrU { memarg } | O::I64AtomicRmw16OrU { memarg } => (update(16, Or), memarg),
        O::I32AtomicRmwOr { memarg } | O::I64AtomicRmw32OrU { memarg } => (update(32, Or), memarg),
        O::I64AtomicRmwOr { memarg } => (update(64, Or), memarg),
        O::I32AtomicRmw8XorU { memarg } | O::I64AtomicRmw8XorU { memarg } => (update(8, Xor), memarg),
        O::I32AtomicRmw16XorU { memarg } | O::I64AtomicRmw16XorU { memarg } => (update(16, Xor), memarg),
        O::I32AtomicRmwXor { memarg } | O::I64AtomicRmw32XorU { memarg } => (update(32, Xor), memarg),
        O::I64AtomicRmwXor { memarg } => (update(64, Xor), memarg),
        O::I32AtomicRmw8XchgU { memarg } | O::I64AtomicRmw8XchgU { memarg } => (update(8, Xchg), memarg),
        O::I32AtomicRmw16XchgU { memarg } | O::I64AtomicRmw16XchgU { memarg } => (update(16, Xchg), memarg),
        O::I32AtomicRmwXchg { memarg } | O::I64AtomicRmw32XchgU { memarg } => (update(32, Xchg), memarg),
        O::I64AtomicRmwXchg { memarg } => (update(64, Xchg), memarg),
        O::I32AtomicRmw8CmpxchgU { memarg } | O::I64AtomicRmw8CmpxchgU { memarg } => (exchange(8), memarg),
        O::I32AtomicRmw16CmpxchgU { memarg } | O::I64AtomicRmw16CmpxchgU { memarg } => (exchange(16), memarg),
        O::I32AtomicRmwCmpxchg { memarg } | O::I64AtomicRmw32CmpxchgU { memarg } => (exchange(32), memarg),
        O::I64AtomicRmwCmpxchg { memarg } => (exchange(64), memarg),
        _ => return None,
    })
}

/// An aligned place in a memory, and how many bits of it are meant.
struct Place<'ctx> {
    address: PointerValue<'ctx>,
    ty: IntType<'ctx>,
    alias: Alias,
}

impl<'ctx> Translator<'_, '_, 'ctx> {
    /// Translates one operator.
    pub(super) fn atomic(&mut self, access: Access, argument: &MemArg) -> Result<()> {
        match access {
            Access::Load { bits, to } => self.atomic_load(argument, bits, to),
            Access::Store { bits } => self.atomic_store(argument, bits),
            Access::Update { bits, operation } => self.atomic_update(argument, bits, operation),
            Access::CompareExchange { bits } => self.atomic_compare_exchange(argument, bits),
            Access::Wait { bits } => self.atomic_wait(argument, bits),
            Access::Notify => self.atomic_notify(argument),
        }
    }

    /// Loads `bits` and extends them with zeroes to `to` bits.
    fn atomic_load(&mut self, argument: &MemArg, bits: u32, to: u32) -> Result<()> {
        let place = self.atomic_place(argument, bits)?;
        let value = match self.is_lock_free(bits) {
            true => self.load_at(&place, |load| load.set_atomic_ordering(ORDERING))?,
            // A word is not torn.
            false if self.is_word(bits) => self.load_plainly(&place)?,
            false => self.alone(|this| this.load_plainly(&place))?,
        };
        self.push_extended(value, to)
    }

    /// Stores the low `bits` of an integer.
    fn atomic_store(&mut self, argument: &MemArg, bits: u32) -> Result<()> {
        let value = self.pop_int()?;
        let place = self.atomic_place(argument, bits)?;
        let value = self.narrow(value, &place)?;
        match self.is_lock_free(bits) {
            true => self.store_at(&place, value, |store| store.set_atomic_ordering(ORDERING)),
            false if self.is_word(bits) => self.store_plainly(&place, value),
            false => self.alone(|this| this.store_plainly(&place, value)),
        }
    }

    /// Combines the low `bits` of an integer with what is in memory; the old contents are the result.
    fn atomic_update(&mut self, argument: &MemArg, bits: u32, operation: AtomicRMWBinOp) -> Result<()> {
        let value = self.pop_int()?;
        let to = value.get_type().get_bit_width();
        let place = self.atomic_place(argument, bits)?;
        let value = self.narrow(value, &place)?;
        let old = match self.is_lock_free(bits) {
            true => {
                let old = self.ir().builder.build_atomicrmw(operation, place.address, value, ORDERING)?;
                // One that changes nothing would become a fence, which does not trap.
                if let Some(update) = old.as_instruction() {
                    update.set_volatile(true).map_err(Error::llvm)?;
                }
                old
            }
            false => self.alone(|this| {
                let old = this.load_plainly(&place)?;
                let new = this.combine(operation, old, value)?;
                this.store_plainly(&place, new)?;
                Ok(old)
            })?,
        };
        self.push_extended(old, to)
    }

    /// Stores the low `bits` of an integer if memory holds those of another; the old contents are the result.
    fn atomic_compare_exchange(&mut self, argument: &MemArg, bits: u32) -> Result<()> {
        let (new, expected) = (self.pop_int()?, self.pop_int()?);
        let to = new.get_type().get_bit_width();
        let place = self.atomic_place(argument, bits)?;
        let (new, expected) = (self.narrow(new, &place)?, self.narrow(expected, &place)?);
        let old = match self.is_lock_free(bits) {
            true => {
                let builder = &self.ir().builder;
                let pair = builder.build_cmpxchg(place.address, expected, new, ORDERING, ORDERING)?;
                builder.build_extract_value(pair, 0, "")?.into_int_value()
            }
            false => self.alone(|this| {
                let old = this.load_plainly(&place)?;
                let builder = &this.ir().builder;
                let is_equal = builder.build_int_compare(IntPredicate::EQ, old, expected, "")?;
                let stored = builder.build_select(is_equal, new, old, "")?.into_int_value();
                this.store_plainly(&place, stored)?;
                Ok(old)
            })?,
        };
        self.push_extended(old, to)
    }

    /// No access moves across.
    pub(super) fn atomic_fence(&self) -> Result<()> {
        self.ir().builder.build_fence(ORDERING, false, "")?;
        Ok(())
    }

    /// Waits while `bits` in memory are what is expected: 0 if woken, 1 if they are not, 2 if the time is over.
    fn atomic_wait(&mut self, argument: &MemArg, bits: u32) -> Result<()> {
        let (timeout, expected) = (self.pop_int()?, self.pop_int()?);
        let memory = memory_of(argument)?;
        if !self.unit.module.memories[memory as usize].shared {
            self.pop()?;
            return self.trap_always(Trap::ExpectedSharedMemory);
        }
        let address = self.checked_address(argument, bits)?;
        let [expected_low, expected_high] = self.halves(expected)?;
        let [timeout_low, timeout_high] = self.halves(timeout)?;
        let word = |value: u32| self.ir().word(u64::from(value));
        let arguments = [word(memory), address, word(bits / 8), expected_low, expected_high, timeout_low, timeout_high];
        let answer = self.helper(Helper::MemoryWait, &arguments)?;
        self.trap_above(answer, u64::from(WAIT_TRAPS))?;
        self.push_word_as_i32(answer)
    }

    /// Wakes some of those who wait; how many.
    fn atomic_notify(&mut self, argument: &MemArg) -> Result<()> {
        let count = self.pop_word()?;
        let address = self.checked_address(argument, 32)?;
        let memory = self.ir().word(u64::from(memory_of(argument)?));
        let woken = self.helper(Helper::MemoryNotify, &[memory, address, count])?;
        self.push_word_as_i32(woken)
    }

    fn push_word_as_i32(&mut self, word: IntValue<'ctx>) -> Result<()> {
        let value = self.word_to_index(word, false)?;
        self.push(value);
        Ok(())
    }

    fn push_extended(&mut self, value: IntValue<'ctx>, to: u32) -> Result<()> {
        let wide = self.ir().builder.build_int_z_extend_or_bit_cast(value, self.int_type(to), "")?;
        self.push(wide);
        Ok(())
    }

    /// The low and the high 32 bits, a word each.
    fn halves(&self, value: IntValue<'ctx>) -> Result<[IntValue<'ctx>; 2]> {
        let builder = &self.ir().builder;
        let wide = builder.build_int_z_extend_or_bit_cast(value, self.int_type(64), "")?;
        let high = builder.build_right_shift(wide, self.int_type(64).const_int(32, false), false, "")?;
        let mut halves = [wide, high];
        for half in &mut halves {
            let narrow = builder.build_int_truncate(*half, self.int_type(32), "")?;
            *half = builder.build_int_z_extend_or_bit_cast(narrow, self.ir().word, "")?;
        }
        Ok(halves)
    }

    fn narrow(&self, value: IntValue<'ctx>, place: &Place<'ctx>) -> Result<IntValue<'ctx>> {
        Ok(self.ir().builder.build_int_truncate_or_bit_cast(value, place.ty, "")?)
    }

    /// Takes the index and makes an address that is aligned and checked or guarded.
    fn atomic_place(&mut self, argument: &MemArg, bits: u32) -> Result<Place<'ctx>> {
        let memory = memory_of(argument)?;
        let index = self.pop_int()?;
        self.check_alignment(index, argument.offset, bits)?;
        let address = self.address(memory, index, argument.offset, bits / 8)?;
        Ok(Place { address, ty: self.int_type(bits), alias: self.memory_alias(memory) })
    }

    /// Takes the index and makes a word, the place in the memory, after the checks that an access would make.
    fn checked_address(&mut self, argument: &MemArg, bits: u32) -> Result<IntValue<'ctx>> {
        let memory = memory_of(argument)?;
        let index = self.pop_int()?;
        self.check_alignment(index, argument.offset, bits)?;
        let end = argument.offset.saturating_add(u64::from(bits / 8));
        match self.check_bounds(memory, index, end)? {
            Some(index) => Ok(self.ir().builder.build_int_add(index, self.ir().word(argument.offset), "")?),
            None => {
                self.address_out_of_bounds()?;
                Ok(self.ir().word(0))
            }
        }
    }

    fn check_alignment(&mut self, index: IntValue<'ctx>, offset: u64, bits: u32) -> Result<()> {
        let ty = index.get_type();
        let mask = u64::from(bits / 8 - 1);
        if mask == 0 {
            return Ok(());
        }
        let builder = &self.ir().builder;
        let sum = builder.build_int_add(index, ty.const_int(offset & mask, false), "")?;
        let rest = builder.build_and(sum, ty.const_int(mask, false), "")?;
        let is_odd = builder.build_int_compare(IntPredicate::NE, rest, ty.const_zero(), "")?;
        self.trap_if(is_odd, Trap::UnalignedAtomic)
    }

    /// Continues with an answer below `limit`; above are the codes of traps.
    fn trap_above(&mut self, answer: IntValue<'ctx>, limit: u64) -> Result<()> {
        let ir = self.ir();
        let (failed, next) = (self.block("failed"), self.block(""));
        let is_trap = ir.builder.build_int_compare(IntPredicate::UGE, answer, ir.word(limit), "")?;
        ir.branch_unlikely(is_trap, failed, next)?;
        ir.builder.position_at_end(failed);
        let code = ir.builder.build_int_sub(answer, ir.word(limit), "")?;
        ir.trap_with(self.ctx, code)?;
        ir.builder.position_at_end(next);
        Ok(())
    }

    pub(super) fn is_lock_free(&self, bits: u32) -> bool {
        bits <= self.unit.options.target.llvm.atomic_bits
    }

    fn is_word(&self, bits: u32) -> bool {
        bits <= self.ir().word.get_bit_width()
    }

    /// Does something that the target has no instruction for while nobody else runs.
    fn alone<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let before = self.helper(Helper::AtomicBegin, &[])?;
        let result = work(self)?;
        self.helper(Helper::AtomicEnd, &[before])?;
        Ok(result)
    }

    fn load_plainly(&self, place: &Place<'ctx>) -> Result<IntValue<'ctx>> {
        self.load_at(place, |load| load.set_volatile(true))
    }

    fn store_plainly(&self, place: &Place<'ctx>, value: IntValue<'ctx>) -> Result<()> {
        self.store_at(place, value, |store| store.set_volatile(true))
    }

    fn load_at<E: std::fmt::Display>(
        &self,
        place: &Place<'ctx>,
        mark: impl FnOnce(InstructionValue<'ctx>) -> Result<(), E>,
    ) -> Result<IntValue<'ctx>> {
        let value = self.ir().load(place.ty, place.address, place.alias)?;
        let load = value_instruction(value).ok_or_else(|| Error::llvm("a load that is no instruction"))?;
        mark(load).map_err(Error::llvm)?;
        load.set_alignment(place.ty.get_bit_width() / 8).map_err(Error::llvm)?;
        Ok(value.into_int_value())
    }

    fn store_at<E: std::fmt::Display>(
        &self,
        place: &Place<'ctx>,
        value: IntValue<'ctx>,
        mark: impl FnOnce(InstructionValue<'ctx>) -> Result<(), E>,
    ) -> Result<()> {
        let store = self.ir().store(place.address, value.into(), place.alias)?;
        mark(store).map_err(Error::llvm)?;
        store.set_alignment(place.ty.get_bit_width() / 8).map_err(Error::llvm)
    }

    fn combine(&self, operation: AtomicRMWBinOp, old: IntValue<'ctx>, value: IntValue<'ctx>) -> Result<IntValue<'ctx>> {
        let builder = &self.ir().builder;
        Ok(match operation {
            AtomicRMWBinOp::Add => builder.build_int_add(old, value, "")?,
            AtomicRMWBinOp::Sub => builder.build_int_sub(old, value, "")?,
            AtomicRMWBinOp::And => builder.build_and(old, value, "")?,
            AtomicRMWBinOp::Or => builder.build_or(old, value, "")?,
            AtomicRMWBinOp::Xor => builder.build_xor(old, value, "")?,
            AtomicRMWBinOp::Xchg => value,
            _ => return Err(Error::llvm("an update that WebAssembly does not have")),
        })
    }
}
