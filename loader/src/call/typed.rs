//! Calls with Rust types: tuples of what WebAssembly has.
#![allow(unsafe_code)] // Calls `invoke`, after the check that it asks for.

use core::fmt;
use core::marker::PhantomData;

use graver_aot_format::ValType;

use super::{invoke, raw_of, val_of};
use crate::bytes::zeroed;
use crate::error::{AccessError, CallError};
use crate::func::Func;
use crate::guest::GuestPtr;
use crate::store::function::FuncId;
use crate::store::{AsStore, Inner, StoreInner};
use crate::value::{ExternRef, Signature, Val};

/// The most parameters or results of a typed call.
const MOST: usize = 12;

/// A Rust type that is a WebAssembly type of one cell: integers, floats, references, and addresses of the guest.
pub trait WasmType: Copy + sealed::Sealed {}

/// Parameters: a [`WasmType`] or a tuple of them.
pub trait Params: sealed::List {}

/// Results: nothing, a [`WasmType`] or a tuple of them.
pub trait Results: sealed::List {}

impl<T: sealed::List> Params for T {}
impl<T: sealed::List> Results for T {}

pub(crate) mod sealed {
    use super::{AccessError, StoreInner, ValType};

    pub trait Sealed: Sized {
        const TYPE: ValType;
        fn to_cell(self, store: &mut StoreInner<'_>) -> Result<u64, AccessError>;
        fn from_cell(store: &StoreInner<'_>, cell: u64) -> Self;
    }

    pub trait List: Sized {
        /// Types as images store them, one cell each.
        const TYPES: &'static [u8];
        fn write(self, store: &mut StoreInner<'_>, cells: &mut [u64]) -> Result<(), AccessError>;
        fn read(store: &StoreInner<'_>, cells: &[u64]) -> Self;
    }
}
use sealed::{List, Sealed};

macro_rules! wasm_types {
    ($($rust:ty = $variant:ident, $value:ident: $to:expr, $from:expr;)*) => {$(
        impl WasmType for $rust {}
        impl Sealed for $rust {
            const TYPE: ValType = ValType::$variant;
            fn to_cell(self, store: &mut StoreInner<'_>) -> Result<u64, AccessError> {
                let $value = self;
                Ok(raw_of(store, Val::$variant($to))?[0])
            }
            fn from_cell(store: &StoreInner<'_>, cell: u64) -> Self {
                match val_of(store, Self::TYPE, [cell, 0]) {
                    Val::$variant($value) => $from,
                    // `val_of` returns what it was asked for.
                    _ => Default::default(),
                }
            }
        }
    )*};
}
wasm_types! {
    i32 = I32, value: value, value;
    u32 = I32, value: value as i32, value as u32;
    i64 = I64, value: value, value;
    u64 = I64, value: value as i64, value as u64;
    f32 = F32, value: value, value;
    f64 = F64, value: value, value;
    Option<Func> = FuncRef, value: value, value;
    ExternRef = ExternRef, value: value, value;
}

impl<T> WasmType for GuestPtr<T> {}
impl<T> Sealed for GuestPtr<T> {
    const TYPE: ValType = ValType::I32;
    fn to_cell(self, _: &mut StoreInner<'_>) -> Result<u64, AccessError> {
        Ok(u64::from(self.address()))
    }
    fn from_cell(_: &StoreInner<'_>, cell: u64) -> Self {
        Self::new(cell as u32)
    }
}

impl<T: WasmType> List for T {
    const TYPES: &'static [u8] = &[T::TYPE.raw()];
    fn write(self, store: &mut StoreInner<'_>, cells: &mut [u64]) -> Result<(), AccessError> {
        (self,).write(store, cells)
    }
    fn read(store: &StoreInner<'_>, cells: &[u64]) -> Self {
        <(T,)>::read(store, cells).0
    }
}

macro_rules! tuples {
    ($(($($name:ident)*))*) => {$(
        #[allow(non_snake_case, unused_variables, unused_mut, clippy::unused_unit)]
        impl<$($name: WasmType),*> List for ($($name,)*) {
            const TYPES: &'static [u8] = &[$($name::TYPE.raw()),*];
            fn write(self, store: &mut StoreInner<'_>, cells: &mut [u64]) -> Result<(), AccessError> {
                let ($($name,)*) = self;
                let mut cells = cells.iter_mut();
                $(*cells.next().ok_or(AccessError::OutOfBounds)? = $name.to_cell(store)?;)*
                Ok(())
            }
            fn read(store: &StoreInner<'_>, cells: &[u64]) -> Self {
                let mut cells = cells.iter();
                ($($name::from_cell(store, cells.next().copied().unwrap_or(0)),)*)
            }
        }
    )*};
}
tuples! {
    () (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H) (A B C D E F G H I)
    (A B C D E F G H I J) (A B C D E F G H I J K) (A B C D E F G H I J K L)
}

/// The function type of a pair of lists.
pub(crate) const fn signature_of<P: List, R: List>() -> Signature<'static> {
    Signature::new(P::TYPES, R::TYPES)
}

/// The function's place in `store`, if it is of that store and has this type. The same for all types.
#[inline(never)]
fn checked(store: &StoreInner<'_>, function: Func, signature: Signature<'_>) -> Result<FuncId, CallError> {
    let id = function.id(store)?;
    if store.signature(id)? == signature { Ok(id) } else { Err(CallError::Signature) }
}

/// A function whose type is known to Rust.
pub struct TypedFunc<P, R> {
    function: Func,
    types: PhantomData<fn(P) -> R>,
}

impl<P: Params, R: Results> TypedFunc<P, R> {
    /// Gives `function` the type, if it has it.
    pub(crate) fn new(store: &StoreInner<'_>, function: Func) -> Result<Self, CallError> {
        checked(store, function, signature_of::<P, R>())?;
        Ok(Self { function, types: PhantomData })
    }

    /// Calls the function.
    ///
    /// # Errors
    /// If it traps, or the handle is of another store.
    pub fn call<'m>(&self, store: &mut impl AsStore<'m>, params: P) -> Result<R, CallError> {
        const { assert!(P::TYPES.len() <= MOST && R::TYPES.len() <= MOST) };
        let mut cells: [u64; MOST] = zeroed();
        // The type again, and not once only: nothing about safety should depend on which store a handle is of.
        let inner = store.exclusive();
        let id = checked(inner, self.function, signature_of::<P, R>())?;
        params.write(inner, &mut cells)?;
        // SAFETY: the cells hold parameters of the type that was just checked, with room for results; the store is
        // borrowed exclusively and no reference into it is held.
        unsafe { invoke(store.pointer(), id, &mut cells)? };
        Ok(R::read(store.shared(), &cells))
    }

    /// The function without its type.
    pub fn func(&self) -> Func {
        self.function
    }
}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, R> Copy for TypedFunc<P, R> {}

impl<P, R> fmt::Debug for TypedFunc<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.function.fmt(f)
    }
}
