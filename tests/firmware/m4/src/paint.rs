//! How much of the stack and of the pool was ever used: both are painted first and inspected at the end.

use core::mem::MaybeUninit;

/// The colour.
pub const COLOUR: u8 = 0xA5;

const WORD: u32 = u32::from_ne_bytes([COLOUR; 4]);

unsafe extern "C" {
    // From cortex-m-rt's linker script: the stack grows down from the start to the end.
    static _stack_start: u8;
    static _stack_end: u8;
}

/// The main stack.
pub struct Stack {
    end: usize,
    start: usize,
}

impl Stack {
    /// Paints all of it that is free.
    pub fn paint() -> Self {
        let end = (&raw const _stack_end).addr().next_multiple_of(4);
        let stack = Self { end, start: (&raw const _stack_start).addr() };
        stack.repaint();
        stack
    }

    /// Paints all of it that is free now.
    #[inline(never)]
    pub fn repaint(&self) {
        // What lies below this frame is free; 256 bytes are for this function itself.
        let free = cortex_m::register::msp::read() as usize - 256;
        for address in (self.end..free).step_by(4) {
            // SAFETY: stack memory below the stack pointer, which nothing refers to; no interrupt is enabled.
            unsafe { core::ptr::with_exposed_provenance_mut::<u32>(address).write_volatile(WORD) };
        }
    }

    /// Bytes that were used below an address.
    pub fn below(&self, address: usize) -> usize {
        (address - self.end).saturating_sub(self.size() - self.touched())
    }

    /// The lowest address.
    pub fn end(&self) -> usize {
        self.end
    }

    /// Bytes in all.
    pub fn size(&self) -> usize {
        self.start - self.end
    }

    /// Bytes that were used at most.
    pub fn touched(&self) -> usize {
        let painted = |address: &usize| {
            // SAFETY: stack memory, which can be read.
            unsafe { core::ptr::with_exposed_provenance::<u32>(*address).read_volatile() == WORD }
        };
        self.size() - 4 * (self.end..self.start).step_by(4).take_while(painted).count()
    }
}

/// Painted memory as a pool takes it.
pub fn uninit(memory: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    let length = memory.len();
    // SAFETY: the same bytes; the pool's owner reads them again only by `touched`, as bytes of any value.
    unsafe { core::slice::from_raw_parts_mut(memory.as_mut_ptr().cast(), length) }
}

/// Bytes that have another colour: the pool's own marks are at both ends, so how far they reach says nothing.
pub fn touched(memory: &[u8]) -> usize {
    let painted = |byte: &&u8| {
        // SAFETY: a byte of a slice. Volatile, because the pool wrote it behind the compiler's back.
        unsafe { core::ptr::from_ref(*byte).read_volatile() == COLOUR }
    };
    memory.len() - memory.iter().filter(painted).count()
}
