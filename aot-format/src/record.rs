//! The fixed-layout records of an image: one list of fields each, expanded into the struct, its reader and its writer.

/// Reads little-endian integers; zero beyond the end.
pub(crate) trait Field: Sized {
    const SIZE: usize;
    /// Inlined, because the length and `at` are known where records are read: then it is one load.
    fn get(bytes: &[u8], at: usize) -> Self;
    #[cfg(any(feature = "write", test))]
    fn put(&self, out: &mut alloc::vec::Vec<u8>);
}

macro_rules! integer_fields {
    ($($int:ty),*) => {$(
        impl Field for $int {
            const SIZE: usize = size_of::<$int>();
            #[inline(always)]
            fn get(bytes: &[u8], at: usize) -> Self {
                let mut raw = [0; size_of::<$int>()];
                if let Some(found) = bytes.get(at..at + size_of::<$int>()) {
                    raw.copy_from_slice(found);
                }
                <$int>::from_le_bytes(raw)
            }
            #[cfg(any(feature = "write", test))]
            fn put(&self, out: &mut alloc::vec::Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}
integer_fields!(u8, u16, u32, u64);

/// A record of fixed size, read from and written to little-endian bytes without padding.
pub trait Record: Copy {
    /// Bytes that this version reads; the file's stride may be larger.
    const SIZE: usize;

    /// Reads the record at the start of `bytes`, which hold at least [`Self::SIZE`] bytes.
    fn read(bytes: &[u8]) -> Self;

    /// Appends the record to `out`.
    #[cfg(any(feature = "write", test))]
    fn write(&self, out: &mut alloc::vec::Vec<u8>);
}

/// What records are read from where there are too few bytes.
static ZEROES: [u8; 64] = [0; 64];

/// Field order must keep every integer at a multiple of its own size, so that the layout has no holes.
macro_rules! records {
    ($($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident: $ty:ty),* $(,)? })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name { $($(#[$fmeta])* pub $field: $ty),* }

        impl Record for $name {
            const SIZE: usize = 0 $(+ <$ty as Field>::SIZE)*;

            #[allow(unused_assignments)]
            fn read(bytes: &[u8]) -> Self {
                const SIZE: usize = <$name as Record>::SIZE;
                let bytes: &[u8; SIZE] = bytes.first_chunk().unwrap_or(const { ZEROES.first_chunk().unwrap() });
                let mut at = 0;
                $(let $field = <$ty as Field>::get(bytes, at); at += <$ty as Field>::SIZE;)*
                Self { $($field),* }
            }

            #[cfg(any(feature = "write", test))]
            fn write(&self, out: &mut alloc::vec::Vec<u8>) {
                $(self.$field.put(out);)*
            }
        }

        impl $name {
            /// Name, offset and size in bytes of every field, in file order.
            pub const FIELDS: &'static [(&'static str, usize, usize)] = {
                const COUNT: usize = [$(stringify!($field)),*].len();
                const TABLE: [(&str, usize, usize); COUNT] = {
                    let mut table = [$((stringify!($field), 0, <$ty as Field>::SIZE)),*];
                    let mut at = 0;
                    let mut i = 0;
                    while i < COUNT {
                        table[i].1 = at;
                        at += table[i].2;
                        i += 1;
                    }
                    table
                };
                &TABLE
            };
        }
    )*};
}

/// A string of the `strings` section: `length` bytes at `offset`, followed by a NUL that the length does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// Offset in the `strings` section.
    pub offset: u32,
    /// Bytes without the NUL.
    pub length: u32,
}

impl Field for Name {
    const SIZE: usize = 8;
    #[inline(always)]
    fn get(bytes: &[u8], at: usize) -> Self {
        Self { offset: u32::get(bytes, at), length: u32::get(bytes, at + 4) }
    }
    #[cfg(any(feature = "write", test))]
    fn put(&self, out: &mut alloc::vec::Vec<u8>) {
        self.offset.put(out);
        self.length.put(out);
    }
}

/// Where an initial value comes from; see [`crate::InitKind`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Init {
    /// A [`crate::InitKind`].
    pub kind: u8,
    /// A [`crate::ValType`]: the type of the value.
    pub ty: u8,
    /// Index or text offset, for the kinds that have one.
    pub index: u32,
    /// The cells of a constant; the second is used by v128 only.
    pub cells: [u64; 2],
}

