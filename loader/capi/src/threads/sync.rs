//! Mutexes, condition variables and semaphores of lib-pthread. The guest knows them by numbers.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::errno;
use super::program::Members;
use super::pthread::Thread;
use super::seat::{Seat, Stopped};

/// What a number stands for.
pub(super) enum Object {
    Mutex(Mutex),
    Condition(Condition),
    Semaphore(Semaphore),
    Thread(Thread),
}

/// A lock.
#[derive(Default)]
pub(super) struct Mutex {
    /// The thread that has it, the number of its seat.
    owner: Option<u64>,
    /// How many wait for it, and for conditions with it.
    waiting: usize,
}

/// A condition variable.
#[derive(Default)]
pub(super) struct Condition {
    /// Those who wait, each with a number of its own.
    waiting: VecDeque<u64>,
    last: u64,
}

/// A semaphore, which has a name until it is unlinked.
pub(super) struct Semaphore {
    name: Option<Vec<u8>>,
    value: u32,
    /// How often it was opened and not closed again.
    users: u32,
}

/// All of a program.
pub(super) struct Objects {
    last: u32,
    by_number: BTreeMap<u32, Object>,
}

/// How many of these a program can have: the host's memory is not the guest's to fill.
const MOST_OBJECTS: usize = 65536;

/// The largest value of a semaphore.
const MOST: u32 = i32::MAX.cast_unsigned();

impl Objects {
    pub(super) fn new() -> Self {
        Self { last: 0, by_number: BTreeMap::new() }
    }

    /// Adds one; `None` if there are too many, or no more numbers.
    pub(super) fn add(&mut self, object: Object) -> Option<u32> {
        if self.by_number.len() >= MOST_OBJECTS {
            return None;
        }
        self.last = self.last.checked_add(1)?;
        self.by_number.insert(self.last, object);
        Some(self.last)
    }

    pub(super) fn remove(&mut self, number: u32) {
        self.by_number.remove(&number);
    }

    /// A thread, or the error's number for what is none, which is 0 for one that is gone.
    pub(super) fn thread_or_error(&mut self, number: u32) -> Result<&mut Thread, i32> {
        let has_been = number != 0 && number <= self.last && !self.by_number.contains_key(&number);
        self.thread(number).ok_or(if has_been { 0 } else { errno::SRCH })
    }

    pub(super) fn thread(&mut self, number: u32) -> Option<&mut Thread> {
        match self.by_number.get_mut(&number)? {
            Object::Thread(thread) => Some(thread),
            _ => None,
        }
    }

    pub(super) fn is_leaving(&self, number: u32) -> bool {
        matches!(self.by_number.get(&number), Some(Object::Thread(thread)) if thread.is_leaving())
    }

    fn mutex(&mut self, number: u32) -> Option<&mut Mutex> {
        match self.by_number.get_mut(&number)? {
            Object::Mutex(mutex) => Some(mutex),
            _ => None,
        }
    }

    fn condition(&mut self, number: u32) -> Option<&mut Condition> {
        match self.by_number.get_mut(&number)? {
            Object::Condition(condition) => Some(condition),
            _ => None,
        }
    }

    /// One that somebody has open.
    fn semaphore(&mut self, number: u32) -> Option<&mut Semaphore> {
        match self.by_number.get_mut(&number)? {
            Object::Semaphore(semaphore) if semaphore.users > 0 => Some(semaphore),
            _ => None,
        }
    }

    fn named(&mut self, name: &[u8]) -> Option<(u32, &mut Semaphore)> {
        self.by_number.iter_mut().find_map(|(number, object)| match object {
            Object::Semaphore(semaphore) if semaphore.name.as_deref() == Some(name) => Some((*number, semaphore)),
            _ => None,
        })
    }

    /// Takes a lock for a thread, if it is free: 0, or why it never will be.
    fn lock(&mut self, number: u32, thread: u64) -> Option<i32> {
        let Some(mutex) = self.mutex(number) else { return Some(errno::INVAL) };
        match mutex.owner {
            None => {
                mutex.owner = Some(thread);
                Some(0)
            }
            // It would wait for itself.
            Some(owner) if owner == thread => Some(errno::DEADLK),
            Some(_) => None,
        }
    }

    fn count_waiting(&mut self, mutex: u32, change: impl FnOnce(usize) -> usize) {
        if let Some(mutex) = self.mutex(mutex) {
            mutex.waiting = change(mutex.waiting);
        }
    }
}

impl Seat {
    pub(crate) fn create_mutex(&self) -> Result<u32, i32> {
        self.change(|members| members.objects.add(Object::Mutex(Mutex::default()))).ok_or(errno::AGAIN)
    }

    /// Takes a lock for a thread, the number of its seat.
    pub(crate) fn lock_mutex(&self, number: u32, thread: u64) -> Result<i32, Stopped> {
        self.program.lock().objects.count_waiting(number, |count| count + 1);
        let locked = self.wait_for(|members| members.objects.lock(number, thread));
        self.program.lock().objects.count_waiting(number, |count| count.saturating_sub(1));
        locked
    }

    pub(crate) fn unlock_mutex(&self, number: u32, thread: u64) -> i32 {
        self.change(|members| unlock(members, number, thread))
    }

    /// Gives a lock back that nobody has or waits for.
    pub(crate) fn destroy_mutex(&self, number: u32) -> i32 {
        self.change(|members| match members.objects.mutex(number) {
            None => errno::INVAL,
            Some(mutex) if mutex.owner.is_some() || mutex.waiting != 0 => errno::BUSY,
            Some(_) => {
                members.objects.remove(number);
                0
            }
        })
    }

