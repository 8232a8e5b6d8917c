//! Mutual exclusion of what the process has once.

/// Locks where there are threads. A board has none that this library knows of: tasks that share a runtime lock around it.
#[derive(Debug)]
pub(crate) struct Lock {
    #[cfg(feature = "std")]
    mutex: std::sync::Mutex<()>,
}

impl Lock {
    pub(crate) const fn new() -> Self {
        Self {
            #[cfg(feature = "std")]
            mutex: std::sync::Mutex::new(()),
        }
    }

    /// Runs `body` while nobody else holds the lock. Must not be nested.
    pub(crate) fn hold<R>(&self, body: impl FnOnce() -> R) -> R {
        // Nothing that is guarded can be left half done by a panic.
        #[cfg(feature = "std")]
        let _guard = self.mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        body()
    }
}

/// A condition that any thread may change.
#[derive(Debug)]
pub(crate) struct Flag(
    #[cfg(feature = "std")] core::sync::atomic::AtomicBool,
    // Some boards have no atomic operations, not even as calls.
    #[cfg(not(feature = "std"))] core::cell::Cell<bool>,
);

#[cfg(feature = "std")]
impl Flag {
    pub(crate) const fn new() -> Self {
        Self(core::sync::atomic::AtomicBool::new(false))
    }

    pub(crate) fn get(&self) -> bool {
        self.0.load(core::sync::atomic::Ordering::SeqCst)
    }

    pub(crate) fn set(&self, holds: bool) {
        self.0.store(holds, core::sync::atomic::Ordering::SeqCst);
    }
}

#[cfg(not(feature = "std"))]
impl Flag {
    pub(crate) const fn new() -> Self {
        Self(core::cell::Cell::new(false))
    }

    pub(crate) fn get(&self) -> bool {
        self.0.get()
    }

    pub(crate) fn set(&self, holds: bool) {
        self.0.set(holds);
    }
}

/// Whose turn something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    Nobody,
    /// This thread.
    Here,
    #[cfg(feature = "std")]
    Elsewhere,
}

/// The thread that something belongs to for a while, if any.
#[derive(Debug)]
pub(crate) struct Owner {
    /// Its number, or 0.
    #[cfg(feature = "std")]
    thread: core::sync::atomic::AtomicUsize,
    // Some boards have no atomic operations, not even as calls.
    #[cfg(not(feature = "std"))]
    is_taken: core::cell::Cell<bool>,
}

#[cfg(feature = "std")]
impl Owner {
    pub(crate) const fn nobody() -> Self {
        Self { thread: core::sync::atomic::AtomicUsize::new(0) }
    }

    /// Makes this thread the owner: whether there was none, or `None` if another thread is.
    pub(crate) fn take(&self) -> Option<bool> {
        use core::sync::atomic::Ordering;
        let thread = thread();
        match self.thread.compare_exchange(0, thread, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => Some(true),
            Err(owner) => (owner == thread).then_some(false),
        }
    }

    /// Who has it now.
    pub(crate) fn holder(&self) -> Holder {
        match self.thread.load(core::sync::atomic::Ordering::Acquire) {
            0 => Holder::Nobody,
            owner if owner == thread() => Holder::Here,
            _ => Holder::Elsewhere,
        }
    }

    /// The opposite, by the owner.
    pub(crate) fn leave(&self) {
        self.thread.store(0, core::sync::atomic::Ordering::Release);
    }
}

#[cfg(not(feature = "std"))]
impl Owner {
    pub(crate) const fn nobody() -> Self {
        Self { is_taken: core::cell::Cell::new(false) }
    }

    /// Makes the only thread the owner: whether there was none.
    pub(crate) fn take(&self) -> Option<bool> {
        Some(!self.is_taken.replace(true))
    }

    /// Who has it now.
    pub(crate) fn holder(&self) -> Holder {
        if self.is_taken.get() { Holder::Here } else { Holder::Nobody }
    }

    /// The opposite.
    pub(crate) fn leave(&self) {
        self.is_taken.set(false);
    }
}

/// A number of the running thread, not 0.
#[cfg(feature = "std")]
fn thread() -> usize {
    std::thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| core::ptr::from_ref(here).addr())
}
