//! Faults of guest code become traps; all others go to whoever handled them before.
//!
//! The handler runs on an alternate stack, because the fault may be the end of the normal one. It looks at nothing but
//! the store that is active on its thread, and it changes registers only if that store's code caused the fault.

use core::cell::Cell;
use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use std::sync::OnceLock;

use super::pages::{self, Access};
use super::{ActiveStore, PlatformError, machine_context};

const SIGNALS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// Enough for the handler, for a chained handler that prints a message, and for the widest vector registers.
const ALTERNATE_STACK: usize = 64 * 1024;

/// What handled the signals before, in the order of [`SIGNALS`]; `None` if installing failed.
static PREVIOUS: OnceLock<Option<[libc::sigaction; SIGNALS.len()]>> = OnceLock::new();

thread_local! {
    /// Constant and without destructor, so the handler's access to it is a plain read.
    static ACTIVE: Cell<Option<ActiveStore>> = const { Cell::new(None) };
    static STACK: AlternateStack = AlternateStack::ensure();
}

/// Notes the store that runs on this thread.
pub(super) fn activate(store: Option<ActiveStore>) -> Result<Option<ActiveStore>, PlatformError> {
    if store.is_some() && ACTIVE.get().is_none() {
        PREVIOUS.get_or_init(install_all).as_ref().ok_or(PlatformError)?;
        // A thread that is ending has no place for this any more; its stack is as it was.
        let has_stack = STACK.try_with(|stack| stack.is_ready).unwrap_or(false);
        if !has_stack {
            return Err(PlatformError);
        }
    }
    Ok(ACTIVE.replace(store))
}

/// The store that runs on this thread. For signal handlers.
pub(super) fn active() -> Option<ActiveStore> {
    ACTIVE.try_with(Cell::get).ok().flatten()
}

/// Whether somebody wants the code to stop that runs on this thread, or that called what runs.
pub(crate) fn is_interrupted() -> bool {
    // SAFETY: the store is active on this thread.
    unsafe { active().is_some_and(|store| store.is_interrupted()) }
}

type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);

/// Handles a signal from now on, on the thread's alternate stack; what handled it before.
pub(super) fn install(signal: c_int, handler: Handler, flags: c_int) -> Option<libc::sigaction> {
    // SAFETY: all zeroes is a valid `sigaction`.
    let (mut action, mut previous): (libc::sigaction, libc::sigaction) = unsafe { core::mem::zeroed() };
    action.sa_sigaction = handler as *const () as usize;
    action.sa_flags = flags | libc::SA_SIGINFO | libc::SA_ONSTACK;
    // SAFETY: the handlers given here have the signature that SA_SIGINFO asks for and are async-signal-safe.
    (unsafe { libc::sigaction(signal, &action, &mut previous) } == 0).then_some(previous)
}

fn install_all() -> Option<[libc::sigaction; SIGNALS.len()]> {
    let [fault, bus] = SIGNALS.map(|signal| install(signal, handle, 0));
    Some([fault?, bus?])
}

/// The signal handler.
extern "C" fn handle(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes valid pointers that nothing else uses.
    let (address, registers) = unsafe { ((*info).si_addr().addr(), &mut *context.cast::<libc::ucontext_t>()) };
    // SAFETY: the store is active on this thread.
    let redirect = active().and_then(|store| unsafe { store.fault(machine_context::pc(registers), address) });
    if let Some(redirect) = redirect {
        machine_context::redirect(registers, redirect);
        return;
    }
    let position = SIGNALS.iter().position(|known| *known == signal);
    let previous = PREVIOUS.get().and_then(Option::as_ref).zip(position).and_then(|(all, position)| all.get(position));
    if !previous.is_some_and(|previous| pass_on(previous, signal, info, context)) {
        // Returning repeats the fault, which then ends the process with its proper signal.
        // SAFETY: the default action needs no preconditions.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// Does what would have happened without us; whether anything handled the signal.
pub(super) fn pass_on(
    action: &libc::sigaction,
    signal: c_int,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
) -> bool {
    if action.sa_sigaction == libc::SIG_DFL || action.sa_sigaction == libc::SIG_IGN {
        return false;
    }
    // SAFETY: a handler that was installed with this signature, called as the kernel would.
    unsafe {
        if action.sa_flags & libc::SA_SIGINFO != 0 {
            let handler: Handler = core::mem::transmute(action.sa_sigaction);
            handler(signal, info, context);
        } else {
            let handler: extern "C" fn(c_int) = core::mem::transmute(action.sa_sigaction);
            handler(signal);
        }
    }
    true
}

/// A signal stack of this thread that is large enough.
struct AlternateStack {
    /// Ours, if the thread had none or a small one.
    own: Option<NonNull<u8>>,
    is_ready: bool,
}

impl AlternateStack {
    fn ensure() -> Self {
        let mut current = MaybeUninit::<libc::stack_t>::zeroed();
        // SAFETY: asks only.
        let asked = unsafe { libc::sigaltstack(core::ptr::null(), current.as_mut_ptr()) };
        // SAFETY: zeroed is a valid value, and the call overwrites it.
        let current = unsafe { current.assume_init() };
        if asked == 0 && current.ss_flags & libc::SS_DISABLE == 0 && current.ss_size >= ALTERNATE_STACK {
            return Self { own: None, is_ready: true };
        }
        // One page below the stack stays inaccessible, so that an overflow of it is a fault and not silent damage.
        let guard = pages::page_size();
        let Ok(start) = pages::map(guard + ALTERNATE_STACK, Access::None) else {
            return Self { own: None, is_ready: false };
        };
        // SAFETY: the pages are ours; the kernel uses them until `drop`.
        let is_ready = unsafe {
            let bottom = start.add(guard);
            let stack = libc::stack_t { ss_sp: bottom.as_ptr().cast(), ss_flags: 0, ss_size: ALTERNATE_STACK };
            pages::protect(bottom, ALTERNATE_STACK, Access::ReadWrite).is_ok()
                && libc::sigaltstack(&stack, core::ptr::null_mut()) == 0
        };
        Self { own: Some(start), is_ready }
    }
}

impl Drop for AlternateStack {
    fn drop(&mut self) {
        let Some(start) = self.own else { return };
        let off = libc::stack_t { ss_sp: core::ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
        // SAFETY: the kernel forgets the stack before its memory goes.
        unsafe {
            libc::sigaltstack(&off, core::ptr::null_mut());
            pages::unmap(start, pages::page_size() + ALTERNATE_STACK);
        }
    }
}
