//! Programs: what their instances share.
#![allow(unsafe_code)] // Reaches instances by the pointers that C has.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use graver_loader::format::ExternKind;
use graver_loader::{Extern, SharedMemory};

use super::aux_stack::Stacks;
use super::keys::Keys;
use super::sync::Objects;
use crate::exception::{Exception, PROC_EXIT};
use crate::instance::Inst;
use crate::lock::Lock;
use crate::state;

/// How many threads a program has beside its first, whoever says more.
const MOST_SETTABLE: u32 = 1024;

/// How many if nobody says.
const MOST_THREADS: u32 = 4;

/// And one that brings stacks for its threads along. A thread counts until its instance is gone, which is after those who
/// wait for it went on.
const MOST_WITH_STACKS: u32 = 64;

pub(super) const HAS_EXCEPTION: &str = "the program has an exception";
pub(super) const HAS_ALL: &str = "the program has as many threads as it may have";

/// A program.
pub(crate) struct Program {
    members: Mutex<Members>,
    /// Something of it has changed, or threads should stop.
    pub(super) changed: Condvar,
    /// Held while the app heap is used.
    pub(super) heap: Lock,
    /// What the client set as the most threads.
    most: Option<u32>,
}

/// What a program has, behind its lock.
pub(super) struct Members {
    /// They live as long as they are here. The first is the client's.
    instances: Vec<*mut Inst>,
    pub(super) stacks: Stacks,
    /// The memories that instances inherit, in the order in which they ask for them.
    pub(super) memories: Vec<SharedMemory>,
    /// Whether memory 0, where the app heap is, is one of them.
    pub(super) is_first_shared: bool,
    /// Threads of the library's own that have not ended.
    pub(super) running: u32,
    /// Those of them that nobody else joins.
    pub(super) handles: Vec<JoinHandle<usize>>,
    /// The number of the last thread of wasi-threads.
    pub(super) last_thread: i32,
    /// The number of the last seat. Owners are known by those: addresses of instances come again.
    last_seat: u64,
    pub(super) objects: Objects,
    pub(super) keys: Keys,
}

// SAFETY: instances are reached under the lock only, and then only what is made for several threads.
unsafe impl Send for Members {}

impl Program {
    pub(super) fn new() -> Arc<Self> {
        let members = Members {
            instances: Vec::new(),
            stacks: Stacks::new(),
            memories: Vec::new(),
            is_first_shared: false,
            running: 0,
            handles: Vec::new(),
            last_thread: 0,
            last_seat: 0,
            objects: Objects::new(),
            keys: Keys::new(),
        };
        let most = state::with(|state| state.max_threads).map(|most| most.min(MOST_SETTABLE));
        Arc::new(Self { members: Mutex::new(members), changed: Condvar::new(), heap: Lock::new(), most })
    }

    /// A number for one more seat, which no other has had.
    pub(super) fn next_seat(&self) -> u64 {
        let mut members = self.lock();
        members.last_seat += 1;
        members.last_seat
    }

    /// Nothing is left half changed by a panic.
    pub(super) fn lock(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next change.
    pub(super) fn wait<'p>(&'p self, members: MutexGuard<'p, Members>) -> MutexGuard<'p, Members> {
        self.changed.wait(members).unwrap_or_else(PoisonError::into_inner)
    }

    /// The most threads that bring their stacks along.
    pub(super) fn most_with_stacks(&self) -> u32 {
        self.most.unwrap_or(MOST_WITH_STACKS)
    }

    /// Adds an instance with what the client has attached, unless `parent` should stop or there are so many already.
    ///
    /// # Safety
    /// Both live, and the new one calls [`leave_program`] before it goes.
    pub(super) unsafe fn join(&self, inst: *mut Inst, parent: *const Inst, most: u32) -> Result<(), &'static str> {
        let mut members = self.lock();
        // SAFETY: promised by the caller.
        if unsafe { (*parent).seat.is_stopped() || (*parent).exception.is_set() } {
            return Err(HAS_EXCEPTION);
        }
        // One of them is the first.
        if members.instances.len() > most as usize {
            return Err(HAS_ALL);
        }
        // Under the lock, so that nothing that is attached to all instances passes this one by.
        // SAFETY: promised by the caller.
        unsafe {
            (*inst).custom_data = (*parent).custom_data;
            (*inst).contexts = (*parent).contexts;
        }
        members.instances.push(inst);
        Ok(())
    }

