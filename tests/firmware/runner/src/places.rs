//! Keeps account of where code runs, and of what it was before it ran.

use core::cell::{Cell, RefCell};
use core::fmt;
use core::ptr::NonNull;

use graver_loader::MachineFacts;
use graver_loader::platform::{Placement, Platform, PlatformError};
use graver_test_script::digest;

/// A copy, with the digest that it had when it was made.
pub struct Copied {
    start: NonNull<u8>,
    length: usize,
    digest: u64,
}

/// A platform that does what another does, and remembers. Modules that it places are never dropped.
pub struct Places<'p> {
    platform: &'p dyn Platform,
    /// What code that runs in place is a part of.
    bytes: &'p [u8],
    digest: u64,
    placed: Cell<usize>,
    count: Cell<usize>,
    copies: RefCell<&'p mut [Option<Copied>]>,
}

impl<'p> Places<'p> {
    /// For images in `bytes`, and as many copies as there is room for.
    pub fn new(platform: &'p dyn Platform, bytes: &'p [u8], copies: &'p mut [Option<Copied>]) -> Self {
        let (placed, count, copies) = (Cell::new(0), Cell::new(0), RefCell::new(copies));
        Self { platform, bytes, digest: digest(bytes), placed, count, copies }
    }

    /// Changes the last byte of the first copy, after everything has run.
    #[cfg(feature = "damages-code")]
    pub fn damage(&self) {
        for copy in self.copies.borrow().first().into_iter().flatten().filter(|copy| copy.length > 0) {
            // SAFETY: as in `are_unchanged`; the copy is memory of the pool, and nothing runs in it any more.
            unsafe {
                let last = copy.start.add(copy.length - 1);
                last.write(!last.read());
            }
        }
    }

    /// Whether nothing has written code since it got its place.
    pub fn are_unchanged(&self) -> bool {
        let is_unchanged = |copy: &Copied| {
            // SAFETY: the copy lives as long as its module, which is never dropped.
            digest(unsafe { core::slice::from_raw_parts(copy.start.as_ptr(), copy.length) }) == copy.digest
        };
        digest(self.bytes) == self.digest && self.copies.borrow().iter().flatten().all(is_unchanged)
    }
}

impl fmt::Display for Places<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let copied = self.count.get();
        write!(f, "placed: {} in place, {copied} copied", self.placed.get() - copied)
    }
}

// SAFETY: everything is as the other platform has it.
unsafe impl Platform for Places<'_> {
    fn machine(&self) -> Option<MachineFacts> {
        self.platform.machine()
    }

    fn place_code(&self, code: &[u8], align: usize) -> Result<Placement, PlatformError> {
        self.placed.set(self.placed.get() + 1);
        self.platform.place_code(code, align)
    }

    unsafe fn publish_code(&self, start: NonNull<u8>, length: usize) -> Result<(), PlatformError> {
        let index = self.count.replace(self.count.get() + 1);
        let mut copies = self.copies.borrow_mut();
        // SAFETY: the caller's promise.
        let digest = digest(unsafe { core::slice::from_raw_parts(start.as_ptr(), length) });
        *copies.get_mut(index).ok_or(PlatformError)? = Some(Copied { start, length, digest });
        // SAFETY: the caller's promise.
        unsafe { self.platform.publish_code(start, length) }
    }

    fn stack_end(&self) -> Option<usize> {
        self.platform.stack_end()
    }
}
