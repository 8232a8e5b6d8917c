//! Stopping guest code from outside.
#![allow(unsafe_code)] // A word that code, tasks and interrupt handlers look at.

use core::fmt;

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
    requested: Word,
    #[cfg(all(feature = "std", target_os = "linux"))]
    pub(crate) running: crate::running::Registry,
}

impl Interrupt {
    /// Nothing is requested yet.
    pub const fn new() -> Self {
        Self {
            requested: Word::new(),
            #[cfg(all(feature = "std", target_os = "linux"))]
            running: crate::running::Registry::new(),
        }
    }

    /// Stops what runs, and what starts from now on. Does not wait for it.
    pub fn request(&self) {
        #[cfg(all(feature = "std", target_os = "linux"))]
        self.running.stop(&self.requested);
        #[cfg(not(all(feature = "std", target_os = "linux")))]
        self.requested.set(true);
    }

    /// Lets code run again.
    pub fn withdraw(&self) {
        #[cfg(all(feature = "std", target_os = "linux"))]
        self.running.let_go(&self.requested);
        #[cfg(not(all(feature = "std", target_os = "linux")))]
        self.requested.set(false);
    }

    /// Whether there is a request.
    pub fn is_requested(&self) -> bool {
        self.requested.get()
    }

    /// Where generated code looks.
    pub(crate) fn word(&self) -> &Word {
        &self.requested
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupt").field("requested", &self.is_requested()).finish_non_exhaustive()
    }
}

/// Where code of stores without an interrupt looks.
pub(crate) static NEVER: Word = Word::new();

/// A pointer-sized number that is not 0 while something is wanted.
#[cfg(all(feature = "std", target_os = "linux"))]
#[derive(Default)]
pub(crate) struct Word(core::sync::atomic::AtomicUsize);

#[cfg(all(feature = "std", target_os = "linux"))]
impl Word {
    const fn new() -> Self {
        Self(core::sync::atomic::AtomicUsize::new(0))
    }

    pub(crate) fn set(&self, is_wanted: bool) {
        self.0.store(is_wanted.into(), core::sync::atomic::Ordering::SeqCst);
    }

    pub(crate) fn get(&self) -> bool {
        self.0.load(core::sync::atomic::Ordering::SeqCst) != 0
    }
}

/// The same where atomic accesses may be calls of routines that nobody has, such as on the ESP8266: one instruction each.
#[cfg(not(all(feature = "std", target_os = "linux")))]
#[derive(Default)]
pub(crate) struct Word(core::cell::UnsafeCell<usize>);

// SAFETY: all accesses are volatile ones of an aligned word, which no machine tears.
#[cfg(not(all(feature = "std", target_os = "linux")))]
unsafe impl Sync for Word {}

#[cfg(not(all(feature = "std", target_os = "linux")))]
impl Word {
    const fn new() -> Self {
        Self(core::cell::UnsafeCell::new(0))
    }

    pub(crate) fn set(&self, is_wanted: bool) {
        // SAFETY: as said above.
        unsafe { self.0.get().write_volatile(is_wanted.into()) };
    }

    pub(crate) fn get(&self) -> bool {
        // SAFETY: as said above.
        unsafe { self.0.get().read_volatile() != 0 }
    }
}
