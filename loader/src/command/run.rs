//! Loads an image and runs it.

use std::fmt::Display;
use std::path::Path;

use graver_aot_format::{Arch, CpuFeature, Error, Refusal};

use super::modules::{self, Modules};
use super::{EXIT_USAGE, Options, system, values};
use crate::{
    AccessError, Allocator, CallError, Instance, LinkError, Linker, LoadError, Module, Runtime, StackLimit, Store,
    StoreOptions, Trap, Val,
};

/// Exit status of a trap.
const EXIT_TRAP: u8 = 1;
/// Exit status if nothing could run.
pub(super) const EXIT_LOAD: u8 = 255;

/// Where the image is.
#[derive(Clone, Copy, Debug)]
pub enum Source<'s> {
    /// In a file, which will be mapped.
    File(&'s Path),
    /// In memory.
    Bytes(&'s [u8]),
}

impl Source<'_> {
    /// Loads the image.
    pub(super) fn load<'r>(&'r self, runtime: &'r Runtime<'_>) -> Result<Module<'r>, LoadError> {
        match self {
            Self::File(path) => Module::map_file(runtime, path),
            Self::Bytes(bytes) => Module::new(runtime, bytes),
        }
    }
}

/// Runs an image and returns the exit status. Errors go to standard error.
pub fn run(source: &Source<'_>, options: &Options) -> u8 {
    if !options.native_libs.is_empty() {
        eprintln!(
            "--native-lib: this command was built without it; `cargo xtask install` installs a graver-run that has it"
        );
        return EXIT_USAGE;
    }
    limit_time(options);
    let outcome = with_module(source, options);
    outcome.unwrap_or_else(|error| {
        eprintln!("{error}");
        EXIT_LOAD
    })
}

/// Ends the process when the program's time is over, whatever its threads do then.
pub fn limit_time(options: &Options) {
    let Some(time) = options.timeout else { return };
    std::thread::spawn(move || {
        std::thread::sleep(time);
        std::process::exit(status(&Trap::Terminated.into()).into());
    });
}

fn with_module(source: &Source<'_>, options: &Options) -> Result<u8, String> {
    let name = options.file.display();
    let named = |error: &dyn Display| format!("{name}: {error}");
    let runtime = Runtime::new(Allocator::system()).map_err(|error| named(&error))?;
    let module = source.load(&runtime).map_err(|error| {
        if is_text_module(&options.file) {
            return format!("{name}: this is a WebAssembly module, not an image: run `graver compile` on it first");
        }
        named(&explain(error))
    })?;
    let modules =
        Modules::find(&runtime, &module, options.module_path.as_deref()).map_err(|error| error.to_string())?;
    if options.max_threads.is_some() && !modules.is_empty() {
        return Err("--max-threads: programs in several images cannot start threads".to_owned());
    }
    let stack = options.stack_size.map_or(StackLimit::Platform, StackLimit::Size);
    let store_options = StoreOptions { stack, ..StoreOptions::default() };
    let system =
        system::open(source, &module, store_options, options, modules.is_empty()).map_err(|error| named(&error))?;
    let mut store = Store::new(&runtime, store_options).map_err(|error| named(&error))?;
    let mut linker = Linker::new(&runtime);
    system.link(&mut linker, &mut store).map_err(|error| named(&error))?;
    let instances = match modules.link(&mut linker, &mut store)? {
        Ok(instances) => instances,
        Err(status) => return Ok(status),
    };
    let instance = match instantiate(&linker, &mut store, &module).map_err(|error| named(&error))? {
        Ok(instance) => instance,
        Err(error) => return Ok(status(&error)),
    };
    let program = (instance, &instances[..]);
    match initialize(&mut store, instance).and_then(|()| call(&mut store, program, options)) {
        Ok(()) => Ok(0),
        Err(error) => Ok(status(&error)),
    }
}

/// Makes an instance: that, or how its start function ended, or why there is none.
pub(super) fn instantiate<'m>(
    linker: &Linker<'m>,
    store: &mut Store<'m>,
    module: &'m Module<'_>,
) -> Result<Result<Instance, CallError>, String> {
    match linker.instantiate(store, module) {
        Ok(instance) => Ok(Ok(instance)),
        Err(LinkError::Start(error)) => Ok(Err(error)),
        Err(error) => Err(error.to_string()),
    }
}

