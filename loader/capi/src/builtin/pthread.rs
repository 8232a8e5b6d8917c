//! `lib-pthread`, in WAMR's words: threads, mutexes, condition variables and keys for programs in C without a C library, and
//! wasi-threads' one function. What they are to the host is in [`crate::threads`].

use core::time::Duration;

use graver_loader::CallError;

use super::{Guest, Outcome, Row, arg, int};
use crate::guest_heap::allocate_aligned;
use crate::threads::{Stopped, errno, pthread, wasi_thread};

pub(super) const ROWS: &[Row] = &[
    Row { name: "pthread_create", signature: "(iiii)i", run: create },
    Row { name: "pthread_join", signature: "(ii)i", run: join },
    Row {
        name: "pthread_detach",
        signature: "(i)i",
        run: |guest, args| done(guest.seat().detach_thread(arg(args, 0))),
    },
    Row {
        name: "pthread_cancel",
        signature: "(i)i",
        run: |guest, args| done(guest.seat().cancel_thread(arg(args, 0))),
    },
    Row { name: "pthread_self", signature: "()i", run: own_number },
    Row { name: "__pthread_self", signature: "()i", run: own_number },
    Row { name: "pthread_exit", signature: "(i)", run: exit },
    Row { name: "pthread_mutex_init", signature: "(ii)i", run: |guest, args| init(guest, args, Guest::new_mutex) },
    Row { name: "pthread_mutex_lock", signature: "(i)i", run: lock },
    Row { name: "pthread_mutex_unlock", signature: "(i)i", run: unlock },
    Row { name: "pthread_mutex_destroy", signature: "(i)i", run: destroy_mutex },
    Row { name: "pthread_cond_init", signature: "(ii)i", run: |guest, args| init(guest, args, Guest::new_condition) },
    Row { name: "pthread_cond_wait", signature: "(ii)i", run: |guest, args| wait(guest, args, None) },
    Row { name: "pthread_cond_timedwait", signature: "(iiI)i", run: wait_for_a_time },
    Row { name: "pthread_cond_signal", signature: "(i)i", run: |guest, args| wake(guest, args, false) },
    Row { name: "pthread_cond_broadcast", signature: "(i)i", run: |guest, args| wake(guest, args, true) },
    Row { name: "pthread_cond_destroy", signature: "(i)i", run: destroy_condition },
    Row { name: "pthread_key_create", signature: "(ii)i", run: create_key },
    Row { name: "pthread_setspecific", signature: "(ii)i", run: set_specific },
    Row { name: "pthread_getspecific", signature: "(i)i", run: specific },
    Row {
        name: "pthread_key_delete",
        signature: "(i)i",
        run: |guest, args| done(guest.seat().delete_key(arg(args, 0))),
    },
    Row { name: "posix_memalign", signature: "(iii)i", run: memalign },
];

/// Of the module `wasi`.
pub(super) const WASI_ROWS: &[Row] = &[Row { name: "thread-spawn", signature: "(i)i", run: spawn }];

/// An error's number, or 0, as a result.
fn done(error: i32) -> Outcome {
    Ok(int(error))
}

/// The same for what may have been stopped.
fn unless_stopped(error: Result<i32, Stopped>) -> Outcome {
    Ok(int(error?))
}

impl Guest {
    fn number_at(&mut self, address: u32) -> Result<u32, CallError> {
        Ok(u32::from_le_bytes(self.word(address)?))
    }

    fn put_number(&mut self, address: u32, number: u32) -> Result<(), CallError> {
        self.bytes(address, 4)?.copy_from_slice(&number.to_le_bytes());
        Ok(())
    }

    /// Makes something whose number goes to an address of the guest.
    fn put_new(&mut self, address: u32, make: impl FnOnce(&mut Self) -> Result<u32, i32>) -> Outcome {
        // Not after it was made.
        self.bytes(address, 4)?;
        match make(self) {
            Ok(number) => {
                self.put_number(address, number)?;
                Ok(0)
            }
            Err(error) => done(error),
        }
    }

    fn new_mutex(&mut self) -> Result<u32, i32> {
        self.seat().create_mutex()
    }

    fn new_condition(&mut self) -> Result<u32, i32> {
        self.seat().create_condition()
    }
}

fn init(guest: &mut Guest, args: &[u64], make: fn(&mut Guest) -> Result<u32, i32>) -> Outcome {
    guest.put_new(arg(args, 0), make)
}

