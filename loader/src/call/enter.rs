//! The one door between host and guest.
#![allow(unsafe_code)] // Jumps into machine code.

use core::ptr::NonNull;

use graver_aot_format::NONE;
use graver_aot_format::abi::Trap;

use crate::error::{AccessError, CallError};
use crate::module::Module;
use crate::store::function::{Callee, FuncId, HostKind};
use crate::store::{ActiveStore, StackLimit, StoreInner};

/// A call that is ready to run: everything is an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    enter: usize,
    thunk: usize,
    callee: Callee,
}

impl Entry {
    /// A call of `callee` through a thunk of `module`.
    pub(crate) fn new(store: &StoreInner<'_>, module: &Module<'_>, thunk: u32, callee: Callee) -> Self {
        // Code without floats may call code with floats, which relies on the environment that `enter` sets.
        let door = store.float_door.unwrap_or(module);
        Self { enter: door.code(door.image().module().enter), thunk: module.code(thunk), callee }
    }
}

/// Calls a function of any kind. `cells` hold the parameters, and the results once this returns `Ok`.
///
/// # Safety
/// The store is valid, nothing refers into it during the call, and the cells hold parameters of the function's type,
/// with room for its results.
pub(crate) unsafe fn invoke(
    store: NonNull<StoreInner<'_>>,
    function: FuncId,
    cells: &mut [u64],
) -> Result<(), CallError> {
    // SAFETY: promised by the caller; the borrow ends before code runs.
    let entry = unsafe { prepare(store.as_ref(), function)? };
    // SAFETY: promised by the caller.
    unsafe {
        match entry {
            Some(entry) => run(store, entry, cells),
            None => call_host(store, function.index, cells),
        }
    }
}

/// How to enter the code of a function; `None` if it is one of the host's.
fn prepare(store: &StoreInner<'_>, function: FuncId) -> Result<Option<Entry>, CallError> {
    if function.owner == FuncId::HOST {
        return Ok(None);
    }
    let callee = store.callee(function).ok_or(AccessError::ForeignHandle)?;
    let own = store.instances.get(function.owner as usize).ok_or(AccessError::ForeignHandle)?.module;
    let ty = own.function_type(function.index).ok_or(AccessError::ForeignHandle)?;
    if ty.call_thunk != NONE {
        return Ok(Some(Entry::new(store, own, ty.call_thunk, callee)));
    }
    // The module itself never needed this thunk; any other module's will do.
    let (module, ty) = store.find_type(own.signature(&ty), |ty| ty.call_thunk != NONE).ok_or(AccessError::NoThunk)?;
    Ok(Some(Entry::new(store, module, ty.call_thunk, callee)))
}

/// Runs guest code until it returns or leaves.
///
/// # Safety
/// As for [`invoke`]; `entry` is of this store.
pub(crate) unsafe fn run(store: NonNull<StoreInner<'_>>, entry: Entry, cells: &mut [u64]) -> Result<(), CallError> {
    type Enter = unsafe extern "C" fn(ctx: usize, thunk: usize, code: usize, cells: *mut u64) -> usize;
    let inner = store.as_ptr();
    // SAFETY: promised by the caller. No reference into the store is held over the call of `enter`, whose signature is
    // the one that `graver_aot_format::abi` documents.
    unsafe {
        let is_outermost = (*inner).depth == 0;
        if is_outermost {
            (*inner).abi.stack_limit = stack_limit(&*inner);
            // What was to stop an earlier call has, or came too late.
            (*inner).abi.stop = 0;
            (*inner).pending = None;
        }
        if stack_pointer() < (*inner).abi.stack_limit {
            return Err(Trap::StackOverflow.into());
        }
        let platform = (*inner).runtime.platform();
        let outer = platform.activate(Some(ActiveStore::new(store))).map_err(|_| CallError::Platform)?;
        (*inner).depth += 1;
        #[cfg(all(feature = "std", target_os = "linux"))]
        let host_record = (*inner).begin_call(is_outermost);
        // Who asks code to stop looks afterwards for what runs.
        let has_left = if (*inner).must_stop() {
            (*inner).abi.trap = Trap::Terminated.code() as usize;
            1
        } else {
            let enter = core::mem::transmute::<usize, Enter>(entry.enter);
            enter(entry.callee.ctx, entry.thunk, entry.callee.code, cells.as_mut_ptr())
        };
        #[cfg(all(feature = "std", target_os = "linux"))]
        (*inner).end_call(is_outermost, host_record);
        (*inner).depth -= 1;
        // Going back to what was active before cannot fail.
        let _ = platform.activate(outer);
        if has_left == 0 { Ok(()) } else { Err(reason(&mut *inner)) }
    }
}

