//! Structured control flow. Forward targets collect the values that branches bring and get their phis at `end`; loops
//! get theirs at the start.

use graver_aot_format::abi::Trap;
use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::types::BasicTypeEnum;
use inkwell::values::{BasicValueEnum, IntValue, PhiValue};
use wasmparser::{BlockType, BrTable};

use super::function::Translator;
use crate::error::{Error, Result};

/// A branch to a forward target: where from and with which values.
type Incoming<'ctx> = (BasicBlock<'ctx>, Vec<BasicValueEnum<'ctx>>);

/// What a frame is, with what only that kind has.
enum FrameKind<'ctx> {
    /// `block`, or the function's body.
    Block,
    /// `loop`: branches go to the header.
    Loop { header: BasicBlock<'ctx>, params: Vec<PhiValue<'ctx>> },
    /// `if` before its `else`: where a false condition goes, and the values that it takes along.
    If { otherwise: BasicBlock<'ctx>, params: Vec<BasicValueEnum<'ctx>> },
}

/// A control construct that has not ended.
pub(super) struct Frame<'ctx> {
    kind: FrameKind<'ctx>,
    results: Vec<BasicTypeEnum<'ctx>>,
    /// Height of the operand stack below the construct's parameters.
    height: usize,
    /// The construct itself is in unreachable code: nothing of it is translated.
    is_dead: bool,
    next: Option<BasicBlock<'ctx>>,
    incoming: Vec<Incoming<'ctx>>,
}

impl<'ctx> Translator<'_, '_, 'ctx> {
    /// The frame of the whole body, whose end is the return.
    pub(super) fn push_outermost(&mut self, results: Vec<BasicTypeEnum<'ctx>>) {
        self.push_frame(FrameKind::Block, results, 0, false);
    }

    fn push_frame(&mut self, kind: FrameKind<'ctx>, results: Vec<BasicTypeEnum<'ctx>>, height: usize, is_dead: bool) {
        self.frames.push(Frame { kind, results, height, is_dead, next: None, incoming: Vec::new() });
    }

    /// A construct in unreachable code, remembered only to match its `end`.
    pub(super) fn push_dead_frame(&mut self) {
        let height = self.stack.len();
        self.push_frame(FrameKind::Block, Vec::new(), height, true);
    }

    fn signature(&self, ty: BlockType) -> Result<(usize, Vec<BasicTypeEnum<'ctx>>)> {
        let result = |ty: &wasmparser::ValType| Ok(self.unit.value_type(self.unit.val_type(*ty)?));
        Ok(match ty {
            BlockType::Empty => (0, Vec::new()),
            BlockType::Type(ty) => (0, vec![result(&ty)?]),
            BlockType::FuncType(index) => {
                let ty = &self.unit.module.types[index as usize];
                (ty.params().len(), ty.results().iter().map(result).collect::<Result<_>>()?)
            }
        })
    }

    pub(super) fn start_block(&mut self, ty: BlockType) -> Result<()> {
        let (params, results) = self.signature(ty)?;
        let height = self.stack.len() - params;
        self.push_frame(FrameKind::Block, results, height, false);
        Ok(())
    }

    pub(super) fn start_loop(&mut self, ty: BlockType) -> Result<()> {
        let (count, results) = self.signature(ty)?;
        let values = self.pop_many(count)?;
        let height = self.stack.len();
        let ir = self.ir();
        let before = self.current()?;
        let header = self.block("loop");
        ir.builder.build_unconditional_branch(header)?;
        ir.builder.position_at_end(header);
        let mut params = Vec::new();
        for value in values {
            let phi = ir.builder.build_phi(value.get_type(), "")?;
            phi.add_incoming(&[(&value, before)]);
            self.push(phi.as_basic_value());
            params.push(phi);
        }
        self.push_frame(FrameKind::Loop { header, params }, results, height, false);
        if self.unit.options.interruptible {
            let is_interrupted = ir.is_interrupted(self.ctx, self.unit.pointer_bytes())?;
            self.trap_if(is_interrupted, Trap::Terminated)?;
        }
        Ok(())
    }

    pub(super) fn start_if(&mut self, ty: BlockType) -> Result<()> {
        let condition = self.pop_condition()?;
        let (count, results) = self.signature(ty)?;
        let height = self.stack.len() - count;
        let params = self.stack[height..].to_vec();
        let then = self.block("then");
        let otherwise = self.block("else");
        self.ir().builder.build_conditional_branch(condition, then, otherwise)?;
        self.ir().builder.position_at_end(then);
        self.push_frame(FrameKind::If { otherwise, params }, results, height, false);
        Ok(())
    }

    pub(super) fn start_else(&mut self) -> Result<()> {
        if self.frame(0)?.is_dead {
            return Ok(());
        }
        self.fall_through()?;
        let frame = self.frames.last_mut().ok_or_else(no_frame)?;
        self.stack.truncate(frame.height);
        if let FrameKind::If { otherwise, params } = std::mem::replace(&mut frame.kind, FrameKind::Block) {
            self.stack.extend(params);
            self.ir().builder.position_at_end(otherwise);
        }
        self.is_reachable = true;
        Ok(())
    }

    /// Ends the innermost construct; the end of the outermost one returns.
    pub(super) fn end(&mut self) -> Result<()> {
        if self.frame(0)?.is_dead {
            self.frames.pop();
            return Ok(());
        }
        // An `if` without `else` is one with an empty `else`.
        if matches!(self.frame(0)?.kind, FrameKind::If { .. }) {
            self.start_else()?;
        }
        self.fall_through()?;
        let frame = self.frames.pop().ok_or_else(no_frame)?;
        self.stack.truncate(frame.height);
        self.is_reachable = !frame.incoming.is_empty();
        if let Some(next) = frame.next {
            self.ir().builder.position_at_end(next);
            let values = self.merge(&frame)?;
            self.stack.extend(values);
        }
        if self.frames.is_empty() && self.is_reachable {
            self.return_values(frame.results.len())?;
        }
        Ok(())
    }

