//! Addresses next to one that was just accessed: `x + 8` after an access at `x`.
//!
//! WebAssembly adds indexes in 32 bits, where `x + 8` may wrap to the start of the memory. LLVM must therefore treat the two
//! addresses as unrelated: each needs an addition of its own, and no pass sees that they are neighbours.
//!
//! But an access at index `i` of `n` bytes that did not trap says `i + n <= length`, and no memory with these facts is
//! longer than 4 GiB less a page (`bounded` below): the module says so, or the loader, which refuses to let a memory grow
//! further. So an addition of up to a page to `i` does not wrap. Where an access at `y + b` follows one at `y + a` in a block,
//! with `b - a` from 0 to a page, the second address becomes the first one plus `b - a`, in 64 bits. (Across blocks it
//! would hold too, where the first access dominates, but would keep addresses in registers for longer.)
//!
//! Only addresses of accesses are rewritten, and only of those that an access precedes: nothing is said about the sum
//! itself, whose other users may run without the access, and no flag is set that would turn a wrong fact into undefined
//! behaviour. Should LLVM move the second access before the first, and the first be out of bounds, the second one's address
//! lies in the guard region too: behind the memory, where the first one's was, and less than a page from it.
#![allow(unsafe_code)] // inkwell does not know the parts of an address

use std::collections::HashMap;

use graver_aot_format::abi::UNUSED_TAIL;
use inkwell::values::{AsValueRef as _, BasicValueEnum, InstructionOpcode, InstructionValue, IntValue, PointerValue};

use super::Ir;
use crate::error::Result;

/// How far an index may be moved: less than what every memory lacks to 4 GiB.
const REACH: i64 = UNUSED_TAIL as i64;

/// The address of an access: `root + zext(index) + offset`, all in 64 bits.
#[derive(Clone, Copy)]
pub(super) struct Address<'ctx> {
    pub(super) root: InstructionValue<'ctx>,
    /// The extended index, constants included.
    pub(super) extended: IntValue<'ctx>,
    /// The index without a constant that was added to it, which is in `added`. It has 32 bits, or 64 where LLVM has found
    /// that the sum does not wrap.
    pub(super) index: IntValue<'ctx>,
    pub(super) added: i32,
    pub(super) offset: i64,
}

impl Address<'_> {
    /// Whether the index is a sum in 32 bits.
    fn is_narrow(&self) -> bool {
        self.index.get_type().get_bit_width() == 32
    }
}

/// An access that has not trapped.
struct Fact<'ctx> {
    address: Address<'ctx>,
    pointer: PointerValue<'ctx>,
}

/// What holds at a point of a block.
#[derive(Default)]
struct Facts<'ctx> {
    known: HashMap<IntValue<'ctx>, Vec<Fact<'ctx>>>,
    replaced: HashMap<PointerValue<'ctx>, PointerValue<'ctx>>,
}

impl<'ctx> Ir<'ctx> {
    /// Rewrites addresses of accesses relative to those of earlier accesses.
    pub(super) fn use_address_facts(&self) -> Result<()> {
        if !self.bounded_memories.get() {
            return Ok(());
        }
        for block in self.blocks() {
            let mut facts = Facts::default();
            for instruction in block.get_instructions() {
                if let Some(place) = self.memory_operand(instruction) {
                    self.relate(instruction, place, &mut facts)?;
                }
            }
        }
        Ok(())
    }

    /// Rewrites the address of one access, or learns from it.
    fn relate(&self, access: InstructionValue<'ctx>, place: u32, facts: &mut Facts<'ctx>) -> Result<()> {
        let Some(pointer) = pointer_operand(access, place) else { return Ok(()) };
        if let Some(known) = facts.replaced.get(&pointer) {
            access.set_operand(place, *known);
            return Ok(());
        }
        let Some(address) = address(pointer).filter(Address::is_narrow) else { return Ok(()) };
        let near = facts.known.get(&address.index).and_then(|known| {
            known.iter().find_map(|fact| {
                let distance = i64::from(address.added.wrapping_sub(fact.address.added));
                let is_near = (0..=REACH).contains(&distance) && fact.address.offset >= 0;
                (is_near && fact.address.root == address.root).then_some((fact, distance))
            })
        });
        let Some((fact, distance)) = near else {
            facts.known.entry(address.index).or_default().push(Fact { address, pointer });
            return Ok(());
        };
        if distance == 0 {
            return Ok(());
        }
        self.builder.position_before(&access);
        let difference = distance + address.offset - fact.address.offset;
        let near = self.add_offset(fact.pointer, self.word.const_int(difference as u64, true))?;
        access.set_operand(place, near);
        facts.replaced.insert(pointer, near);
        Ok(())
    }

