//! Signals for threads whose guest code is to stop.

use core::ffi::{c_int, c_void};
use std::sync::OnceLock;

use super::{PlatformError, fault, machine_context, park};

/// Ignored by default, so one that comes late does no harm; sockets send it only if asked to.
const SIGNAL: c_int = libc::SIGURG;

/// What handled the signal before; `None` if installing failed.
static PREVIOUS: OnceLock<Option<libc::sigaction>> = OnceLock::new();

/// A thread: its `pthread_t`, a number in one C library and an address in another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thread(usize);

impl Thread {
    /// The one that asks.
    pub(crate) fn current() -> Self {
        // SAFETY: without preconditions.
        Self(unsafe { libc::pthread_self() } as usize)
    }

    /// Makes this process handle the signals.
    pub(crate) fn expect_signals() -> Result<(), PlatformError> {
        // No SA_RESTART: system calls in which host functions wait shall end.
        PREVIOUS.get_or_init(|| fault::install(SIGNAL, handle, 0)).map(|_| ()).ok_or(PlatformError)
    }

    /// Sends the signal.
    ///
    /// # Safety
    /// The thread lives.
    pub(crate) unsafe fn signal(self) {
        // SAFETY: promised by the caller. It fails only for threads that have ended and unknown signals.
        unsafe { libc::pthread_kill(self.0 as libc::pthread_t, SIGNAL) };
    }

    /// Ends the thread's wait at an address.
    pub(crate) fn wake(self, place: usize) {
        park::wake(place, self.token());
    }

    /// By which others find it among those who wait.
    pub(super) fn token(self) -> usize {
        self.0
    }
}

/// The signal handler.
extern "C" fn handle(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    if let Some(store) = fault::active() {
        // SAFETY: the kernel passes a valid pointer that nothing else uses.
        let registers = unsafe { &mut *context.cast::<libc::ucontext_t>() };
        // SAFETY: the store is active on this thread.
        if let Some(redirect) = unsafe { store.interrupt(machine_context::pc(registers)) } {
            machine_context::redirect(registers, redirect);
            return;
        }
    }
    if let Some(previous) = PREVIOUS.get().and_then(Option::as_ref) {
        fault::pass_on(previous, signal, info, context);
    }
}
