//! Graver: compiled in this process, mapped from a file like a product would, called through the Rust API.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use graver_aot_format::BoundsStrategy;
use graver_compiler::Options;
use graver_guests::{Error, exclusively, output_directory, run, rust::cargo};
use graver_loader::{Allocator, Instance, Linker, Module, Runtime, Store, StoreOptions};
use graver_targets::Target;

use crate::clock::timed;
use crate::contender::Contender;
use crate::workloads::Workload;

/// The row of the CPU level that the native kernels are built for.
const TARGET: &str = "x86_64-v3";

/// Instances of the kernels with one way of bounds checking.
pub(crate) struct Graver {
    name: String,
    store: Store<'static>,
    instance: Instance,
}

impl Graver {
    /// Compiles the kernels and makes an instance of them.
    pub(crate) fn start(name: &'static str, module: &Path, bounds: BoundsStrategy) -> Result<Self, Error> {
        let image = output_directory()?.join(format!("kernels-{name}.aot").replace(' ', "-"));
        fs::write(&image, compile(&fs::read(module)?, bounds)?.0)?;
        Self::load(name, &image)
    }

    /// Makes an instance of an image of the kernels.
    pub(crate) fn load(name: &str, image: &Path) -> Result<Self, Error> {
        // Kept to the end of the process: the store borrows both.
        let runtime: &'static _ = Box::leak(Box::new(Runtime::new(Allocator::system())?));
        let module: &'static _ = Box::leak(Box::new(Module::map_file(runtime, image)?));
        let mut store = Store::new(runtime, StoreOptions::default())?;
        let instance = Linker::new(runtime).instantiate(&mut store, module)?;
        Ok(Self { name: name.to_owned(), store, instance })
    }
}

impl Contender for Graver {
    fn name(&self) -> &str {
        &self.name
    }

    fn run(&mut self, workload: &Workload) -> Result<(u64, Duration), Error> {
        let name = format!("run_{}", workload.kernel);
        let function = self.instance.typed_func::<u32, u64>(&self.store, &name)?;
        let (checksum, time) = timed(|| function.call(&mut self.store, workload.rounds));
        Ok((checksum?, time))
    }
}

/// Compiles at the default level of optimisation: the image, and the time.
pub(crate) fn compile(wasm: &[u8], bounds: BoundsStrategy) -> Result<(Vec<u8>, Duration), Error> {
    compile_for(TARGET, wasm, bounds)
}

/// The same for another row.
pub(crate) fn compile_for(target: &str, wasm: &[u8], bounds: BoundsStrategy) -> Result<(Vec<u8>, Duration), Error> {
    let target = Target::get(target).ok_or_else(|| format!("no target {target}"))?;
    let options = Options { bounds: Some(bounds), ..Options::new(target) };
    let start = Instant::now();
    let image = graver_compiler::compile(wasm, &options)?;
    Ok((image, start.elapsed()))
}

/// Installs the C library and `graver-run` as users get them, and returns where.
pub(crate) fn installed() -> Result<PathBuf, Error> {
    let prefix = output_directory()?.join("installed");
    exclusively("installed", || run(cargo().args(["xtask", "install", "--prefix"]).arg(&prefix)))?;
    Ok(prefix)
}

/// How long it takes from a path to an instance, many times over: each map, check, link and initialise.
pub(crate) fn load_times(wasm: &Path, times: usize) -> Result<Vec<Duration>, Error> {
    let image = output_directory()?.join("load.aot");
    fs::write(&image, compile(&fs::read(wasm)?, BoundsStrategy::Guard)?.0)?;
    let runtime = Runtime::new(Allocator::system())?;
    (0..times)
        .map(|_| {
            let start = Instant::now();
            let module = Module::map_file(&runtime, &image)?;
            let mut store = Store::new(&runtime, StoreOptions::default())?;
            // The error borrows the module, so only its text can leave.
            Linker::new(&runtime).instantiate(&mut store, &module).map_err(|error| error.to_string())?;
            Ok(start.elapsed())
        })
        .collect()
}
