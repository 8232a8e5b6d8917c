//! Rewrites what a back end cannot generate code for: with the stack check, the last changes to the IR.
#![allow(unsafe_code)] // inkwell replaces uses by instructions only

use std::collections::BTreeMap;

use graver_targets::Quirks;
use inkwell::basic_block::BasicBlock;
use inkwell::module::Module;
use inkwell::types::{AnyTypeEnum, BasicTypeEnum};
use inkwell::values::{
    AsValueRef as _, BasicValueEnum, FloatValue, FunctionValue, InstructionOpcode, InstructionValue, IntValue,
};
use llvm_sys::core::LLVMReplaceAllUsesWith;

use super::Ir;
use crate::error::{Error, Result};

impl<'ctx> Ir<'ctx> {
    /// Rewrites the module for a back end with these quirks, but for those about frames.
    pub(super) fn rewrite_for(&self, quirks: &Quirks) -> Result<()> {
        if !quirks.selects_float_constants {
            for instruction in instructions(&self.module) {
                self.rewrite_float_choice(instruction)?;
            }
        }
        if quirks.minimum_returns_nan {
            for instruction in instructions(&self.module).into_iter().filter(is_minimum_or_maximum) {
                self.choose_bits(instruction, float_operand(instruction, 1), float_operand(instruction, 2))?;
            }
        }
        Ok(())
    }

    /// A choice between two float constants, however it is spelled, becomes a choice between their bits.
    fn rewrite_float_choice(&self, instruction: InstructionValue<'ctx>) -> Result<()> {
        let AnyTypeEnum::FloatType(ty) = instruction.get_type() else { return Ok(()) };
        let constant = |index| float_operand(instruction, index).filter(|value| value.is_const());
        let (yes, no) = match instruction.get_opcode() {
            InstructionOpcode::Select => (constant(1), constant(2)),
            InstructionOpcode::UIToFP => (Some(ty.const_float(1.0)), Some(ty.const_zero())),
            InstructionOpcode::SIToFP => (Some(ty.const_float(-1.0)), Some(ty.const_zero())),
            _ => return Ok(()),
        };
        self.choose_bits(instruction, yes, no)
    }

    /// Replaces an instruction by a choice between the bits of two floats, if it has a condition for that.
    fn choose_bits(
        &self,
        instruction: InstructionValue<'ctx>,
        yes: Option<FloatValue<'ctx>>,
        no: Option<FloatValue<'ctx>>,
    ) -> Result<()> {
        let (Some(condition), Some(yes), Some(no)) = (condition(instruction), yes, no) else { return Ok(()) };
        let ty = yes.get_type();
        let bits = if ty == self.context.f64_type() { self.context.i64_type() } else { self.context.i32_type() };
        let builder = &self.builder;
        builder.position_before(&instruction);
        let yes = builder.build_bit_cast(yes, bits, "")?;
        let no = builder.build_bit_cast(no, bits, "")?;
        let chosen = builder.build_select(condition, yes, no, "")?;
        let float = builder.build_bit_cast(chosen, ty, "")?;
        // SAFETY: both are values of the same type in the same function, and the new one comes first.
        unsafe { LLVMReplaceAllUsesWith(instruction.as_value_ref(), float.as_value_ref()) };
        instruction.erase_from_basic_block();
        Ok(())
    }

    /// Whether a function's frame could be as large as `bytes`, as far as the IR can tell.
    pub(super) fn has_large_functions(&self, bytes: u32) -> bool {
        // No value takes more than eight bytes, except those with memory of their own.
        let most_values = bytes as usize / 8;
        self.module.get_functions().any(|function| {
            let count = instructions_of(function).take(most_values).count() + function.count_params() as usize;
            count >= most_values || instructions_of(function).any(|value| is_array(value))
        })
    }

    /// Makes the frames of these functions (all, if not given) larger by this many bytes.
    pub(super) fn enlarge_frames(&self, bytes: u32, only: Option<&BTreeMap<String, u32>>) -> Result<()> {
        for function in self.module.get_functions() {
            let name = function.get_name().to_string_lossy().into_owned();
            let Some(entry) = function.get_first_basic_block() else { continue };
            if only.is_some_and(|names| !names.contains_key(&name)) {
                continue;
            }
            match entry.get_first_instruction() {
                Some(first) => self.builder.position_before(&first),
                None => self.builder.position_at_end(entry),
            }
            self.builder.build_alloca(self.context.i8_type().array_type(bytes), "").map_err(Error::llvm)?;
        }
        Ok(())
    }
}

fn instructions<'ctx>(module: &Module<'ctx>) -> Vec<InstructionValue<'ctx>> {
    module.get_functions().flat_map(instructions_of).collect()
}

fn instructions_of(function: FunctionValue<'_>) -> impl Iterator<Item = InstructionValue<'_>> {
    function.get_basic_blocks().into_iter().flat_map(BasicBlock::get_instructions)
}

fn is_array(instruction: InstructionValue<'_>) -> bool {
    instruction.get_opcode() == InstructionOpcode::Alloca
        && !matches!(instruction.get_allocated_type(), Ok(BasicTypeEnum::IntType(_) | BasicTypeEnum::FloatType(_)))
}

/// Whether a choice between a float and a constant depends on a comparison of the two. Without a constant LLVM knows nothing
/// of zeroes, whose sign such an instruction would lose.
fn is_minimum_or_maximum(instruction: &InstructionValue<'_>) -> bool {
    let of = |instruction, first| (float_operand(instruction, first), float_operand(instruction, first + 1));
    let compared = match instruction.get_opcode() {
        InstructionOpcode::Select => condition(*instruction).and_then(|value| value.as_instruction()),
        _ => None,
    };
    let Some(compared) = compared.filter(|compared| compared.get_opcode() == InstructionOpcode::FCmp) else {
        return false;
    };
    let ((yes, no), (left, right)) = (of(*instruction, 1), of(compared, 0));
    [yes, no].iter().flatten().any(|value| value.is_const())
        && ((yes, no) == (left, right) || (yes, no) == (right, left))
}

/// The operand of one bit that a choice depends on.
fn condition(instruction: InstructionValue<'_>) -> Option<IntValue<'_>> {
    match instruction.get_operand(0)?.value()? {
        BasicValueEnum::IntValue(value) if value.get_type().get_bit_width() == 1 => Some(value),
        _ => None,
    }
}

fn float_operand(instruction: InstructionValue<'_>, index: u32) -> Option<FloatValue<'_>> {
    match instruction.get_operand(index)?.value()? {
        BasicValueEnum::FloatValue(value) => Some(value),
        _ => None,
    }
}