    /// Spawned instances that are still there.
    pub(super) fn spawned(&self) -> Vec<*mut Inst> {
        self.lock().instances.iter().copied().skip(1).collect()
    }

    /// Stops all threads, but for one whose instance this is.
    fn stop(&self, text: Exception, exit_code: u32, except: *const Inst) {
        let members = self.lock();
        for inst in members.instances.iter().copied().filter(|inst| inst.cast_const() != except) {
            // SAFETY: it lives as long as it is in the list.
            let (exception, seat) = unsafe { (&(*inst).exception, &(*inst).seat) };
            // One that was cancelled has to stop already, and has no exception yet.
            if !(seat.is_stopped() && exception.is_set()) {
                exception.set_exit_code(exit_code);
                exception.set_if(text, || true, || seat.interrupt.request());
            }
        }
        // Who waits for the program's things looks again, and finds that it should stop.
        self.changed.notify_all();
    }
}

/// Makes an instance the first one of its program.
///
/// # Safety
/// The instance lives, and calls [`leave_program`] before it goes.
pub(crate) unsafe fn begin_program(inst: *mut Inst) {
    // SAFETY: promised by the caller.
    unsafe { (*inst).seat.program.lock().instances.push(inst) };
}

/// Notes what threads of a program will have, once its first instance is linked.
///
/// # Safety
/// The instance lives, with what it has in its memory, and nobody else knows it.
pub(crate) unsafe fn found_program(inst: *mut Inst) {
    // SAFETY: promised by the caller.
    unsafe {
        let program = &(*inst).seat.program;
        let image = (*(*inst).module).module.image();
        let threads = program.most.unwrap_or(MOST_THREADS);
        let mut members = program.lock();
        members.stacks = Stacks::of(image, threads);
        let (mut store, instance) = ((*inst).store(), (*inst).instance);
        for index in 0..image.memories().iter().count() as u32 {
            let found = instance.and_then(|instance| instance.item(&*store, ExternKind::Memory, index));
            if let Some(Extern::Memory(memory)) = found {
                let shared = memory.shared(&mut *store).ok().flatten();
                members.is_first_shared |= index == 0 && shared.is_some();
                members.memories.extend(shared);
            }
        }
        (*inst).seat.spreads.set(true);
    }
}

/// Takes an instance that goes out of its program.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn leave_program(inst: *mut Inst) {
    // SAFETY: promised by the caller.
    let seat = unsafe { &(*(*inst).root).seat };
    let mut members = seat.program.lock();
    members.instances.retain(|known| *known != inst);
    if let Some(number) = seat.stack {
        members.stacks.give_back(number);
    }
    members.keys.forget(seat.number);
    seat.program.changed.notify_all();
}

/// Does something with all instances of a program.
///
/// # Safety
/// The instance lives; `body` does not ask for the program's lock.
pub(crate) unsafe fn for_each(inst: *mut Inst, body: impl Fn(*mut Inst)) {
    // SAFETY: promised by the caller.
    let members = unsafe { (*(*inst).root).seat.program.lock() };
    members.instances.iter().copied().for_each(body);
}

/// Stops all threads of an instance's program, each at its next call of the host or while it waits, and gives all instances
/// this exception. Everything that stops programs goes through here. It lasts until the exception is cleared.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn stop_program(inst: *mut Inst, text: Exception) {
    // SAFETY: promised by the caller.
    unsafe { (*(*inst).root).seat.program.stop(text, 0, core::ptr::null()) };
}

/// Stops all other threads of a program: the exception of one instance becomes that of all. A thread that was stopped itself
/// stops nobody.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn stop_others(inst: *mut Inst) {
    // SAFETY: promised by the caller.
    unsafe {
        let inst = (*inst).root;
        let (seat, exception) = (&(*inst).seat, &(*inst).exception);
        if seat.spreads.get() && !seat.is_stopped() && exception.is_set() {
            seat.program.stop(exception.get(), exception.exit_code(), inst);
        }
    }
}

/// Ends all other threads of a program that has run to its end.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn exit_others(inst: *mut Inst) {
    let text = Exception::of(format_args!("Exception: {PROC_EXIT}"));
    // SAFETY: promised by the caller.
    unsafe { (*(*inst).root).seat.program.stop(text, 0, (*inst).root) };
}