impl Field for Init {
    const SIZE: usize = 24;
    #[inline(always)]
    fn get(bytes: &[u8], at: usize) -> Self {
        Self {
            kind: u8::get(bytes, at),
            ty: u8::get(bytes, at + 1),
            index: u32::get(bytes, at + 4),
            cells: [u64::get(bytes, at + 8), u64::get(bytes, at + 16)],
        }
    }
    #[cfg(any(feature = "write", test))]
    fn put(&self, out: &mut alloc::vec::Vec<u8>) {
        out.extend_from_slice(&[self.kind, self.ty, 0, 0]);
        self.index.put(out);
        self.cells[0].put(out);
        self.cells[1].put(out);
    }
}

records! {
    /// The contract at the start of the file. Everything in it is checked before anything else is read.
    Header {
        /// [`crate::MAGIC`].
        magic: u32,
        /// [`crate::VERSION`].
        version: u32,
        /// Bytes of this header; the section directory follows.
        header_length: u16,
        /// Bytes of a directory entry.
        directory_stride: u16,
        /// Number of directory entries.
        section_count: u32,
        /// Bytes of the whole image.
        file_length: u32,
        /// An [`crate::Arch`].
        arch: u16,
        /// 4 or 8.
        pointer_bytes: u8,
        /// A [`crate::FloatAbi`].
        float_abi: u8,
        /// CPU features that the code uses, bits of [`crate::CpuFeature`].
        cpu_features: u64,
        /// Facts the loader must understand, bits of [`crate::FormatFeature`].
        required_features: u64,
        /// [`crate::abi::VERSION`]: layout of context and store, numbering of helpers.
        abi_version: u16,
        /// [`crate::abi::SLOT_CONVENTION`]: how calls that may cross images pass values.
        slot_convention: u8,
        /// A [`crate::StopMode`].
        stop_mode: u8,
        /// 0: none; 1: instructions are counted in `store.fuel`.
        fuel_mode: u8,
        /// Log2 of the alignment that the text's address needs.
        text_align_log2: u8,
        /// Log2 of the alignment that the read-only data's address needs.
        rodata_align_log2: u8,
        /// Reserved, zero.
        reserved: u8,
        /// Bytes of native stack that any call from the host needs at most, or [`crate::NONE`] where there is no bound.
        stack_bound: u32,
        /// Version of the compiler that wrote the image: major << 16 | minor << 8 | patch.
        compiler_version: u32,
        /// Version of LLVM that generated the code, in the same form.
        llvm_version: u32,
        /// Bytes of native stack below `store.stack_limit` that code may use without a check: the largest frame, leaf
        /// functions and runtime routines.
        stack_slack: u32,
    }

    /// One line of the section directory.
    DirectoryEntry {
        /// A [`crate::SectionId`].
        id: u16,
        /// Bits of [`DirectoryEntry::REQUIRED`].
        flags: u16,
        /// Bytes of one element; 1 where the section is plain bytes.
        stride: u32,
        /// Offset in the file.
        offset: u32,
        /// Bytes.
        length: u32,
    }

    /// Facts about the module as a whole: the one element of the `module` section.
    Module {
        /// How many of the functions are imported; they come first.
        imported_functions: u32,
        /// How many of the tables are imported; they come first.
        imported_tables: u32,
        /// How many of the memories are imported; they come first.
        imported_memories: u32,
        /// How many of the globals are imported; they come first.
        imported_globals: u32,
        /// Index of the start function, or [`crate::NONE`].
        start_function: u32,
        /// Bits of [`Module::LOCAL_TYPE_IDS`] and its neighbours.
        flags: u32,
        /// Text offset of `enter`, a callable address.
        enter: u32,
        /// Text offset of `leave`, a callable address.
        leave: u32,
        /// Text offset of the end of `leave`, the last of the glue that the text begins with: code from there on may be
        /// stopped anywhere.
        glue_end: u32,
    }

    /// A function type. `params` and `results` are consecutive in the `value types` section.
    FunctionType {
        /// Index of the first parameter's type in the `value types` section.
        first: u32,
        /// Number of parameters.
        params: u16,
        /// Number of results.
        results: u16,
        /// Text offset of the thunk `(ctx, code, cells)` that calls wasm code, or [`crate::NONE`].
        call_thunk: u32,
        /// Text offset of the slot code that calls a host function through cells, or [`crate::NONE`].
        raw_thunk: u32,
        /// Text offset of the slot code that calls a native C function, or [`crate::NONE`].
        native_thunk: u32,
        /// Index of the first type with equal parameters and results.
        canonical: u32,
    }

    /// An import: `index` counts within the imports of its kind, whose record has the type.
    Import {
        /// Module name.
        module: Name,
        /// Field name.
        name: Name,
        /// A [`crate::ExternKind`].
        kind: u8,
        /// Reserved, zero.
        reserved: u8,
        /// Reserved, zero.
        reserved_half: u16,
        /// Index in the index space of the kind.
        index: u32,
    }

    /// A function, imported ones included.
    Function {
        /// Index of its type.
        ty: u32,
        /// Text offset of its code, a callable address; [`crate::NONE`] for imports and for functions that nothing
        /// outside the image can reach.
        code: u32,
        /// Position of its reference in the context, or [`crate::NONE`] where no reference to it is ever taken.
        reference: u32,
    }

    /// A table, imported ones included.
    Table {
        /// A [`crate::ValType`] that is a reference.
        element: u8,
        /// An [`crate::IndexType`].
        index_type: u8,
        /// 1 where `maximum` holds.
        has_maximum: u8,
        /// Reserved, zero.
        reserved: u8,
        /// Offset in read-only data of its [`TableEntry`] values, `minimum` of them, if the table is constant; then it
        /// has no place in the context. Otherwise [`crate::NONE`].
        constant: u32,
        /// Elements at instantiation.
        minimum: u64,
        /// The most elements it can have.
        maximum: u64,
        /// The initial value of every element.
        init: Init,
    }

    /// An element of a constant table in read-only data.
    TableEntry {
        /// Text offset of the code, a callable address, or 0 for null (text starts with the glue, never a function).
        code: u32,
        /// Canonical index of its type.
        ty: u32,
    }

    /// A linear memory, imported ones included.
    Memory {
        /// An [`crate::IndexType`].
        index_type: u8,
        /// Log2 of the page size: 16, or 0 with custom page sizes.
        page_log2: u8,
        /// 1 where `maximum` holds.
        has_maximum: u8,
        /// 1 for a shared memory.
        shared: u8,
        /// A [`crate::BoundsStrategy`].
        bounds: u8,
        /// 1 where code assumes that the length never changes from `minimum`.
        fixed: u8,
        /// 1 where code assumes that the memory never grows (so that its length could be kept in a register).
        never_grows: u8,
        /// Reserved, zero.
        reserved: u8,
        /// Pages at instantiation.
        minimum: u64,
        /// The most pages it can have.
        maximum: u64,
    }

    /// A word that holds an address, to which the loader adds a base once the code has its place. Words lie at multiples
    /// of 4, which leaves two bits of the offset for flags.
    LoadRelocation {
        /// Offset of the word in its section, and [`LoadRelocation::IN_RODATA`], [`LoadRelocation::ADD_RODATA`].
        place: u32,
    }

    /// The place in memory that the code was linked for.
    BaseAddresses {
        /// Where the text runs.
        text: u64,
        /// Where code reads the read-only data.
        rodata: u64,
    }

    /// A global, imported ones included (whose `init` is not used).
    Global {
        /// A [`crate::ValType`].
        ty: u8,
        /// A [`crate::Mutability`].
        mutability: u8,
        /// Reserved, zero.
        reserved: u16,
        /// Reserved, zero.
        reserved_word: u32,
        /// Its value at instantiation.
        init: Init,
    }

    /// An export.
    Export {
        /// Its name.
        name: Name,
        /// An [`crate::ExternKind`].
        kind: u8,
        /// Reserved, zero.
        reserved: u8,
        /// Reserved, zero.
        reserved_half: u16,
        /// Index in the index space of the kind.
        index: u32,
    }

    /// An element segment. Its items are indexes of functions, [`crate::NONE`] for null, or, with
    /// [`Element::ITEM_IS_INIT`] set, indexes in the `inits` section.
    Element {
        /// A [`crate::SegmentMode`].
        mode: u8,
        /// A [`crate::ValType`] that is a reference.
        ty: u8,
        /// Reserved, zero.
        reserved: u16,
        /// The table that an active segment initialises.
        table: u32,
        /// Index of its first item in the `element items` section.
        first: u32,
        /// Number of items.
        count: u32,
        /// Where in the table an active segment goes.
        offset: Init,
    }

    /// A custom section that was asked to be kept: `length` bytes of the `data` section.
    CustomSection {
        /// Its name.
        name: Name,
        /// Offset of its first byte in the `data` section.
        first: u32,
        /// Number of bytes.
        length: u32,
    }

    /// A data segment: `length` bytes of the `data` section.
    Data {
        /// A [`crate::SegmentMode`].
        mode: u8,
        /// Reserved, zero.
        reserved: u8,
        /// Reserved, zero.
        reserved_half: u16,
        /// The memory that an active segment initialises.
        memory: u32,
        /// Offset of its first byte in the `data` section.
        first: u32,
        /// Number of bytes.
        length: u32,
        /// Where in the memory an active segment goes.
        offset: Init,
    }
}

