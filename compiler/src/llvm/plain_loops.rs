//! Loops whose loads need no keeping: their values flow into stores that cannot disappear.
//!
//! A volatile load keeps LLVM from vectorising its loop, so this looks for innermost loops of one block in which every
//! guarded load is safe as a plain one. All of this must hold:
//!
//! * The block has no calls but of intrinsics that compute a value: nothing in it traps but its loads and stores, all in
//!   the same way.
//! * All stores are to one memory at `index + constant`, where the index moves by a fixed number of bytes per turn, and
//!   the bytes of one turn are not those of the next: so no store overwrites another, LLVM has no reason to delete, merge or
//!   sink one, and each turn's stores take place, though perhaps several turns' at once.
//! * Each load's value reaches a stored value with all of its bits, through operations that no other operand can make
//!   forget it: floating-point arithmetic, whose result depends on both operands whatever they are, and integer addition,
//!   of operands that are themselves such values. What else goes in must be a load, a parameter, a constant or hidden by an
//!   arithmetic fence, so that unrolling cannot make it a constant that swallows the load (a NaN).
//!
//! Then each load takes place before the store that needs it, with at least its bytes. What is lost is the order between
//! stores of earlier turns and the load that traps: memory may lack those of a few turns before, as it may with a later
//! one's too many (see "Loads that trap" in `docs/architecture.md`).
#![allow(unsafe_code)] // inkwell has no intrinsic of a call

use std::collections::{HashMap, HashSet};

use inkwell::basic_block::BasicBlock;
use inkwell::values::{
    AsValueRef as _, BasicValueEnum, InstructionOpcode as Op, InstructionValue, IntValue, PhiValue, PointerValue,
};
use llvm_sys::core::{LLVMGetCalledValue, LLVMGetIntrinsicID, LLVMIsAFunction};

use super::address_facts::{Address, address, operand, pointer_operand};
use super::keep_loads::is_marker;
use super::{Ir, value_instruction};
use crate::error::{Error, Result};

/// A stored value is made of few values, so that sums of equal ones cannot shift a whole byte out.
const MOST_PARTS: usize = 8;
/// The furthest that an index moves per turn: far enough from 2^32 for any unrolling.
const LONGEST_STRIDE: i64 = 1 << 16;

impl<'ctx> Ir<'ctx> {
    /// Whether `block` is a loop whose loads can be plain.
    pub(super) fn is_plain_loop(&self, block: BasicBlock<'ctx>) -> bool {
        successors(block).contains(&block) && self.loads_reach_stores(block).unwrap_or(false)
    }

    /// Gives the accesses at each index of a plain loop a base of their own, opaque to alias analysis. All addresses start
    /// at the base of the memory, and LLVM's check that two arrays do not overlap, made before a vectorised loop, would
    /// otherwise also compare neighbours of one array, and always fail.
    pub(super) fn separate_bases(&self, block: BasicBlock<'ctx>) -> Result<()> {
        let accesses: Vec<_> = block
            .get_instructions()
            .filter_map(|access| {
                let place = self.memory_operand(access)?;
                Some((access, place, address(pointer_operand(access, place)?)?))
            })
            .collect();
        let mut bases = HashMap::new();
        let mut starts = HashMap::new();
        for (access, place, address) in accesses {
            if address.root.get_parent() == Some(block) {
                return Ok(());
            }
            let base = match bases.get(&(address.root, address.index)) {
                Some(base) => *base,
                None => self.opaque_copy(address.root)?,
            };
            bases.insert((address.root, address.index), base);
            self.builder.position_before(&access);
            let start = match starts.get(&(base, address.extended)) {
                Some(start) => *start,
                None => self.add_offset(base, address.extended)?,
            };
            starts.insert((base, address.extended), start);
            let pointer = match address.offset {
                0 => start,
                offset => self.add_offset(start, self.word.const_int(offset as u64, true))?,
            };
            access.set_operand(place, pointer);
        }
        Ok(())
    }

