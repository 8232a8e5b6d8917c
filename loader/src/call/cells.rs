//! Values in cells.

use graver_aot_format::ValType;

use crate::alloc::Buf;
use crate::error::{AccessError, CallError};
use crate::func::Func;
use crate::runtime::Runtime;
use crate::store::StoreInner;
use crate::value::{ExternRef, Val};

/// Cells that fit on the stack.
const FEW: usize = 16;

/// Runs `body` with `count` cells of 0.
pub(crate) fn with_cells<R>(
    runtime: &Runtime<'_>,
    count: usize,
    body: impl FnOnce(&mut [u64]) -> Result<R, CallError>,
) -> Result<R, CallError> {
    if let Some(cells) = [0; FEW].get_mut(..count) {
        return body(cells);
    }
    let mut cells = Buf::new(runtime.allocator());
    cells.fill_with_zeroes(count)?;
    body(&mut cells)
}

/// Puts a value at the start of `cells` and returns the rest.
pub(crate) fn write_val<'c>(
    store: &mut StoreInner<'_>,
    value: Val,
    cells: &'c mut [u64],
) -> Result<&'c mut [u64], AccessError> {
    let raw = raw_of(store, value)?;
    let count = value.ty().cells();
    let (own, rest) = cells.split_at_mut_checked(count).ok_or(AccessError::OutOfBounds)?;
    own.copy_from_slice(raw.get(..count).unwrap_or_default());
    Ok(rest)
}

/// Takes a value of type `ty` from the start of `cells` and returns it with the rest.
pub(crate) fn read_val<'c>(store: &StoreInner<'_>, ty: ValType, cells: &'c [u64]) -> (Val, &'c [u64]) {
    let (own, rest) = cells.split_at_checked(ty.cells()).unwrap_or((cells, &[]));
    let cell = |index| own.get(index).copied().unwrap_or(0);
    (val_of(store, ty, [cell(0), cell(1)]), rest)
}

/// The cells of a value; the second is used by v128 only.
pub(crate) fn raw_of(store: &mut StoreInner<'_>, value: Val) -> Result<[u64; 2], AccessError> {
    let first = match value {
        Val::I32(value) => u64::from(value as u32),
        Val::I64(value) => value as u64,
        Val::F32(value) => u64::from(value.to_bits()),
        Val::F64(value) => value.to_bits(),
        Val::V128(value) => return Ok([value as u64, (value >> 64) as u64]),
        Val::FuncRef(None) => 0,
        Val::FuncRef(Some(function)) => function.word(store)? as u64,
        Val::ExternRef(value) => value.word() as u64,
    };
    Ok([first, 0])
}

/// The value of type `ty` that two cells hold; narrow values leave the upper half of a cell undefined.
pub(crate) fn val_of(store: &StoreInner<'_>, ty: ValType, cells: [u64; 2]) -> Val {
    let [first, second] = cells;
    match ty {
        ValType::I32 => Val::I32(first as u32 as i32),
        ValType::I64 => Val::I64(first as i64),
        ValType::F32 => Val::F32(f32::from_bits(first as u32)),
        ValType::F64 => Val::F64(f64::from_bits(first)),
        ValType::V128 => Val::V128(u128::from(first) | u128::from(second) << 64),
        ValType::FuncRef => Val::FuncRef(Func::from_word(store, first as usize)),
        ValType::ExternRef => Val::ExternRef(ExternRef::from_word(first as usize)),
    }
}
