//! Values as the host sees them.

use graver_aot_format::ValType;

use crate::func::Func;

/// A value of any type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Val {
    /// 32-bit integer.
    I32(i32),
    /// 64-bit integer.
    I64(i64),
    /// 32-bit float.
    F32(f32),
    /// 64-bit float.
    F64(f64),
    /// 128-bit vector.
    V128(u128),
    /// Function reference; `None` is null.
    FuncRef(Option<Func>),
    /// Reference to something of the host's.
    ExternRef(ExternRef),
}

impl Val {
    /// Its type.
    pub const fn ty(&self) -> ValType {
        match self {
            Self::I32(_) => ValType::I32,
            Self::I64(_) => ValType::I64,
            Self::F32(_) => ValType::F32,
            Self::F64(_) => ValType::F64,
            Self::V128(_) => ValType::V128,
            Self::FuncRef(_) => ValType::FuncRef,
            Self::ExternRef(_) => ValType::ExternRef,
        }
    }

    /// 0 or null.
    pub const fn default_of(ty: ValType) -> Self {
        match ty {
            ValType::I32 => Self::I32(0),
            ValType::I64 => Self::I64(0),
            ValType::F32 => Self::F32(0.0),
            ValType::F64 => Self::F64(0.0),
            ValType::V128 => Self::V128(0),
            ValType::FuncRef => Self::FuncRef(None),
            ValType::ExternRef => Self::ExternRef(ExternRef::NULL),
        }
    }
}

/// Conversions to values, and back where the type is right.
macro_rules! values {
    ($($variant:ident $ty:ty: $get:ident;)*) => {
        $(
            impl From<$ty> for Val {
                fn from(value: $ty) -> Self {
                    Self::$variant(value)
                }
            }
        )*

        impl Val {
            $(
                #[doc = concat!("What [`Self::", stringify!($variant), "`] holds, if it is one.")]
                pub const fn $get(self) -> Option<$ty> {
                    match self {
                        Self::$variant(value) => Some(value),
                        _ => None,
                    }
                }
            )*
        }
    };
}
values! {
    I32 i32: i32;
    I64 i64: i64;
    F32 f32: f32;
    F64 f64: f64;
    V128 u128: v128;
    FuncRef Option<Func>: func_ref;
    ExternRef ExternRef: extern_ref;
}

/// A reference to something that only the host knows, named by a number that the host chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ExternRef(usize);

impl ExternRef {
    /// The null reference.
    pub const NULL: Self = Self(0);

    /// The largest number that a reference can carry on every machine.
    pub const MAX_HANDLE: u32 = (1 << 31) - 2;

    /// A reference that carries `handle`, if it is at most [`Self::MAX_HANDLE`].
    pub const fn new(handle: u32) -> Option<Self> {
        // The lowest bit is reserved for small integers, and 0 is null.
        if handle <= Self::MAX_HANDLE { Some(Self((handle as usize + 1) << 1)) } else { None }
    }

    /// The number, unless this is null.
    pub const fn handle(self) -> Option<u32> {
        match self.0 {
            0 => None,
            word => Some(((word >> 1) - 1) as u32),
        }
    }

    /// A reference that carries an address, or null. For hosts that name things by their addresses alone: it must not be
    /// mixed with [`Self::new`] in one store.
    pub const fn from_address(address: usize) -> Self {
        Self(address)
    }

    /// What [`Self::from_address`] got.
    pub const fn address(self) -> usize {
        self.0
    }

    /// As generated code sees it.
    pub(crate) const fn word(self) -> usize {
        self.0
    }

    /// From generated code.
    pub(crate) const fn from_word(word: usize) -> Self {
        Self(word)
    }
}

/// A function type: the types of parameters and results.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature<'a> {
    params: &'a [u8],
    results: &'a [u8],
}

impl<'a> Signature<'a> {
    /// From types as images store them, all of which are valid.
    pub(crate) const fn new(params: &'a [u8], results: &'a [u8]) -> Self {
        Self { params, results }
    }

    /// From types.
    pub fn of(params: &'a [ValType], results: &'a [ValType]) -> Self {
        Self { params: raw(params), results: raw(results) }
    }

    /// Types of the parameters.
    pub fn params(&self) -> impl ExactSizeIterator<Item = ValType> + Clone + use<'a> {
        types(self.params)
    }

    /// Types of the results.
    pub fn results(&self) -> impl ExactSizeIterator<Item = ValType> + Clone + use<'a> {
        types(self.results)
    }

    /// Types of the parameters as images store them: each is a [`ValType::raw`].
    pub const fn raw_params(&self) -> &'a [u8] {
        self.params
    }

    /// Types of the results as images store them.
    pub const fn raw_results(&self) -> &'a [u8] {
        self.results
    }

    /// Cells that a call needs: parameters go in and results come out at the same place.
    pub fn cells(&self) -> usize {
        let sum = |types: &[u8]| types.len() + types.iter().filter(|raw| **raw == ValType::V128.raw()).count();
        sum(self.params).max(sum(self.results))
    }
}

/// Types as images store them.
#[allow(unsafe_code)] // The one place that looks at the bytes of an enum.
fn raw(types: &[ValType]) -> &[u8] {
    const { assert!(size_of::<ValType>() == 1 && ValType::I32 as u8 == ValType::I32.raw()) };
    // SAFETY: `ValType` is `repr(u8)`, and its values are what images store.
    unsafe { core::slice::from_raw_parts(types.as_ptr().cast(), types.len()) }
}

fn types(raw: &[u8]) -> impl ExactSizeIterator<Item = ValType> + Clone + use<'_> {
    // Checked with the image; host signatures are made of `ValType` in the first place.
    raw.iter().map(|raw| ValType::from_raw(*raw).unwrap_or(ValType::I32))
}

impl core::fmt::Debug for Signature<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

impl core::fmt::Display for Signature<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let list = |f: &mut core::fmt::Formatter<'_>, raw: &[u8]| {
            f.write_str("(")?;
            for (position, ty) in types(raw).enumerate() {
                f.write_str(if position == 0 { "" } else { ", " })?;
                f.write_str(ty.name())?;
            }
            f.write_str(")")
        };
        list(f, self.params)?;
        f.write_str(" -> ")?;
        list(f, self.results)
    }
}
