//! Does what a script says, with nothing but the loader: the same code on the host and on every board.

use core::cell::OnceCell;
use core::fmt;

use graver_loader::{
    AccessError, CallError, Instance, LinkError, Linker, LoadError, Module, NativeError, OutOfMemory, Runtime, Store,
    StoreOptions, Trap, Val,
};

use crate::command::{Attempt, Command, Expectation};
use crate::digest::digest;
#[cfg(feature = "shapes")]
use crate::natives;
use crate::read::{HostModules, Script};
use crate::report::{Outcome, Report};
use crate::value::{Expected, List, Value};
use crate::{spectest, texts};

/// Arguments or results that a call can have.
const MAX_VALUES: usize = 32;

/// Room for a module, filled when a command first needs it.
pub type ModuleSlot<'b> = OnceCell<Result<Module<'b>, LoadError>>;

/// Why nothing of a script could be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupError {
    /// There are fewer slots than the script has images or instances.
    Slots,
    /// There is no memory for the store.
    Memory,
    /// The host module cannot be made.
    HostModule(AccessError),
    /// The functions of many shapes cannot be made.
    Shapes(NativeError),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slots => f.write_str("the script has more images or instances than there is room for"),
            Self::Memory => OutOfMemory.fmt(f),
            Self::HostModule(error) => write!(f, "the module `spectest` cannot be made: {error}"),
            Self::Shapes(error) => write!(f, "the host functions of many shapes cannot be made: {error}"),
        }
    }
}

/// Executes all commands and reports on each. There must be a slot for every image and every instance of the script.
///
/// # Errors
/// If execution cannot begin; what fails later is reported.
pub fn execute<'b>(
    script: &Script<'b>,
    runtime: &'b Runtime<'b>,
    options: StoreOptions,
    modules: &[ModuleSlot<'b>],
    instances: &mut [Option<Instance>],
    report: &mut dyn Report,
) -> Result<(), SetupError> {
    if modules.len() < script.images() || instances.len() < script.instances() {
        return Err(SetupError::Slots);
    }
    let (store, linker) = begin(script, runtime, &options)?;
    let mut executor = Executor {
        script,
        runtime,
        options,
        modules,
        instances,
        store,
        linker,
        returned: [Value::I32(0); MAX_VALUES],
        count: 0,
    };
    for command in script.commands() {
        report.begin(command.line);
        match executor.command(&command) {
            Ok(()) => report.end(Outcome::Passed),
            Err(failure) => {
                report.end(Outcome::Failed(&Shown { failure: &failure, returned: executor.returned() }));
            }
        }
    }
    Ok(())
}

/// An empty store, and a linker with the host's modules.
fn begin<'m>(
    script: &Script<'_>,
    runtime: &'m Runtime<'_>,
    options: &StoreOptions,
) -> Result<(Store<'m>, Linker<'m>), SetupError> {
    let options = StoreOptions { stack: options.stack, host_stack: options.host_stack };
    let mut store = Store::new(runtime, options).map_err(|_| SetupError::Memory)?;
    let mut linker = Linker::new(runtime);
    if script.host() >= HostModules::Spectest {
        spectest::define(&mut store, &mut linker).map_err(SetupError::HostModule)?;
    }
    #[cfg(feature = "shapes")]
    if script.host() >= HostModules::Shapes {
        natives::define(&mut store, &mut linker).map_err(SetupError::Shapes)?;
    }
    Ok((store, linker))
}

/// How an attempt ended, where a script may expect that.
enum Ending<'m> {
    /// What was returned is with the executor.
    Returned,
    Trapped(Trap),
    NotLinked(LinkError<'m>),
}

/// Why a command did not hold.
enum Failure<'m> {
    /// The image does not load.
    Load(LoadError),
    /// Instantiating failed.
    Link(LinkError<'m>),
    /// A call failed otherwise than by a trap.
    Call(CallError),
    /// Something cannot be had.
    Access(AccessError),
    /// There is no room for a new store.
    Restart(SetupError),
    /// The command needs an instance that could not be made.
    NoInstance,
    /// The instance does not export this.
    NoExport(&'m str),
    /// More arguments or results than this runner has room for, or of a type that it does not know.
    Values,
    /// It ended otherwise than expected.
    Unexpected(Ending<'m>, Expectation<'m>),
}

/// A failure, with what the last call returned.
struct Shown<'a, 'm> {
    failure: &'a Failure<'m>,
    returned: &'a [Value],
}

impl fmt::Display for Shown<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.failure {
            Failure::Load(error) => write!(f, "the image does not load: {error}"),
            Failure::Link(error) => error.fmt(f),
            Failure::Call(error) => error.fmt(f),
            Failure::Access(error) => error.fmt(f),
            Failure::Restart(error) => error.fmt(f),
            Failure::NoInstance => f.write_str("the module was not instantiated"),
            Failure::NoExport(name) => write!(f, "there is no export \"{name}\" of that kind"),
            Failure::Values => f.write_str("too many values for this runner, or of a type that it does not know"),
            Failure::Unexpected(found, expected) => {
                match found {
                    Ending::Returned => write!(f, "returned {:?}", self.returned)?,
                    Ending::Trapped(trap) => write!(f, "trap: {trap}")?,
                    Ending::NotLinked(error) => write!(f, "link error: {error}")?,
                }
                match expected {
                    Expectation::Success => Ok(()),
                    Expectation::Values(patterns) => write!(f, ", expected {patterns}"),
                    Expectation::Trap(text) => write!(f, ", expected the trap `{text}`"),
                    Expectation::LinkError(text) => write!(f, ", expected the link error `{text}`"),
                }
            }
        }
    }
}

