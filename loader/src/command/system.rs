//! What the program gets to see of the system: WASI, if this build has it.

use super::Options;
use crate::{Linker, Store};

/// Defines what programs import from the system.
#[cfg(feature = "wasi")]
pub(super) fn link(linker: &mut Linker<'_>, store: &mut Store<'_>, options: &Options) -> Result<(), String> {
    use crate::wasi::{self, Mapping, WasiOptions};

    let mut system = WasiOptions::new().arg(&options.file).args(&options.arguments);
    for (key, value) in &options.environment {
        system = system.env(format!("{key}={value}"));
    }
    for (host, guest) in &options.directories {
        system = system.directory(Mapping { host: host.clone(), guest: guest.into() });
    }
    let system = system.build().map_err(|error| error.to_string())?;
    wasi::link(linker, store, system).map_err(|error| error.to_string())
}

/// Without WASI, says so where it was asked for.
#[cfg(not(feature = "wasi"))]
pub(super) fn link(_: &mut Linker<'_>, _: &mut Store<'_>, options: &Options) -> Result<(), String> {
    if options.environment.is_empty() && options.directories.is_empty() {
        return Ok(());
    }
    Err("--dir and --env need WASI, which this program was built without: build it with `--features wasi`".into())
}