/// Why code left, with the note about it cleared.
fn reason(store: &mut StoreInner<'_>) -> CallError {
    let trap = core::mem::take(&mut store.abi.trap);
    #[cfg(feature = "std")]
    if let Some(panic) = store.panic.take() {
        // The guest's frames are gone, so the panic can go on.
        std::panic::resume_unwind(panic);
    }
    match Trap::from_code(trap) {
        // After other traps it is what a host function further out has asked for.
        Some(trap @ (Trap::Host | Trap::ProcExit)) => store.pending.take().unwrap_or(CallError::Trap(trap)),
        Some(trap) => CallError::Trap(trap),
        // Not a number that images use: say that the host does not know why.
        None => CallError::Trap(Trap::Host),
    }
}

/// Calls a host function for the host itself, without any guest.
///
/// # Safety
/// As for [`invoke`].
unsafe fn call_host(store: NonNull<StoreInner<'_>>, host: u32, cells: &mut [u64]) -> Result<(), CallError> {
    // SAFETY: promised by the caller; the borrows end before the function runs.
    let (record, closure) = unsafe {
        let inner = store.as_ref();
        let record = inner.host_record(host, usize::MAX).ok_or(AccessError::ForeignHandle)?;
        let kind = inner.hosts.get(host as usize).map(|host| &host.kind).ok_or(AccessError::ForeignHandle)?;
        let closure = if let HostKind::Closure { code, .. } = kind { Some(*code) } else { None };
        (record, closure)
    };
    let Some(function) = closure else {
        // Only images have code that calls C functions.
        // SAFETY: as above.
        let inner = unsafe { store.as_ref() };
        let natives = inner.natives.ok_or(AccessError::NoThunk)?;
        let entry = (natives.entry)(inner, host, &record)?;
        // SAFETY: promised by the caller.
        return unsafe { run(store, entry, cells) };
    };
    // SAFETY: the record is the function's own, and the cells are promised by the caller.
    let trap = unsafe { function(&record, cells.as_mut_ptr()) };
    if trap == 0 {
        return Ok(());
    }
    // SAFETY: the function has returned.
    let inner = unsafe { &mut *store.as_ptr() };
    inner.abi.trap = trap;
    Err(reason(inner))
}

/// The address that generated code may use the stack down to.
fn stack_limit(store: &StoreInner<'_>) -> usize {
    // Where nobody knows the end nothing may run: the check must not be off by accident.
    let above = |end: Option<usize>| end.map_or(usize::MAX, |end| end.saturating_add(store.reserved_stack()));
    match store.options.stack {
        StackLimit::Platform => above(store.runtime.platform().stack_end()),
        StackLimit::End(end) => above(Some(store.runtime.platform().checked_stack_end(end))),
        StackLimit::Size(size) => above(store.runtime.platform().stack_end()).max(stack_pointer().saturating_sub(size)),
    }
}

/// About where the stack is now.
#[inline(never)]
pub(crate) fn stack_pointer() -> usize {
    let here = 0u8;
    core::ptr::from_ref(core::hint::black_box(&here)).addr()
}
