//! Function handles.
#![allow(unsafe_code)] // Calls `invoke`, after the check that it asks for.

use graver_aot_format::ValType;

use crate::call::{Params, Results, TypedFunc, invoke, read_val, with_cells, write_val};
use crate::error::{AccessError, CallError};
use crate::host::closure::{add_raw, add_typed, add_untyped};
use crate::host::{HostResult, Native, NativeError, native};
use crate::store::function::FuncId;
use crate::store::{AsStore, Caller, Inner, Store, StoreInner};
use crate::value::{Signature, Val};

/// A function of a store: of one of its instances, or of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Func {
    store: u32,
    id: FuncId,
}

impl Func {
    /// Makes a host function of a closure with Rust types: `|caller: &mut Caller<'_, '_>, (a, b): (i32, i32)| a + b`, or
    /// the same returning a `Result` whose error stops the guest.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn wrap<'m, P: Params, R: HostResult>(
        store: &mut Store<'m>,
        closure: impl Fn(&mut Caller<'_, '_>, P) -> R + 'm,
    ) -> Result<Self, AccessError> {
        let inner = store.exclusive();
        let id = add_typed(inner, closure)?;
        Ok(Self::new(inner, id))
    }

    /// Makes a host function of a type that only run time knows. The closure gets arguments, and results to overwrite
    /// with values of the declared types.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn untyped<'m>(
        store: &mut Store<'m>,
        params: &'m [ValType],
        results: &'m [ValType],
        closure: impl Fn(&mut Caller<'_, '_>, &[Val], &mut [Val]) -> Result<(), CallError> + 'm,
    ) -> Result<Self, AccessError> {
        let inner = store.exclusive();
        let id = add_untyped(inner, Signature::of(params, results), closure)?;
        Ok(Self::new(inner, id))
    }

    /// Makes a host function that gets the cells of the call themselves: arguments in, results out, from the first cell
    /// on. Values are at the cells' low ends (two cells for `v128`), references as generated code knows them.
    ///
    /// # Errors
    /// If there is no memory.
    ///
    /// # Safety
    /// Results that are references are ones that generated code knows: null, arguments, or those of [`Self::reference`].
    pub unsafe fn raw<'m>(
        store: &mut Store<'m>,
        ty: Signature<'m>,
        closure: impl Fn(&mut Caller<'_, '_>, &mut [u64]) -> Result<(), CallError> + 'm,
    ) -> Result<Self, AccessError> {
        let inner = store.exclusive();
        let id = add_raw(inner, ty, closure)?;
        Ok(Self::new(inner, id))
    }

    /// Makes a host function of a C function.
    ///
    /// # Errors
    /// If the signature's letters are not those of the types, or there is no memory.
    ///
    /// # Safety
    /// `native.function` is a C function of the native's type, as [`Native`] says, and may be called by any code of the
    /// store as long as that lives.
    pub unsafe fn native<'m>(store: &mut Store<'m>, native: &Native<'m>) -> Result<Self, NativeError> {
        let inner = store.exclusive();
        let id = native::add(inner, native)?;
        Ok(Self::new(inner, id))
    }

    pub(crate) fn new(store: &StoreInner<'_>, id: FuncId) -> Self {
        Self { store: store.id, id }
    }

    /// Its place in `store`, if it is of that store.
    pub(crate) fn id(&self, store: &StoreInner<'_>) -> Result<FuncId, AccessError> {
        store.check_owner(self.store)?;
        Ok(self.id)
    }

    /// The reference by which generated code knows it.
    pub(crate) fn word(&self, store: &mut StoreInner<'_>) -> Result<usize, AccessError> {
        store.reference_of(self.id(store)?)
    }

    /// The function that a reference of generated code refers to; `None` is null.
    pub(crate) fn from_word(store: &StoreInner<'_>, word: usize) -> Option<Self> {
        store.function_of(word).map(|id| Self::new(store, id))
    }

    /// Types of parameters and results.
    ///
    /// # Errors
    /// If the handle is of another store.
    pub fn signature<'s, 'm: 's>(&self, store: &'s impl AsStore<'m>) -> Result<Signature<'s>, AccessError> {
        let inner = store.shared();
        inner.signature(self.id(inner)?)
    }

    /// The function with its Rust type.
    ///
    /// # Errors
    /// [`CallError::Signature`] if it has another type.
    pub fn typed<'m, P: Params, R: Results>(&self, store: &impl AsStore<'m>) -> Result<TypedFunc<P, R>, CallError> {
        TypedFunc::new(store.shared(), *self)
    }

    /// The reference by which generated code knows the function, for cells.
    ///
    /// # Errors
    /// If the handle is of another store, there is no memory, or no module has code for calls through it.
    pub fn reference<'m>(&self, store: &mut impl AsStore<'m>) -> Result<usize, AccessError> {
        self.word(store.exclusive())
    }

    /// The function of a reference that came out of cells or a table's elements; `None` is null.
    ///
    /// # Safety
    /// `reference` is null or one of this store.
    pub unsafe fn from_reference<'m>(store: &impl AsStore<'m>, reference: usize) -> Option<Self> {
        Self::from_word(store.shared(), reference)
    }

    /// Calls the function with cells: arguments in, results out, as [`Self::raw`] has them.
    ///
    /// # Errors
    /// If it traps, there are fewer cells than the type needs, or the handle is of another store.
    ///
    /// # Safety
    /// Arguments that are references are ones that generated code knows.
    pub unsafe fn call_raw<'m>(&self, store: &mut impl AsStore<'m>, cells: &mut [u64]) -> Result<(), CallError> {
        let pointer = store.pointer();
        let inner = store.exclusive();
        let id = self.id(inner)?;
        if inner.signature(id)?.cells() > cells.len() {
            return Err(CallError::Signature);
        }
        // SAFETY: there is room for arguments and results of the function's type, and references are promised by the
        // caller; the store is borrowed exclusively and no reference into it is held.
        unsafe { invoke(pointer, id, cells) }
    }

    /// Calls the function. There must be as many `results` as the type has; what they were does not matter.
    ///
    /// # Errors
    /// If it traps, if arguments do not have the function's type, or if the handle is of another store.
    pub fn call<'m>(&self, store: &mut impl AsStore<'m>, params: &[Val], results: &mut [Val]) -> Result<(), CallError> {
        let pointer = store.pointer();
        let inner = store.exclusive();
        let id = self.id(inner)?;
        let signature = inner.signature(id)?;
        let fits = signature.params().eq(params.iter().map(Val::ty)) && signature.results().len() == results.len();
        if !fits {
            return Err(CallError::Signature);
        }
        with_cells(inner.runtime, signature.cells(), |cells| {
            let mut rest = &mut *cells;
            for value in params {
                rest = write_val(store.exclusive(), *value, rest)?;
            }
            // SAFETY: the cells hold parameters of the function's type, with room for results; the store is borrowed
            // exclusively and no reference into it is held.
            unsafe { invoke(pointer, id, cells)? };
            let mut rest: &[u64] = cells;
            for (ty, result) in signature.results().zip(results) {
                (*result, rest) = read_val(store.shared(), ty, rest);
            }
            Ok(())
        })
    }
}
