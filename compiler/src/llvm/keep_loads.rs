//! Keeps loads that can trap although nothing uses their values.
//!
//! With guard regions the load itself is the bounds check, and LLVM deletes plain loads without users. Translation
//! therefore passes each loaded value to a marker function. The markers stay while LLVM simplifies the code as it came;
//! then loads that have no other user by now become volatile, and the markers go, so that they cost the later passes
//! (vectorisation above all) nothing.

use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::values::{
    AnyValueEnum, BasicValue as _, BasicValueEnum, FunctionValue, InstructionOpcode, InstructionValue,
};

use super::Ir;
use super::builder::value_instruction;
use crate::error::{Error, Result};

const PREFIX: &str = "graver_keep_";

/// What runs while the markers are in place: enough to expose values that nothing uses.
pub(super) const SIMPLIFY: &str = "function(sroa,early-cse,instcombine<no-verify-fixpoint>,simplifycfg,early-cse,adce)";

impl<'ctx> Ir<'ctx> {
    /// Marks a value whose load must not disappear.
    pub(crate) fn keep(&self, value: BasicValueEnum<'ctx>) -> Result<()> {
        let ty = value.get_type();
        let name = format!("{PREFIX}{ty}").replace('"', "");
        let function = self.module.get_function(&name).unwrap_or_else(|| {
            let ty = self.context.void_type().fn_type(&[ty.into()], false);
            let function = self.module.add_function(&name, ty, None);
            self.add_attribute(function, "nounwind");
            self.add_attribute(function, "willreturn");
            // Reads and writes nothing that other code sees, so it is no obstacle to moving accesses.
            self.add_memory_attribute(function);
            function
        });
        self.builder.build_call(function, &[value.into()], "")?;
        Ok(())
    }

    /// `memory(inaccessiblemem: readwrite)`.
    fn add_memory_attribute(&self, function: FunctionValue<'ctx>) {
        // Two bits (read, write) per location: argument memory, inaccessible memory, ...
        const INACCESSIBLE_READ_WRITE: u64 = 0b11 << 2;
        let kind = Attribute::get_named_enum_kind_id("memory");
        let attribute = self.context.create_enum_attribute(kind, INACCESSIBLE_READ_WRITE);
        function.add_attribute(AttributeLoc::Function, attribute);
    }

    /// Removes all markers, making loads volatile that nothing else uses.
    pub(super) fn remove_keep_markers(&self) -> Result<()> {
        let markers: Vec<FunctionValue<'ctx>> = self
            .module
            .get_functions()
            .filter(|function| function.get_name().to_bytes().starts_with(PREFIX.as_bytes()))
            .collect();
        for marker in markers {
            let first = marker.as_global_value().as_pointer_value().get_first_use();
            let calls: Vec<InstructionValue<'ctx>> = std::iter::successors(first, |usage| usage.get_next_use())
                .filter_map(|usage| match usage.get_user() {
                    AnyValueEnum::InstructionValue(call) => Some(call),
                    _ => None,
                })
                .collect();
            for call in calls {
                release(call)?;
            }
        }
        Ok(())
    }
}

fn release(call: InstructionValue<'_>) -> Result<()> {
    let kept = call.get_operand(0).and_then(|operand| operand.value()).and_then(value_instruction);
    call.erase_from_basic_block();
    if let Some(load) = kept
        && load.get_opcode() == InstructionOpcode::Load
        && load.get_first_use().is_none()
    {
        load.set_volatile(true).map_err(Error::llvm)?;
    }
    Ok(())
}