    /// Which operand of an instruction is an address in a memory, if it is an access of one.
    pub(super) fn memory_operand(&self, instruction: InstructionValue<'ctx>) -> Option<u32> {
        let place = match instruction.get_opcode() {
            InstructionOpcode::Load => 0,
            InstructionOpcode::Store => 1,
            _ => return None,
        };
        self.is_memory_access(instruction).then_some(place)
    }
}

pub(super) fn pointer_operand<'ctx>(access: InstructionValue<'ctx>, place: u32) -> Option<PointerValue<'ctx>> {
    match operand(access, place)? {
        BasicValueEnum::PointerValue(pointer) => Some(pointer),
        _ => None,
    }
}

pub(super) fn operand<'ctx>(instruction: InstructionValue<'ctx>, place: u32) -> Option<BasicValueEnum<'ctx>> {
    instruction.get_operand(place).and_then(|operand| operand.value())
}

/// Takes an address of the form that translation and LLVM's canonical forms give it apart.
pub(super) fn address<'ctx>(pointer: PointerValue<'ctx>) -> Option<Address<'ctx>> {
    let (mut pointer, mut offset, mut index) = (pointer, 0_i64, None);
    loop {
        let step = pointer.as_instruction()?;
        match step.get_opcode() {
            InstructionOpcode::GetElementPtr if is_byte_step(step) => {
                let BasicValueEnum::IntValue(bytes) = operand(step, 1)? else { return None };
                match bytes.get_sign_extended_constant() {
                    Some(constant) => offset = offset.checked_add(constant)?,
                    None if index.is_none() => index = Some((bytes, zero_extended(bytes).unwrap_or(bytes))),
                    None => return None,
                }
                pointer = pointer_operand(step, 0)?;
            }
            // The base of a memory, a field of its descriptor; what else has memory accesses is not looked at.
            InstructionOpcode::Load => {
                let (extended, index) = index?;
                let (index, added) = without_constant(index);
                return Some(Address { root: step, extended, index, added, offset });
            }
            _ => return None,
        }
    }
}

/// A step by bytes, not by elements of some type.
fn is_byte_step(step: InstructionValue<'_>) -> bool {
    // SAFETY: the instruction is alive and an address computation; its type is alive with the context.
    let bits = unsafe {
        let ty = llvm_sys::core::LLVMGetGEPSourceElementType(step.as_value_ref());
        match llvm_sys::core::LLVMGetTypeKind(ty) {
            llvm_sys::LLVMTypeKind::LLVMIntegerTypeKind => llvm_sys::core::LLVMGetIntTypeWidth(ty),
            _ => 0,
        }
    };
    bits == 8 && step.get_num_operands() == 2
}

/// The 32-bit value that an extension is made of.
fn zero_extended<'ctx>(value: IntValue<'ctx>) -> Option<IntValue<'ctx>> {
    let extension = value.as_instruction()?;
    match operand(extension, 0)? {
        BasicValueEnum::IntValue(index)
            if extension.get_opcode() == InstructionOpcode::ZExt && index.get_type().get_bit_width() == 32 =>
        {
            Some(index)
        }
        _ => None,
    }
}

/// `x + constant` as its parts; `x` and 0 otherwise.
fn without_constant<'ctx>(value: IntValue<'ctx>) -> (IntValue<'ctx>, i32) {
    let parts = value.as_instruction().and_then(|sum| match (is_sum(sum), operand(sum, 0)?, operand(sum, 1)?) {
        (true, BasicValueEnum::IntValue(rest), BasicValueEnum::IntValue(constant)) => {
            Some((rest, i32::try_from(constant.get_sign_extended_constant()?).ok()?))
        }
        _ => None,
    });
    parts.unwrap_or((value, 0))
}

/// An addition, or what LLVM makes of one whose operands have no bits in common.
pub(super) fn is_sum(instruction: InstructionValue<'_>) -> bool {
    match instruction.get_opcode() {
        InstructionOpcode::Add => true,
        // SAFETY: the instruction is alive and an `or`.
        InstructionOpcode::Or => unsafe { llvm_sys::core::LLVMGetIsDisjoint(instruction.as_value_ref()) != 0 },
        _ => false,
    }
}
