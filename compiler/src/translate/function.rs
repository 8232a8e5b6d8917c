//! The state of translating one function.

use std::collections::HashMap;

use graver_aot_format::ValType;
use graver_aot_format::abi::Trap;
use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::types::BasicTypeEnum;
use inkwell::values::{BasicValueEnum, FloatValue, FunctionValue, IntValue, PointerValue};
use wasmparser::{FuncType, OperatorsReader};

use super::control::Frame;
use super::{Unit, symbol};
use crate::error::{Error, Result};
use crate::llvm::{Alias, AliasKind, Ir};

/// Translates wasm function `index`, which is not imported, into a definition.
pub(super) fn translate(unit: &Unit<'_, '_>, index: u32) -> Result<()> {
    let module = unit.module;
    let body = &module.bodies[(index - module.imported_functions) as usize];
    let function = unit.function(index)?;
    unit.ir.define(function, &symbol::function(index));
    let mut translator = Translator::new(unit, function, module.function_type(index))?;
    if unit.options.abort_in_function == Some(index) {
        translator.abort_llvm()?;
    }
    for local in body.get_locals_reader()? {
        let (count, ty) = local?;
        for _ in 0..count {
            translator.add_local(unit.val_type(ty)?)?;
        }
    }
    translator.body(body.get_operators_reader()?)
}

/// Translates constant expression `number` into a function without parameters.
pub(super) fn translate_init(unit: &Unit<'_, '_>, number: u32) -> Result<()> {
    let (expr, ty) = &unit.module.init_functions[number as usize];
    let ty = FuncType::new([], [wasm_type(*ty)]);
    let name = symbol::init(number);
    let function = unit.ir.function(&name, unit.slot_type(&ty)?);
    unit.ir.define(function, &name);
    Translator::new(unit, function, &ty)?.body(expr.get_operators_reader())
}

pub(super) fn wasm_type(ty: ValType) -> wasmparser::ValType {
    match ty {
        ValType::I32 => wasmparser::ValType::I32,
        ValType::I64 => wasmparser::ValType::I64,
        ValType::F32 => wasmparser::ValType::F32,
        ValType::F64 => wasmparser::ValType::F64,
        ValType::V128 => wasmparser::ValType::V128,
        ValType::FuncRef => wasmparser::ValType::FUNCREF,
        ValType::ExternRef => wasmparser::ValType::EXTERNREF,
    }
}

/// Translates operators in order; locals are stack slots, which LLVM's first pass turns into values.
pub(super) struct Translator<'t, 'u, 'ctx> {
    pub(super) unit: &'t Unit<'u, 'ctx>,
    pub(super) function: FunctionValue<'ctx>,
    /// The context, the first parameter.
    pub(super) ctx: PointerValue<'ctx>,
    pub(super) locals: Vec<(PointerValue<'ctx>, BasicTypeEnum<'ctx>)>,
    pub(super) stack: Vec<BasicValueEnum<'ctx>>,
    pub(super) frames: Vec<Frame<'ctx>>,
    /// Whether the current position can be reached; if not, operators are skipped.
    pub(super) is_reachable: bool,
    traps: HashMap<Trap, BasicBlock<'ctx>>,
    entry: BasicBlock<'ctx>,
}

impl<'t, 'u, 'ctx> Translator<'t, 'u, 'ctx> {
    pub(super) fn new(unit: &'t Unit<'u, 'ctx>, function: FunctionValue<'ctx>, ty: &FuncType) -> Result<Self> {
        let ir = &unit.ir;
        let entry = ir.context.append_basic_block(function, "entry");
        let start = ir.context.append_basic_block(function, "body");
        ir.builder.position_at_end(start);
        let ctx = function.get_first_param().ok_or_else(|| Error::llvm("function without context"))?;
        let mut translator = Self {
            unit,
            function,
            ctx: ctx.into_pointer_value(),
            locals: Vec::new(),
            stack: Vec::new(),
            frames: Vec::new(),
            is_reachable: true,
            traps: HashMap::new(),
            entry,
        };
        for index in 0..ty.params().len() {
            let value = translator.param(index as u32 + 1)?;
            let slot = translator.entry_alloca(value.get_type(), None)?;
            ir.builder.build_store(slot, value)?;
            translator.locals.push((slot, value.get_type()));
        }
        let mut results = Vec::new();
        for ty in ty.results() {
            results.push(unit.value_type(unit.val_type(*ty)?));
        }
        translator.push_outermost(results);
        Ok(translator)
    }