    pub(crate) fn create_condition(&self) -> Result<u32, i32> {
        self.change(|members| members.objects.add(Object::Condition(Condition::default()))).ok_or(errno::AGAIN)
    }

    /// Waits for a condition without the lock, for at most some time.
    pub(crate) fn wait_condition(
        &self,
        condition: u32,
        mutex: u32,
        thread: u64,
        time: Option<Duration>,
    ) -> Result<i32, Stopped> {
        let begun = self.change(|members| {
            let ticket =
                members.objects.condition(condition).map(|condition| condition.last + 1).ok_or(errno::INVAL)?;
            match unlock(members, mutex, thread) {
                0 => {}
                error => return Err(error),
            }
            members.objects.count_waiting(mutex, |count| count + 1);
            if let Some(condition) = members.objects.condition(condition) {
                condition.last = ticket;
                condition.waiting.push_back(ticket);
            }
            Ok(ticket)
        });
        let ticket = match begun {
            Ok(ticket) => ticket,
            Err(error) => return Ok(error),
        };
        // A time that the clock does not reach is as good as none.
        let end = time.and_then(|time| Instant::now().checked_add(time));
        let is_waiting = |members: &mut Members| {
            members.objects.condition(condition).is_some_and(|condition| condition.waiting.contains(&ticket))
        };
        let woken = self.wait_until(end, |members| (!is_waiting(members)).then_some(()));
        // Whoever was woken or not, it waits no more; and it has the lock again, unless it should stop.
        let was_woken = self.change(|members| {
            members.objects.count_waiting(mutex, |count| count.saturating_sub(1));
            let Some(condition) = members.objects.condition(condition) else { return true };
            let before = condition.waiting.len();
            condition.waiting.retain(|waiting| *waiting != ticket);
            condition.waiting.len() == before
        });
        let locked = woken.and_then(|_| self.lock_mutex(mutex, thread));
        if locked.is_err() && was_woken {
            // What woke a thread that was cancelled is for another one.
            self.wake_condition(condition, false);
        }
        match locked? {
            0 if !was_woken => Ok(errno::TIMEDOUT),
            locked => Ok(locked),
        }
    }

    /// Wakes one of those who wait for a condition, or all.
    pub(crate) fn wake_condition(&self, number: u32, all: bool) -> i32 {
        self.change(|members| {
            let Some(condition) = members.objects.condition(number) else { return errno::INVAL };
            if all {
                condition.waiting.clear();
            } else {
                condition.waiting.pop_front();
            }
            0
        })
    }

    pub(crate) fn destroy_condition(&self, number: u32) -> i32 {
        self.change(|members| match members.objects.condition(number) {
            None => errno::INVAL,
            Some(condition) if !condition.waiting.is_empty() => errno::BUSY,
            Some(_) => {
                members.objects.remove(number);
                0
            }
        })
    }

    /// The semaphore of a name, which is made if there is none.
    pub(crate) fn open_semaphore(&self, name: &[u8], value: u32) -> Result<u32, i32> {
        self.change(|members| {
            if let Some((number, semaphore)) = members.objects.named(name) {
                semaphore.users = semaphore.users.saturating_add(1);
                return Ok(number);
            }
            if value > MOST {
                return Err(errno::INVAL);
            }
            let semaphore = Semaphore { name: Some(name.to_vec()), value, users: 1 };
            members.objects.add(Object::Semaphore(semaphore)).ok_or(errno::AGAIN)
        })
    }

    pub(crate) fn close_semaphore(&self, number: u32) -> bool {
        self.change(|members| {
            let Some(semaphore) = members.objects.semaphore(number) else { return false };
            semaphore.users -= 1;
            if semaphore.users == 0 && semaphore.name.is_none() {
                members.objects.remove(number);
            }
            true
        })
    }

    /// Takes a name away. The semaphore stays for those who have it open.
    pub(crate) fn unlink_semaphore(&self, name: &[u8]) -> bool {
        self.change(|members| {
            let Some((number, semaphore)) = members.objects.named(name) else { return false };
            semaphore.name = None;
            if semaphore.users == 0 {
                members.objects.remove(number);
            }
            true
        })
    }

    /// Takes one from a semaphore, and waits until there is one; false if there is no semaphore.
    pub(crate) fn wait_semaphore(&self, number: u32) -> Result<bool, Stopped> {
        self.wait_for(|members| match members.objects.semaphore(number) {
            None => Some(false),
            Some(semaphore) => semaphore.take().then_some(true),
        })
    }

    /// Takes one, if there is one.
    pub(crate) fn try_semaphore(&self, number: u32) -> bool {
        self.change(|members| members.objects.semaphore(number).is_some_and(Semaphore::take))
    }

    pub(crate) fn post_semaphore(&self, number: u32) -> bool {
        self.change(|members| match members.objects.semaphore(number) {
            Some(semaphore) if semaphore.value < MOST => {
                semaphore.value += 1;
                true
            }
            _ => false,
        })
    }

    pub(crate) fn semaphore_value(&self, number: u32) -> Option<u32> {
        self.program.lock().objects.semaphore(number).map(|semaphore| semaphore.value)
    }
}

impl Semaphore {
    fn take(&mut self) -> bool {
        let left = self.value.checked_sub(1);
        self.value = left.unwrap_or(0);
        left.is_some()
    }
}

fn unlock(members: &mut Members, number: u32, thread: u64) -> i32 {
    match members.objects.mutex(number) {
        None => errno::INVAL,
        Some(mutex) if mutex.owner == Some(thread) => {
            mutex.owner = None;
            0
        }
        Some(_) => errno::PERM,
    }
}
