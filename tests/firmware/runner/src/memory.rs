//! The memory that the board's linker script leaves free.

use core::mem::MaybeUninit;

unsafe extern "C" {
    // From `boards/*.x`.
    static _memory_start: u8;
    static _memory_end: u8;
    #[cfg(feature = "in-flash")]
    static _script_start: u8;
    #[cfg(feature = "in-flash")]
    static _script_end: u8;
    // From the start-up code: the lowest address of the stack.
    static _stack_end: u8;
}

/// The lowest address that the stack may reach.
pub fn stack_end() -> usize {
    (&raw const _stack_end).addr()
}

/// The flash that has the script at its start.
#[cfg(feature = "in-flash")]
pub fn flash() -> &'static [u8] {
    let start = &raw const _script_start;
    // SAFETY: the linker script keeps everything else out of these addresses, and nothing can write there.
    unsafe { core::slice::from_raw_parts(start, (&raw const _script_end).addr() - start.addr()) }
}

/// What is left of it.
pub struct Memory(&'static mut [MaybeUninit<u8>]);

impl Memory {
    /// All of it. Called once.
    pub fn of_board() -> Self {
        let start = (&raw const _memory_start).cast_mut();
        let length = (&raw const _memory_end).addr() - start.addr();
        // SAFETY: the linker script keeps everything else out of these addresses, and `main` runs once.
        Self(unsafe { core::slice::from_raw_parts_mut(start.cast(), length) })
    }

    /// Takes room for `count` values from the start, at a multiple of 16 or what the type needs; `None` if there is not
    /// enough. They are never dropped.
    pub fn slots<'a, T>(&mut self, count: usize, make: impl Fn() -> T) -> Option<&'a mut [T]> {
        let padding = self.0.as_ptr().align_offset(align_of::<T>().max(16));
        let end = padding.checked_add(count.checked_mul(size_of::<T>())?)?;
        if end > self.0.len() {
            return None;
        }
        let (taken, rest) = core::mem::take(&mut self.0).split_at_mut(end);
        self.0 = rest;
        let start = taken.as_mut_ptr().wrapping_add(padding).cast::<T>();
        for index in 0..count {
            // SAFETY: the part taken has room for all of them behind the padding, which aligns them.
            unsafe { start.add(index).write(make()) };
        }
        // SAFETY: as above, and all have been written; nobody else has this part.
        Some(unsafe { core::slice::from_raw_parts_mut(start, count) })
    }

    /// Everything else.
    pub fn rest(self) -> &'static mut [MaybeUninit<u8>] {
        self.0
    }
}
