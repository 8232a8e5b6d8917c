//! Where the stack of a thread ends.

use std::cell::Cell;

thread_local! {
    /// Asked once per thread: the answer takes a look at `/proc` for the main thread.
    static END: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The lowest usable address of this thread's stack.
pub(super) fn end() -> Option<usize> {
    if END.get().is_none() {
        END.set(ask());
    }
    END.get()
}

fn ask() -> Option<usize> {
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
    found.then(|| start.addr().saturating_add(guard))
}
