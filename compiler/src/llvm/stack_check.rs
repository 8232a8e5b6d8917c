//! The stack check: the last change to the IR before code generation.
//!
//! Every function that calls something compares the stack pointer, its own frame included, with `store.stack_limit`.
//! Leaves are not checked: the limit leaves room for the largest frame of the image (`stack_slack` in the header).
//! Interruptible code asks in the same place whether it should stop; loops ask where they start.

use graver_aot_format::abi::{ContextHeadField, StoreField, Trap};
use graver_targets::Target as Row;
use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::values::{BasicValueEnum, FunctionValue, InstructionOpcode, InstructionValue, IntValue, PointerValue};

use super::{Alias, AliasKind, Ir, call_value, value_instruction};
use crate::error::{Error, Result};

impl<'ctx> Ir<'ctx> {
    /// Adds the check to every function of the module that needs one, and returns their names.
    pub(super) fn insert_checks(&self, row: &Row, interruptible: bool) -> Result<Vec<String>> {
        let mut checked = Vec::new();
        let functions: Vec<FunctionValue<'ctx>> = self.module.get_functions().collect();
        for function in functions {
            // Thunks run directly on the host's frame, right after it has set the limit.
            if is_wasm_function(function) && function.count_basic_blocks() > 0 && calls_something(function) {
                self.insert_check(function, row, interruptible)?;
                checked.push(function.get_name().to_string_lossy().into_owned());
            }
        }
        Ok(checked)
    }

    fn insert_check(&self, function: FunctionValue<'ctx>, row: &Row, interruptible: bool) -> Result<()> {
        let pointer_bytes = row.pointer_bytes;
        let (Some(body), Some(ctx)) = (function.get_first_basic_block(), function.get_first_param()) else {
            return Ok(());
        };
        let ctx = ctx.into_pointer_value();
        let next = if interruptible { self.interrupt_check(function, ctx, body, row)? } else { body };
        let entry = self.context.prepend_basic_block(next, "check");
        let exhausted = self.context.append_basic_block(function, "exhausted");

        self.builder.position_at_end(entry);
        let sp = self.stack_pointer(row)?;
        let store = self.load_pointer(ctx, ContextHeadField::Store.offset(pointer_bytes), Alias::INVARIANT)?;
        let limit = StoreField::StackLimit.offset(pointer_bytes);
        let limit = self.load_word(store, limit, Alias::of(AliasKind::Context))?;
        let is_exhausted = self.builder.build_int_compare(IntPredicate::ULT, sp, limit, "")?;
        self.branch_unlikely(is_exhausted, exhausted, next)?;
        move_allocas(self, body, entry)?;

        self.builder.position_at_end(exhausted);
        self.trap(ctx, Trap::StackOverflow)
    }

    /// A block that asks whether to stop, and goes on with `body`.
    fn interrupt_check(
        &self,
        function: FunctionValue<'ctx>,
        ctx: PointerValue<'ctx>,
        body: BasicBlock<'ctx>,
        row: &Row,
    ) -> Result<BasicBlock<'ctx>> {
        let poll = self.context.prepend_basic_block(body, "poll");
        let interrupted = self.context.append_basic_block(function, "interrupted");
        self.builder.position_at_end(poll);
        let is_interrupted = self.is_interrupted(ctx, row.pointer_bytes)?;
        self.branch_unlikely(is_interrupted, interrupted, body)?;
        self.builder.position_at_end(interrupted);
        self.trap(ctx, Trap::Terminated)?;
        Ok(poll)
    }
}

impl<'ctx> Ir<'ctx> {
    fn stack_pointer(&self, row: &Row) -> Result<IntValue<'ctx>> {
        let Some(assembly) = row.llvm.quirks.read_stack else {
            let name = self.context.metadata_string(row.llvm.stack_register);
            let register = self.context.metadata_node(&[name.into()]);
            let value = self.intrinsic("llvm.read_register", &[self.word.into()], &[register.into()])?;
            return Ok(value.into_int_value());
        };
        let ty = self.word.fn_type(&[], false);
        let copy = self.context.create_inline_asm(ty, assembly.to_owned(), "=r".to_owned(), false, false, None, false);
        let call = self.builder.build_indirect_call(ty, copy, &[], "")?;
        call_value(call).map(BasicValueEnum::into_int_value).ok_or_else(|| Error::llvm("no stack pointer"))
    }
}

/// Whether a function is one of the module's: `f` and an index, or `init` and a number.
fn is_wasm_function(function: FunctionValue<'_>) -> bool {
    let name = function.get_name().to_string_lossy().into_owned();
    let number = name.strip_prefix("init").or_else(|| name.strip_prefix('f'));
    number.is_some_and(|number| number.parse::<u32>().is_ok())
}

/// Allocas outside the entry block would grow the frame at run time.
fn move_allocas<'ctx>(ir: &Ir<'ctx>, from: BasicBlock<'ctx>, to: BasicBlock<'ctx>) -> Result<()> {
    let Some(first) = to.get_first_instruction() else { return Ok(()) };
    let allocas: Vec<InstructionValue<'ctx>> =
        from.get_instructions().filter(|instruction| instruction.get_opcode() == InstructionOpcode::Alloca).collect();
    ir.builder.position_before(&first);
    for alloca in allocas {
        alloca.remove_from_basic_block();
        ir.builder.insert_instruction(&alloca, None);
    }
    Ok(())
}

/// Whether a function calls anything but intrinsics and the trap stub, which does not return.
fn calls_something(function: FunctionValue<'_>) -> bool {
    function.get_basic_blocks().into_iter().flat_map(BasicBlock::get_instructions).any(|instruction| {
        if instruction.get_opcode() != InstructionOpcode::Call {
            return false;
        }
        let callee = instruction
            .get_operand(instruction.get_num_operands().saturating_sub(1))
            .and_then(|operand| operand.value());
        let name = match callee {
            Some(BasicValueEnum::PointerValue(pointer)) => pointer.get_name().to_bytes().to_vec(),
            _ => return true,
        };
        let is_known_leaf = name.starts_with(b"llvm.") || name == super::builder::TRAP_FUNCTION.as_bytes();
        // A computed callee is an instruction, whatever its name.
        !is_known_leaf || callee.and_then(value_instruction).is_some()
    })
}
