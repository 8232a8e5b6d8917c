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

/// A number of the running thread, not 0.
pub(crate) fn thread() -> usize {
    #[cfg(feature = "std")]
    {
        std::thread_local!(static HERE: u8 = const { 0 });
        HERE.with(|here| core::ptr::from_ref(here).addr())
    }
    #[cfg(not(feature = "std"))]
    1
}
