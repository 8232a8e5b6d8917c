//! Why generated code stopped.

use core::fmt;

macro_rules! traps {
    ($($(#[$meta:meta])* $variant:ident = $code:literal, $text:literal;)*) => {
        /// Why a call did not return. The numbers are what `store.trap` holds; 0 is "no trap".
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum Trap { $($(#[$meta])* $variant = $code),* }

        impl Trap {
            /// Every trap, by number.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The trap with a number.
            pub const fn from_code(code: usize) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The number.
            pub const fn code(self) -> u32 {
                self as u32
            }

            /// The text that follows `Exception: `.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }
    };
}

// Numbers are for good. The texts are part of the embedding API that clients compare with.
traps! {
    /// `unreachable` was executed.
    Unreachable = 1, "unreachable";
    /// The host could not allocate.
    AllocateMemory = 2, "allocate memory failed";
    /// A memory access, or a bulk operation, beyond the end of a memory or segment.
    MemoryOutOfBounds = 3, "out of bounds memory access";
    /// A quotient or conversion that does not fit.
    IntegerOverflow = 4, "integer overflow";
    /// A division by zero.
    IntegerDivideByZero = 5, "integer divide by zero";
    /// A conversion of NaN to an integer.
    InvalidConversion = 6, "invalid conversion to integer";
    /// `call_indirect` of a function with another type.
    IndirectCallType = 7, "indirect call type mismatch";
    /// `call_indirect` beyond the end of the table.
    UndefinedElement = 8, "undefined element";
    /// `call_indirect` of null.
    UninitializedElement = 9, "uninitialized element";
    /// A table access, or a bulk operation, beyond the end of a table or segment.
    TableOutOfBounds = 10, "out of bounds table access";
    /// The native stack is used up.
    StackOverflow = 11, "native stack overflow";
    /// A call of an import that nothing was linked to.
    UnlinkedFunction = 12, "failed to call unlinked import function";
    /// The embedder asked the code to stop.
    Terminated = 13, "terminated by user";
    /// `proc_exit`; the exit code is with the host.
    ProcExit = 14, "wasi proc exit";
    /// A host function failed; its reason is with the host.
    Host = 15, "host function failed";
    /// An atomic access at an address that is not a multiple of its size.
    UnalignedAtomic = 16, "unaligned atomic";
    /// A wait on a memory that is not shared.
    ExpectedSharedMemory = 17, "expected shared memory";
    /// The fuel is used up.
    OutOfFuel = 18, "instruction limit exceeded";
    /// A call through a null function reference.
    NullFunction = 19, "null function reference";
    /// A null reference where none is allowed.
    NullReference = 20, "null reference";
    /// An access to a field of a null structure.
    NullStructure = 21, "null structure reference";
    /// An access to an element of a null array.
    NullArray = 22, "null array reference";
    /// An access to a null i31.
    NullI31 = 23, "null i31 reference";
    /// A cast to a type that the reference does not have.
    CastFailure = 24, "cast failure";
    /// An array access beyond the end.
    ArrayOutOfBounds = 25, "out of bounds array access";
    /// An exception that no handler caught.
    UncaughtException = 26, "uncaught exception";
    /// A wait without an end where there are no other threads.
    Deadlock = 27, "wait that nothing can end";
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl core::error::Error for Trap {}
