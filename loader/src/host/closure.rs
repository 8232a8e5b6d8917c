//! Rust closures as imports of the guest, called through the image's raw thunks.
#![allow(unsafe_code)] // Called by machine code, with raw pointers.

use core::ptr::NonNull;

use graver_aot_format::ValType;
use graver_aot_format::abi::{HostRecord, Trap};

use crate::alloc::{Buf, OutOfMemory, Owned};
use crate::call::sealed::List;
use crate::call::{Params, Results, read_val, signature_of, write_val};
use crate::error::CallError;
use crate::store::function::{FuncId, HostCode, HostFunction, HostKind};
use crate::store::{Caller, Inner, StoreInner};
use crate::value::{Signature, Val};

/// What a typed host function may return: results, or results or an error that stops the guest.
pub trait HostResult {
    /// The results.
    type Results: Results;

    /// As a result.
    ///
    /// # Errors
    /// The function's own.
    fn into_result(self) -> Result<Self::Results, CallError>;
}

impl<R: Results> HostResult for R {
    type Results = R;

    fn into_result(self) -> Result<R, CallError> {
        Ok(self)
    }
}

impl<R: Results, E: Into<CallError>> HostResult for Result<R, E> {
    type Results = R;

    fn into_result(self) -> Result<R, CallError> {
        self.map_err(Into::into)
    }
}

/// Adds a typed closure to a store.
pub(crate) fn add_typed<'m, P, R, F>(store: &mut StoreInner<'m>, closure: F) -> Result<FuncId, OutOfMemory>
where
    P: Params,
    R: HostResult,
    F: Fn(&mut Caller<'_, '_>, P) -> R + 'm,
{
    let data = Owned::new(store.runtime.allocator(), closure)?;
    add(store, signature_of::<P, R::Results>(), typed_code::<P, R, F>, data)
}

/// Adds a closure of a type that only run time knows.
pub(crate) fn add_untyped<'m, F>(
    store: &mut StoreInner<'m>,
    signature: Signature<'m>,
    closure: F,
) -> Result<FuncId, OutOfMemory>
where
    F: Fn(&mut Caller<'_, '_>, &[Val], &mut [Val]) -> Result<(), CallError> + 'm,
{
    let data = Owned::new(store.runtime.allocator(), Untyped { signature, closure })?;
    add(store, signature, untyped_code::<F>, data)
}

fn add<'m>(
    store: &mut StoreInner<'m>,
    signature: Signature<'m>,
    code: HostCode,
    data: Owned<'m>,
) -> Result<FuncId, OutOfMemory> {
    let index = store.hosts.len() as u32;
    store.hosts.push(HostFunction { signature, kind: HostKind::Closure { code, data } })?;
    Ok(FuncId { owner: FuncId::HOST, index })
}

/// SAFETY: called by generated code or [`crate::call::invoke`] with the record of an `F` and the cells of its type.
unsafe extern "C" fn typed_code<P, R, F>(record: *const HostRecord, cells: *mut u64) -> usize
where
    P: Params,
    R: HostResult,
    F: Fn(&mut Caller<'_, '_>, P) -> R,
{
    // SAFETY: see above.
    unsafe {
        in_host(record, |caller, data| {
            let closure = data.cast::<F>().as_ref();
            let params = P::read(caller.shared(), core::slice::from_raw_parts(cells, P::TYPES.len()));
            let results = closure(caller, params).into_result()?;
            let cells = core::slice::from_raw_parts_mut(cells, <R::Results as List>::TYPES.len());
            Ok(results.write(caller.exclusive(), cells)?)
        })
    }
}

/// Adds a closure that gets the cells of the call themselves.
pub(crate) fn add_raw<'m, F>(
    store: &mut StoreInner<'m>,
    signature: Signature<'m>,
    closure: F,
) -> Result<FuncId, OutOfMemory>
where
    F: Fn(&mut Caller<'_, '_>, &mut [u64]) -> Result<(), CallError> + 'm,
{
    let data = Owned::new(store.runtime.allocator(), Untyped { signature, closure })?;
    add(store, signature, raw_code::<F>, data)
}

/// SAFETY: as for [`typed_code`], with an `Untyped<F>`.
unsafe extern "C" fn raw_code<F>(record: *const HostRecord, cells: *mut u64) -> usize
where
    F: Fn(&mut Caller<'_, '_>, &mut [u64]) -> Result<(), CallError>,
{
    // SAFETY: see above.
    unsafe {
        in_host(record, |caller, data| {
            let host = data.cast::<Untyped<'_, F>>().as_ref();
            (host.closure)(caller, core::slice::from_raw_parts_mut(cells, host.signature.cells()))
        })
    }
}