/// What is wrong with an image. CPU features have names here; loaders on devices have no list of them and say numbers.
fn explain(error: LoadError) -> String {
    let (LoadError::Image(Error::Refused(Refusal::CpuFeatures(bits))), Some(arch)) = (error, Arch::HOST) else {
        return error.to_string();
    };
    let missing = CpuFeature::ALL.iter().filter(|feature| feature.arch == arch && feature.mask() & bits != 0);
    let names: Vec<&str> = missing.map(|feature| feature.name).collect();
    format!("the image uses CPU features that this CPU lacks ({}): compile for a smaller CPU", names.join(", "))
}

fn is_text_module(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "wat")
}

/// Says why a call did not return, and gives the exit status for it.
pub(super) fn status(error: &CallError) -> u8 {
    match error {
        CallError::Exit(code) => *code as u8,
        error => {
            eprintln!("Exception: {error}");
            EXIT_TRAP
        }
    }
}

/// Lets a reactor, a library with state, set itself up.
pub(super) fn initialize(store: &mut Store<'_>, instance: Instance) -> Result<(), CallError> {
    match instance.typed_func::<(), ()>(store, "_initialize") {
        Ok(function) => function.call(store, ()),
        Err(_) => Ok(()),
    }
}

/// Calls the function that was asked for, or the program's entry.
fn call(
    store: &mut Store<'_>,
    (instance, others): (Instance, &[(&str, Instance)]),
    options: &Options,
) -> Result<(), CallError> {
    let Some(name) = &options.invoke else { return call_entry(store, instance) };
    let found = modules::named(instance, others, name).and_then(|(instance, name)| instance.func(store, name));
    let func = found.ok_or_else(|| CallError::other(format!("lookup function {name} failed")))?;
    let signature = func.signature(store)?;
    if signature.params().len() != options.arguments.len() {
        return Err(CallError::message("invalid input argument count"));
    }
    let mut params = Vec::new();
    for (position, (ty, text)) in signature.params().zip(&options.arguments).enumerate() {
        let value = text.to_str().and_then(|text| values::parse(ty, text));
        let invalid = || CallError::other(format!("invalid input argument {position}: {}", text.display()));
        params.push(value.ok_or_else(invalid)?);
    }
    let mut results: Vec<Val> = signature.results().map(Val::default_of).collect();
    func.call(store, &params, &mut results)?;
    if !results.is_empty() {
        println!("{}", results.iter().map(values::print).collect::<Vec<_>>().join(","));
    }
    Ok(())
}

/// Commands export `_start`; reactors and plain libraries have nothing to run by themselves.
fn call_entry(store: &mut Store<'_>, instance: Instance) -> Result<(), CallError> {
    for name in ["_start", "main"] {
        match instance.typed_func::<(), ()>(store, name) {
            Ok(entry) => return entry.call(store, ()),
            Err(CallError::Access(AccessError::NotExported)) => {}
            Err(CallError::Signature) => {
                let Ok(entry) = instance.typed_func::<(), i32>(store, name) else {
                    return Err(CallError::message("invalid function type of main function"));
                };
                return match entry.call(store, ())? {
                    0 => Ok(()),
                    code => Err(CallError::Exit(code)),
                };
            }
            Err(error) => return Err(error),
        }
    }
    Err(CallError::message("lookup the entry point symbol (like _start, main, _main, __main_argc_argv) failed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_that_the_cpu_lacks_have_names() {
        let features = || CpuFeature::ALL.iter().filter(|feature| Some(feature.arch) == Arch::HOST);
        let names: Vec<&str> = features().map(|feature| feature.name).collect();
        let refusal = Refusal::CpuFeatures(features().map(CpuFeature::mask).sum());
        let text = explain(LoadError::Image(Error::Refused(refusal)));
        assert!(!names.is_empty() && text.contains(&format!(" ({}): ", names.join(", "))), "{text}");
        assert_eq!(explain(LoadError::CannotExecute), LoadError::CannotExecute.to_string());
    }
}
