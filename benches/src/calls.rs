//! What calls take that do nothing else: from the host into wasm, and from wasm of the host, on the module `calls.wat`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use graver_aot_format::BoundsStrategy;
use graver_guests::{Error, exclusively, output_directory, repository, run};
use graver_loader::{Allocator, Caller, Instance, Linker, Module, Runtime, Store, StoreOptions};

use crate::clock::timed;
use crate::graver;
use crate::options::Options;
use crate::peer::Wasmtime;
use crate::statistics::median;

/// A way to call, and what a call takes in nanoseconds.
#[derive(Clone, Debug)]
pub(crate) struct CallTimes {
    pub(crate) way: &'static str,
    pub(crate) enter: f64,
    pub(crate) leave: f64,
}

/// Times of so many calls in both directions.
type Both = (Duration, Duration);

/// Measures every way, in turns.
pub(crate) fn measure(options: &Options, wasmtime: Option<&mut Wasmtime>) -> Result<Vec<CallTimes>, Error> {
    let rounds: u32 = if options.quick { 10_000 } else { 2_000_000 };
    let place = Place::prepare()?;
    let runtime = Runtime::new(Allocator::system())?;
    let module = Module::map_file(&runtime, &place.image)?;
    let mut rust = RustApi::new(&runtime, &module)?;
    let client = place.client()?;
    let mut peer = wasmtime;
    if let Some(peer) = peer.as_deref_mut() {
        peer.open_calls(&place.module, &place.library()?)?;
    }
    let mut ways: [(&str, Vec<Both>); 3] =
        ["graver, Rust API", "graver, C API", "wasmtime, C API"].map(|way| (way, Vec::new()));
    let [(_, ours), (_, ours_in_c), (_, theirs)] = &mut ways;
    for turn in 0..=options.turns {
        // A first turn that does not count.
        let keep = |times: &mut Vec<Both>, both| {
            if turn > 0 {
                times.push(both)
            }
        };
        keep(ours, rust.run(rounds)?);
        keep(ours_in_c, in_c(&client, &place.image, rounds)?);
        if let Some(peer) = peer.as_deref_mut() {
            keep(theirs, ask(peer, rounds)?);
        }
    }
    let each = |times: &[Both], of: fn(&Both) -> Duration| {
        median(&times.iter().map(of).collect::<Vec<_>>()).as_nanos() as f64 / f64::from(rounds)
    };
    let measured = ways.iter().filter(|(_, times)| !times.is_empty());
    Ok(measured
        .map(|(way, times)| CallTimes { way, enter: each(times, |both| both.0), leave: each(times, |both| both.1) })
        .collect())
}

/// Files that are made of those in `benches/calls`.
struct Place {
    module: PathBuf,
    image: PathBuf,
    folder: PathBuf,
}

impl Place {
    fn prepare() -> Result<Self, Error> {
        let folder = output_directory()?.join("calls");
        fs::create_dir_all(&folder)?;
        let (module, image) = (folder.join("calls.wasm"), folder.join("calls.aot"));
        let text = fs::read(sources().join("calls.wat"))?;
        let wasm = graver_compiler::binary(&text)?;
        fs::write(&module, &wasm)?;
        fs::write(&image, graver::compile(&wasm, BoundsStrategy::Guard)?.0)?;
        Ok(Self { module, image, folder })
    }

    /// Compiles the client of the C API with the library as users get it.
    fn client(&self) -> Result<PathBuf, Error> {
        let (prefix, client) = (graver::installed()?, self.folder.join("graver"));
        exclusively("calls", || {
            let mut compile = Command::new("cc");
            compile
                .arg("-O2")
                .arg("-I")
                .arg(prefix.join("include"))
                .arg(sources().join("graver.c"))
                .arg("-o")
                .arg(&client);
            run(compile.arg(prefix.join("lib/libgraver.a")).args(["-lpthread", "-ldl", "-lm"]))
        })?;
        Ok(client)
    }

    /// Compiles what wasmtime calls, and is called from.
    fn library(&self) -> Result<PathBuf, Error> {
        let library = self.folder.join("libwasmtime_calls.so");
        run(Command::new("cc")
            .args(["-O2", "-shared", "-fPIC"])
            .arg(sources().join("wasmtime.c"))
            .arg("-o")
            .arg(&library))?;
        Ok(library)
    }
}

fn sources() -> PathBuf {
    repository().join("benches/calls")
}

/// A typed function, and a closure that wasm calls.
struct RustApi<'m> {
    store: Store<'m>,
    instance: Instance,
}

impl<'m> RustApi<'m> {
    fn new(runtime: &'m Runtime<'_>, module: &'m Module<'_>) -> Result<Self, Error> {
        let mut store = Store::new(runtime, StoreOptions::default())?;
        let mut linker = Linker::new(runtime);
        linker.func(&mut store, "env", "add_one", |_: &mut Caller<'_, '_>, x: u32| x.wrapping_add(1))?;
        let instance = linker.instantiate(&mut store, module).map_err(|error| error.to_string())?;
        Ok(Self { store, instance })
    }

    fn run(&mut self, rounds: u32) -> Result<Both, Error> {
        let enter = self.instance.typed_func::<u32, u32>(&self.store, "enter")?;
        let leave = self.instance.typed_func::<u32, u32>(&self.store, "leave")?;
        let (counted, entering) = timed(|| (0..rounds).try_fold(0, |x, _| enter.call(&mut self.store, x)));
        let (also_counted, leaving) = timed(|| leave.call(&mut self.store, rounds));
        agree(rounds, counted?.into(), also_counted?.into())?;
        Ok((entering, leaving))
    }
}

/// What the client of the C API prints.
fn in_c(client: &Path, image: &Path, rounds: u32) -> Result<Both, Error> {
    let output = run(Command::new(client).arg(image).arg(rounds.to_string()))?;
    let text = String::from_utf8(output.stdout)?;
    let (enter, leave) = text.trim().split_once(' ').ok_or_else(|| format!("the client printed `{text}`"))?;
    Ok((Duration::from_nanos(enter.parse()?), Duration::from_nanos(leave.parse()?)))
}

fn ask(peer: &mut Wasmtime, rounds: u32) -> Result<Both, Error> {
    let (counted, entering) = peer.calls("enter", rounds)?;
    let (also_counted, leaving) = peer.calls("leave", rounds)?;
    agree(rounds, counted, also_counted)?;
    Ok((entering, leaving))
}

fn agree(rounds: u32, entered: u64, left: u64) -> Result<(), Error> {
    if [entered, left] == [u64::from(rounds); 2] {
        return Ok(());
    }
    Err(format!("{rounds} calls counted to {entered} and {left}").into())
}