    /// The values that arrive at the end of a frame: phis where there are several ways to it.
    fn merge(&self, frame: &Frame<'ctx>) -> Result<Vec<BasicValueEnum<'ctx>>> {
        if let [(_, values)] = frame.incoming.as_slice() {
            return Ok(values.clone());
        }
        let mut merged = Vec::new();
        for (position, ty) in frame.results.iter().enumerate() {
            let phi = self.ir().builder.build_phi(*ty, "")?;
            for (block, values) in &frame.incoming {
                phi.add_incoming(&[(&values[position], *block)]);
            }
            merged.push(phi.as_basic_value());
        }
        Ok(merged)
    }

    /// Goes on from the end of the current code to the end of the innermost frame.
    fn fall_through(&mut self) -> Result<()> {
        if !self.is_reachable {
            return Ok(());
        }
        let count = self.frame(0)?.results.len();
        let values = self.pop_many(count)?;
        let depth = self.frames.len() - 1;
        let target = self.forward_edge(depth, values)?;
        self.ir().builder.build_unconditional_branch(target)?;
        Ok(())
    }

    /// Notes that the current block goes to the end of the frame at `position` with `values`.
    fn forward_edge(&mut self, position: usize, values: Vec<BasicValueEnum<'ctx>>) -> Result<BasicBlock<'ctx>> {
        let from = self.current()?;
        let next = match self.frames[position].next {
            Some(next) => next,
            None => self.block("end"),
        };
        let frame = &mut self.frames[position];
        frame.next = Some(next);
        frame.incoming.push((from, values));
        Ok(next)
    }

    /// Notes an edge from the current block to a branch target, leaving the values on the stack.
    fn edge(&mut self, depth: u32) -> Result<BasicBlock<'ctx>> {
        let position = self.position(depth)?;
        let from = self.current()?;
        let frame = &self.frames[position];
        if let FrameKind::Loop { header, params } = &frame.kind {
            let start = self.stack.len() - params.len();
            for (phi, value) in params.iter().zip(&self.stack[start..]) {
                phi.add_incoming(&[(value, from)]);
            }
            return Ok(*header);
        }
        let start = self.stack.len() - frame.results.len();
        let values = self.stack[start..].to_vec();
        self.forward_edge(position, values)
    }

    pub(super) fn branch(&mut self, depth: u32) -> Result<()> {
        let target = self.edge(depth)?;
        self.ir().builder.build_unconditional_branch(target)?;
        self.is_reachable = false;
        Ok(())
    }

    pub(super) fn branch_if(&mut self, depth: u32) -> Result<()> {
        let condition = self.pop_condition()?;
        let target = self.edge(depth)?;
        let next = self.block("");
        self.ir().builder.build_conditional_branch(condition, target, next)?;
        self.ir().builder.position_at_end(next);
        Ok(())
    }

    pub(super) fn branch_table(&mut self, table: &BrTable<'_>) -> Result<()> {
        let selector = self.pop_int()?;
        let default = self.edge(table.default())?;
        let mut cases = Vec::new();
        for (case, depth) in table.targets().enumerate() {
            cases.push((selector.get_type().const_int(case as u64, false), self.edge(depth?)?));
        }
        self.ir().builder.build_switch(selector, default, &cases)?;
        self.is_reachable = false;
        Ok(())
    }

    pub(super) fn return_(&mut self) -> Result<()> {
        self.branch(self.frames.len() as u32 - 1)
    }

    pub(super) fn unreachable(&mut self) -> Result<()> {
        self.trap_always(Trap::Unreachable)
    }

    /// The first result goes by value, the others through the trailing pointer.
    fn return_values(&mut self, count: usize) -> Result<()> {
        let values = self.pop_many(count)?;
        if count > 1 {
            let rest = self.param(self.function.count_params() - 1)?.into_pointer_value();
            for (cell, value) in values[1..].iter().enumerate() {
                self.store_cell(rest, cell as u32, *value)?;
            }
        }
        let first = values.first().map(|value| value as &dyn inkwell::values::BasicValue<'ctx>);
        self.ir().builder.build_return(first)?;
        Ok(())
    }

    pub(super) fn select(&mut self) -> Result<()> {
        let condition = self.pop_condition()?;
        let otherwise = self.pop()?;
        let then = self.pop()?;
        let value = self.ir().builder.build_select(condition, then, otherwise, "")?;
        self.push(value);
        Ok(())
    }

    /// Takes an i32 as a condition: anything but 0 holds.
    fn pop_condition(&mut self) -> Result<IntValue<'ctx>> {
        let value = self.pop_int()?;
        let zero = value.get_type().const_zero();
        Ok(self.ir().builder.build_int_compare(IntPredicate::NE, value, zero, "")?)
    }

    fn position(&self, depth: u32) -> Result<usize> {
        (self.frames.len() - 1).checked_sub(depth as usize).ok_or_else(no_frame)
    }

    fn frame(&self, depth: u32) -> Result<&Frame<'ctx>> {
        Ok(&self.frames[self.position(depth)?])
    }

    fn current(&self) -> Result<BasicBlock<'ctx>> {
        self.ir().builder.get_insert_block().ok_or_else(|| Error::llvm("no position"))
    }
}

fn no_frame() -> Error {
    Error::llvm("control stack underflow")
}
