//! The root of everything: an allocator and a platform.

use core::cell::Cell;
use core::fmt;

use graver_aot_format::MachineFacts;

use crate::alloc::Allocator;
use crate::error::RuntimeError;
use crate::platform::Platform;

/// An allocator and a platform, which modules and stores borrow.
///
/// A runtime belongs to one thread. A process can have any number of them.
pub struct Runtime<'p> {
    allocator: Allocator<'p>,
    platform: &'p dyn Platform,
    machine: MachineFacts,
    stores: Cell<u32>,
}

impl<'p> Runtime<'p> {
    /// A runtime on the Linux process that this is.
    ///
    /// # Errors
    /// If there are no images for this machine.
    #[cfg(all(feature = "std", target_os = "linux"))]
    pub fn new(allocator: Allocator<'p>) -> Result<Self, RuntimeError> {
        Self::with_platform(allocator, &crate::platform::Linux)
    }

    /// A runtime on any platform.
    ///
    /// # Errors
    /// If there are no images for this machine.
    pub fn with_platform(allocator: Allocator<'p>, platform: &'p dyn Platform) -> Result<Self, RuntimeError> {
        let machine = platform.machine().ok_or(RuntimeError::UnknownMachine)?;
        Ok(Self { allocator, platform, machine, stores: Cell::new(0) })
    }

    /// What images are checked against.
    pub fn machine(&self) -> &MachineFacts {
        &self.machine
    }

    pub(crate) fn allocator(&self) -> &Allocator<'p> {
        &self.allocator
    }

    pub(crate) fn platform(&self) -> &'p dyn Platform {
        self.platform
    }

    /// How many stores there were before this one.
    pub(crate) fn count_store(&self) -> u32 {
        self.stores.replace(self.stores.get().wrapping_add(1))
    }
}

impl fmt::Debug for Runtime<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").field("machine", &self.machine).finish_non_exhaustive()
    }
}
