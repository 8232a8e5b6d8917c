//! An instance's place among the threads of its program.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use graver_loader::{CallError, Interrupt};

use super::program::{Members, Program};
use crate::lock::Flag;

/// That a thread should stop: its instance has the exception already.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopped;

impl From<Stopped> for CallError {
    fn from(Stopped: Stopped) -> Self {
        Self::code(0)
    }
}

/// An instance's place among the threads of its program.
pub(crate) struct Seat {
    pub(super) program: Arc<Program>,
    /// What its thread is known by as an owner: no other seat of the program has had it.
    pub(crate) number: u64,
    /// By which others stop what runs in the instance.
    pub(crate) interrupt: Interrupt,
    /// The number of its stack.
    pub(super) stack: Option<usize>,
    /// It goes with its exec env.
    pub(super) is_spawned: bool,
    /// A thread of this library's has it, and gives it back.
    pub(super) is_of_thread: bool,
    /// Its failures are those of the program: not before it is whole.
    pub(super) spreads: Flag,
    /// What the program knows the thread by, if the program has made it.
    pub(super) handle: u32,
}

impl Seat {
    fn new(program: Arc<Program>) -> Self {
        let (is_spawned, is_of_thread) = (false, false);
        let (number, interrupt) = (program.next_seat(), Interrupt::new());
        Self { program, number, interrupt, stack: None, is_spawned, is_of_thread, spreads: Flag::new(), handle: 0 }
    }

    /// That of a new program's first instance.
    pub(crate) fn first() -> Self {
        Self::new(Program::new())
    }

    /// That of one more.
    pub(super) fn beside(&self, stack: Option<usize>) -> Self {
        Self { stack, is_spawned: true, ..Self::new(Arc::clone(&self.program)) }
    }

    /// Whether the thread should stop.
    pub(crate) fn is_stopped(&self) -> bool {
        self.interrupt.is_requested()
    }

    /// Lets calls run again.
    pub(crate) fn go_on(&self) {
        self.interrupt.withdraw();
    }

    /// Whether the thread ends by its own will, or one that it was told of, without being a failure.
    pub(crate) fn is_leaving(&self) -> bool {
        self.handle != 0 && self.program.lock().objects.is_leaving(self.handle)
    }

    /// Uses the app heap while no other thread does.
    pub(crate) fn with_heap<R>(&self, body: impl FnOnce() -> R) -> R {
        self.program.heap.hold(body)
    }

    /// Changes what the program has.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut Members) -> R) -> R {
        let changed = change(&mut self.program.lock());
        self.program.changed.notify_all();
        changed
    }

    /// Waits until `ready` has an answer, which may change things; `None` if the time is over.
    pub(super) fn wait_until<R>(
        &self,
        end: Option<Instant>,
        mut ready: impl FnMut(&mut Members) -> Option<R>,
    ) -> Result<Option<R>, Stopped> {
        let mut members = self.program.lock();
        loop {
            if self.is_stopped() {
                return Err(Stopped);
            }
            if let Some(answer) = ready(&mut members) {
                self.program.changed.notify_all();
                return Ok(Some(answer));
            }
            let Some(end) = end else {
                members = self.program.wait(members);
                continue;
            };
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            let waited = self.program.changed.wait_timeout(members, left);
            members = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The same without end.
    pub(super) fn wait_for<R>(&self, mut ready: impl FnMut(&mut Members) -> Option<R>) -> Result<R, Stopped> {
        loop {
            if let Some(answer) = self.wait_until(None, &mut ready)? {
                return Ok(answer);
            }
        }
    }
}
