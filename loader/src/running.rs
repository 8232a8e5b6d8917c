//! Which threads run guest code that somebody may want to stop.
//!
//! A signal stops a thread only while it is in guest code: what runs of the host may hold locks. So a request goes on
//! sending signals until the call has ended.
#![allow(unsafe_code)] // Sends signals to threads.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::interrupt::Word;
use crate::platform::{PlatformError, Thread};

/// The stores that one interrupt stops.
#[derive(Debug, Default)]
pub(crate) struct Registry(Mutex<Vec<Arc<Running>>>);

/// One store, for those who want to stop it.
#[derive(Debug, Default)]
pub(crate) struct Running {
    /// The thread that runs its code, between [`Self::begin`] and [`Self::end`].
    thread: Mutex<Option<Thread>>,
    /// The address at which it waits for others to notify it; 0 if it does not.
    waits_at: AtomicUsize,
    /// Somebody wants it to stop.
    is_wanted: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Registry {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Adds a store.
    pub(crate) fn add(&self) -> Result<Arc<Running>, PlatformError> {
        Thread::expect_signals()?;
        let running = Arc::new(Running::default());
        lock(&self.0).push(Arc::clone(&running));
        Ok(running)
    }

    pub(crate) fn remove(&self, running: &Arc<Running>) {
        lock(&self.0).retain(|other| !Arc::ptr_eq(other, running));
    }

    /// Sets the word that code looks at, and sends signals to all who run: now, and from a thread of its own until their
    /// calls have ended.
    pub(crate) fn stop(&self, word: &Word) {
        let all = lock(&self.0);
        // First the word: whoever starts later sees it.
        word.set(true);
        let mut left: Vec<_> = all.iter().filter(|running| running.want()).cloned().collect();
        drop(all);
        left.retain(|running| running.signal());
        if left.is_empty() {
            return;
        }
        let shared: Arc<[Arc<Running>]> = left.into();
        let signalled = Arc::clone(&shared);
        let signal_for_long = move || keep_signalling(&signalled, usize::MAX);
        if std::thread::Builder::new().name("interrupt".to_owned()).spawn(signal_for_long).is_err() {
            // This thread may be the one that runs, or be waited for by it, so not for ever.
            keep_signalling(&shared, FEW_TIMES);
            shared.iter().for_each(|running| running.is_wanted.store(false, Ordering::SeqCst));
        }
    }

    /// Clears the word and ends the signals.
    pub(crate) fn let_go(&self, word: &Word) {
        let all = lock(&self.0);
        word.set(false);
        for running in all.iter() {
            running.is_wanted.store(false, Ordering::SeqCst);
        }
    }
}

/// Takes about a tenth of a second.
const FEW_TIMES: usize = 12;

/// Soon at first, for those who were in the host for a moment; rarely in the end, for those who wait there.
fn keep_signalling(all: &[Arc<Running>], times: usize) {
    const SHORTEST: Duration = Duration::from_micros(100);
    const LONGEST: Duration = Duration::from_millis(20);
    let mut left: Vec<_> = all.iter().collect();
    let mut pause = SHORTEST;
    for _ in 0..times {
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST);
        left.retain(|running| running.signal());
        if left.is_empty() {
            return;
        }
    }
}

impl Running {
    /// Notes that this thread runs code from now on.
    pub(crate) fn begin(&self) {
        *lock(&self.thread) = Some(Thread::current());
    }

    /// Notes that it does not any more.
    pub(crate) fn end(&self) {
        *lock(&self.thread) = None;
    }

    /// Waits at an address, by `wait`, so that those who want to stop the thread can wake it.
    pub(crate) fn waiting_at<T>(&self, place: usize, wait: impl FnOnce() -> T) -> T {
        self.waits_at.store(place, Ordering::SeqCst);
        let result = wait();
        self.waits_at.store(0, Ordering::SeqCst);
        result
    }

    /// Marks it as wanted; whether it was not before.
    fn want(&self) -> bool {
        !self.is_wanted.swap(true, Ordering::SeqCst)
    }

    /// Sends a signal and ends a wait; whether there was somebody to send it to.
    fn signal(&self) -> bool {
        // Held to the end: until then the thread cannot leave `end`, so it lives.
        let running = lock(&self.thread);
        let Some(thread) = *running else {
            // Whoever begins now looks at the word.
            self.is_wanted.store(false, Ordering::SeqCst);
            return false;
        };
        // Not cleared here: a later request may be setting it.
        if !self.is_wanted.load(Ordering::SeqCst) {
            return false;
        }
        // SAFETY: it lives, as said above.
        unsafe { thread.signal() };
        let place = self.waits_at.load(Ordering::SeqCst);
        if place != 0 {
            thread.wake(place);
        }
        true
    }
}
