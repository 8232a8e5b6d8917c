//! What happens before code runs: compile, load, instantiate; and how large images are.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use graver_aot_format::BoundsStrategy;
use graver_guests::{Error, c, rust};

use crate::graver;
use crate::options::Options;
use crate::peer::Wasmtime;
use crate::statistics::median;
use crate::workloads::KERNELS;

/// The kernels that need no other packages.
const SMALL: rust::Program = rust::Program { name: "kernels", flags: &["--no-default-features"], ..KERNELS };

/// The SQL database, made for size by the C compiler: about as large as modules get on devices.
const LARGE: c::Program = c::Program {
    name: "sqlite-small",
    flags: &[
        "-Os",
        "-DSQLITE_THREADSAFE=0",
        "-DSQLITE_OMIT_LOAD_EXTENSION",
        "-DSQLITE_DEFAULT_MEMSTATUS=0",
        "-DLONGDOUBLE_TYPE=double",
    ],
    ..c::SQLITE
};

/// One module's figures.
pub(crate) struct ModuleFigures {
    pub(crate) name: &'static str,
    pub(crate) wasm_bytes: usize,
    pub(crate) image_bytes: usize,
    pub(crate) compile: Duration,
    /// Of wasmtime, if it is there: time and bytes.
    pub(crate) wasmtime: Option<(Duration, u64)>,
    /// From a path to an instance, if the module can be instantiated alone.
    pub(crate) load: Option<Duration>,
}

/// Measures the modules.
pub(crate) fn measure(options: &Options, wasmtime: Option<&mut Wasmtime>) -> Result<Vec<ModuleFigures>, Error> {
    let mut wasmtime = wasmtime;
    let small = SMALL.build_wasm("kernels-small")?;
    let mut modules: Vec<(&'static str, PathBuf, bool)> =
        vec![("small kernels", small, true), ("all kernels", KERNELS.build()?.wasm, true)];
    if !options.quick {
        modules.push(("SQLite", LARGE.build_wasm()?, false));
    }
    modules
        .iter()
        .map(|(name, path, alone)| measure_one(name, path, *alone, options, wasmtime.as_deref_mut()))
        .collect()
}

fn measure_one(
    name: &'static str,
    path: &Path,
    alone: bool,
    options: &Options,
    wasmtime: Option<&mut Wasmtime>,
) -> Result<ModuleFigures, Error> {
    let wasm = fs::read(path)?;
    let turns = if options.quick { 1 } else { 3 };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut image_bytes, mut their_bytes) = (0, 0);
    let mut peer = wasmtime;
    for _ in 0..turns {
        let (image, time) = graver::compile(&wasm, BoundsStrategy::Guard)?;
        image_bytes = image.len();
        ours.push(time);
        if let Some(peer) = peer.as_deref_mut() {
            let (bytes, time) = peer.compile(path)?;
            their_bytes = bytes;
            theirs.push(time);
        }
    }
    let load =
        if alone { Some(median(&graver::load_times(path, if options.quick { 50 } else { 2000 })?)) } else { None };
    Ok(ModuleFigures {
        name,
        wasm_bytes: wasm.len(),
        image_bytes,
        compile: median(&ours),
        wasmtime: peer.map(|_| (median(&theirs), their_bytes)),
        load,
    })
}