    /// Parameter `index` of the LLVM function.
    pub(super) fn param(&self, index: u32) -> Result<BasicValueEnum<'ctx>> {
        self.function.get_nth_param(index).ok_or_else(|| Error::llvm("missing parameter"))
    }

    pub(super) fn ir(&self) -> &'t Ir<'ctx> {
        &self.unit.ir
    }

    fn add_local(&mut self, ty: ValType) -> Result<()> {
        let llvm_type = self.unit.value_type(ty);
        let slot = self.entry_alloca(llvm_type, None)?;
        let zero = match llvm_type {
            // See `hide_identity`: a default zero is a constant like any other.
            BasicTypeEnum::FloatType(ty) => self.hide(ty.const_zero())?.into(),
            ty => ty.const_zero(),
        };
        self.ir().builder.build_store(slot, zero)?;
        self.locals.push((slot, llvm_type));
        Ok(())
    }

    /// Stack space in the entry block: part of the frame whatever the control flow. With `cells`, an array of 64-bit
    /// cells instead of one value.
    pub(super) fn entry_alloca(&self, ty: BasicTypeEnum<'ctx>, cells: Option<u32>) -> Result<PointerValue<'ctx>> {
        let ir = self.ir();
        let current = ir.builder.get_insert_block().ok_or_else(|| Error::llvm("no position"))?;
        ir.builder.position_at_end(self.entry);
        let slot = match cells {
            Some(count) => ir.builder.build_alloca(ir.context.i64_type().array_type(count), ""),
            None => ir.builder.build_alloca(ty, ""),
        };
        ir.builder.position_at_end(current);
        Ok(slot?)
    }

    fn body(mut self, mut operators: OperatorsReader<'_>) -> Result<()> {
        while !operators.eof() {
            let offset = operators.original_position();
            let operator = operators.read()?;
            self.operator(&operator, offset).map_err(|mut error| {
                error.offset.get_or_insert(offset);
                error
            })?;
        }
        self.finish()
    }

    /// Ends the entry block, which holds allocas only.
    pub(super) fn finish(self) -> Result<()> {
        let ir = self.ir();
        ir.builder.position_at_end(self.entry);
        let start = self.entry.get_next_basic_block().ok_or_else(|| Error::llvm("no body"))?;
        ir.builder.build_unconditional_branch(start)?;
        Ok(())
    }

    pub(super) fn push(&mut self, value: impl Into<BasicValueEnum<'ctx>>) {
        self.stack.push(value.into());
    }

    /// Takes the top of the stack; validation has made sure that there is one.
    pub(super) fn pop(&mut self) -> Result<BasicValueEnum<'ctx>> {
        self.stack.pop().ok_or_else(|| Error::llvm("operand stack underflow"))
    }

    pub(super) fn pop_int(&mut self) -> Result<IntValue<'ctx>> {
        Ok(self.pop()?.into_int_value())
    }

    pub(super) fn pop_float(&mut self) -> Result<FloatValue<'ctx>> {
        Ok(self.pop()?.into_float_value())
    }

    pub(super) fn pop_pointer(&mut self) -> Result<PointerValue<'ctx>> {
        Ok(self.pop()?.into_pointer_value())
    }

    /// Takes `count` values, the deepest first.
    pub(super) fn pop_many(&mut self, count: usize) -> Result<Vec<BasicValueEnum<'ctx>>> {
        let start = self.stack.len().checked_sub(count).ok_or_else(|| Error::llvm("operand stack underflow"))?;
        Ok(self.stack.split_off(start))
    }

    /// A new block at the end of the function.
    pub(super) fn block(&self, name: &str) -> BasicBlock<'ctx> {
        self.ir().context.append_basic_block(self.function, name)
    }

    /// Continues only if `condition` does not hold.
    pub(super) fn trap_if(&mut self, condition: IntValue<'ctx>, trap: Trap) -> Result<()> {
        let target = self.trap_block(trap)?;
        let next = self.block("");
        self.ir().branch_unlikely(condition, target, next)?;
        self.ir().builder.position_at_end(next);
        Ok(())
    }

    /// Ends the current path with a trap.
    pub(super) fn trap_always(&mut self, trap: Trap) -> Result<()> {
        let target = self.trap_block(trap)?;
        self.ir().builder.build_unconditional_branch(target)?;
        self.is_reachable = false;
        Ok(())
    }

    /// The one block of this function that raises `trap`.
    fn trap_block(&mut self, trap: Trap) -> Result<BasicBlock<'ctx>> {
        if let Some(block) = self.traps.get(&trap) {
            return Ok(*block);
        }
        let ir = self.ir();
        let current = ir.builder.get_insert_block().ok_or_else(|| Error::llvm("no position"))?;
        let block = self.block("trap");
        ir.builder.position_at_end(block);
        ir.trap(self.ctx, trap)?;
        ir.builder.position_at_end(current);
        self.traps.insert(trap, block);
        Ok(block)
    }

    /// Continues only if a helper returned 0, and traps with what it returned otherwise.
    pub(super) fn trap_if_code(&mut self, code: IntValue<'ctx>) -> Result<()> {
        let ir = self.ir();
        let failed = self.block("failed");
        let next = self.block("");
        let is_trap = ir.builder.build_int_compare(IntPredicate::NE, code, ir.word(0), "")?;
        ir.branch_unlikely(is_trap, failed, next)?;
        ir.builder.position_at_end(failed);
        ir.trap_with(self.ctx, code)?;
        ir.builder.position_at_end(next);
        Ok(())
    }

    /// Writes a value into a 64-bit cell.
    pub(super) fn store_cell(&self, cells: PointerValue<'ctx>, index: u32, value: BasicValueEnum<'ctx>) -> Result<()> {
        let ir = self.ir();
        ir.store(ir.field(cells, index * 8)?, value, Alias::of(AliasKind::Cells))?;
        Ok(())
    }

    /// Test hook: an instruction of another machine, which LLVM can only answer by ending the process.
    fn abort_llvm(&self) -> Result<()> {
        let ir = self.ir();
        let ty = ir.context.i32_type();
        let zero = ty.const_zero().into();
        ir.intrinsic("llvm.wasm.memory.grow", &[ty.into()], &[zero, zero])?;
        Ok(())
    }
}
