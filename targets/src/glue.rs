//! The entry glue: the only assembly there is, and the image carries it, not the loader.
//!
//! `graver_enter(ctx, thunk, code, cells)` pushes what the C convention asks a function to preserve, pushes
//! `{store, store.entry_sp, store.handler}` and the address of the code that pops the rest, points `store.entry_sp`
//! there and calls the thunk. `graver_leave(store)` takes the stack pointer back from `store.entry_sp`, pops those words
//! and goes to that address, so that `graver_enter` returns 1. What one image's `enter` pushed another's `leave` may
//! pop: they agree on those words only, and one of the two may know nothing of floats.
//! `graver_trap(ctx, code)` notes the code and its return address, and leaves. The handler is null inside, so that no
//! exception unwinds across a host frame.
//!
//! ```text
//! higher   return address, caller's frame
//!          callee-saved registers, floating-point environment where the image uses floats
//!          store.handler   (as before this call)   } in the order
//!          store.entry_sp  (as before this call)   } that suits
//! lower    store, address of what pops the rest    } the machine   <- store.entry_sp
//! ```

use crate::Target;
use alloc::{format, string::String};
use graver_aot_format::abi::{ContextHeadField, StoreField};

/// What the glue of one image needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Glue {
    /// Whether the image's code has floating-point instructions, which expect wasm's environment: round to nearest, no
    /// flushing of subnormals, no exceptions.
    pub uses_floats: bool,
    pub(crate) pointer_bytes: u8,
}

/// Where it finds that: the store in a context, and fields in the store.
pub(crate) struct Offsets {
    pub(crate) store: u32,
    pub(crate) entry_sp: u32,
    pub(crate) handler: u32,
    pub(crate) trap_code: u32,
    pub(crate) trap_pc: u32,
}

impl Glue {
    /// The section that the glue is in.
    pub const SECTION: &'static str = ".text.graver_glue";
    /// `(ctx, thunk, code, cells) -> 0, or 1 after a leave`.
    pub const ENTER: &'static str = "graver_enter";
    /// `(store) -> !`.
    pub const LEAVE: &'static str = "graver_leave";
    /// `(ctx, trap code) -> !`.
    pub const TRAP: &'static str = "graver_trap";

    /// What its text begins with on every target: the section, and the names as functions of the image.
    pub(crate) fn head() -> String {
        let section = Self::SECTION;
        let mut head = format!(" .section {section},\"ax\",%progbits\n");
        for name in [Self::ENTER, Self::LEAVE, Self::TRAP] {
            head += &format!(" .globl {name}\n .hidden {name}\n .type {name},%function\n");
        }
        head
    }

    pub(crate) fn offsets(&self) -> Offsets {
        let store = |field: StoreField| field.offset(self.pointer_bytes);
        Offsets {
            store: ContextHeadField::Store.offset(self.pointer_bytes),
            entry_sp: store(StoreField::EntrySp),
            handler: store(StoreField::Handler),
            trap_code: store(StoreField::Trap),
            trap_pc: store(StoreField::TrapPc),
        }
    }
}

impl Target {
    /// The glue as assembly for LLVM's assembler, for instance as module-level inline assembly.
    pub fn glue(&self, uses_floats: bool) -> String {
        (self.glue)(&Glue { uses_floats, pointer_bytes: self.pointer_bytes })
    }
}