/// Attributes are not looked at.
#[allow(unsafe_code)] // The instance's handle is a pointer.
fn create(guest: &mut Guest, args: &[u64]) -> Outcome {
    let (function, argument) = (arg(args, 2), arg(args, 3));
    // SAFETY: the instance lives while its imports are called.
    guest.put_new(arg(args, 0), |guest| unsafe { pthread::create(guest.inst, function, argument) })
}

#[allow(unsafe_code)] // The instance's handle is a pointer.
fn spawn(guest: &mut Guest, args: &[u64]) -> Outcome {
    // SAFETY: the instance lives while its imports are called.
    done(unsafe { wasi_thread::spawn(guest.inst, arg(args, 0)) })
}

/// A thread that is gone, because it was detached or joined, is joined at once, as WAMR has it.
fn join(guest: &mut Guest, args: &[u64]) -> Outcome {
    let result = arg(args, 1);
    if result != 0 {
        guest.bytes(result, 4)?;
    }
    match guest.seat().join_thread(arg(args, 0))? {
        Ok(value) => {
            if result != 0 {
                guest.put_number(result, value)?;
            }
            Ok(0)
        }
        Err(error) => done(error),
    }
}

fn own_number(guest: &mut Guest, _args: &[u64]) -> Outcome {
    Ok(u64::from(guest.seat().thread_number()))
}

/// The program's first thread goes on: it ends by returning.
fn exit(guest: &mut Guest, args: &[u64]) -> Outcome {
    if guest.seat().exit_thread(arg(args, 0)) { Err(CallError::code(0)) } else { Ok(0) }
}

fn lock(guest: &mut Guest, args: &[u64]) -> Outcome {
    let mutex = guest.number_at(arg(args, 0))?;
    unless_stopped(guest.seat().lock_mutex(mutex, guest.thread()))
}

fn unlock(guest: &mut Guest, args: &[u64]) -> Outcome {
    let mutex = guest.number_at(arg(args, 0))?;
    done(guest.seat().unlock_mutex(mutex, guest.thread()))
}

fn destroy_mutex(guest: &mut Guest, args: &[u64]) -> Outcome {
    let mutex = guest.number_at(arg(args, 0))?;
    done(guest.seat().destroy_mutex(mutex))
}

fn wait(guest: &mut Guest, args: &[u64], time: Option<Duration>) -> Outcome {
    let (condition, mutex) = (guest.number_at(arg(args, 0))?, guest.number_at(arg(args, 1))?);
    unless_stopped(guest.seat().wait_condition(condition, mutex, guest.thread(), time))
}

/// The time is in microseconds from now; all ones are for ever.
fn wait_for_a_time(guest: &mut Guest, args: &[u64]) -> Outcome {
    let microseconds = args.get(2).copied().unwrap_or_default();
    wait(guest, args, (microseconds != u64::MAX).then(|| Duration::from_micros(microseconds)))
}

fn wake(guest: &mut Guest, args: &[u64], all: bool) -> Outcome {
    let condition = guest.number_at(arg(args, 0))?;
    done(guest.seat().wake_condition(condition, all))
}

fn destroy_condition(guest: &mut Guest, args: &[u64]) -> Outcome {
    let condition = guest.number_at(arg(args, 0))?;
    done(guest.seat().destroy_condition(condition))
}

fn create_key(guest: &mut Guest, args: &[u64]) -> Outcome {
    guest.put_new(arg(args, 0), |guest| guest.seat().create_key(arg(args, 1)))
}

fn set_specific(guest: &mut Guest, args: &[u64]) -> Outcome {
    done(guest.seat().set_specific(guest.thread(), arg(args, 0), arg(args, 1)))
}

fn specific(guest: &mut Guest, args: &[u64]) -> Outcome {
    Ok(u64::from(guest.seat().specific(guest.thread(), arg(args, 0))))
}

/// Memory at a multiple of a power of two.
fn memalign(guest: &mut Guest, args: &[u64]) -> Outcome {
    let (align, size) = (arg(args, 1), arg(args, 2));
    guest.put_new(arg(args, 0), |guest| {
        if !align.is_power_of_two() || align < 4 {
            return Err(errno::INVAL);
        }
        match allocate_aligned(guest.inst, size, align) {
            0 => Err(errno::NOMEM),
            address => Ok(address as u32),
        }
    })
}
