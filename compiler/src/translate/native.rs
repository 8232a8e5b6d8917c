//! Thunks from wasm to native C functions, one per function type that the module imports.
//!
//! A C function that stands for `(param i32 i64) (result f32 i32)` is `float f(void *env, int32_t, int64_t, int32_t *)`.
//! An `i32` travels as a sign-extended word, which is where every C convention with registers as wide as pointers looks
//! for it, and where a pointer that the host made of it fits as well.

use graver_aot_format::abi::{Helper, HostField, HostRecord, StoreField};
use inkwell::IntPredicate;
use inkwell::types::{BasicMetadataTypeEnum, BasicType, BasicTypeEnum};
use inkwell::values::{BasicMetadataValueEnum, BasicValue, BasicValueEnum, FunctionValue, IntValue, PointerValue};
use wasmparser::{FuncType, ValType};

use super::Unit;
use super::thunk::{pointer_param, start_function};
use crate::error::{Error, Result};
use crate::llvm::{Alias, AliasKind, call_value};

/// `(host record, params..., rest)`: calls the record's C function.
pub(super) fn define_thunk(unit: &Unit<'_, '_>, name: &str, ty: &FuncType) -> Result<()> {
    let function = unit.ir.function(name, unit.slot_type(ty)?);
    start_function(unit, name, function);
    let thunk = Thunk { unit, function, record: pointer_param(function, 0)?, ty };
    let store = thunk.record_pointer(HostField::Store)?;
    let mut arguments = thunk.arguments(store)?;
    thunk.add_result_cells(&mut arguments)?;
    let result = thunk.call(store, &arguments)?;
    thunk.stop_if_told(store)?;
    unit.ir.builder.build_return(result.as_ref().map(|value| value as &dyn BasicValue<'_>))?;
    Ok(())
}

struct Thunk<'t, 'u, 'ctx> {
    unit: &'t Unit<'u, 'ctx>,
    function: FunctionValue<'ctx>,
    record: PointerValue<'ctx>,
    ty: &'t FuncType,
}

impl<'ctx> Thunk<'_, '_, 'ctx> {
    fn record_pointer(&self, field: HostField) -> Result<PointerValue<'ctx>> {
        self.unit.ir.load_pointer(self.record, field.offset(self.unit.pointer_bytes()), Alias::INVARIANT)
    }

    /// Whether the record asks for conversions.
    fn converts_arguments(&self) -> Result<IntValue<'ctx>> {
        let ir = &self.unit.ir;
        let flags = ir.load_word(self.record, HostField::Flags.offset(self.unit.pointer_bytes()), Alias::INVARIANT)?;
        let bit = ir.builder.build_and(flags, ir.word(HostRecord::CONVERTS_ARGUMENTS as u64), "")?;
        Ok(ir.builder.build_int_compare(IntPredicate::NE, bit, ir.word(0), "")?)
    }

    /// Calls a helper, and traps with what it returns unless that is 0.
    fn checked_helper(&self, helper: Helper, arguments: &[IntValue<'ctx>]) -> Result<()> {
        let ir = &self.unit.ir;
        let code = self.unit.helper(self.record, helper, arguments)?;
        let failed = ir.context.append_basic_block(self.function, "failed");
        let next = ir.context.append_basic_block(self.function, "");
        let is_trap = ir.builder.build_int_compare(IntPredicate::NE, code, ir.word(0), "")?;
        ir.branch_unlikely(is_trap, failed, next)?;
        ir.builder.position_at_end(failed);
        ir.trap_with(self.record, code)?;
        ir.builder.position_at_end(next);
        Ok(())
    }

    /// What the C function gets: its environment, and the parameters, converted where the record says so.
    fn arguments(&self, store: PointerValue<'ctx>) -> Result<Vec<BasicValueEnum<'ctx>>> {
        let ir = &self.unit.ir;
        let mut arguments = Vec::with_capacity(self.ty.params().len() + 1);
        let environment = StoreField::ExecEnv.offset(self.unit.pointer_bytes());
        arguments.push(ir.load_pointer(store, environment, Alias::of(AliasKind::Context))?.into());
        let mut words = Vec::new();
        for (index, ty) in (1..).zip(self.ty.params()) {
            let value = self.function.get_nth_param(index).ok_or_else(|| Error::llvm("thunk without parameter"))?;
            if *ty == ValType::I32 {
                let word = ir.builder.build_int_s_extend_or_bit_cast(value.into_int_value(), ir.word, "")?;
                words.push((arguments.len(), word));
                arguments.push(word.into());
            } else {
                arguments.push(value);
            }
        }
        if !words.is_empty() {
            self.convert(&words, &mut arguments)?;
        }
        Ok(arguments)
    }

    /// Lets the host replace words by pointers. `words` are positions in `arguments`, and values.
    fn convert(&self, words: &[(usize, IntValue<'ctx>)], arguments: &mut [BasicValueEnum<'ctx>]) -> Result<()> {
        let ir = &self.unit.ir;
        let size = u32::from(self.unit.pointer_bytes());
        let cells = ir.builder.build_alloca(ir.word.array_type(words.len() as u32), "")?;
        let before = ir.builder.get_insert_block().ok_or_else(|| Error::llvm("no position"))?;
        let convert = ir.context.append_basic_block(self.function, "convert");
        let ready = ir.context.append_basic_block(self.function, "ready");
        let is_asked = self.converts_arguments()?;
        ir.builder.build_conditional_branch(is_asked, convert, ready)?;

        ir.builder.position_at_end(convert);
        let place = |number: usize| ir.field(cells, number as u32 * size);
        for (number, (_, word)) in words.iter().enumerate() {
            ir.store(place(number)?, (*word).into(), Alias::of(AliasKind::Cells))?;
        }
        let address = ir.builder.build_ptr_to_int(cells, ir.word, "")?;
        self.checked_helper(Helper::NativeArguments, &[address])?;
        let converted = (0..words.len())
            .map(|number| ir.load(ir.word, place(number)?, Alias::of(AliasKind::Cells)))
            .collect::<Result<Vec<_>>>()?;
        let after = ir.builder.get_insert_block().ok_or_else(|| Error::llvm("no position"))?;
        ir.builder.build_unconditional_branch(ready)?;

        ir.builder.position_at_end(ready);
        for ((position, word), converted) in words.iter().zip(&converted) {
            let phi = ir.builder.build_phi(ir.word, "")?;
            phi.add_incoming(&[(word, before), (converted, after)]);
            arguments[*position] = phi.as_basic_value();
        }
        Ok(())
    }

    /// A pointer to a cell for each result but the first. Cleared, because C functions may leave them as they are.
    fn add_result_cells(&self, arguments: &mut Vec<BasicValueEnum<'ctx>>) -> Result<()> {
        let ir = &self.unit.ir;
        for cell in 0..self.ty.results().len().saturating_sub(1) {
            let rest = pointer_param(self.function, self.function.count_params() - 1)?;
            let place = ir.field(rest, cell as u32 * 8)?;
            ir.store(place, ir.context.i64_type().const_zero().into(), Alias::of(AliasKind::Cells))?;
            arguments.push(place.into());
        }
        Ok(())
    }

    /// Calls the C function, with the record noted as the one that runs.
    fn call(
        &self,
        store: PointerValue<'ctx>,
        arguments: &[BasicValueEnum<'ctx>],
    ) -> Result<Option<BasicValueEnum<'ctx>>> {
        let ir = &self.unit.ir;
        let params: Vec<BasicMetadataTypeEnum<'ctx>> =
            arguments.iter().map(|argument| argument.get_type().into()).collect();
        let result: Option<BasicTypeEnum<'ctx>> = self.function.get_type().get_return_type();
        let ty = match result {
            Some(result) => result.fn_type(&params, false),
            None => ir.context.void_type().fn_type(&params, false),
        };
        let running = ir.field(store, StoreField::HostRecord.offset(self.unit.pointer_bytes()))?;
        let alias = Alias::of(AliasKind::Context);
        let outer = ir.load(ir.ptr, running, alias)?;
        ir.store(running, self.record.into(), alias)?;
        let code = self.record_pointer(HostField::Function)?;
        let arguments: Vec<BasicMetadataValueEnum<'ctx>> = arguments.iter().map(|value| (*value).into()).collect();
        let call = ir.builder.build_indirect_call(ty, code, &arguments, "")?;
        ir.store(running, outer, alias)?;
        Ok(call_value(call))
    }

    /// C functions cannot say that the guest must stop: they leave a note in the store.
    fn stop_if_told(&self, store: PointerValue<'ctx>) -> Result<()> {
        let ir = &self.unit.ir;
        let stop = StoreField::Stop.offset(self.unit.pointer_bytes());
        let stop = ir.load_word(store, stop, Alias::of(AliasKind::Context))?;
        let told = ir.context.append_basic_block(self.function, "told");
        let done = ir.context.append_basic_block(self.function, "done");
        let is_told = ir.builder.build_int_compare(IntPredicate::NE, stop, ir.word(0), "")?;
        ir.branch_unlikely(is_told, told, done)?;
        ir.builder.position_at_end(told);
        self.checked_helper(Helper::NativeReturned, &[])?;
        ir.builder.build_unconditional_branch(done)?;
        ir.builder.position_at_end(done);
        Ok(())
    }
}
