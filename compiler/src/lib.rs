//! Compiles WebAssembly modules into Graver images.
//!
//! ```text
//! wasm --parse--> Module --plan--> partitions --translate, optimise, generate (parallel)--> objects
//!      --link--> text, read-only data, symbols --write--> image
//! ```
//! [`compile`] does all of it in this process. LLVM ends the process on some failures, so commands use
//! [`worker::compile`], which does it in a process of its own and can name the function that LLVM failed on.

mod codegen;
mod error;
mod llvm;
mod module;
mod options;
mod plan;
mod translate;

pub use error::{Error, ErrorKind, Result};
pub use options::{Format, Options, WasmVersion};

/// Compiles a module, binary or text, and returns the bytes of what `options.format` asks for.
///
/// # Errors
/// The input is invalid or uses something unsupported, or code generation fails.
pub fn compile(wasm: &[u8], options: &Options) -> Result<Vec<u8>> {
    let module = module::parse(wasm, options.wasm_version)?;
    let plan = plan::Plan::new(&module, options);
    let emitted = codegen::generate(&module, options, &plan)?;
    Ok(emitted.into_iter().flat_map(|emitted| emitted.bytes).collect())
}
