//! What the program gets to see of the system: WASI, if this build has it.

use super::{Options, Source};
#[cfg(feature = "wasi")]
use crate::wasi::{OptionsError, WasiOptions};
use crate::{Module, StoreOptions};

/// Looks for what makes no sense.
///
/// # Errors
/// What it is.
#[cfg(feature = "wasi")]
pub(super) fn check(options: &Options) -> Result<(), lexopt::Error> {
    allowed(WasiOptions::new(), options).map(drop).map_err(|error| lexopt::Error::Custom(Box::new(error)))
}

/// Nobody knows without WASI, which is said when something is to run.
#[cfg(not(feature = "wasi"))]
pub(super) fn check(_: &Options) -> Result<(), lexopt::Error> {
    Ok(())
}

/// Opens what the command line says the program may use. Only one that `is_whole`, without other modules, may start threads.
#[cfg(feature = "wasi")]
pub(super) fn open(
    source: &Source<'_>,
    module: &Module<'_>,
    store: StoreOptions,
    options: &Options,
    is_whole: bool,
) -> Result<std::sync::Arc<super::threads::Program>, String> {
    use crate::wasi::{Mapping, SharedWasi};

    let mut system = WasiOptions::new().arg(&options.file).args(&options.arguments);
    for (key, value) in &options.environment {
        system = system.env(format!("{key}={value}"));
    }
    for (host, guest) in &options.directories {
        system = system.directory(Mapping { host: host.clone(), guest: guest.into() });
    }
    let system = listening(system, options).and_then(WasiOptions::build).map_err(|error| error.to_string())?;
    let most = if is_whole { options.max_threads } else { Some(0) };
    super::threads::Program::new(source, module, store, SharedWasi::new(system), most)
}

/// Adds what the command line says of networks, and listens.
#[cfg(feature = "wasi")]
fn listening(system: WasiOptions, options: &Options) -> Result<WasiOptions, OptionsError> {
    let mut system = allowed(system, options)?;
    for address in &options.listeners {
        system = system.listen(address)?;
    }
    Ok(system)
}

/// Adds what the program may reach.
#[cfg(feature = "wasi")]
fn allowed(mut system: WasiOptions, options: &Options) -> Result<WasiOptions, OptionsError> {
    for ranges in &options.addresses {
        system = system.addresses(ranges)?;
    }
    for patterns in &options.names {
        system = system.names(patterns)?;
    }
    Ok(system)
}

/// Without WASI, says so where it was asked for.
#[cfg(not(feature = "wasi"))]
pub(super) fn open(
    _: &Source<'_>,
    _: &Module<'_>,
    _: StoreOptions,
    options: &Options,
    _is_whole: bool,
) -> Result<NoSystem, String> {
    let lists = [&options.listeners, &options.addresses, &options.names];
    let is_local = lists.iter().all(|list| list.is_empty());
    if is_local && options.environment.is_empty() && options.directories.is_empty() && options.max_threads.is_none() {
        return Ok(NoSystem);
    }
    let wants = "--dir, --env, --tcplisten, --addr-pool, --allow-resolve and --max-threads need WASI";
    Err(format!("{wants}, which this program was built without: build it with `--features wasi`"))
}

/// Nothing.
#[cfg(not(feature = "wasi"))]
pub(super) struct NoSystem;

#[cfg(not(feature = "wasi"))]
impl NoSystem {
    pub(super) fn link(&self, _: &mut crate::Linker<'_>, _: &mut crate::Store<'_>) -> Result<(), crate::AccessError> {
        Ok(())
    }
}
