//! Thunks between cells and the slot convention, one per function type that crosses the boundary.

use graver_aot_format::abi::HostField;
use inkwell::IntPredicate;
use inkwell::values::{BasicMetadataValueEnum, BasicValue, FunctionValue, PointerValue};
use wasmparser::FuncType;

use super::{Unit, native, symbol};
use crate::error::{Error, Result};
use crate::llvm::{Alias, AliasKind, call_value};

/// Defines every thunk that the plan asks for.
pub(super) fn define_all(unit: &Unit<'_, '_>) -> Result<()> {
    for ty in &unit.plan.call_thunks {
        define_call_thunk(unit, &symbol::call_thunk(*ty), &unit.module.types[*ty as usize])?;
    }
    for ty in &unit.plan.raw_thunks {
        define_raw_thunk(unit, &symbol::raw_thunk(*ty), &unit.module.types[*ty as usize])?;
    }
    for ty in &unit.plan.native_thunks {
        native::define_thunk(unit, &symbol::native_thunk(*ty), &unit.module.types[*ty as usize])?;
    }
    for (_, ty) in &unit.module.init_functions {
        let name = symbol::init_thunk(*ty);
        if unit.ir.module.get_function(&name).is_none() {
            define_call_thunk(unit, &name, &FuncType::new([], [super::function::wasm_type(*ty)]))?;
        }
    }
    Ok(())
}

pub(super) fn start_function<'ctx>(unit: &Unit<'_, 'ctx>, name: &str, function: FunctionValue<'ctx>) {
    unit.ir.define(function, name);
    unit.ir.builder.position_at_end(unit.ir.context.append_basic_block(function, "entry"));
}

pub(super) fn pointer_param<'ctx>(function: FunctionValue<'ctx>, index: u32) -> Result<PointerValue<'ctx>> {
    let param = function.get_nth_param(index).ok_or_else(|| Error::llvm("thunk without parameter"))?;
    Ok(param.into_pointer_value())
}

/// `(ctx, code, cells)`: arguments from consecutive cells, results to the first cells.
fn define_call_thunk(unit: &Unit<'_, '_>, name: &str, ty: &FuncType) -> Result<()> {
    let ir = &unit.ir;
    let thunk_type = ir.context.void_type().fn_type(&[ir.ptr.into(), ir.ptr.into(), ir.ptr.into()], false);
    let function = ir.function(name, thunk_type);
    start_function(unit, name, function);
    let (ctx, code, cells) = (pointer_param(function, 0)?, pointer_param(function, 1)?, pointer_param(function, 2)?);

    let mut arguments: Vec<BasicMetadataValueEnum<'_>> = vec![ctx.into()];
    let mut cell = 0;
    for ty in ty.params() {
        let ty = unit.val_type(*ty)?;
        let address = ir.field(cells, cell * 8)?;
        arguments.push(ir.load(unit.value_type(ty), address, Alias::of(AliasKind::Cells))?.into());
        cell += ty.cells() as u32;
    }
    let first_cells = match ty.results().first() {
        Some(first) => unit.val_type(*first)?.cells() as u32,
        None => 0,
    };
    if ty.results().len() > 1 {
        // The callee writes them when all arguments have been read.
        arguments.push(ir.field(cells, first_cells * 8)?.into());
    }
    let call = ir.builder.build_indirect_call(unit.slot_type(ty)?, code, &arguments, "")?;
    if let Some(result) = call_value(call) {
        ir.store(cells, result, Alias::of(AliasKind::Cells))?;
    }
    ir.builder.build_return(None)?;
    Ok(())
}

/// `(host record, params..., rest)`: passes cells to the record's function and traps if it says so.
fn define_raw_thunk(unit: &Unit<'_, '_>, name: &str, ty: &FuncType) -> Result<()> {
    let ir = &unit.ir;
    let function = ir.function(name, unit.slot_type(ty)?);
    start_function(unit, name, function);
    let record = pointer_param(function, 0)?;
    let count_cells = |types: &[wasmparser::ValType]| -> Result<u32> {
        types.iter().map(|ty| Ok(unit.val_type(*ty)?.cells() as u32)).sum()
    };
    let count = count_cells(ty.params())?.max(count_cells(ty.results())?);
    let cells = ir.builder.build_alloca(ir.context.i64_type().array_type(count), "")?;
    let mut cell = 0;
    for (index, ty) in ty.params().iter().enumerate() {
        let value = function.get_nth_param(index as u32 + 1).ok_or_else(|| Error::llvm("thunk without parameter"))?;
        ir.store(ir.field(cells, cell * 8)?, value, Alias::of(AliasKind::Cells))?;
        cell += unit.val_type(*ty)?.cells() as u32;
    }

    let code = ir.load_pointer(record, HostField::Function.offset(unit.pointer_bytes()), Alias::INVARIANT)?;
    let host_type = ir.word.fn_type(&[ir.ptr.into(), ir.ptr.into()], false);
    let call = ir.builder.build_indirect_call(host_type, code, &[record.into(), cells.into()], "")?;
    let status = call_value(call).ok_or_else(|| Error::llvm("host function without status"))?.into_int_value();
    let failed = ir.context.append_basic_block(function, "failed");
    let returned = ir.context.append_basic_block(function, "returned");
    let is_trap = ir.builder.build_int_compare(IntPredicate::NE, status, ir.word(0), "")?;
    ir.branch_unlikely(is_trap, failed, returned)?;
    ir.builder.position_at_end(failed);
    ir.trap_with(record, status)?;

    ir.builder.position_at_end(returned);
    return_from_cells(unit, function, cells, ty)
}

fn return_from_cells<'ctx>(
    unit: &Unit<'_, 'ctx>,
    function: FunctionValue<'ctx>,
    cells: PointerValue<'ctx>,
    ty: &FuncType,
) -> Result<()> {
    let ir = &unit.ir;
    let mut first = None;
    let mut cell = 0;
    let mut rest_cell = 0;
    for (index, ty) in ty.results().iter().enumerate() {
        let ty = unit.val_type(*ty)?;
        let value = ir.load(unit.value_type(ty), ir.field(cells, cell * 8)?, Alias::of(AliasKind::Cells))?;
        cell += ty.cells() as u32;
        if index == 0 {
            first = Some(value);
            continue;
        }
        let rest = pointer_param(function, function.count_params() - 1)?;
        ir.store(ir.field(rest, rest_cell * 8)?, value, Alias::of(AliasKind::Cells))?;
        rest_cell += ty.cells() as u32;
    }
    ir.builder.build_return(first.as_ref().map(|value| value as &dyn BasicValue<'ctx>))?;
    Ok(())
}
