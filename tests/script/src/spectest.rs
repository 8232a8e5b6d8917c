//! The host module that the suite's scripts import from, as the reference interpreter defines it.

use graver_loader::{
    AccessError, Global, Linker, Memory, MemoryType, Mutability, Store, Table, TableType, Val, ValType,
};

/// Its name.
pub const MODULE: &str = "spectest";

/// Defines it. A board may be too small for its memory: then modules that import the memory do not link.
pub(crate) fn define<'m>(store: &mut Store<'m>, linker: &mut Linker<'_>) -> Result<(), AccessError> {
    linker.func(store, MODULE, "print", |_, ()| ())?;
    linker.func(store, MODULE, "print_i32", |_, (_,): (i32,)| ())?;
    linker.func(store, MODULE, "print_i64", |_, (_,): (i64,)| ())?;
    linker.func(store, MODULE, "print_f32", |_, (_,): (f32,)| ())?;
    linker.func(store, MODULE, "print_f64", |_, (_,): (f64,)| ())?;
    linker.func(store, MODULE, "print_i32_f32", |_, (_, _): (i32, f32)| ())?;
    linker.func(store, MODULE, "print_f64_f64", |_, (_, _): (f64, f64)| ())?;
    let globals = [
        ("global_i32", Val::I32(666)),
        ("global_i64", Val::I64(666)),
        ("global_f32", Val::F32(666.6)),
        ("global_f64", Val::F64(666.6)),
    ];
    for (name, value) in globals {
        linker.define(MODULE, name, Global::new(store, Mutability::Const, value)?)?;
    }
    linker.define(MODULE, "table", Table::new(store, TableType::new(ValType::FuncRef, 10, Some(20)))?)?;
    let ty = MemoryType::new(1, Some(2));
    for (name, ty) in [("memory", ty), ("shared_memory", MemoryType { shared: true, ..ty })] {
        match Memory::new(store, ty) {
            Ok(memory) => linker.define(MODULE, name, memory)?,
            Err(AccessError::OutOfMemory) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
