//! The loader, as the runner uses it: one store per file, and nothing of the loader's types outside this module.

use std::fmt;

use anyhow::{Context, Result, bail};
use graver_loader::{
    Allocator, CallError, Extern, ExternRef, Instance, LinkError, Linker, Module, Runtime, Store, StoreOptions, Val,
};
use typed_arena::Arena;

use super::compile::{Compiler, Rejection};
use super::config::Config;
use super::spectest;
use super::suite::Version;
use super::values::Value;

/// An instance of the script's.
pub(crate) type InstanceId = Instance;

/// Why something that may fail did.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Wasm trapped, with this text.
    Trap(String),
    /// An import is missing or does not fit, with this text.
    Link(String),
    /// Anything that no script expects.
    Other(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trap(text) => write!(f, "trap: {text}"),
            Self::Link(text) => write!(f, "link error: {text}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// Compiler and loader, with the modules of one script.
pub(crate) struct Engine<'m, 'b> {
    compiler: Compiler,
    runtime: &'b Runtime<'b>,
    images: &'b Arena<Vec<u8>>,
    names: &'m Arena<String>,
    modules: &'m Arena<Module<'b>>,
    store: Store<'m>,
    linker: Linker<'m>,
}

impl Engine<'_, '_> {
    /// Makes an engine that has the suite's host module, and uses it.
    pub(crate) fn with<T>(
        config: &Config,
        version: Version,
        use_it: impl FnOnce(&mut Engine<'_, '_>) -> T,
    ) -> Result<T> {
        let compiler = Compiler::new(config, version)?;
        let runtime = Runtime::new(Allocator::system())?;
        let (images, names, modules) = (Arena::new(), Arena::new(), Arena::new());
        let mut store = Store::new(&runtime, StoreOptions::default())?;
        let mut linker = Linker::new(&runtime);
        spectest::define(&mut store, &mut linker)?;
        let runtime = &runtime;
        Ok(use_it(&mut Engine { compiler, runtime, images: &images, names: &names, modules: &modules, store, linker }))
    }
}

impl Engine<'_, '_> {
    pub(crate) fn compile(&self, wasm: &[u8]) -> Result<Vec<u8>, Rejection> {
        self.compiler.compile(wasm)
    }

    /// Loads an image and makes an instance of it.
    pub(crate) fn instantiate(&mut self, image: Vec<u8>) -> Result<Result<InstanceId, Failure>> {
        let image = self.images.alloc(image);
        let module = self.modules.alloc(Module::new(self.runtime, image).context("the image does not load")?);
        Ok(self.linker.instantiate(&mut self.store, module).map_err(link_failure))
    }

    pub(crate) fn register(&mut self, name: &str, instance: InstanceId) -> Result<()> {
        Ok(self.linker.instance(self.names.alloc(name.to_owned()), instance)?)
    }

    pub(crate) fn global(&mut self, instance: InstanceId, name: &str) -> Result<Value> {
        let global = instance.global(&self.store, name).with_context(|| format!("no global \"{name}\""))?;
        value_of(global.get(&self.store)?)
    }

    /// Calls an exported function.
    pub(crate) fn call(
        &mut self,
        instance: InstanceId,
        name: &str,
        arguments: &[Value],
    ) -> Result<Result<Vec<Value>, Failure>> {
        let Some(Extern::Func(function)) = instance.export(&self.store, name) else { bail!("no function \"{name}\"") };
        let arguments = arguments.iter().map(val_of).collect::<Result<Vec<_>>>()?;
        let mut results = vec![Val::I32(0); function.signature(&self.store)?.results().len()];
        Ok(match function.call(&mut self.store, &arguments, &mut results) {
            Ok(()) => Ok(results.into_iter().map(value_of).collect::<Result<_>>()?),
            Err(error) => Err(call_failure(&error)),
        })
    }
}

fn link_failure(error: LinkError<'_>) -> Failure {
    match error {
        LinkError::Missing { .. } | LinkError::Incompatible { .. } => Failure::Link(error.to_string()),
        LinkError::Start(error) => call_failure(&error),
        other => Failure::Other(other.to_string()),
    }
}

fn call_failure(error: &CallError) -> Failure {
    match error {
        CallError::Trap(trap) => Failure::Trap(trap.to_string()),
        other => Failure::Other(other.to_string()),
    }
}

fn val_of(value: &Value) -> Result<Val> {
    Ok(match *value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(bits) => Val::F32(f32::from_bits(bits)),
        Value::F64(bits) => Val::F64(f64::from_bits(bits)),
        Value::FuncRef { is_null: true } => Val::FuncRef(None),
        Value::FuncRef { is_null: false } => bail!("a script cannot name a function as an argument"),
        Value::ExternRef(None) => Val::ExternRef(ExternRef::NULL),
        Value::ExternRef(Some(handle)) => {
            Val::ExternRef(ExternRef::new(handle).with_context(|| format!("externref {handle} is too large"))?)
        }
    })
}

fn value_of(val: Val) -> Result<Value> {
    Ok(match val {
        Val::I32(value) => Value::I32(value),
        Val::I64(value) => Value::I64(value),
        Val::F32(value) => Value::F32(value.to_bits()),
        Val::F64(value) => Value::F64(value.to_bits()),
        Val::V128(_) => bail!("vectors are not part of these suites"),
        Val::FuncRef(function) => Value::FuncRef { is_null: function.is_none() },
        Val::ExternRef(reference) => Value::ExternRef(reference.handle()),
    })
}