/// A closure and its type.
struct Untyped<'m, F> {
    signature: Signature<'m>,
    closure: F,
}

/// SAFETY: as for [`typed_code`], with an `Untyped<F>`.
unsafe extern "C" fn untyped_code<F>(record: *const HostRecord, cells: *mut u64) -> usize
where
    F: Fn(&mut Caller<'_, '_>, &[Val], &mut [Val]) -> Result<(), CallError>,
{
    // SAFETY: see above.
    unsafe {
        in_host(record, |caller, data| {
            let host = data.cast::<Untyped<'_, F>>().as_ref();
            let cells = core::slice::from_raw_parts_mut(cells, host.signature.cells());
            let allocator = caller.shared().runtime.allocator();
            let params = host.signature.params();
            let mut values = Buf::with_capacity(allocator, params.len() + host.signature.results().len())?;
            let mut rest: &[u64] = cells;
            for ty in params.clone() {
                let (value, after) = read_val(caller.shared(), ty, rest);
                values.push(value)?;
                rest = after;
            }
            for ty in host.signature.results() {
                values.push(Val::default_of(ty))?;
            }
            let (arguments, results) = values.split_at_mut(params.len());
            (host.closure)(caller, arguments, results)?;
            let types: &mut dyn Iterator<Item = ValType> = &mut host.signature.results();
            write_results(caller.exclusive(), types, results, cells)
        })
    }
}

/// Puts results into cells; they must have the declared types.
fn write_results(
    store: &mut StoreInner<'_>,
    types: &mut dyn Iterator<Item = ValType>,
    results: &[Val],
    mut cells: &mut [u64],
) -> Result<(), CallError> {
    for (ty, value) in types.zip(results) {
        if value.ty() != ty {
            return Err(CallError::Signature);
        }
        cells = write_val(store, *value, cells)?;
    }
    Ok(())
}

/// Runs a host function and turns its failure into what generated code understands.
///
/// SAFETY: `record` is valid, and no reference into its store is held by anyone.
unsafe fn in_host(
    record: *const HostRecord,
    function: impl FnOnce(&mut Caller<'_, '_>, NonNull<u8>) -> Result<(), CallError>,
) -> usize {
    // SAFETY: see above. The lifetime of what the store refers to is hidden from the function.
    let (record_address, record) = unsafe { (record.expose_provenance(), *record) };
    let store = core::ptr::with_exposed_provenance_mut::<StoreInner<'_>>(record.store);
    let data = core::ptr::with_exposed_provenance_mut::<u8>(record.attachment);
    let (Some(store), Some(data)) = (NonNull::new(store), NonNull::new(data)) else {
        return Trap::UnlinkedFunction.code() as usize;
    };
    // SAFETY: see above; each access ends before the function runs.
    unsafe {
        let outer = core::mem::replace(&mut (*store.as_ptr()).abi.host_record, record_address);
        let mut caller = Caller::new(store, StoreInner::instance_of(record.instance));
        let result = guarded(&mut caller, |caller| function(caller, data));
        (*store.as_ptr()).abi.host_record = outer;
        let inner = &mut *store.as_ptr();
        let reason = match result {
            Err(error) => Some(error),
            Ok(()) => inner.pending.take().or_else(|| inner.must_stop().then_some(CallError::Trap(Trap::Terminated))),
        };
        inner.abi.stop = 0;
        reason.map_or(0, |reason| note(inner, reason))
    }
}

/// Keeps the reason in the store and returns the number for it.
pub(crate) fn note(store: &mut StoreInner<'_>, error: CallError) -> usize {
    let trap = match error {
        CallError::Trap(trap) => return trap.code() as usize,
        CallError::Exit(_) => Trap::ProcExit,
        _ => Trap::Host,
    };
    store.pending = Some(error);
    trap.code() as usize
}

/// Runs a host function; a panic waits in the store until no guest frame is above it, because it cannot cross one.
#[cfg(feature = "std")]
fn guarded(
    caller: &mut Caller<'_, '_>,
    function: impl FnOnce(&mut Caller<'_, '_>) -> Result<(), CallError>,
) -> Result<(), CallError> {
    let result = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| function(caller)));
    result.unwrap_or_else(|panic| {
        caller.exclusive().panic = Some(panic);
        Err(CallError::Trap(Trap::Host))
    })
}

/// Runs a host function; where there is no unwinding a panic ends the program.
#[cfg(not(feature = "std"))]
fn guarded(
    caller: &mut Caller<'_, '_>,
    function: impl FnOnce(&mut Caller<'_, '_>) -> Result<(), CallError>,
) -> Result<(), CallError> {
    function(caller)
}
