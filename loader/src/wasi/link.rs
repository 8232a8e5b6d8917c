//! WASI for the loader's linker.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::functions::for_each_function;
use super::poll::{Poll, is_readable};
use super::{Errno, GuestMemory, MODULE, Wasi};
use crate::{AccessError, CallError, Caller, Linker, Store};

/// A [`Wasi`] that several threads of one program use. A call that waits for a clock or for input lets the others go on.
#[derive(Clone)]
pub struct SharedWasi(Arc<Program>);

struct Program {
    wasi: Mutex<Wasi>,
    has_threads: AtomicBool,
}

impl SharedWasi {
    /// For a program of one thread, until [`Self::expect_threads`].
    pub fn new(wasi: Wasi) -> Self {
        Self(Arc::new(Program { wasi: Mutex::new(wasi), has_threads: AtomicBool::new(false) }))
    }

    /// From now on there may be several.
    pub fn expect_threads(&self) {
        self.0.has_threads.store(true, Ordering::Relaxed);
    }

    /// Functions change their table at their end, so one that panicked has left it whole.
    fn lock(&self) -> MutexGuard<'_, Wasi> {
        self.0.wasi.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `fd_read`, which waits for input without the lock where that could keep other threads from doing anything.
    fn read(&self, memory: &mut GuestMemory<'_>, fd: u32, buffers: u32, count: u32, read: u32) -> Result<(), Errno> {
        if !self.0.has_threads.load(Ordering::Relaxed) {
            return self.lock().fd_read(memory, fd, buffers, count, read);
        }
        // What is wrong, or reads nothing, does not wait.
        memory.check(read, 4)?;
        let is_empty = memory.buffers(buffers, count)?.iter().all(|(_, length)| *length == 0);
        loop {
            let mut wasi = self.lock();
            match wasi.waits_for(fd).filter(|stream| !is_empty && !is_readable(stream, false)) {
                // Somebody else may be faster then, so this looks again.
                Some(stream) => {
                    drop(wasi);
                    is_readable(&stream, true);
                }
                None => return wasi.fd_read(memory, fd, buffers, count, read),
            }
        }
    }
}

/// Defines all of preview 1 for modules that a linker instantiates in a store. `proc_exit` ends the call that runs the
/// program with [`CallError::Exit`].
///
/// # Errors
/// If there is no memory.
pub fn link<'m>(linker: &mut Linker<'_>, store: &mut Store<'m>, wasi: Wasi) -> Result<(), AccessError> {
    link_shared(linker, store, &SharedWasi::new(wasi))
}

/// The same for a program whose threads have stores of their own.
///
/// # Errors
/// If there is no memory.
pub fn link_shared(linker: &mut Linker<'_>, store: &mut Store<'_>, wasi: &SharedWasi) -> Result<(), AccessError> {
    define(linker, store, wasi)?;
    // Without the lock, which a thread may have that waits for room in a pipe.
    linker.func(store, MODULE, "proc_exit", |_: &mut Caller<'_, '_>, code: u32| -> Result<(), CallError> {
        Err(CallError::Exit(code.cast_signed()))
    })
}

macro_rules! definitions {
    ($(#[doc = $about:literal] $name:ident($($param:ident: $type:ty),*)$(: $missing:ident)?;)*) => {
        fn define(linker: &mut Linker<'_>, store: &mut Store<'_>, wasi: &SharedWasi) -> Result<(), AccessError> {
            $({
                let wasi = wasi.clone();
                let closure = move |caller: &mut Caller<'_, '_>, ($($param,)*): ($($type,)*)| -> u32 {
                    definitions!(@run wasi, caller, $name($($param),*) $($missing)?)
                };
                linker.func(store, MODULE, stringify!($name), closure)?;
            })*
            Ok(())
        }
    };
    (@run $wasi:ident, $caller:ident, $name:ident($($param:ident),*) missing) => {{
        let _ = (&$wasi, $caller, $($param),*);
        u32::from(Errno::NoSys.number())
    }};
    (@run $wasi:ident, $caller:ident, poll_oneoff($($param:ident),*)) => {
        run($caller, |memory| {
            let poll: Poll = $wasi.lock().prepare_poll(memory, $($param),*)?;
            poll.finish(memory)
        })
    };
    (@run $wasi:ident, $caller:ident, fd_read($fd:ident, $($param:ident),*)) => {
        run($caller, |memory| $wasi.read(memory, $fd, $($param),*))
    };
    (@run $wasi:ident, $caller:ident, $name:ident($($param:ident),*)) => {
        run($caller, |memory| $wasi.lock().$name(memory, $($param),*))
    };
}
for_each_function!(definitions);

/// Carries out a function with the memory of the program that called it; a program without one has no valid address.
fn run(caller: &mut Caller<'_, '_>, function: impl FnOnce(&mut GuestMemory<'_>) -> Result<(), Errno>) -> u32 {
    let memory = caller.memory("memory");
    let bytes = memory.and_then(|memory| memory.bytes_mut(caller).ok()).unwrap_or_default();
    function(&mut GuestMemory::new(bytes)).map_or_else(|error| u32::from(error.number()), |()| 0)
}
