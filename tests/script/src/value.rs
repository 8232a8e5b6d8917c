//! Arguments, results, and what results must look like.

use core::fmt;

use graver_loader::{ExternRef, Val};

/// A value, as bits where that makes a difference.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// 32-bit integer.
    I32(i32),
    /// 64-bit integer.
    I64(i64),
    /// Bits of a 32-bit float.
    F32(u32),
    /// Bits of a 64-bit float.
    F64(u64),
    /// Whether it is null is all that a script can see.
    FuncRef {
        /// It is.
        is_null: bool,
    },
    /// The number that the host gave it.
    ExternRef(Option<u32>),
}

/// What a result must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// This value.
    Exactly(Value),
    /// A canonical NaN of 32 bits.
    CanonicalF32,
    /// An arithmetic NaN of 32 bits.
    ArithmeticF32,
    /// A canonical NaN of 64 bits.
    CanonicalF64,
    /// An arithmetic NaN of 64 bits.
    ArithmeticF64,
    /// A null reference of any type.
    Null,
    /// A reference to something of the host's.
    ExternRef,
}

/// A pattern in a list of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// What one result must be.
    pub pattern: Pattern,
    /// It is a further choice for the result of the pattern before it.
    pub is_alternative: bool,
}

impl From<Pattern> for Expected {
    fn from(pattern: Pattern) -> Self {
        Self { pattern, is_alternative: false }
    }
}

impl Value {
    /// As the loader passes it; `None` for functions and for numbers that no reference can carry.
    pub fn to_val(self) -> Option<Val> {
        Some(match self {
            Self::I32(value) => Val::I32(value),
            Self::I64(value) => Val::I64(value),
            Self::F32(bits) => Val::F32(f32::from_bits(bits)),
            Self::F64(bits) => Val::F64(f64::from_bits(bits)),
            Self::FuncRef { is_null: true } => Val::FuncRef(None),
            Self::FuncRef { is_null: false } => return None,
            Self::ExternRef(None) => Val::ExternRef(ExternRef::NULL),
            Self::ExternRef(Some(handle)) => Val::ExternRef(ExternRef::new(handle)?),
        })
    }

    /// What the loader returned; `None` for vectors.
    pub fn of_val(val: Val) -> Option<Self> {
        Some(match val {
            Val::I32(value) => Self::I32(value),
            Val::I64(value) => Self::I64(value),
            Val::F32(value) => Self::F32(value.to_bits()),
            Val::F64(value) => Self::F64(value.to_bits()),
            Val::V128(_) => return None,
            Val::FuncRef(function) => Self::FuncRef { is_null: function.is_none() },
            Val::ExternRef(reference) => Self::ExternRef(reference.handle()),
        })
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::I32(value) => write!(f, "i32 {value}"),
            Self::I64(value) => write!(f, "i64 {value}"),
            #[cfg(feature = "decimals")]
            Self::F32(bits) => write!(f, "f32 {:?} ({bits:#x})", f32::from_bits(*bits)),
            #[cfg(feature = "decimals")]
            Self::F64(bits) => write!(f, "f64 {:?} ({bits:#x})", f64::from_bits(*bits)),
            #[cfg(not(feature = "decimals"))]
            Self::F32(bits) => write!(f, "f32 {bits:#x}"),
            #[cfg(not(feature = "decimals"))]
            Self::F64(bits) => write!(f, "f64 {bits:#x}"),
            Self::FuncRef { is_null } => f.write_str(if *is_null { "null funcref" } else { "funcref" }),
            Self::ExternRef(Some(handle)) => write!(f, "externref {handle}"),
            Self::ExternRef(None) => f.write_str("null externref"),
        }
    }
}

impl Pattern {
    /// Whether a result is as it must be.
    pub fn matches(self, found: Value) -> bool {
        match (self, found) {
            (Self::Exactly(expected), found) => expected == found,
            (Self::CanonicalF32, Value::F32(bits)) => bits & 0x7fff_ffff == 0x7fc0_0000,
            (Self::ArithmeticF32, Value::F32(bits)) => bits & 0x7fc0_0000 == 0x7fc0_0000,
            (Self::CanonicalF64, Value::F64(bits)) => bits & (u64::MAX >> 1) == 0x7ff8_0000_0000_0000,
            (Self::ArithmeticF64, Value::F64(bits)) => bits & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
            (Self::Null, Value::FuncRef { is_null }) => is_null,
            (Self::Null, Value::ExternRef(handle)) => handle.is_none(),
            (Self::ExternRef, Value::ExternRef(handle)) => handle.is_some(),
            _ => false,
        }
    }
}

