//! Programs that start threads: wasi-threads. Every thread has a store of its own, and an instance that shares the memories
//! which the program imports.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

use graver_aot_format::ExternKind;

use super::run::{EXIT_LOAD, Source, instantiate, status};
use crate::wasi::{SharedWasi, link_shared};
use crate::wasi_threads::{ENTRY, LAST_THREAD, REFUSED, SPAWN};
use crate::{
    AccessError, Allocator, CallError, Linker, Memory, MemoryType, Module, Runtime, SharedMemory, Store, StoreOptions,
};

/// How many threads there may be beside the first, if nobody says. A thread counts until its store is gone, which is after
/// those who wait for it went on.
const MOST_THREADS: usize = 64;

/// A program whose threads come and go.
pub(super) struct Program {
    /// None if the program has no threads.
    image: Option<Image>,
    store: StoreOptions,
    wasi: SharedWasi,
    /// By module and name, in the order of the imports.
    memories: Vec<(String, String, SharedMemory)>,
    most: usize,
    running: AtomicUsize,
    last: AtomicI32,
}

/// Where the image is, for as long as any thread may want it.
enum Image {
    /// Open, so that it is the same file whatever its name stands for by then; its path here leads through the descriptor.
    File {
        _open: File,
        path: PathBuf,
    },
    Bytes(Vec<u8>),
}

impl Image {
    fn keep(source: &Source<'_>) -> io::Result<Self> {
        Ok(match source {
            Source::File(path) => {
                let open = File::open(path)?;
                let path = format!("/proc/self/fd/{}", open.as_raw_fd()).into();
                Self::File { _open: open, path }
            }
            Source::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
        })
    }

    fn source(&self) -> Source<'_> {
        match self {
            Self::File { path, .. } => Source::File(path),
            Self::Bytes(bytes) => Source::Bytes(bytes),
        }
    }
}

impl Program {
    /// A program that has one thread.
    pub(super) fn new(
        source: &Source<'_>,
        module: &Module<'_>,
        store: StoreOptions,
        wasi: SharedWasi,
        most: Option<usize>,
    ) -> Result<Arc<Self>, String> {
        let image =
            starts_threads(module).then(|| Image::keep(source)).transpose().map_err(|error| error.to_string())?;
        let (running, last) = (AtomicUsize::new(0), AtomicI32::new(0));
        let memories = shared_memories(module).map_err(|error| error.to_string())?;
        Ok(Arc::new(Self { image, store, wasi, memories, most: most.unwrap_or(MOST_THREADS), running, last }))
    }

    /// Defines for an instance of the program what its threads share, and how it starts more of them.
    pub(super) fn link<'l>(
        self: &'l Arc<Self>,
        linker: &mut Linker<'l>,
        store: &mut Store<'_>,
    ) -> Result<(), AccessError> {
        link_shared(linker, store, &self.wasi)?;
        for (module, name, memory) in &self.memories {
            let memory = Memory::of_shared(store, memory)?;
            linker.define(module, name, memory)?;
        }
        let program = Arc::clone(self);
        linker.func(store, SPAWN.0, SPAWN.1, move |_, argument: i32| program.spawn(argument))
    }

    /// Starts a thread and returns its number, or a negative one.
    fn spawn(self: &Arc<Self>, argument: i32) -> i32 {
        let is_room = |running: usize| (running < self.most).then_some(running + 1);
        if self.running.fetch_update(Ordering::SeqCst, Ordering::SeqCst, is_room).is_err() {
            return REFUSED;
        }
        let next = |last: i32| (last < LAST_THREAD).then_some(last + 1);
        let number = self.last.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next).map(|last| last + 1);
        let started = number.ok().and_then(|number| {
            let program = Arc::clone(self);
            let thread = std::thread::Builder::new().name(format!("guest {number}")).stack_size(STACK);
            thread.spawn(move || program.thread(number, argument)).ok().map(|_| number)
        });
        started.unwrap_or_else(|| {
            self.running.fetch_sub(1, Ordering::SeqCst);
            REFUSED
        })
    }

    /// A thread from its start to its end. Where it fails or ends the program, it ends the process: there is nothing that
    /// other threads could still do.
    fn thread(self: &Arc<Self>, number: i32, argument: i32) {
        let run = std::panic::AssertUnwindSafe(|| self.run(number, argument));
        let failed = match std::panic::catch_unwind(run) {
            Ok(Ok(Ok(()))) => None,
            Ok(Ok(Err(error))) => Some(status(&error)),
            Ok(Err(error)) => {
                eprintln!("thread {number}: {error}");
                Some(EXIT_LOAD)
            }
            // Its message is printed.
            Err(_) => Some(EXIT_LOAD),
        };
        if let Some(code) = failed {
            std::process::exit(code.into());
        }
        self.running.fetch_sub(1, Ordering::SeqCst);
    }

    fn run(self: &Arc<Self>, number: i32, argument: i32) -> Result<Result<(), CallError>, String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let runtime = Runtime::new(Allocator::system()).map_err(|error| text(&error))?;
        let image = self.image.as_ref().ok_or("the program cannot start threads")?;
        let source = image.source();
        let module = source.load(&runtime).map_err(|error| text(&error))?;
        let mut store = Store::new(&runtime, self.store).map_err(|error| text(&error))?;
        let mut linker = Linker::new(&runtime);
        self.link(&mut linker, &mut store).map_err(|error| text(&error))?;
        let instance = match instantiate(&linker, &mut store, &module)? {
            Ok(instance) => instance,
            Err(error) => return Ok(Err(error)),
        };
        let entry = instance.typed_func::<(i32, i32), ()>(&store, ENTRY).map_err(|error| text(&error))?;
        Ok(entry.call(&mut store, (number, argument)))
    }
}

/// Address space for the native stack of a thread; what it does not use takes no memory.
const STACK: usize = 8 << 20;

fn starts_threads(module: &Module<'_>) -> bool {
    module.image().imports().iter().any(|import| (module.name(import.module), module.name(import.name)) == SPAWN)
}

/// Makes the memories that a module imports as shared ones.
fn shared_memories(module: &Module<'_>) -> Result<Vec<(String, String, SharedMemory)>, AccessError> {
    let image = module.image();
    let mut memories = Vec::new();
    for import in image.imports().iter().filter(|import| import.kind == ExternKind::Memory.raw()) {
        let ty = image.memories().get(import.index as usize).map(|record| MemoryType::of(&record));
        if let Some(ty) = ty.filter(|ty| ty.shared) {
            let (module, name) = (module.name(import.module).to_owned(), module.name(import.name).to_owned());
            memories.push((module, name, SharedMemory::new(ty)?));
        }
    }
    Ok(memories)
}
