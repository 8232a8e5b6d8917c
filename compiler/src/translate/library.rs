//! Compiles library routines on demand: the exports of the helper module and the IR texts of [`crate::helpers`].
//!
//! Routines are compiled alone, without LLVM's knowledge of library functions, so that none is turned into a call of
//! itself, and never merged with guest code.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, OnceLock};

use graver_aot_format::ExternKind;
use inkwell::attributes::AttributeLoc;
use inkwell::context::Context;
use inkwell::memory_buffer::MemoryBuffer;
use inkwell::module::Linkage;
use inkwell::types::BasicMetadataTypeEnum;
use inkwell::values::{BasicMetadataValueEnum, BasicValue, FunctionValue};
use wasmparser::Operator;

use crate::error::{Error, ErrorKind, Result};
use crate::helpers::{self, Helper};
use crate::llvm::{Emitted, Ir, Machine, call_value};
use crate::module::{self, Module};
use crate::options::{Format, Options, WasmVersion};
use crate::plan::Plan;
use crate::translate::{self, Unit};

/// Routines already compiled by this process, by CPU and symbol.
static COMPILED: OnceLock<Mutex<HashMap<Key, Emitted>>> = OnceLock::new();

/// Target, features beyond the target's, symbol.
type Key = (&'static str, u64, String);

/// The object that defines library routine `symbol` for the target, if there is such a routine.
///
/// # Errors
/// The routine does not compile: a defect of the archive.
pub(crate) fn object(options: &Options, symbol: &str) -> Result<Option<Emitted>> {
    let Some(helper) = helpers::find(options.target, symbol) else { return Ok(None) };
    let compiled = COMPILED.get_or_init(Mutex::default);
    let key = (options.target.name, options.extra_features, symbol.to_owned());
    let lock = || compiled.lock().map_err(|_| Error::new(ErrorKind::Io, "another thread failed"));
    if let Some(known) = lock()?.get(&key) {
        return Ok(Some(known.clone()));
    }
    let extra_features = options.extra_features;
    let options =
        Options { opt_level: 2, size_level: 2, format: Format::Object, extra_features, ..Options::new(options.target) };
    let emitted = match helper {
        Helper::Export(export) => compile_export(&options, symbol, export)?,
        Helper::Ir(text) => compile_text(&options, &text)?,
    };
    lock()?.insert(key, emitted.clone());
    Ok(Some(emitted))
}

fn compile_text(options: &Options, text: &str) -> Result<Emitted> {
    let context = Context::create();
    let machine = Machine::new(options)?;
    let buffer = MemoryBuffer::create_from_memory_range_copy(text.as_bytes(), "helper");
    let parsed = context.create_module_from_ir(buffer).map_err(Error::llvm)?;
    let ir = Ir::with_module(&context, parsed, options.target.pointer_bytes);
    machine.prepare(&ir);
    machine.emit_library(&ir)
}

/// Compiles an export and what it calls, behind a C function without a context.
fn compile_export(options: &Options, symbol: &str, export: &str) -> Result<Emitted> {
    let module = module::parse(helpers::WASM, WasmVersion::Latest)?;
    let index = module
        .exports
        .iter()
        .find(|candidate| candidate.kind == ExternKind::Function && candidate.name == export)
        .map(|found| found.index)
        .ok_or_else(|| Error::new(ErrorKind::Link, format!("the helper module has no export `{export}`")))?;
    let context = Context::create();
    let machine = Machine::new(options)?;
    let plan = Plan::new(&module, options);
    let unit =
        Unit { ir: Ir::new(&context, symbol, options.target.pointer_bytes), module: &module, options, plan: &plan };
    machine.prepare(&unit.ir);
    let functions = closure(&module, index)?;
    for function in functions.iter().copied() {
        translate::function(&unit, function)?;
        let definition = unit.function(function)?;
        definition.set_linkage(Linkage::Internal);
        no_builtins(&unit.ir, definition);
    }
    define_wrapper(&unit, symbol, index)?;
    for function in functions {
        // Frames are known by name, and the module being compiled has functions with these names.
        unit.function(function)?.as_global_value().set_name(&format!("{symbol}_f{function}"));
    }
    machine.emit_library(&unit.ir)
}

/// The function and everything that it calls.
fn closure(module: &Module<'_>, root: u32) -> Result<BTreeSet<u32>> {
    let mut reached = BTreeSet::from([root]);
    let mut pending = vec![root];
    while let Some(function) = pending.pop() {
        for operator in module.bodies[(function - module.imported_functions) as usize].get_operators_reader()? {
            if let Operator::Call { function_index } = operator?
                && reached.insert(function_index)
            {
                pending.push(function_index);
            }
        }
    }
    Ok(reached)
}

/// `symbol(params...)`, which calls the export with no context: helpers have neither memory nor globals nor traps.
fn define_wrapper(unit: &Unit<'_, '_>, symbol: &str, index: u32) -> Result<()> {
    let ir = &unit.ir;
    let callee = unit.function(index)?;
    let params: Vec<BasicMetadataTypeEnum<'_>> = callee.get_type().get_param_types().into_iter().skip(1).collect();
    let ty = match callee.get_type().get_return_type() {
        Some(result) => inkwell::types::BasicType::fn_type(&result, &params, false),
        None => ir.context.void_type().fn_type(&params, false),
    };
    let wrapper = ir.function(symbol, ty);
    ir.define(wrapper, symbol);
    no_builtins(ir, wrapper);
    ir.builder.position_at_end(ir.context.append_basic_block(wrapper, "entry"));
    let mut arguments: Vec<BasicMetadataValueEnum<'_>> = vec![ir.ptr.const_null().into()];
    arguments.extend(wrapper.get_param_iter().map(BasicMetadataValueEnum::from));
    let call = ir.builder.build_call(callee, &arguments, "")?;
    let result = call_value(call);
    ir.builder.build_return(result.as_ref().map(|value| value as &dyn BasicValue<'_>))?;
    Ok(())
}

fn no_builtins(ir: &Ir<'_>, function: FunctionValue<'_>) {
    function.add_attribute(AttributeLoc::Function, ir.context.create_string_attribute("no-builtins", ""));
}