    /// The same pointer, as far as code generation is concerned, which drops annotations.
    fn opaque_copy(&self, pointer: InstructionValue<'ctx>) -> Result<PointerValue<'ctx>> {
        let value = PointerValue::try_from(pointer).map_err(|()| Error::llvm("a base that is no pointer"))?;
        if let Some(next) = pointer.get_next_instruction() {
            self.builder.position_before(&next);
        }
        let (ptr, null) = (self.ptr.into(), self.ptr.const_null().into());
        let line = self.context.i32_type().const_zero().into();
        let copy = self.intrinsic("llvm.ptr.annotation", &[ptr, ptr], &[value.into(), null, null, line, null])?;
        Ok(copy.into_pointer_value())
    }

    fn loads_reach_stores(&self, block: BasicBlock<'ctx>) -> Option<bool> {
        let mut loads = Vec::new();
        let mut stores = Vec::new();
        for instruction in block.get_instructions() {
            match instruction.get_opcode() {
                Op::Load => loads.push(instruction),
                Op::Store => stores.push(instruction),
                Op::Call if is_marker(instruction) || is_computation(instruction) => {}
                opcode if is_arithmetic(opcode) => {}
                _ => return None,
            }
        }
        let mut reached = HashSet::new();
        for store in &stores {
            reached.extend(parts(operand(*store, 0)?).unwrap_or_default());
        }
        let is_reached = |load: &InstructionValue<'ctx>| self.memory_operand(*load).is_none() || reached.contains(load);
        Some(loads.iter().all(is_reached) && self.stores_are_apart(block, &stores)?)
    }

    /// Whether no store overwrites what another one, or itself in another turn, has written.
    fn stores_are_apart(&self, block: BasicBlock<'ctx>, stores: &[InstructionValue<'ctx>]) -> Option<bool> {
        let mut spans = Vec::new();
        let mut first: Option<Address<'ctx>> = None;
        for store in stores {
            let address = address(pointer_operand(*store, self.memory_operand(*store)?)?)?;
            let first = first.get_or_insert(address);
            if first.root != address.root || first.index != address.index {
                return None;
            }
            let start = i64::from(address.added.wrapping_sub(first.added)).checked_add(address.offset)?;
            spans.push((start, start.checked_add(bytes(operand(*store, 0)?)?)?));
        }
        let stride = stride(first?.index, block, 0)?.abs();
        spans.sort_unstable();
        let are_disjoint = spans.windows(2).all(|pair| matches!(pair, [(_, end), (start, _)] if end <= start));
        let length = spans.last()?.1.checked_sub(spans.first()?.0)?;
        Some(are_disjoint && (1..=LONGEST_STRIDE).contains(&stride) && length <= stride)
    }
}

fn is_arithmetic(opcode: Op) -> bool {
    use Op::{AShr, Add, And, BitCast, Br, FAdd, FCmp, FDiv, FMul, FNeg, FPExt, FPTrunc, FSub, GetElementPtr, ICmp};
    use Op::{LShr, Mul, Or, Phi, SExt, SIToFP, Select, Shl, Sub, Trunc, UIToFP, Xor, ZExt};
    matches!(
        opcode,
        AShr | Add
            | And
            | BitCast
            | Br
            | FAdd
            | FCmp
            | FDiv
            | FMul
            | FNeg
            | FPExt
            | FPTrunc
            | FSub
            | GetElementPtr
            | ICmp
            | LShr
            | Mul
            | Or
            | Phi
            | SExt
            | SIToFP
            | Select
            | Shl
            | Sub
            | Trunc
            | UIToFP
            | Xor
            | ZExt
    )
}

/// A call of an intrinsic that returns a value: it touches no memory of ours and does not trap.
fn is_computation(call: InstructionValue<'_>) -> bool {
    !call.get_type().is_void_type() && intrinsic(call) != 0
}

fn intrinsic(call: InstructionValue<'_>) -> u32 {
    // SAFETY: the instruction is alive and a call; only functions are asked for their number.
    unsafe {
        let callee = LLVMGetCalledValue(call.as_value_ref());
        if LLVMIsAFunction(callee).is_null() { 0 } else { LLVMGetIntrinsicID(callee) }
    }
}

