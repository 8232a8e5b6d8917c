//! A case in Graver.

use anyhow::{Context, Result, bail};
use graver_aot_format::BoundsStrategy;
use graver_compiler::{Options, compile};
use graver_loader::{
    Allocator, CallError, Extern, ExternRef, Instance, LinkError, Linker, Module, Runtime, Store, StoreOptions, Trap,
    Val,
};
use graver_targets::Target;

use super::case::{Call, Case};
use super::trace::{Contents, Outcome, Session, State, Step, TrapKind, record};
use graver_test_script::Value;

/// A way of compiling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) target: &'static str,
    pub(crate) bounds: BoundsStrategy,
    pub(crate) opt_level: u8,
}

impl Way {
    /// All that a case is run in: half of the cases for this machine, the others for the plain architecture.
    pub(crate) fn of(name: &str) -> impl Iterator<Item = Self> {
        let target =
            if name.bytes().fold(0, |sum: u8, byte| sum.wrapping_add(byte)) % 2 == 0 { "native" } else { "x86_64" };
        let bounds = [BoundsStrategy::Guard, BoundsStrategy::Software];
        [0, 3].into_iter().flat_map(move |opt_level| bounds.map(move |bounds| Self { target, bounds, opt_level }))
    }

    /// The ways of a target that runs elsewhere. Guard regions would take 8 GiB of address space anew after every trap, which
    /// QEMU does page by page: the suites run with them.
    pub(crate) fn on(target: &'static Target) -> impl Iterator<Item = Self> {
        [0, 3].into_iter().map(|opt_level| Self { target: target.name, bounds: BoundsStrategy::Software, opt_level })
    }

    pub(crate) fn compile(&self, wasm: &[u8]) -> Result<Vec<u8>> {
        let mut options = Options::new(Target::get(self.target).context("no such target")?);
        options.bounds = Some(self.bounds);
        options.opt_level = self.opt_level;
        // Cases run in parallel already.
        options.threads = 1;
        compile(wasm, &options).context("does not compile")
    }
}

impl std::fmt::Display for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?} -O{}", self.target, self.bounds, self.opt_level)
    }
}

/// Runs the first `calls` calls of a case.
pub(crate) fn run(case: &Case, calls: usize, way: Way) -> Result<Vec<Step>> {
    let image = way.compile(&case.module)?;
    let provider_image = match &case.provider {
        Some(provider) => Some(way.compile(&provider.module)?),
        None => None,
    };
    let runtime = Runtime::new(Allocator::system())?;
    let load = |image| Module::new(&runtime, image).context("the image does not load");
    let module = load(&image)?;
    let provider = match (&provider_image, &case.provider) {
        (Some(image), Some(provider)) => Some((load(image)?, &provider.imports)),
        _ => None,
    };
    record(&case.calls[..calls], || {
        let mut store = Store::new(&runtime, StoreOptions::default())?;
        let mut linker = Linker::new(&runtime);
        let mut instances = Vec::new();
        if let Some((module, imports)) = &provider {
            let instance = linker.instantiate(&mut store, module).map_err(|error| anyhow::anyhow!("{error}"))?;
            for (index, (module, name)) in imports.iter().enumerate() {
                let item = instance.export(&store, &index.to_string()).context("no export")?;
                linker.define(module, name, item)?;
            }
            instances.push(instance);
        }
        match linker.instantiate(&mut store, &module) {
            Ok(instance) => {
                instances.push(instance);
                Ok((Outcome::Returned(Vec::new()), Some(Graver { store, instances })))
            }
            Err(LinkError::Start(error)) => Ok((outcome(&error)?, None)),
            Err(error) => bail!("does not link: {error}"),
        }
    })
}

struct Graver<'m> {
    store: Store<'m>,
    instances: Vec<Instance>,
}

impl Session for Graver<'_> {
    fn call(&mut self, call: &Call) -> Result<Outcome> {
        let instance = self.instances.last().context("no instance")?;
        let function = instance.func(&self.store, &call.export).context("no such function")?;
        let arguments = call.arguments.iter().map(|value| val(*value)).collect::<Result<Vec<_>>>()?;
        let mut results = vec![Val::I32(0); function.signature(&self.store)?.results().len()];
        match function.call(&mut self.store, &arguments, &mut results) {
            Ok(()) => Ok(Outcome::Returned(results.into_iter().map(value).collect::<Result<_>>()?)),
            Err(error) => outcome(&error),
        }
    }

    fn state(&mut self) -> Result<State> {
        let mut state = State::default();
        for instance in &self.instances {
            let mut exports: Vec<(String, Extern)> = (0..)
                .map_while(|index| instance.nth_export(&self.store, index))
                .map(|(name, item)| (name.to_owned(), item))
                .collect();
            exports.sort_by(|(a, _), (b, _)| a.cmp(b));
            for (name, item) in exports {
                match item {
                    Extern::Func(_) => {}
                    Extern::Global(global) => state.globals.push((name, value(global.get(&self.store)?)?)),
                    Extern::Memory(memory) => state.memories.push((name, Contents::of(memory.data(&self.store)?))),
                    Extern::Table(table) => {
                        let mut elements = Vec::new();
                        for index in 0..table.size(&self.store)? {
                            elements.push(match table.get(&self.store, index)? {
                                Val::FuncRef(reference) => reference.is_none(),
                                Val::ExternRef(reference) => reference == ExternRef::NULL,
                                other => bail!("a table has {other:?}"),
                            });
                        }
                        state.tables.push((name, elements));
                    }
                }
            }
        }
        Ok(state)
    }
}

fn val(value: Value) -> Result<Val> {
    value.to_val().context("a value that the host cannot make")
}

fn value(val: Val) -> Result<Value> {
    Value::of_val(val).context("a vector")
}

fn outcome(error: &CallError) -> Result<Outcome> {
    let CallError::Trap(trap) = error else { bail!("the call failed: {error}") };
    Ok(Outcome::Trapped(match trap {
        Trap::Unreachable => TrapKind::Unreachable,
        Trap::MemoryOutOfBounds => TrapKind::Memory,
        // WAMR's texts, which the API promises, tell a call from an access; wasmi does not.
        Trap::TableOutOfBounds | Trap::UndefinedElement => TrapKind::Table,
        Trap::UninitializedElement => TrapKind::Null,
        Trap::IntegerDivideByZero => TrapKind::DivideByZero,
        Trap::IntegerOverflow => TrapKind::Overflow,
        Trap::InvalidConversion => TrapKind::Conversion,
        Trap::IndirectCallType => TrapKind::Signature,
        Trap::StackOverflow | Trap::AllocateMemory => return Ok(Outcome::Exhausted(trap.to_string())),
        other => bail!("an unexpected trap: {other}"),
    }))
}
