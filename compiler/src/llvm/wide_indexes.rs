//! Indexes that move along a memory, in 64 bits.
//!
//! An index to which a loop adds in each turn is a sum in 32 bits, which may wrap: LLVM extends it anew for every access
//! and cannot keep an address that moves. But an access at index `i` that did not trap says that `i` is a page away from
//! 2^32 (see `address_facts`), so that the index of the next turn, `i + step`, does not wrap if the step is at most a page.
//! Where every turn makes such an access, the extended index becomes a variable of the loop with 64 bits, and the steps are
//! added to that.
//!
//! This holds for any index that is a sum of such variables, scaled or not, and of values that the loop does not change;
//! only the accesses in blocks that no turn leaves out count. Should LLVM take several turns at once (see `plain_loops`),
//! and one of the first traps, the addresses of those after it lie behind the memory too: the steps are short, and an access
//! whose offset goes beyond a page gives no such variable.

use std::collections::{HashMap, HashSet};

use graver_aot_format::abi::UNUSED_TAIL;
use inkwell::basic_block::BasicBlock;
use inkwell::values::{BasicValueEnum, FunctionValue, InstructionOpcode as Op, InstructionValue, IntValue, PhiValue};

use super::address_facts::{address, is_sum, operand, pointer_operand};
use super::plain_loops::successors;
use super::{Ir, value_instruction};
use crate::error::{Error, Result};

/// The most that an index moves per turn, and that an access adds to it.
const REACH: i64 = UNUSED_TAIL as i64;
/// How many operations an index is made of, at most, in depth.
const DEEPEST: u32 = 6;

/// A loop with one way in and one way back.
struct Loop<'ctx> {
    header: BasicBlock<'ctx>,
    /// Where it is entered from.
    entry: BasicBlock<'ctx>,
    /// Where it continues from.
    latch: BasicBlock<'ctx>,
    body: HashSet<BasicBlock<'ctx>>,
    /// Its variables and what each turn adds to them.
    steps: HashMap<IntValue<'ctx>, i64>,
}

/// The predecessors of every block of a function.
type Predecessors<'ctx> = HashMap<BasicBlock<'ctx>, Vec<BasicBlock<'ctx>>>;

impl<'ctx> Ir<'ctx> {
    /// Gives loops 64-bit variables for the indexes that they access memories at.
    pub(super) fn widen_indexes(&self) -> Result<()> {
        if !self.bounded_memories.get() {
            return Ok(());
        }
        for function in self.module.get_functions() {
            let predecessors = predecessors(function);
            for header in function.get_basic_blocks() {
                if let Some(found) = Loop::find(header, &predecessors) {
                    self.widen_loop(&found, &predecessors)?;
                }
            }
        }
        Ok(())
    }

    fn widen_loop(&self, found: &Loop<'ctx>, predecessors: &Predecessors<'ctx>) -> Result<()> {
        for block in found.unavoidable(predecessors) {
            for access in block.get_instructions() {
                let Some(extension) = self.extension(access) else { continue };
                let Some(BasicValueEnum::IntValue(index)) = operand(extension, 0) else { continue };
                let step = found.step(index, 0).filter(|step| (1..=REACH).contains(step));
                if let (Some(step), true) = (step, extension.get_parent().is_some_and(|at| found.body.contains(&at))) {
                    let variable = self.add_variable(found, index, step)?;
                    extension.replace_all_uses_with(&variable.as_instruction());
                }
            }
        }
        Ok(())
    }

    /// The extension of the index of an access near it.
    fn extension(&self, access: InstructionValue<'ctx>) -> Option<InstructionValue<'ctx>> {
        let address = address(pointer_operand(access, self.memory_operand(access)?)?)?;
        let extension = address.extended.as_instruction()?;
        let is_narrow = extension.get_opcode() == Op::ZExt && address.index.get_type().get_bit_width() == 32;
        (is_narrow && (0..=REACH).contains(&address.offset)).then_some(extension)
    }

    /// A variable that starts with what `index` is in the first turn, extended.
    fn add_variable(&self, found: &Loop<'ctx>, index: IntValue<'ctx>, step: i64) -> Result<PhiValue<'ctx>> {
        let end = found.entry.get_terminator().ok_or_else(|| Error::llvm("a block without end"))?;
        self.builder.position_before(&end);
        let start = self.first(found, index)?;
        let start = self.builder.build_int_z_extend(start, self.word, "")?;

        let first = found.header.get_first_instruction().ok_or_else(|| Error::llvm("an empty block"))?;
        self.builder.position_before(&first);
        let variable = self.builder.build_phi(self.word, "")?;
        let end = found.latch.get_terminator().ok_or_else(|| Error::llvm("a block without end"))?;
        self.builder.position_before(&end);
        // From less than 2^32 and in short steps, it does not reach 2^64 in the time there is.
        let old = variable.as_basic_value().into_int_value();
        let next = self.builder.build_int_nuw_add(old, self.word(step as u64), "")?;
        variable.add_incoming(&[(&start, found.entry), (&next, found.latch)]);
        Ok(variable)
    }

