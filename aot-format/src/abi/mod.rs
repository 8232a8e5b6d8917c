//! What generated code and its host agree on at run time: memory layouts, helper numbers, trap codes.
//!
//! Every structure here is made of pointer-sized words, so one list of names gives the layout for 32- and 64-bit
//! machines: the compiler asks for `offset(pointer_bytes)`, the loader uses the `repr(C)` struct of the same list.
//!
//! # Calls
//! Code that can be called from another image, or whose address leaves the image, follows the slot convention: the
//! target's C calling convention for `(ctx, params..., rest)`, where `ctx` is the context of the called instance (or the
//! [`HostRecord`] of a host function), the first result is returned by value, and `rest`, present only with more than
//! one result, points to 64-bit cells for the others (v128: two cells). References are pointer-sized words; `i32`
//! parameters and results are sign-extended where the target's C convention extends them.
//!
//! # Entering and leaving
//! Each image carries `enter(ctx, thunk, code, cells) -> word`, which saves the callee-saved registers and the previous
//! `store.entry_sp` on the native stack, and `leave(store)`, which restores them: `enter` then returns 1 instead of 0
//! and `store.trap` says why. A call thunk `thunk(ctx, code, cells)` loads parameters from consecutive cells and stores
//! results from the first cell on.

mod context;
mod helpers;
mod trap;

pub use context::{ContextLayout, ContextShape};
pub use helpers::{Helper, HelperResult, HelperVector, WAIT_TRAPS};
pub use trap::Trap;

/// Version of everything in this module; in the header as `abi_version`.
pub const VERSION: u16 = 3;

/// The slot convention described above; in the header as `slot_convention`.
pub const SLOT_CONVENTION: u8 = 1;

/// Log2 of the page size of WebAssembly 1.0 and 2.0.
pub const WASM_PAGE_LOG2: u8 = 16;

/// Bytes of address space that a guarded memory reserves: any 32-bit index plus any 32-bit offset plus the widest
/// access lies inside.
pub const GUARD_RESERVATION: u64 = (1 << 33) + (1 << 16);

/// Bytes at the end of a 32-bit address space that no memory grows into: code with guard regions relies on it where it
/// computes one address from another. WebAssembly lets growing fail for any reason; a module whose memory starts there is
/// compiled without that assumption.
pub const UNUSED_TAIL: u64 = 1 << 16;

/// Defines a structure of pointer-sized words: the `repr(C)` struct for the host, and the offsets for any pointer size.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $field_enum:ident { $($(#[$fmeta:meta])* $field:ident / $variant:ident),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default)]
        #[repr(C)]
        pub struct $name { $($(#[$fmeta])* pub $field: usize),* }

        #[doc = concat!("A field of [`", stringify!($name), "`].")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $field_enum { $($(#[$fmeta])* $variant),* }

        impl $field_enum {
            /// Number of fields.
            pub const COUNT: u32 = [$(Self::$variant),*].len() as u32;

            /// Offset in bytes from the start of the structure.
            pub const fn offset(self, pointer_bytes: u8) -> u32 {
                self as u32 * pointer_bytes as u32
            }

            /// Bytes of the whole structure.
            pub const fn size(pointer_bytes: u8) -> u32 {
                Self::COUNT * pointer_bytes as u32
            }
        }

        const _: () = {
            let width = size_of::<usize>() as u8;
            $(assert!(core::mem::offset_of!($name, $field) == $field_enum::$variant.offset(width) as usize);)*
            assert!(size_of::<$name>() == $field_enum::size(width) as usize);
        };
    };
}

words! {
    /// The state of one link group of instances on one thread.
    Store, StoreField {
        /// Stack pointer saved by the innermost `enter`, for `leave`.
        entry_sp / EntrySp,
        /// Lowest address that the stack pointer may reach in generated code.
        stack_limit / StackLimit,
        /// The [`Trap`] code of the last non-local leave.
        trap / Trap,
        /// Return address of the trap call, for backtraces.
        trap_pc / TrapPc,
        /// Not zero if the code should stop when the native that runs has returned.
        stop / Stop,
        /// Innermost exception handler record (reserved).
        handler / Handler,
        /// Head of the chain of garbage-collection roots (reserved).
        gc_roots / GcRoots,
        /// The host record whose function runs, or 0.
        host_record / HostRecord,
        /// What native C functions get as their first argument.
        exec_env / ExecEnv,
        /// Remaining fuel, low word (reserved).
        fuel / Fuel,
        /// Remaining fuel, high word on 32-bit machines (reserved).
        fuel_high / FuelHigh,
        /// Address of a word that is not zero once the code should stop; never null.
        interrupt / Interrupt,
    }
}

words! {
    /// What every context-like object starts with: contexts of instances and host records.
    ContextHead, ContextHeadField {
        /// The [`Store`].
        store / Store,
        /// The [`HelperVector`].
        helpers / Helpers,
        /// For the host: identifies the instance.
        instance / Instance,
    }
}

words! {
    /// A linear memory as generated code sees it.
    MemoryDescriptor, MemoryField {
        /// Address of byte 0.
        base / Base,
        /// Length in bytes.
        length / Length,
    }
}

words! {
    /// A table as generated code sees it.
    TableDescriptor, TableField {
        /// Address of element 0; each element is a reference, one word.
        elements / Elements,
        /// Number of elements.
        length / Length,
    }
}

words! {
    /// An imported function: what to call and the context to pass.
    FunctionSlot, SlotField {
        /// Callable address, following the slot convention.
        code / Code,
        /// Context of the callee's instance, or its host record.
        ctx / Ctx,
    }
}

words! {
    /// What a function reference points to.
    FunctionReference, ReferenceField {
        /// Callable address, following the slot convention.
        code / Code,
        /// Context of the callee's instance, or its host record.
        ctx / Ctx,
        /// Id of the function's type: the same number for equal types within a store.
        type_id / TypeId,
        /// Context of the instance whose references these are.
        owner / Owner,
    }
}

words! {
    /// The context of a host function.
    HostRecord, HostField {
        /// The [`Store`].
        store / Store,
        /// The [`HelperVector`].
        helpers / Helpers,
        /// For the host: identifies the instance that imports the function.
        instance / Instance,
        /// The host's function: for raw thunks `extern "C" fn(&HostRecord, cells) -> trap code or 0`, for native thunks a
        /// C function `(store.exec_env, params...)`, with a pointer to a 64-bit cell for each result but the first.
        function / Function,
        /// Anything the host wants to find again.
        attachment / Attachment,
        /// For native thunks: [`HostRecord::CONVERTS_ARGUMENTS`] or 0.
        flags / Flags,
    }
}

impl HostRecord {
    /// Some `i32` arguments are pointers, to be converted by [`Helper::NativeArguments`].
    pub const CONVERTS_ARGUMENTS: usize = 1;
}
