//! What a fault handler asks of the store whose code runs.
#![allow(unsafe_code)] // Used from signal handlers, by raw pointer.

use core::ptr::NonNull;

use graver_aot_format::abi::Trap;

use super::StoreInner;
use crate::platform::Redirect;

/// Frames beyond the limit are at most this large: an access further away is not an overflow.
const OVERFLOW_REACH: usize = 1 << 20;

/// The store whose code runs on a thread, for [`crate::platform::Platform::activate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveStore(NonNull<StoreInner<'static>>);

impl ActiveStore {
    pub(crate) fn new(store: NonNull<StoreInner<'_>>) -> Self {
        Self(store.cast())
    }

    /// Decides about a fault at program counter `pc` that accessed `address`: if it is one of guest code and has a
    /// meaning there, notes the trap and says where to continue. Safe to call from a signal handler.
    ///
    /// # Safety
    /// The store is the active one of this thread.
    pub unsafe fn fault(self, pc: usize, address: usize) -> Option<Redirect> {
        // SAFETY: the store outlives its being active.
        let store = unsafe { self.0.as_ref() };
        let module = store.instances.iter().map(|instance| instance.module).find(|module| module.has_code_at(pc))?;
        let trap = if store.memories.iter().any(|memory| memory.reserves(address)) {
            Trap::MemoryOutOfBounds
        } else if store.is_below_stack(address) {
            Trap::StackOverflow
        } else {
            return None;
        };
        let leave = module.code(module.image().module().leave);
        // SAFETY: code of the guest was running, so nothing of the host's refers to the store.
        unsafe {
            (*self.0.as_ptr()).abi.trap = trap.code() as usize;
            (*self.0.as_ptr()).abi.trap_pc = pc;
        }
        Some(Redirect { pc: leave, argument: self.0.addr().get() })
    }

    /// Whether somebody wants the code to stop.
    ///
    /// # Safety
    /// The store is the active one of this thread.
    #[cfg(all(feature = "std", target_os = "linux"))]
    pub(crate) unsafe fn is_interrupted(self) -> bool {
        // SAFETY: the store outlives its being active.
        unsafe { (*self.0.as_ptr()).is_interrupted() }
    }

    /// Decides about a signal at program counter `pc`: if somebody wants the code to stop and it is guest code that runs,
    /// notes that as the trap and says where to continue. A native that runs is followed by a stop. Safe to call from a signal handler at any moment.
    ///
    /// # Safety
    /// The store is the active one of this thread.
    #[cfg(all(feature = "std", target_os = "linux"))]
    pub(crate) unsafe fn interrupt(self, pc: usize) -> Option<Redirect> {
        let store = self.0.as_ptr();
        // SAFETY: the store outlives its being active. Code of the host may be changing it, but neither the map, other than
        // by adding to it, nor the word's address.
        let leave = unsafe {
            if !self.is_interrupted() {
                return None;
            }
            (*store).hosted.leave_of(pc)
        };
        let Some(leave) = leave else {
            // SAFETY: as above, and what else writes the word only makes the next signal necessary.
            unsafe { (&raw mut (*store).abi.stop).write_volatile(1) };
            return None;
        };
        // SAFETY: code of the guest was running, so nothing of the host's refers to the store.
        unsafe {
            (*store).abi.trap = Trap::Terminated.code() as usize;
            (*store).abi.trap_pc = pc;
        }
        Some(Redirect { pc: leave, argument: self.0.addr().get() })
    }
}

impl StoreInner<'_> {
    fn is_below_stack(&self, address: usize) -> bool {
        let limit = self.abi.stack_limit;
        let end = limit.saturating_sub(self.reserved_stack());
        (end.saturating_sub(OVERFLOW_REACH)..limit).contains(&address)
    }
}