    /// The value of an index in the first turn, computed before the loop.
    fn first(&self, found: &Loop<'ctx>, value: IntValue<'ctx>) -> Result<IntValue<'ctx>> {
        let Some(instruction) = found.inside(value) else { return Ok(value) };
        if let Ok(variable) = PhiValue::try_from(instruction) {
            let start = variable.get_incomings().find(|(_, from)| *from == found.entry);
            return start.map(|(start, _)| start.into_int_value()).ok_or_else(|| Error::llvm("a loop without start"));
        }
        let of = |place| match operand(instruction, place) {
            Some(BasicValueEnum::IntValue(value)) => self.first(found, value),
            _ => Err(Error::llvm("an index that is no number")),
        };
        let left = of(0)?;
        if instruction.get_opcode() == Op::Trunc {
            return Ok(self.builder.build_int_truncate(left, value.get_type(), "")?);
        }
        let right = of(1)?;
        Ok(match instruction.get_opcode() {
            Op::Sub => self.builder.build_int_sub(left, right, "")?,
            Op::Mul => self.builder.build_int_mul(left, right, "")?,
            Op::Shl => self.builder.build_left_shift(left, right, "")?,
            _ => self.builder.build_int_add(left, right, "")?,
        })
    }
}

impl<'ctx> Loop<'ctx> {
    /// The loop that begins with a block, if it has variables.
    fn find(header: BasicBlock<'ctx>, predecessors: &Predecessors<'ctx>) -> Option<Self> {
        let mut steps = HashMap::new();
        let mut ways = None;
        for variable in header.get_instructions().map_while(|instruction| PhiValue::try_from(instruction).ok()) {
            let Some((value, step, entry, latch)) = moving(variable) else { continue };
            ways = Some((entry, latch));
            steps.insert(value, step);
        }
        let (entry, latch) = ways?;
        // What the latch hands on is made from a value of the header, so all ways to the latch lead through the header.
        let mut body = HashSet::from([header]);
        let mut open = vec![latch];
        while let Some(block) = open.pop() {
            if body.insert(block) {
                open.extend(predecessors.get(&block)?);
            }
        }
        (!body.contains(&entry)).then_some(Self { header, entry, latch, body, steps })
    }

    /// Blocks that every turn that comes to its end runs through.
    fn unavoidable(&self, predecessors: &Predecessors<'ctx>) -> Vec<BasicBlock<'ctx>> {
        let mut blocks = vec![self.header];
        let mut block = self.header;
        while block != self.latch {
            let next = successors(block).into_iter().filter(|next| self.body.contains(next) && *next != self.header);
            let next: Vec<_> = next.collect::<HashSet<_>>().into_iter().collect();
            let [only] = next.as_slice() else { break };
            if blocks.contains(only) {
                break;
            }
            block = *only;
            blocks.push(block);
        }
        let mut block = self.latch;
        while !blocks.contains(&block) {
            blocks.push(block);
            match predecessors.get(&block).map(Vec::as_slice) {
                Some([only]) => block = *only,
                _ => break,
            }
        }
        blocks
    }

    /// The instruction of the loop that makes a value.
    fn inside(&self, value: IntValue<'ctx>) -> Option<InstructionValue<'ctx>> {
        value.as_instruction().filter(|found| found.get_parent().is_some_and(|block| self.body.contains(&block)))
    }

    /// By how much a value moves per turn.
    fn step(&self, value: IntValue<'ctx>, depth: u32) -> Option<i64> {
        let Some(instruction) = self.inside(value) else { return Some(0) };
        if let Some(step) = self.steps.get(&value) {
            return Some(*step);
        }
        if depth > DEEPEST {
            return None;
        }
        let of = |place| match operand(instruction, place)? {
            BasicValueEnum::IntValue(value) => self.step(value, depth + 1),
            _ => None,
        };
        let constant = || match operand(instruction, 1)? {
            BasicValueEnum::IntValue(value) => value.get_sign_extended_constant(),
            _ => None,
        };
        match instruction.get_opcode() {
            Op::Trunc => of(0),
            Op::Sub => of(0)?.checked_sub(of(1)?),
            Op::Mul => of(0)?.checked_mul(constant()?),
            Op::Shl => of(0)?.checked_mul(1 << constant().filter(|count| (0..32).contains(count))?),
            _ if is_sum(instruction) => of(0)?.checked_add(of(1)?),
            _ => None,
        }
    }
}

fn predecessors<'ctx>(function: FunctionValue<'ctx>) -> Predecessors<'ctx> {
    let mut found = Predecessors::new();
    for block in function.get_basic_blocks() {
        for next in successors(block) {
            found.entry(next).or_default().push(block);
        }
    }
    found
}

/// A variable to which its loop adds a constant: the constant, and where the loop is entered and continued from.
fn moving(variable: PhiValue<'_>) -> Option<(IntValue<'_>, i64, BasicBlock<'_>, BasicBlock<'_>)> {
    let BasicValueEnum::IntValue(value) = variable.as_basic_value() else { return None };
    let ways: Vec<_> = variable.get_incomings().collect();
    let [first, second] = ways.as_slice() else { return None };
    [(first, second), (second, first)].into_iter().find_map(|((_, entry), (next, latch))| {
        let next = value_instruction(*next).filter(|next| is_sum(*next))?;
        let (BasicValueEnum::IntValue(old), BasicValueEnum::IntValue(step)) = (operand(next, 0)?, operand(next, 1)?)
        else {
            return None;
        };
        let step = step.get_sign_extended_constant()?;
        (old == value && entry != latch).then_some((value, step, *entry, *latch))
    })
}
