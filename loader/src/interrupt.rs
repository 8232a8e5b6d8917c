//! Stopping guest code from outside.

use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};

/// By which others stop the guest code of stores: see [`crate::Store::set_interrupt`].
///
/// From [`Self::request`] on until [`Self::withdraw`], calls end with [`crate::Trap::Terminated`].
///
/// On Linux that holds for all code, in loops too: the thread that runs it gets signals (`SIGURG`, which it must not block)
/// until its call has ended. They also end system calls in which host functions wait, with `EINTR`; one may come when the
/// call has just ended. A request takes locks and starts a thread for the signals, so signal handlers must not make it.
/// If the system has no more threads it tries for a tenth of a second itself; ask again for what has not stopped then.
///
/// Elsewhere it holds for images that were compiled with `--interruptible`, which look in loops and functions. There a
/// request is one store to memory, so interrupt handlers can make it.
///
/// A store of which a host function is running is stopped when that returns: stores whose guests call each other by way
/// of the host should have the same interrupt.
///
/// ```
/// # use graver_loader::Interrupt;
/// static STOP: Interrupt = Interrupt::new();
/// // store.set_interrupt(&STOP);
/// STOP.request(); // from any thread
/// assert!(STOP.is_requested());
/// STOP.withdraw();
/// ```
#[derive(Default)]
pub struct Interrupt {
    requested: AtomicUsize,
    #[cfg(all(feature = "std", target_os = "linux"))]
    pub(crate) running: crate::running::Registry,
}

impl Interrupt {
    /// Nothing is requested yet.
    pub const fn new() -> Self {
        Self {
            requested: AtomicUsize::new(0),
            #[cfg(all(feature = "std", target_os = "linux"))]
            running: crate::running::Registry::new(),
        }
    }

    /// Stops what runs, and what starts from now on. Does not wait for it.
    pub fn request(&self) {
        #[cfg(all(feature = "std", target_os = "linux"))]
        self.running.stop(&self.requested);
        #[cfg(not(all(feature = "std", target_os = "linux")))]
        self.requested.store(1, Ordering::SeqCst);
    }

    /// Lets code run again.
    pub fn withdraw(&self) {
        #[cfg(all(feature = "std", target_os = "linux"))]
        self.running.let_go(&self.requested);
        #[cfg(not(all(feature = "std", target_os = "linux")))]
        self.requested.store(0, Ordering::SeqCst);
    }

    /// Whether there is a request.
    pub fn is_requested(&self) -> bool {
        self.requested.load(Ordering::SeqCst) != 0
    }

    /// Where generated code looks.
    pub(crate) fn word(&self) -> &AtomicUsize {
        &self.requested
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupt").field("requested", &self.is_requested()).finish_non_exhaustive()
    }
}

/// Where code of stores without an interrupt looks.
pub(crate) static NEVER: AtomicUsize = AtomicUsize::new(0);
