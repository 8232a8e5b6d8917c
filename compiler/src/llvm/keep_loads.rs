//! Keeps loads that can trap although nothing uses their values.
//!
//! With guard regions the load itself is the bounds check, and LLVM deletes plain loads without users, and calls of
//! functions that only read. Translation therefore hands each loaded value to a marker: an empty piece of inline assembly,
//! which no pass may remove and which costs nothing in the inliner's eyes. (`llvm.fake.use` would not do: the inliner drops
//! it.) The markers stay while LLVM inlines and simplifies; then the loads become volatile, and the markers go.
//!
//! Loads with users become volatile as well: LLVM moves a plain load to the only path that uses its value, narrows it to
//! the bytes that are used, and moves it behind other traps, and each loses or changes a trap.
#![allow(unsafe_code)] // inkwell cannot tell what is called

use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::basic_block::BasicBlock;
use inkwell::values::{AsValueRef as _, BasicValueEnum, FunctionValue, InstructionOpcode, InstructionValue};
use llvm_sys::core::{LLVMGetCalledValue, LLVMIsAInlineAsm};

use super::Ir;
use super::builder::value_instruction;
use crate::error::{Error, Result};

impl<'ctx> Ir<'ctx> {
    /// Marks a value whose load must not disappear.
    pub(crate) fn keep(&self, value: BasicValueEnum<'ctx>) -> Result<()> {
        let ty = self.context.void_type().fn_type(&[value.get_type().into()], false);
        let marker = self.context.create_inline_asm(ty, String::new(), "X".to_owned(), true, false, None, false);
        let call = self.builder.build_indirect_call(ty, marker, &[value.into()], "")?;
        for (name, value) in [("nounwind", 0), ("willreturn", 0), ("memory", INACCESSIBLE_READ_WRITE)] {
            let kind = Attribute::get_named_enum_kind_id(name);
            call.add_attribute(AttributeLoc::Function, self.context.create_enum_attribute(kind, value));
        }
        Ok(())
    }

    /// Removes all markers, making their loads volatile.
    pub(super) fn remove_keep_markers(&self) -> Result<()> {
        self.blocks().try_for_each(|block| release_block(block, false))
    }

    /// Removes all markers, making their loads volatile but for those that need no keeping; see `plain_loops`.
    pub(super) fn release_loads(&self) -> Result<()> {
        self.blocks().try_for_each(|block| {
            let is_plain = self.is_plain_loop(block);
            if is_plain {
                self.separate_bases(block)?;
            }
            release_block(block, is_plain)
        })
    }

    pub(super) fn blocks(&self) -> impl Iterator<Item = BasicBlock<'ctx>> {
        self.module.get_functions().flat_map(FunctionValue::get_basic_blocks)
    }
}

/// `memory(inaccessiblemem: readwrite)`, two bits per kind of memory: no obstacle to moving other accesses.
const INACCESSIBLE_READ_WRITE: u64 = 0b11 << 2;

/// Translation makes no other inline assembly.
pub(super) fn is_marker(instruction: InstructionValue<'_>) -> bool {
    // SAFETY: the instruction is alive and, by the first condition, a call.
    instruction.get_opcode() == InstructionOpcode::Call
        && unsafe { !LLVMIsAInlineAsm(LLVMGetCalledValue(instruction.as_value_ref())).is_null() }
}

fn release_block(block: BasicBlock<'_>, are_plain: bool) -> Result<()> {
    let calls: Vec<_> = block.get_instructions().filter(|instruction| is_marker(*instruction)).collect();
    calls.into_iter().try_for_each(|call| release(call, are_plain))
}

fn release(call: InstructionValue<'_>, is_plain: bool) -> Result<()> {
    let kept = call.get_operand(0).and_then(|operand| operand.value()).and_then(value_instruction);
    let block = call.get_parent();
    call.erase_from_basic_block();
    if let Some(load) = kept
        && load.get_opcode() == InstructionOpcode::Load
        && !(is_plain && load.get_parent() == block)
    {
        load.set_volatile(true).map_err(Error::llvm)?;
    }
    Ok(())
}
