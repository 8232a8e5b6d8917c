//! What a store has for signal handlers and those who send signals.
#![allow(unsafe_code)] // A list that signal handlers read.

use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};
use std::sync::Arc;

use super::StoreInner;
use crate::error::CallError;
use crate::module::Module;
use crate::running::{Registry, Running};

/// See above.
#[derive(Debug, Default)]
pub(crate) struct Hosted<'m> {
    /// For the interrupt that the store has.
    registered: Option<(Arc<Running>, &'m Registry)>,
    code: CodeMap,
}

impl<'m> Hosted<'m> {
    pub(super) fn register(&mut self, registry: &'m Registry) -> Result<(), CallError> {
        let running = registry.add().map_err(|_| CallError::Platform)?;
        self.leave();
        self.registered = Some((running, registry));
        Ok(())
    }

    fn leave(&mut self) {
        if let Some((running, registry)) = self.registered.take() {
            registry.remove(&running);
        }
    }

    pub(super) fn waiting_at<T>(&self, place: usize, wait: impl FnOnce() -> T) -> T {
        match &self.registered {
            Some((running, _)) => running.waiting_at(place, wait),
            None => wait(),
        }
    }

    /// The `leave` of the image whose guest code an address is in. For signal handlers.
    pub(super) fn leave_of(&self, pc: usize) -> Option<usize> {
        self.code.leave_of(pc)
    }

    /// Notes where code of an instance is.
    pub(crate) fn add_code(&mut self, module: &Module<'_>) {
        self.code.add(module);
    }
}

impl StoreInner<'_> {
    /// Notes that this thread runs code of the store from now on, for those who want to stop it; returns what the end of
    /// the call takes.
    pub(crate) fn begin_call(&self, is_outermost: bool) -> usize {
        if let (true, Some((running, _))) = (is_outermost, &self.hosted.registered) {
            running.begin();
        }
        self.abi.host_record
    }

    /// Notes that it does not any more.
    pub(crate) fn end_call(&mut self, is_outermost: bool, host_record: usize) {
        if let (true, Some((running, _))) = (is_outermost, &self.hosted.registered) {
            running.end();
        }
        // Code that was interrupted may have been about to call a native.
        self.abi.host_record = host_record;
    }
}

impl Drop for Hosted<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Where code of instances is. Only grows, at its head, so that a signal handler can read it at any moment.
#[derive(Debug, Default)]
struct CodeMap(AtomicPtr<CodeRange>);

#[derive(Debug)]
struct CodeRange {
    /// From the end of the entry glue to the end of the text: code that may be left at any instruction.
    code: core::ops::Range<usize>,
    leave: usize,
    next: *mut Self,
}

impl CodeMap {
    fn add(&mut self, module: &Module<'_>) {
        let code = module.guest_code();
        if self.leave_of(code.start).is_none() {
            let leave = module.code(module.image().module().leave);
            let range = Box::new(CodeRange { code, leave, next: *self.0.get_mut() });
            self.0.store(Box::into_raw(range), Ordering::Release);
        }
    }

    /// The `leave` of the image whose guest code an address is in.
    fn leave_of(&self, pc: usize) -> Option<usize> {
        let mut next = self.0.load(Ordering::Acquire);
        // SAFETY: ranges live as long as the map and do not change.
        while let Some(range) = unsafe { next.as_ref() } {
            if range.code.contains(&pc) {
                return Some(range.leave);
            }
            next = range.next;
        }
        None
    }
}

impl Drop for CodeMap {
    fn drop(&mut self) {
        let mut next = core::mem::replace(self.0.get_mut(), null_mut());
        while !next.is_null() {
            // SAFETY: `add` made it, and nobody reads the map any more.
            next = unsafe { Box::from_raw(next) }.next;
        }
    }
}
