//! Where the stack of a thread is.

use std::cell::Cell;

thread_local! {
    /// Asked once per thread: the answer takes a look at `/proc` for the main thread.
    static STACK: Cell<Option<Stack>> = const { Cell::new(None) };
}

/// Addresses of a stack: its first, the lowest one that is surely usable, and the first beyond.
#[derive(Clone, Copy)]
struct Stack {
    start: usize,
    end: usize,
    top: usize,
}

/// The lowest usable address of this thread's stack; `None` if the program has switched to another one.
pub(super) fn end() -> Option<usize> {
    if STACK.get().is_none() {
        STACK.set(ask());
    }
    let Stack { start, end, top } = STACK.get()?;
    (start..top).contains(&crate::call::stack_pointer()).then_some(end)
}

fn ask() -> Option<Stack> {
    // SAFETY: all zeroes is a valid value to be overwritten.
    let mut attributes: libc::pthread_attr_t = unsafe { core::mem::zeroed() };
    // SAFETY: the thread is alive, and `attributes` is destroyed below.
    if unsafe { libc::pthread_getattr_np(libc::pthread_self(), &mut attributes) } != 0 {
        return None;
    }
    let (mut start, mut size, mut guard) = (core::ptr::null_mut(), 0, 0);
    // SAFETY: `attributes` was initialised above; the results go to local variables.
    let found = unsafe {
        let stack = libc::pthread_attr_getstack(&attributes, &mut start, &mut size);
        let guarded = libc::pthread_attr_getguardsize(&attributes, &mut guard);
        libc::pthread_attr_destroy(&mut attributes);
        stack == 0 && guarded == 0
    };
    // Older versions of glibc count the guard as a part of the stack: leaving its size out once more does no harm.
    let start = start.addr();
    found.then(|| Stack { start, end: start.saturating_add(guard), top: start.saturating_add(size) })
}