/// The loads that a value depends on with all their bits, if it depends on nothing doubtful.
fn parts(value: BasicValueEnum<'_>) -> Option<Vec<InstructionValue<'_>>> {
    let mut loads = Vec::new();
    let mut open = vec![value];
    let mut seen = 0;
    while let Some(value) = open.pop() {
        seen += 1;
        if seen > MOST_PARTS {
            return None;
        }
        let Some(instruction) = value_instruction(value) else {
            if !is_harmless_leaf(value) {
                return None;
            }
            continue;
        };
        match instruction.get_opcode() {
            Op::Load => loads.push(instruction),
            Op::Call if is_fence(instruction) => {}
            Op::FAdd | Op::FSub | Op::FMul | Op::FDiv | Op::Add => {
                open.extend([operand(instruction, 0)?, operand(instruction, 1)?]);
            }
            Op::FNeg => open.push(operand(instruction, 0)?),
            _ => return None,
        }
    }
    Some(loads)
}

/// A parameter or a number.
fn is_harmless_leaf(value: BasicValueEnum<'_>) -> bool {
    match value {
        BasicValueEnum::FloatValue(float) => match float.get_constant() {
            Some((number, _)) => !number.is_nan(),
            None => !float.is_const(),
        },
        BasicValueEnum::IntValue(int) => int.get_sign_extended_constant().is_some() || !int.is_const(),
        _ => false,
    }
}

fn is_fence(call: InstructionValue<'_>) -> bool {
    call.get_operand(call.get_num_operands() - 1).and_then(|operand| operand.value()).is_some_and(|callee| {
        matches!(callee, BasicValueEnum::PointerValue(callee)
                if callee.get_name().to_bytes().starts_with(b"llvm.arithmetic.fence"))
    })
}

/// By how much an index, modulo 2^32, moves per turn of the loop.
fn stride<'ctx>(value: IntValue<'ctx>, block: BasicBlock<'ctx>, depth: u32) -> Option<i64> {
    let Some(instruction) = value.as_instruction().filter(|found| found.get_parent() == Some(block)) else {
        return Some(0);
    };
    if depth > 8 {
        return None;
    }
    let of = |place| match operand(instruction, place)? {
        BasicValueEnum::IntValue(value) => stride(value, block, depth + 1),
        _ => None,
    };
    match instruction.get_opcode() {
        Op::Phi => phi_stride(value, block),
        Op::Add => of(0)?.checked_add(of(1)?),
        Op::Sub => of(0)?.checked_sub(of(1)?),
        Op::Trunc => of(0),
        Op::Shl => {
            let BasicValueEnum::IntValue(count) = operand(instruction, 1)? else { return None };
            let count = u32::try_from(count.get_zero_extended_constant()?).ok()?;
            of(0)?.checked_mul(1_i64.checked_shl(count).filter(|_| count < 32)?)
        }
        _ => None,
    }
}

/// What is added to a variable of the loop at the end of each turn.
fn phi_stride<'ctx>(phi: IntValue<'ctx>, block: BasicBlock<'ctx>) -> Option<i64> {
    let node = PhiValue::try_from(phi.as_instruction()?).ok()?;
    let (next, _) = node.get_incomings().find(|(_, from)| *from == block)?;
    let next = value_instruction(next)?;
    let (BasicValueEnum::IntValue(old), BasicValueEnum::IntValue(step)) = (operand(next, 0)?, operand(next, 1)?) else {
        return None;
    };
    (next.get_opcode() == Op::Add && old == phi).then(|| step.get_sign_extended_constant())?
}

/// The size of a value in memory.
fn bytes(value: BasicValueEnum<'_>) -> Option<i64> {
    match value {
        BasicValueEnum::IntValue(value) => Some(i64::from(value.get_type().get_bit_width() / 8)),
        BasicValueEnum::FloatValue(value) => Some(i64::from(value.get_type().get_bit_width() / 8)),
        _ => None,
    }
}

/// The blocks that a block can continue with.
pub(super) fn successors(block: BasicBlock<'_>) -> Vec<BasicBlock<'_>> {
    let Some(terminator) = block.get_terminator() else { return Vec::new() };
    (0..terminator.get_num_operands())
        .filter_map(|place| terminator.get_operand(place).and_then(|operand| operand.block()))
        .collect()
}
