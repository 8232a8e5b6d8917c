//! The helper vector: everything that generated code asks of its host, numbered.

/// What a helper returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HelperResult {
    /// A value, one word.
    Value,
    /// A [`super::Trap`] code, or 0.
    Trap,
    /// Nothing worth reading (0).
    Nothing,
}

macro_rules! helpers {
    ($($(#[$meta:meta])* $field:ident / $variant:ident ($($param:ident),*) -> $result:ident),* $(,)?) => {
        /// A helper, in the order of the vector.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Helper { $($(#[$meta])* $variant),* }

        impl Helper {
            /// Every helper, in the order of the vector.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Offset of the helper's address in the vector.
            pub const fn offset(self, pointer_bytes: u8) -> u32 {
                self as u32 * pointer_bytes as u32
            }

            /// Number of word-sized parameters after the context.
            pub const fn params(self) -> usize {
                match self { $(Self::$variant => { const NAMES: &[&str] = &[$(stringify!($param)),*]; NAMES.len() })* }
            }

            /// What the word it returns means.
            pub const fn result(self) -> HelperResult {
                match self { $(Self::$variant => HelperResult::$result),* }
            }

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($field)),* }
            }
        }

        /// The vector itself: C functions of a context and words, each returning a word.
        #[derive(Clone, Copy, Debug)]
        #[repr(C)]
        pub struct HelperVector {
            $($(#[$meta])* pub $field: unsafe extern "C" fn(ctx: usize $(, $param: usize)*) -> usize),*
        }

        const _: () = assert!(size_of::<HelperVector>() == Helper::ALL.len() * size_of::<usize>());
    };
}

/// What [`Helper::MemoryWait`] adds to a trap's code: below are the results that `memory.atomic.wait` has itself.
pub const WAIT_TRAPS: u32 = 3;

// Numbers are for good: new helpers go to the end. `VERSION` changes with each, and when one changes its meaning: a loader
// must not be asked for what it does not have.
helpers! {
    /// `memory.grow`: the old size in pages, or all ones.
    memory_grow / MemoryGrow(memory, pages) -> Value,
    /// `memory.init`.
    memory_init / MemoryInit(memory, segment, to, from, length) -> Trap,
    /// `memory.copy`.
    memory_copy / MemoryCopy(to_memory, from_memory, to, from, length) -> Trap,
    /// `memory.fill`.
    memory_fill / MemoryFill(memory, to, byte, length) -> Trap,
    /// `data.drop`.
    data_drop / DataDrop(segment) -> Nothing,
    /// `table.grow`: the old size, or all ones.
    table_grow / TableGrow(table, reference, count) -> Value,
    /// `table.init`.
    table_init / TableInit(table, segment, to, from, count) -> Trap,
    /// `table.copy`.
    table_copy / TableCopy(to_table, from_table, to, from, count) -> Trap,
    /// `table.fill`.
    table_fill / TableFill(table, to, reference, count) -> Trap,
    /// `elem.drop`.
    element_drop / ElementDrop(segment) -> Nothing,
    /// Converts what a native takes as pointers: `words` is the address of its `i32` arguments, in order, one word each.
    /// The context of this helper and the next is the native's host record.
    native_arguments / NativeArguments(words) -> Trap,
    /// Why a native's caller must stop; asked where `store.stop` is set after a native has returned.
    native_returned / NativeReturned() -> Trap,
    /// Nobody else runs from here on, so that what no instruction does at once can be done in steps; returns what the next
    /// helper takes. Only for machines with one core, or where the host knows better.
    atomic_begin / AtomicBegin() -> Value,
    /// Others run again.
    atomic_end / AtomicEnd(before) -> Nothing,
    /// `memory.atomic.wait32` and `wait64`, at a place that is aligned and inside the memory: 0 if woken, 1 if the `bytes`
    /// there are not those expected, 2 if the time is over, or [`WAIT_TRAPS`] plus a [`super::Trap`] code. 64-bit values come in halves.
    memory_wait / MemoryWait(memory, address, bytes, expected, expected_high, timeout, timeout_high) -> Value,
    /// `memory.atomic.notify`, at such a place: how many were woken.
    memory_notify / MemoryNotify(memory, address, count) -> Value,
}
