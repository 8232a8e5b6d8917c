//! Compiles WebAssembly modules into Graver images.
//!
//! ```text
//! wasm --parse--> Module --plan--> partitions --translate, optimise, generate (parallel)--> objects
//!      --link--> text, read-only data, symbols --write--> image
//! ```
//! [`compile`] does all of it in this process. LLVM ends the process on some failures, so commands use
//! [`worker::compile`], which does it in a process of its own and can name the function that LLVM failed on.

mod assemble;
mod codegen;
mod embed;
mod error;
mod helpers;
mod image;
pub mod inspect;
pub mod link;
mod llvm;
mod module;
mod options;
mod place;
mod plan;
pub mod report;
mod stack;
mod translate;
mod version;
pub mod worker;

pub use embed::{declarations, symbol_of};
pub use error::{Error, ErrorKind, Result};
pub use options::{BaseAddress, Format, Options, WasmVersion};

/// The binary module in a file's bytes, which may be text.
///
/// # Errors
/// Text that is not a module.
pub fn binary(file: &[u8]) -> Result<std::borrow::Cow<'_, [u8]>> {
    wat::parse_bytes(file).map_err(|error| Error::new(ErrorKind::Invalid, error.to_string()))
}

/// What a compilation gives.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Output {
    /// What [`Options::format`] asked for.
    pub bytes: Vec<u8>,
    /// What the image takes, if the compilation came to an image.
    pub report: Option<report::Report>,
}

/// Compiles a binary module and returns the bytes of what `options.format` asks for.
///
/// # Errors
/// The input is invalid or uses something unsupported, or code generation fails.
pub fn compile(wasm: &[u8], options: &Options) -> Result<Vec<u8>> {
    compile_with_report(wasm, options).map(|output| output.bytes)
}

/// The same, and what the image takes.
///
/// # Errors
/// As [`compile`].
pub fn compile_with_report(wasm: &[u8], options: &Options) -> Result<Output> {
    options.check()?;
    let module = module::parse(wasm, options.wasm_version)?;
    let plan = plan::Plan::new(&module, options);
    let emitted = codegen::generate(&module, options, &plan)?;
    finish(&module, options, &plan, &emitted)
}

/// From the code of all partitions to what was asked for.
fn finish(
    module: &module::Module<'_>,
    options: &Options,
    plan: &plan::Plan,
    emitted: &[llvm::Emitted],
) -> Result<Output> {
    if !options.format.is_image() {
        let bytes = emitted.iter().flat_map(|emitted| emitted.bytes.iter().copied()).collect();
        return Ok(Output { bytes, report: None });
    }
    let (linked, stack) = assemble::link(module, options, plan, emitted)?;
    let image = image::write(module, options, plan, &linked, &stack)?;
    let report = report::Report::new(options.target.name, &image, module, &linked, &stack)?;
    let bytes = embed::embed(image, options)?;
    Ok(Output { bytes, report: Some(report) })
}
