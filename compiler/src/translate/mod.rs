//! WebAssembly to LLVM IR: one LLVM module per partition of the functions.

mod atomic;
mod bulk;
mod call;
mod control;
mod entity;
mod function;
pub(crate) mod library;
mod memory;
mod native;
mod numeric;
mod operators;
pub(crate) mod symbol;
mod thunk;

use graver_aot_format::{BoundsStrategy, ValType, abi};
use inkwell::context::Context;
use inkwell::types::{BasicMetadataTypeEnum, BasicType, BasicTypeEnum, FunctionType};
use inkwell::values::FunctionValue;
use wasmparser::FuncType;

use crate::error::{Error, Result};
use crate::llvm::{Emitted, Ir, Machine};
use crate::module::{Module, val_type};
use crate::options::Options;
use crate::plan::{Partition, Plan};

/// Everything that the functions of one LLVM module share.
pub(crate) struct Unit<'u, 'ctx> {
    pub(crate) ir: Ir<'ctx>,
    pub(crate) module: &'u Module<'u>,
    pub(crate) options: &'u Options,
    pub(crate) plan: &'u Plan,
}

/// Translates one function into a definition.
///
/// # Errors
/// A construct that is not supported, with its offset.
pub(crate) fn function(unit: &Unit<'_, '_>, index: u32) -> Result<()> {
    let name = unit.module.function_name(index);
    function::translate(unit, index).map_err(|error| error.in_function(index, name))
}

/// Translates one partition and generates its code.
///
/// # Errors
/// A construct that is not supported, with its function and offset, or a failure of LLVM.
pub(crate) fn generate(module: &Module<'_>, options: &Options, plan: &Plan, partition: &Partition) -> Result<Emitted> {
    let context = Context::create();
    let machine = Machine::new(options)?;
    let ir = self::partition(&context, &machine, module, options, plan, partition)?;
    machine.emit(&ir, options.format)
}

fn partition<'u, 'ctx>(
    context: &'ctx Context,
    machine: &Machine,
    module: &'u Module<'u>,
    options: &'u Options,
    plan: &'u Plan,
    partition: &Partition,
) -> Result<Ir<'ctx>> {
    let unit = Unit { ir: Ir::new(context, "graver", plan.pointer_bytes()), module, options, plan };
    machine.prepare(&unit.ir);
    unit.ir.bounded_memories.set(module.memories_lack_last_page());
    for index in partition.functions.clone() {
        function(&unit, index)?;
    }
    if partition.has_glue {
        unit.ir.module.set_inline_assembly(&options.target.glue(module.uses_floats));
        thunk::define_all(&unit)?;
        bulk::define_all(&unit)?;
        for number in 0..module.init_functions.len() as u32 {
            function::translate_init(&unit, number)?;
        }
    }
    Ok(unit.ir)
}

impl<'ctx> Unit<'_, 'ctx> {
    pub(crate) fn pointer_bytes(&self) -> u8 {
        self.plan.pointer_bytes()
    }

    pub(crate) fn layout(&self) -> &abi::ContextLayout {
        &self.plan.layout
    }

    /// The LLVM type of a value.
    pub(crate) fn value_type(&self, ty: ValType) -> BasicTypeEnum<'ctx> {
        let context = self.ir.context;
        match ty {
            ValType::I32 => context.i32_type().into(),
            ValType::I64 => context.i64_type().into(),
            ValType::F32 => context.f32_type().into(),
            ValType::F64 => context.f64_type().into(),
            ValType::V128 => context.i128_type().into(),
            ValType::FuncRef | ValType::ExternRef => self.ir.ptr.into(),
        }
    }

    /// The LLVM type of a function by the slot convention: `(ctx, params..., rest) -> first result`.
    pub(crate) fn slot_type(&self, ty: &FuncType) -> Result<FunctionType<'ctx>> {
        let mut params: Vec<BasicMetadataTypeEnum<'ctx>> = vec![self.ir.ptr.into()];
        for ty in ty.params() {
            params.push(self.value_type(self.val_type(*ty)?).into());
        }
        if ty.results().len() > 1 {
            params.push(self.ir.ptr.into());
        }
        Ok(match ty.results().first() {
            Some(first) => self.value_type(self.val_type(*first)?).fn_type(&params, false),
            None => self.ir.context.void_type().fn_type(&params, false),
        })
    }

    /// The declaration of wasm function `index`, which is not imported.
    pub(crate) fn function(&self, index: u32) -> Result<FunctionValue<'ctx>> {
        let ty = self.slot_type(self.module.function_type(index))?;
        Ok(self.ir.function(&symbol::function(index), ty))
    }

    /// The value type in the file's terms.
    pub(crate) fn val_type(&self, ty: wasmparser::ValType) -> Result<ValType> {
        val_type(ty).ok_or_else(|| Error::unsupported(format!("the type {ty}"), 0))
    }

    /// How accesses to memory `index` are kept in bounds.
    pub(crate) fn bounds(&self, index: u32) -> BoundsStrategy {
        self.plan.bounds(self.module, self.options, index)
    }
}
