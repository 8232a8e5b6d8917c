//! What calls and the entry glue take of the stack beyond the frames that LLVM reports.

use crate::Target;
use graver_aot_format::Arch;

/// Bytes of stack that no frame size includes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackUse {
    /// What a call instruction, or the first instruction of what it calls, takes on top of the frame.
    pub call: u32,
    /// How far below its stack pointer a function that calls nothing may write.
    pub below: u32,
    /// What `graver_enter` takes from the host's stack pointer on, up to its call of the thunk.
    pub enter: u32,
    /// What it takes on top in images that use floats, for registers and the environment.
    pub enter_floats: u32,
}

impl Target {
    /// What calls and glue take of the stack.
    pub const fn stack_use(&self) -> StackUse {
        match self.arch {
            // The return address; the red zone; return address, six registers, a word for MXCSR, four words.
            Arch::X86_64 => StackUse { call: 8, below: 128, enter: 96, enter_floats: 0 },
            // Return addresses are in registers, and in the frame where they are saved.
            // Nine registers, five words; eight double registers, two words.
            Arch::Thumb | Arch::Arm => StackUse { call: 0, below: 0, enter: 56, enter_floats: 72 },
            // Twelve registers, four words; eight double registers, two words.
            Arch::Aarch64 => StackUse { call: 0, below: 0, enter: 128, enter_floats: 80 },
            // Thirteen words, filled up, and four; twelve registers and fcsr, filled up.
            Arch::Riscv32 => StackUse { call: 0, below: 0, enter: 80, enter_floats: 96 },
            Arch::Riscv64 => StackUse { call: 0, below: 0, enter: 144, enter_floats: 96 },
            // Frame sizes are what `entry` takes. To leave, the glue takes a frame, and spills all windows by five nested
            // calls; window overflow writes the 16 bytes below a stack pointer.
            Arch::XtensaWindowed => StackUse { call: 0, below: 48 + 5 * 48 + 16, enter: 112, enter_floats: 0 },
            Arch::XtensaCall0 => StackUse { call: 0, below: 0, enter: 96, enter_floats: 0 },
        }
    }
}
