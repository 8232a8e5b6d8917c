//! Small closed sets that records store as one byte, each with a checked conversion.

/// Defines a fieldless enum that is stored as a fixed-width integer and read back with a check.
macro_rules! stored_enum {
    ($(#[$meta:meta])* $name:ident: $repr:ty { $($(#[$vmeta:meta])* $variant:ident = $value:expr),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr($repr)]
        pub enum $name { $($(#[$vmeta])* $variant = $value),* }

        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The value stored as `raw`, if there is one.
            pub const fn from_raw(raw: $repr) -> Option<Self> {
                match raw {
                    $(raw if raw == $value => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// What the file stores.
            pub const fn raw(self) -> $repr {
                self as $repr
            }
        }
    };
}
pub(crate) use stored_enum;

stored_enum! {
    /// A value type, numbered as in the WebAssembly binary format.
    ValType: u8 {
        /// 32-bit integer.
        I32 = 0x7f,
        /// 64-bit integer.
        I64 = 0x7e,
        /// 32-bit float.
        F32 = 0x7d,
        /// 64-bit float.
        F64 = 0x7c,
        /// 128-bit vector.
        V128 = 0x7b,
        /// Nullable reference to a function.
        FuncRef = 0x70,
        /// Nullable reference to a host value.
        ExternRef = 0x6f,
    }
}

impl ValType {
    /// How many 64-bit cells a value takes in globals, arguments and results.
    pub const fn cells(self) -> usize {
        match self {
            Self::V128 => 2,
            _ => 1,
        }
    }

    /// Whether the value is a reference, one pointer-sized word with 0 as null.
    pub const fn is_reference(self) -> bool {
        matches!(self, Self::FuncRef | Self::ExternRef)
    }

    /// The name that the text format uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::V128 => "v128",
            Self::FuncRef => "funcref",
            Self::ExternRef => "externref",
        }
    }
}

stored_enum! {
    /// What an import or export is, numbered as in the WebAssembly binary format.
    ExternKind: u8 {
        /// A function.
        Function = 0,
        /// A table.
        Table = 1,
        /// A linear memory.
        Memory = 2,
        /// A global.
        Global = 3,
        /// An exception tag (reserved).
        Tag = 4,
    }
}

stored_enum! {
    /// The type of a memory's or table's indexes.
    IndexType: u8 {
        /// 32-bit indexes.
        I32 = 0,
        /// 64-bit indexes (memory64).
        I64 = 1,
    }
}

stored_enum! {
    /// Whether a global can be assigned.
    Mutability: u8 {
        /// Constant after instantiation.
        Const = 0,
        /// Assignable.
        Var = 1,
    }
}

stored_enum! {
    /// How generated code keeps accesses to one memory inside it.
    BoundsStrategy: u8 {
        /// Every access is compared with the length in the context.
        Software = 0,
        /// No comparison: the loader must reserve [`crate::abi::GUARD_RESERVATION`] bytes and turn faults into traps.
        Guard = 1,
    }
}

stored_enum! {
    /// How running code notices that it should stop.
    StopMode: u8 {
        /// Code has no checks; a hosted loader interrupts it asynchronously.
        Asynchronous = 0,
        /// Code reads the word at `store.interrupt` in loops and functions.
        Polled = 1,
    }
}

stored_enum! {
    /// How a segment is used.
    SegmentMode: u8 {
        /// Copied by `memory.init` or `table.init` only.
        Passive = 0,
        /// Copied at instantiation, then dropped.
        Active = 1,
        /// Only declares functions as referenced (elements).
        Declared = 2,
    }
}

stored_enum! {
    /// How an initial value is found.
    InitKind: u8 {
        /// The cells are in the record.
        Constant = 0,
        /// The value of global `index`, at the time of initialisation.
        Global = 1,
        /// A reference to function `index`.
        Function = 2,
        /// The null reference.
        Null = 3,
        /// The result of calling the code at text offset `index`, a function without parameters, through the call
        /// thunk at the text offset in the first cell.
        Code = 4,
    }
}

stored_enum! {
    /// A bit in the header's `required_features`: facts about the file that a loader must understand.
    FormatFeature: u8 {
        /// At least one memory relies on guard regions.
        GuardedMemory = 0,
        /// The image has words that the loader must add addresses to.
        LoadRelocations = 1,
        /// Text and read-only data are placed independently.
        SplitBases = 2,
        /// A memory is shared between threads.
        SharedMemory = 3,
        /// A memory or table has 64-bit indexes.
        Index64 = 4,
        /// The image was linked for one place in memory and runs nowhere else.
        BaseAddresses = 5,
    }
}

impl FormatFeature {
    /// The bit in `required_features`.
    pub const fn bit(self) -> u64 {
        1 << (self as u8)
    }

    /// The features that this version of the crate can describe to a loader.
    pub const KNOWN: u64 = Self::GuardedMemory.bit()
        | Self::LoadRelocations.bit()
        | Self::SplitBases.bit()
        | Self::SharedMemory.bit()
        | Self::Index64.bit()
        | Self::BaseAddresses.bit();
}