impl Record for u32 {
    const SIZE: usize = 4;
    fn read(bytes: &[u8]) -> Self {
        Field::get(bytes, 0)
    }
    #[cfg(any(feature = "write", test))]
    fn write(&self, out: &mut alloc::vec::Vec<u8>) {
        self.put(out);
    }
}

impl Record for Init {
    const SIZE: usize = <Self as Field>::SIZE;
    fn read(bytes: &[u8]) -> Self {
        Field::get(bytes, 0)
    }
    #[cfg(any(feature = "write", test))]
    fn write(&self, out: &mut alloc::vec::Vec<u8>) {
        self.put(out);
    }
}

impl DirectoryEntry {
    /// Set in `flags` where a loader that does not know the section must refuse the image.
    pub const REQUIRED: u16 = 1;
}

impl Module {
    /// Type ids in references are canonical type indexes of this module: no reference can come from outside.
    pub const LOCAL_TYPE_IDS: u32 = 1;
    /// The code uses floating point, so `enter` sets the environment that wasm needs.
    pub const USES_FLOATS: u32 = 2;
}

impl Element {
    /// Set in an item that is an index in the `inits` section rather than of a function.
    pub const ITEM_IS_INIT: u32 = 1 << 31;
}

impl LoadRelocation {
    /// Set in `place` where the word is in read-only data rather than in the text.
    pub const IN_RODATA: u32 = 1;
    /// Set in `place` where the address of read-only data is added rather than that of the text.
    pub const ADD_RODATA: u32 = 2;

    /// Offset of the word in its section.
    pub const fn offset(self) -> u32 {
        self.place & !3
    }

    /// Whether the word is in read-only data.
    pub const fn is_in_rodata(self) -> bool {
        self.place & Self::IN_RODATA != 0
    }

    /// Whether the address of read-only data is added.
    pub const fn adds_rodata(self) -> bool {
        self.place & Self::ADD_RODATA != 0
    }
}
