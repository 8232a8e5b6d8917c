//! The native build of the kernels, as a shared library.
#![allow(unsafe_code)] // calls functions of a shared library

use std::path::Path;
use std::time::Duration;

use graver_guests::Error;

use crate::clock::timed;
use crate::contender::Contender;
use crate::workloads::Workload;

/// The shared library.
pub(crate) struct Native {
    library: libloading::Library,
}

impl Native {
    /// Loads it.
    pub(crate) fn load(path: &Path) -> Result<Self, Error> {
        // SAFETY: the library is the kernels' package, built by this program; it has no initialisers.
        let library = unsafe { libloading::Library::new(path) }?;
        Ok(Self { library })
    }
}

impl Contender for Native {
    fn name(&self) -> &str {
        "native"
    }

    fn run(&mut self, workload: &Workload) -> Result<(u64, Duration), Error> {
        let name = format!("run_{}", workload.kernel);
        // SAFETY: the macro `kernels!` of that package gives every `run_` function this type.
        let function = unsafe { self.library.get::<extern "C" fn(u32) -> u64>(name) }?;
        Ok(timed(|| function(workload.rounds)))
    }
}
