//! The platform of this board: the loader's own for bare metal, and a count of what it did with code.

use core::cell::Cell;
use core::ptr::NonNull;

use graver_loader::MachineFacts;
use graver_loader::platform::{ActiveStore, Bare, Placement, Platform, PlatformError};

/// Flash, by `memory.x`.
const FLASH: core::ops::Range<usize> = 0..512 * 1024;

/// Counts images that run in place and images that are copied.
pub struct Board {
    bare: Bare,
    in_place: Cell<u32>,
    copied: Cell<u32>,
    entered: Cell<usize>,
}

impl Board {
    /// A board whose stack ends at an address.
    pub fn new(stack_end: usize) -> Self {
        Self { bare: Bare::new(stack_end), in_place: Cell::new(0), copied: Cell::new(0), entered: Cell::new(0) }
    }

    /// Images whose code runs in flash.
    pub fn in_place(&self) -> u32 {
        self.in_place.get()
    }

    /// The stack pointer close to the last call of guest code, from below.
    pub fn entered(&self) -> usize {
        self.entered.get()
    }

    /// Images whose code was copied.
    pub fn copied(&self) -> u32 {
        self.copied.get()
    }
}

// SAFETY: `Bare` does everything.
unsafe impl Platform for Board {
    fn machine(&self) -> Option<MachineFacts> {
        self.bare.machine()
    }

    fn place_code(&self, code: &[u8], align: usize) -> Result<Placement, PlatformError> {
        let placement = self.bare.place_code(code, align)?;
        let is_in_flash = FLASH.contains(&code.as_ptr().addr());
        let count = if placement == Placement::InPlace && is_in_flash { &self.in_place } else { &self.copied };
        count.set(count.get() + 1);
        Ok(placement)
    }

    unsafe fn publish_code(&self, start: NonNull<u8>, length: usize) -> Result<(), PlatformError> {
        // SAFETY: the caller's promise.
        unsafe { self.bare.publish_code(start, length) }
    }

    #[inline(never)]
    fn activate(&self, store: Option<ActiveStore>) -> Result<Option<ActiveStore>, PlatformError> {
        if store.is_some() {
            self.entered.set(cortex_m::register::msp::read() as usize);
        }
        self.bare.activate(store)
    }

    fn stack_end(&self) -> Option<usize> {
        self.bare.stack_end()
    }
}
