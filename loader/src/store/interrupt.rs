//! What a store does to be stopped from outside.
#![allow(unsafe_code)] // Looks at a word that others write, by the address that generated code has.

use core::ptr::NonNull;

use graver_aot_format::abi::Trap;

use super::{Inner, Store, StoreInner};
use crate::error::CallError;
use crate::interrupt::{Interrupt, NEVER, Word};
use crate::platform::{Awaited, Waited};

impl<'m> Store<'m> {
    /// Lets others stop the code of this store by `interrupt`, which may be that of several stores.
    ///
    /// # Errors
    /// If the system gives no signals for that.
    pub fn set_interrupt(&mut self, interrupt: &'m Interrupt) -> Result<(), CallError> {
        let inner = self.exclusive();
        #[cfg(all(feature = "std", target_os = "linux"))]
        inner.hosted.register(&interrupt.running)?;
        inner.abi.interrupt = address(interrupt.word());
        Ok(())
    }
}

fn address(word: &Word) -> usize {
    core::ptr::from_ref(word).expose_provenance()
}

impl<'m> StoreInner<'m> {
    /// What code of new stores looks at.
    pub(super) fn no_interrupt() -> usize {
        address(&NEVER)
    }

    /// Where code of this store looks.
    pub(crate) fn interrupt_word(&self) -> &'m Word {
        let word = core::ptr::with_exposed_provenance::<Word>(self.abi.interrupt);
        // SAFETY: the word of an `Interrupt`, which outlives the store, or `NEVER`.
        unsafe { &*word }
    }

    /// Whether somebody wants the code of this store to stop.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupt_word().get()
    }

    /// The same where nothing else would end the call: on boards code that can be stopped looks itself, and soon.
    pub(crate) fn must_stop(&self) -> bool {
        cfg!(all(feature = "std", target_os = "linux")) && self.is_interrupted()
    }

    /// Waits at a place in a memory, until notified or interrupted.
    ///
    /// # Safety
    /// As for [`crate::platform::Platform::wait`].
    pub(crate) unsafe fn wait(
        &self,
        place: NonNull<u8>,
        expected: Awaited,
        nanoseconds: Option<u64>,
    ) -> Result<Waited, Trap> {
        // SAFETY: promised by the caller.
        let wait = || unsafe { self.runtime.platform().wait(place, expected, nanoseconds) };
        #[cfg(all(feature = "std", target_os = "linux"))]
        let waited = self.hosted.waiting_at(place.addr().get(), wait);
        #[cfg(not(all(feature = "std", target_os = "linux")))]
        let waited = wait();
        match waited {
            _ if self.must_stop() => Err(Trap::Terminated),
            waited => waited.map_err(|_| Trap::Deadlock),
        }
    }
}
