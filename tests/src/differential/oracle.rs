//! A case in wasmi.

use anyhow::{Context, Result, bail};
use wasmi::{
    AsContext as _, Config, Engine, Error, Extern, ExternRef, ExternType, F32, F64, Func, Instance, Linker, Module,
    Nullable, Ref, Store, TrapCode, Val,
};

use super::case::{Call, Case};
use super::trace::{Contents, Outcome, Session, State, Step, TrapKind, record};
use graver_test_script::Value;

/// What one call may take, in wasmi's units: a few hundred milliseconds.
const FUEL: u64 = 5_000_000;

/// Runs a case.
pub(crate) fn run(case: &Case) -> Result<Vec<Step>> {
    let mut config = Config::default();
    config.consume_fuel(true);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, &case.module).context("wasmi refuses the module")?;
    let provider = match &case.provider {
        Some(provider) => Some((Module::new(&engine, &provider.module)?, &provider.imports)),
        None => None,
    };
    record(&case.calls, || {
        let mut store = Store::new(&engine, ());
        store.set_fuel(FUEL)?;
        let mut linker = Linker::new(&engine);
        let mut instances = Vec::new();
        if let Some((module, imports)) = &provider {
            let instance = linker.instantiate_and_start(&mut store, module)?;
            for (index, (module, name)) in imports.iter().enumerate() {
                let item = instance.get_export(&store, &index.to_string()).context("no export")?;
                linker.define(module, name, item)?;
            }
            instances.push(instance);
        }
        match linker.instantiate_and_start(&mut store, &module) {
            Ok(instance) => {
                instances.push(instance);
                Ok((Outcome::Returned(Vec::new()), Some(Wasmi { store, instances })))
            }
            Err(error) => Ok((outcome(&error)?, None)),
        }
    })
}

struct Wasmi {
    store: Store<()>,
    instances: Vec<Instance>,
}

impl Session for Wasmi {
    fn call(&mut self, call: &Call) -> Result<Outcome> {
        let instance = self.instances.last().context("no instance")?;
        let function = instance.get_func(&self.store, &call.export).context("no such function")?;
        let arguments: Vec<Val> = call.arguments.iter().map(|value| self.val(*value)).collect::<Result<_>>()?;
        let ty = function.ty(&self.store);
        let mut results: Vec<Val> = ty.results().iter().map(|ty| Val::default_for_ty(*ty)).collect();
        self.store.set_fuel(FUEL)?;
        match function.call(&mut self.store, &arguments, &mut results) {
            Ok(()) => Ok(Outcome::Returned(results.iter().map(|val| self.value(val)).collect::<Result<_>>()?)),
            Err(error) => outcome(&error),
        }
    }

    fn state(&mut self) -> Result<State> {
        let mut state = State::default();
        for instance in &self.instances {
            // Most are functions, and this is asked after each call.
            let mut exports: Vec<(String, Extern)> = instance
                .exports(&self.store)
                .filter(|export| !matches!(export.ty(&self.store), ExternType::Func(_)))
                .map(|export| (export.name().to_owned(), export.into_extern()))
                .collect();
            exports.sort_by(|(a, _), (b, _)| a.cmp(b));
            for (name, item) in exports {
                match item {
                    Extern::Func(_) => {}
                    Extern::Global(global) => state.globals.push((name, self.value(&global.get(&self.store))?)),
                    Extern::Memory(memory) => {
                        state.memories.push((name, Contents::of(memory.data(self.store.as_context()))));
                    }
                    Extern::Table(table) => {
                        let is_null = |index| match table.get(&self.store, index) {
                            Some(Ref::Func(reference)) => reference.is_null(),
                            Some(Ref::Extern(reference)) => reference.is_null(),
                            None => true,
                        };
                        state.tables.push((name, (0..table.size(&self.store)).map(is_null).collect()));
                    }
                }
            }
        }
        Ok(state)
    }
}

impl Wasmi {
    fn val(&mut self, value: Value) -> Result<Val> {
        Ok(match value {
            Value::I32(value) => Val::I32(value),
            Value::I64(value) => Val::I64(value),
            Value::F32(bits) => Val::F32(F32::from_bits(bits)),
            Value::F64(bits) => Val::F64(F64::from_bits(bits)),
            Value::FuncRef { is_null: true } => Val::FuncRef(Nullable::<Func>::Null),
            Value::FuncRef { is_null: false } => bail!("the host has no functions"),
            Value::ExternRef(None) => Val::ExternRef(Nullable::Null),
            Value::ExternRef(Some(handle)) => {
                Val::ExternRef(Nullable::Val(ExternRef::new::<u32>(&mut self.store, handle)))
            }
        })
    }

    fn value(&self, val: &Val) -> Result<Value> {
        Ok(match val {
            Val::I32(value) => Value::I32(*value),
            Val::I64(value) => Value::I64(*value),
            Val::F32(value) => Value::F32(value.to_bits()),
            Val::F64(value) => Value::F64(value.to_bits()),
            Val::FuncRef(reference) => Value::FuncRef { is_null: reference.is_null() },
            Val::ExternRef(Nullable::Null) => Value::ExternRef(None),
            Val::ExternRef(Nullable::Val(reference)) => {
                Value::ExternRef(reference.data(&self.store).downcast_ref::<u32>().copied())
            }
            Val::V128(_) => bail!("a vector"),
        })
    }
}

fn outcome(error: &Error) -> Result<Outcome> {
    use wasmi::errors::{ErrorKind, InstantiationError};
    let trap = match error.as_trap_code() {
        Some(trap) => trap,
        None => match error.kind() {
            ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) => {
                return Ok(Outcome::Trapped(TrapKind::Table));
            }
            _ => bail!("wasmi: {error}"),
        },
    };
    Ok(Outcome::Trapped(match trap {
        TrapCode::UnreachableCodeReached => TrapKind::Unreachable,
        TrapCode::MemoryOutOfBounds => TrapKind::Memory,
        TrapCode::TableOutOfBounds => TrapKind::Table,
        TrapCode::IndirectCallToNull => TrapKind::Null,
        TrapCode::IntegerDivisionByZero => TrapKind::DivideByZero,
        TrapCode::IntegerOverflow => TrapKind::Overflow,
        TrapCode::BadConversionToInteger => TrapKind::Conversion,
        TrapCode::BadSignature => TrapKind::Signature,
        _ => return Ok(Outcome::Exhausted(error.to_string())),
    }))
}