/// How something is stored: a tag and eight bytes.
pub trait Record: Copy {
    /// To bytes.
    fn encode(self) -> (u8, u64);
    /// From bytes.
    fn decode(tag: u8, bits: u64) -> Option<Self>;
}

impl Record for Value {
    fn encode(self) -> (u8, u64) {
        match self {
            Self::I32(value) => (0, u64::from(value as u32)),
            Self::I64(value) => (1, value as u64),
            Self::F32(bits) => (2, u64::from(bits)),
            Self::F64(bits) => (3, bits),
            Self::FuncRef { is_null } => (4, u64::from(is_null)),
            Self::ExternRef(None) => (5, 0),
            Self::ExternRef(Some(handle)) => (6, u64::from(handle)),
        }
    }

    fn decode(tag: u8, bits: u64) -> Option<Self> {
        Some(match tag {
            0 => Self::I32(bits as i32),
            1 => Self::I64(bits as i64),
            2 => Self::F32(bits as u32),
            3 => Self::F64(bits),
            4 => Self::FuncRef { is_null: bits != 0 },
            5 => Self::ExternRef(None),
            6 => Self::ExternRef(Some(bits as u32)),
            _ => return None,
        })
    }
}

/// Patterns other than values, from this tag on.
const CLASSES: [Pattern; 6] = [
    Pattern::CanonicalF32,
    Pattern::ArithmeticF32,
    Pattern::CanonicalF64,
    Pattern::ArithmeticF64,
    Pattern::Null,
    Pattern::ExternRef,
];
const FIRST_CLASS: u8 = 0x40;
const ALTERNATIVE: u8 = 0x80;

impl Record for Expected {
    fn encode(self) -> (u8, u64) {
        let (tag, bits) = match self.pattern {
            Pattern::Exactly(value) => value.encode(),
            class => (FIRST_CLASS + CLASSES.iter().take_while(|known| **known != class).count() as u8, 0),
        };
        (if self.is_alternative { tag | ALTERNATIVE } else { tag }, bits)
    }

    fn decode(tag: u8, bits: u64) -> Option<Self> {
        let is_alternative = tag & ALTERNATIVE != 0;
        let tag = tag & !ALTERNATIVE;
        let pattern = match tag.checked_sub(FIRST_CLASS) {
            Some(class) => *CLASSES.get(usize::from(class))?,
            None => Pattern::Exactly(Value::decode(tag, bits)?),
        };
        Some(Self { pattern, is_alternative })
    }
}

/// Bytes of a record.
pub(crate) const RECORD_BYTES: usize = 9;

/// Values or patterns: those of a script, or some to be written into one.
#[derive(Clone, Copy)]
pub struct List<'s, T>(Source<'s, T>);

#[derive(Clone, Copy)]
enum Source<'s, T> {
    /// Whole records, all of which can be decoded.
    Stored(&'s [u8]),
    Made(&'s [T]),
}

impl<'s, T: Record> List<'s, T> {
    /// From records in a script; `None` if one of them means nothing.
    pub(crate) fn stored(bytes: &'s [u8]) -> Option<Self> {
        bytes.chunks(RECORD_BYTES).all(|record| decode::<T>(record).is_some()).then_some(Self(Source::Stored(bytes)))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self.0 {
            Source::Stored(bytes) => bytes.len() / RECORD_BYTES,
            Source::Made(items) => items.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = T> + use<'s, T> {
        let (bytes, items): (&[u8], &[T]) = match self.0 {
            Source::Stored(bytes) => (bytes, &[]),
            Source::Made(items) => (&[], items),
        };
        bytes.chunks(RECORD_BYTES).filter_map(decode).chain(items.iter().copied())
    }
}

fn decode<T: Record>(record: &[u8]) -> Option<T> {
    let (tag, bits) = record.split_first()?;
    T::decode(*tag, u64::from_le_bytes(bits.try_into().ok()?))
}

impl<'s, T> From<&'s [T]> for List<'s, T> {
    fn from(items: &'s [T]) -> Self {
        Self(Source::Made(items))
    }
}

impl<T: Record + fmt::Debug> fmt::Debug for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Display for List<'_, Expected> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, expected) in self.iter().enumerate() {
            let separator = match position {
                0 => "",
                _ if expected.is_alternative => " or ",
                _ => ", ",
            };
            match expected.pattern {
                Pattern::Exactly(value) => write!(f, "{separator}{value:?}")?,
                class => write!(f, "{separator}{class:?}")?,
            }
        }
        Ok(())
    }
}
