//! What a module must return, from the interpreter wasmi.

use anyhow::{Context, Result};
use wasmi::{Engine, Linker, Module, Store};

/// What an export that turns a number into another returns, called once for each of `arguments`.
pub(crate) fn results<const N: usize>(wasm: &[u8], export: &str, arguments: [u32; N]) -> Result<[u64; N]> {
    let engine = Engine::default();
    let module = Module::new(&engine, wasm).context("wasmi refuses the module")?;
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module)?;
    let function = instance.get_typed_func::<u32, u64>(&store, export).context("no such function")?;
    let mut results = [0; N];
    for (result, argument) in results.iter_mut().zip(arguments) {
        *result = function.call(&mut store, argument)?;
    }
    Ok(results)
}

#[test]
fn results_are_those_of_the_module() -> Result<()> {
    let text = r#"(module (func (export "f") (param i32) (result i64) (i64.sub (i64.extend_i32_u (local.get 0)) (i64.const 3))))"#;
    assert_eq!(results(&wat::parse_str(text)?, "f", [u32::MAX, 2])?, [0xffff_fffc, u64::MAX]);
    assert!(results(&wat::parse_str(text)?, "g", [1]).is_err());
    Ok(())
}
