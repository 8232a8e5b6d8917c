//! Threads that programs make by `pthread_create`.
#![allow(unsafe_code)] // Runs code of the guest, and stops that of others.

use core::ptr::null_mut;

use graver_loader::{Func, ValType};

use super::errno;
use super::seat::{Seat, Stopped};
use super::spawn::{self, Bring};
use super::sync::Object;
use crate::env::Env;
use crate::instance::{self, Inst};
use crate::{call, exception};

/// What POSIX says of a thread that was cancelled.
const CANCELLED: u32 = u32::MAX;

/// How many destructors of keys run for a thread: four rounds of all, as POSIX says.
const MOST_DESTRUCTORS: usize = 4 * super::keys::COUNT;

/// A thread of a program.
pub(super) struct Thread {
    /// Null once it is gone.
    inst: *mut Inst,
    state: State,
    is_detached: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    /// It ends itself, or was cancelled, with this value.
    Leaving(u32),
    Ended(u32),
}

impl Thread {
    pub(super) fn is_leaving(&self) -> bool {
        matches!(self.state, State::Leaving(_))
    }
}

/// Starts a thread that calls the function at an index of table 0: its number, or an error's. What is no start function makes no
/// thread.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn create(parent: *mut Inst, function: u32, arg: u32) -> Result<u32, i32> {
    // SAFETY: promised by the caller; the new instance is this thread's until another one gets it.
    unsafe {
        let parent = (*parent).root;
        let inst = spawn::spawn_for_guest(parent, Bring::Stack).map_err(|_| errno::AGAIN)?;
        if word_function(inst, function, MOST_OF_START).is_err() {
            instance::destroy(inst);
            return Err(errno::INVAL);
        }
        let seat = &(*parent).seat;
        let thread = Thread { inst, state: State::Running, is_detached: false };
        let number = seat.change(|members| members.objects.add(Object::Thread(thread)));
        (*inst).seat.handle = number.unwrap_or(0);
        let started = number.filter(|number| {
            let number = *number;
            spawn::start_own_thread(seat, inst, move |inst| {
                run(inst, function, arg, number);
                0
            })
        });
        if started.is_none() {
            if let Some(number) = number {
                seat.change(|members| members.objects.remove(number));
            }
            instance::destroy(inst);
        }
        started.ok_or(errno::AGAIN)
    }
}

/// How many results start functions of threads may have, and destructors.
const MOST_OF_START: usize = 1;
const MOST_OF_DESTRUCTOR: usize = 0;

/// The function at an index of table 0, if it takes a word and has no more results than that, all words.
unsafe fn word_function(inst: *mut Inst, index: u32, most_results: usize) -> Result<Func, &'static str> {
    // SAFETY: promised by the caller.
    unsafe {
        let func = call::element(inst, index)?;
        let store = (*inst).store();
        let ty = func.signature(&*store).map_err(|_| call::OTHER_TYPE)?;
        let takes_it = ty.params().eq([ValType::I32]);
        let gives_it = ty.results().len() <= most_results && ty.results().all(|ty| ty == ValType::I32);
        if takes_it && gives_it { Ok(func) } else { Err(call::OTHER_TYPE) }
    }
}

/// Calls such a function, of which only the guest has said that it is one: what it gave, `None` if it failed.
unsafe fn call_with_word(env: *mut Env, index: u32, word: u32, most_results: usize) -> Option<u32> {
    // SAFETY: promised by the caller. There are no references among arguments and results.
    unsafe {
        let inst = (*env).inst;
        match word_function(inst, index, most_results) {
            Ok(func) => {
                let mut cells = [u64::from(word)];
                let has_returned = call::guarded(inst, env, |store| func.call_raw(store, &mut cells));
                has_returned.then_some(cells[0] as u32)
            }
            Err(text) => {
                exception::set(inst, format_args!("{text}"));
                None
            }
        }
    }
}

/// A thread from its start to its end.
unsafe fn run(inst: *mut Inst, function: u32, arg: u32, number: u32) {
    // SAFETY: promised by the caller.
    unsafe {
        let program = std::sync::Arc::clone(&(*inst).seat.program);
        let env = (*inst).env;
        let returned = call_with_word(env, function, arg, MOST_OF_START);
        // From here on nobody cancels it.
        let (left, is_alone) = (*inst).seat.change(|members| {
            // It was cancelled alone, if at all. Who stops the program does it under this lock.
            let is_alone = !(*inst).exception.is_set();
            if is_alone {
                (*inst).seat.go_on();
            }
            let left = members.objects.thread(number).and_then(|thread| {
                thread.inst = null_mut();
                match core::mem::replace(&mut thread.state, State::Running) {
                    State::Leaving(value) => Some(value),
                    _ => None,
                }
            });
            (left, is_alone)
        });
        if is_alone {
            // One that sets values again does not go on for ever.
            for _ in 0..MOST_DESTRUCTORS {
                let Some((destructor, value)) = (*inst).seat.next_destructor((*inst).seat.number) else { break };
                if call_with_word(env, destructor, value, MOST_OF_DESTRUCTOR).is_none() {
                    break;
                }
            }
        }
        instance::destroy(inst);
        let result = left.or(returned).unwrap_or(0);
        let mut members = program.lock();
        match members.objects.thread(number) {
            Some(thread) if thread.is_detached => members.objects.remove(number),
            Some(thread) => thread.state = State::Ended(result),
            None => {}
        }
        program.changed.notify_all();
    }
}

impl Seat {
    /// The number of the thread; 0 for those that the program has not made.
    pub(crate) fn thread_number(&self) -> u32 {
        self.handle
    }

    /// Waits for a thread: what it left, or an error's number, which is 0 for one that is gone.
    pub(crate) fn join_thread(&self, number: u32) -> Result<Result<u32, i32>, Stopped> {
        self.wait_for(|members| {
            let thread = match members.objects.thread_or_error(number) {
                Ok(thread) => thread,
                Err(error) => return Some(Err(error)),
            };
            match thread.state {
                _ if thread.is_detached => Some(Err(errno::INVAL)),
                State::Ended(value) => {
                    members.objects.remove(number);
                    Some(Ok(value))
                }
                _ if number == self.handle => Some(Err(errno::DEADLK)),
                _ => None,
            }
        })
    }

    /// Lets a thread go without being joined.
    pub(crate) fn detach_thread(&self, number: u32) -> i32 {
        self.change(|members| {
            let thread = match members.objects.thread_or_error(number) {
                Ok(thread) => thread,
                Err(error) => return error,
            };
            thread.is_detached = true;
            if matches!(thread.state, State::Ended(_)) {
                members.objects.remove(number);
            }
            0
        })
    }

    /// Stops a thread at its next call of the host, or while it waits.
    pub(crate) fn cancel_thread(&self, number: u32) -> i32 {
        self.change(|members| {
            let thread = match members.objects.thread_or_error(number) {
                Ok(thread) => thread,
                Err(error) => return error,
            };
            if thread.state == State::Running && !thread.inst.is_null() {
                thread.state = State::Leaving(CANCELLED);
                // SAFETY: the instance lives until the thread has taken it out of here, under this lock.
                unsafe { (*thread.inst).seat.interrupt.request() };
            }
            0
        })
    }

    /// Notes that this thread ends itself; false for one that the program has not made.
    pub(crate) fn exit_thread(&self, value: u32) -> bool {
        self.change(|members| match members.objects.thread(self.handle) {
            Some(thread) => {
                thread.state = State::Leaving(value);
                true
            }
            None => false,
        })
    }
}