struct Executor<'s, 'm, 'b> {
    script: &'s Script<'b>,
    runtime: &'b Runtime<'b>,
    options: StoreOptions,
    modules: &'m [ModuleSlot<'b>],
    instances: &'s mut [Option<Instance>],
    store: Store<'m>,
    linker: Linker<'m>,
    /// What the last call or look returned.
    returned: [Value; MAX_VALUES],
    count: usize,
}

impl<'m, 'b: 'm> Executor<'_, 'm, 'b> {
    fn command(&mut self, command: &Command<'b>) -> Result<(), Failure<'m>> {
        self.count = 0;
        let found = self.attempt(&command.attempt)?;
        let is_expected = match (&found, &command.expectation) {
            (Ending::Returned, Expectation::Success) => true,
            (Ending::Returned, Expectation::Values(patterns)) => matches(self.returned(), patterns),
            (Ending::Trapped(trap), Expectation::Trap(text)) => texts::is_trap(text, trap.text()),
            (Ending::NotLinked(error), Expectation::LinkError(text)) => texts::is_link_error(text, error),
            _ => false,
        };
        if is_expected {
            return Ok(());
        }
        Err(Failure::Unexpected(found, command.expectation))
    }

    fn returned(&self) -> &[Value] {
        &self.returned[..self.count]
    }

    /// Keeps what was returned.
    fn put(&mut self, values: &[Val]) -> Result<Ending<'m>, Failure<'m>> {
        for (kept, value) in self.returned.iter_mut().zip(values) {
            *kept = Value::of_val(*value).ok_or(Failure::Values)?;
        }
        self.count = values.len().min(MAX_VALUES);
        Ok(Ending::Returned)
    }

    fn attempt(&mut self, attempt: &Attempt<'b>) -> Result<Ending<'m>, Failure<'m>> {
        match *attempt {
            Attempt::Instantiate { image, instance } => self.instantiate(image, instance),
            Attempt::Register { instance, name } => {
                let instance = self.instance(instance)?;
                self.linker.instance(name, instance).map_err(|error| Failure::Access(error.into()))?;
                Ok(Ending::Returned)
            }
            Attempt::Call { instance, name, arguments } => self.call(instance, name, arguments),
            Attempt::Restart => {
                self.instances.fill(None);
                (self.store, self.linker) =
                    begin(self.script, self.runtime, &self.options).map_err(Failure::Restart)?;
                Ok(Ending::Returned)
            }
            Attempt::Digest { instance, name } => {
                let memory = self.instance(instance)?.memory(&self.store, name).ok_or(Failure::NoExport(name))?;
                let pages = memory.size(&self.store).map_err(Failure::Access)?;
                let digest = digest(memory.data(&self.store).map_err(Failure::Access)?);
                self.put(&[Val::I64(pages as i64), Val::I64(digest as i64)])
            }
            Attempt::Get { instance, name } => {
                let global = self.instance(instance)?.global(&self.store, name).ok_or(Failure::NoExport(name))?;
                let value = global.get(&self.store).map_err(Failure::Access)?;
                self.put(&[value])
            }
        }
    }

    fn instance(&self, index: u32) -> Result<Instance, Failure<'m>> {
        self.instances.get(index as usize).copied().flatten().ok_or(Failure::NoInstance)
    }

    fn instantiate(&mut self, image: u32, instance: u32) -> Result<Ending<'m>, Failure<'m>> {
        let slot = self.modules.get(image as usize).ok_or(Failure::NoInstance)?;
        let bytes = self.script.image(image).ok_or(Failure::NoInstance)?;
        let module = slot.get_or_init(|| Module::new(self.runtime, bytes)).as_ref().map_err(|e| Failure::Load(*e))?;
        match self.linker.instantiate(&mut self.store, module) {
            Ok(made) => {
                if let Some(slot) = self.instances.get_mut(instance as usize) {
                    *slot = Some(made);
                }
                Ok(Ending::Returned)
            }
            Err(LinkError::Start(CallError::Trap(trap))) => Ok(Ending::Trapped(trap)),
            Err(error @ (LinkError::Missing { .. } | LinkError::Incompatible { .. })) => Ok(Ending::NotLinked(error)),
            Err(other) => Err(Failure::Link(other)),
        }
    }

    fn call(&mut self, instance: u32, name: &'m str, arguments: List<'_, Value>) -> Result<Ending<'m>, Failure<'m>> {
        let function = self.instance(instance)?.func(&self.store, name).ok_or(Failure::NoExport(name))?;
        let mut passed = [Val::I32(0); MAX_VALUES];
        for (position, argument) in arguments.iter().enumerate() {
            *passed.get_mut(position).ok_or(Failure::Values)? = argument.to_val().ok_or(Failure::Values)?;
        }
        let count = function.signature(&self.store).map_err(Failure::Access)?.results().len();
        let mut returned = [Val::I32(0); MAX_VALUES];
        let returned = returned.get_mut(..count).ok_or(Failure::Values)?;
        let passed = passed.get(..arguments.len()).ok_or(Failure::Values)?;
        match function.call(&mut self.store, passed, returned) {
            Ok(()) => self.put(returned),
            Err(CallError::Trap(trap)) => Ok(Ending::Trapped(trap)),
            Err(other) => Err(Failure::Call(other)),
        }
    }
}

/// Whether each result matches its pattern or one of the alternatives after it.
pub(crate) fn matches(found: &[Value], expected: &List<'_, Expected>) -> bool {
    let (mut position, mut is_met) = (0_usize, true);
    for expected in expected.iter() {
        if !expected.is_alternative {
            if !is_met {
                return false;
            }
            position += 1;
            is_met = false;
        }
        is_met |=
            position.checked_sub(1).and_then(|at| found.get(at)).is_some_and(|value| expected.pattern.matches(*value));
    }
    is_met && position == found.len()
}
