//! Does what a script says, with nothing but the loader: the same code on the host and on every board.

use core::cell::OnceCell;
use core::fmt;

use graver_loader::{
    AccessError, CallError, Instance, LinkError, Linker, LoadError, Module, OutOfMemory, Runtime, Store, StoreOptions,
    Trap, Val,
};

use crate::command::{Attempt, Command, Expectation};
use crate::read::Script;
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
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slots => f.write_str("the script has more images or instances than there is room for"),
            Self::Memory => OutOfMemory.fmt(f),
            Self::HostModule(error) => write!(f, "the module `spectest` cannot be made: {error}"),
        }
    }
}

/// Executes all commands and reports on each. There must be a slot for every image and every instance of the script.
///
/// # Errors
/// If execution cannot begin; what fails later is reported.
pub fn execute<'m, 'b>(
    script: &Script<'b>,
    runtime: &'b Runtime<'b>,
    options: StoreOptions,
    modules: &'m [ModuleSlot<'b>],
    instances: &mut [Option<Instance>],
    report: &mut dyn Report,
) -> Result<(), SetupError> {
    if modules.len() < script.images() || instances.len() < script.instances() {
        return Err(SetupError::Slots);
    }
    let mut store = Store::new(runtime, options).map_err(|_| SetupError::Memory)?;
    let mut linker = Linker::new(runtime);
    spectest::define(&mut store, &mut linker).map_err(SetupError::HostModule)?;
    let mut executor = Executor { script, runtime, modules, instances, store, linker };
    for command in script.commands() {
        report.begin(command.line);
        match executor.command(&command) {
            Ok(()) => report.end(Outcome::Passed),
            Err(failure) => report.end(Outcome::Failed(&failure)),
        }
    }
    Ok(())
}

/// How an attempt ended, where a script may expect that.
enum Ending<'m> {
    Returned(Values),
    Trapped(Trap),
    NotLinked(LinkError<'m>),
}

/// Results of a call.
#[derive(Clone, Copy)]
struct Values {
    count: usize,
    values: [Value; MAX_VALUES],
}

impl Values {
    const NONE: Self = Self { count: 0, values: [Value::I32(0); MAX_VALUES] };

    fn as_slice(&self) -> &[Value] {
        &self.values[..self.count]
    }
}

/// Why a command did not hold.
pub enum Failure<'m> {
    /// The image does not load.
    Load(LoadError),
    /// Instantiating failed.
    Link(LinkError<'m>),
    /// A call failed otherwise than by a trap.
    Call(CallError),
    /// Something cannot be had.
    Access(AccessError),
    /// The command needs an instance that could not be made.
    NoInstance,
    /// The instance does not export this.
    NoExport(&'m str),
    /// More arguments or results than this runner has room for, or of a type that it does not know.
    Values,
    /// It ended otherwise than expected.
    #[doc(hidden)]
    Unexpected(Unexpected<'m>),
}

/// What was found and what was expected.
pub struct Unexpected<'m> {
    found: Ending<'m>,
    expected: Expectation<'m>,
}

impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => write!(f, "the image does not load: {error}"),
            Self::Link(error) => error.fmt(f),
            Self::Call(error) => error.fmt(f),
            Self::Access(error) => error.fmt(f),
            Self::NoInstance => f.write_str("the module was not instantiated"),
            Self::NoExport(name) => write!(f, "there is no export \"{name}\" of that kind"),
            Self::Values => f.write_str("too many values for this runner, or of a type that it does not know"),
            Self::Unexpected(unexpected) => unexpected.fmt(f),
        }
    }
}

impl fmt::Display for Unexpected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.found {
            Ending::Returned(values) => write!(f, "returned {:?}", values.as_slice())?,
            Ending::Trapped(trap) => write!(f, "trap: {trap}")?,
            Ending::NotLinked(error) => write!(f, "link error: {error}")?,
        }
        match &self.expected {
            Expectation::Success => Ok(()),
            Expectation::Values(patterns) => write!(f, ", expected {patterns}"),
            Expectation::Trap(text) => write!(f, ", expected the trap `{text}`"),
            Expectation::LinkError(text) => write!(f, ", expected the link error `{text}`"),
        }
    }
}

struct Executor<'s, 'm, 'b> {
    script: &'s Script<'b>,
    runtime: &'b Runtime<'b>,
    modules: &'m [ModuleSlot<'b>],
    instances: &'s mut [Option<Instance>],
    store: Store<'m>,
    linker: Linker<'m>,
}

impl<'m, 'b: 'm> Executor<'_, 'm, 'b> {
    fn command(&mut self, command: &Command<'b>) -> Result<(), Failure<'m>> {
        let found = self.attempt(&command.attempt)?;
        let is_expected = match (&found, &command.expectation) {
            (Ending::Returned(_), Expectation::Success) => true,
            (Ending::Returned(values), Expectation::Values(patterns)) => matches(values.as_slice(), patterns),
            (Ending::Trapped(trap), Expectation::Trap(text)) => texts::is_trap(text, trap.text()),
            (Ending::NotLinked(error), Expectation::LinkError(text)) => texts::is_link_error(text, error),
            _ => false,
        };
        if is_expected {
            return Ok(());
        }
        Err(Failure::Unexpected(Unexpected { found, expected: command.expectation }))
    }

    fn attempt(&mut self, attempt: &Attempt<'b>) -> Result<Ending<'m>, Failure<'m>> {
        match *attempt {
            Attempt::Instantiate { image, instance } => self.instantiate(image, instance),
            Attempt::Register { instance, name } => {
                let instance = self.instance(instance)?;
                self.linker.instance(name, instance).map_err(|error| Failure::Access(error.into()))?;
                Ok(Ending::Returned(Values::NONE))
            }
            Attempt::Call { instance, name, arguments } => self.call(instance, name, arguments),
            Attempt::Get { instance, name } => {
                let global = self.instance(instance)?.global(&self.store, name).ok_or(Failure::NoExport(name))?;
                let value = global.get(&self.store).map_err(Failure::Access)?;
                let mut values = Values { count: 1, ..Values::NONE };
                values.values[0] = Value::of_val(value).ok_or(Failure::Values)?;
                Ok(Ending::Returned(values))
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
                Ok(Ending::Returned(Values::NONE))
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
            Ok(()) => {
                let mut values = Values { count, ..Values::NONE };
                for (value, val) in values.values.iter_mut().zip(&*returned) {
                    *value = Value::of_val(*val).ok_or(Failure::Values)?;
                }
                Ok(Ending::Returned(values))
            }
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
