//! Looking up names.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::super::{Errno, GuestMemory, Wasi, lock};
use super::address;
use super::system::{self, Hints};

/// Bytes of an address with its port, and what kind of socket it is for.
const INFO: u32 = address::SIZE + 4;

/// Bytes of what a program says it wants.
const HINTS: u32 = 12;

/// As long as a name can be.
const LONGEST_NAME: u32 = 1024;

impl Wasi {
    /// Looks up a name and a service; writes as many addresses as fit, and how many there are.
    #[expect(clippy::too_many_arguments, reason = "the interface has them")]
    pub fn sock_addr_resolve(
        &self,
        memory: &mut GuestMemory<'_>,
        name: u32,
        service: u32,
        hints: u32,
        infos: u32,
        count: u32,
        result: u32,
    ) -> Result<(), Errno> {
        memory.check(result, 4)?;
        memory.check(infos, count.checked_mul(INFO).ok_or(Errno::Fault)?)?;
        let hints = read_hints(memory, hints)?;
        let (name, service) = (memory.c_string(name, LONGEST_NAME)?, memory.c_string(service, LONGEST_NAME)?);
        self.network.look_up(name.as_bytes())?;
        let look_up = move || system::look_up(&name, &service, hints);
        let found = self.network.look_ups.run(look_up, crate::platform::is_interrupted)??;
        let mut at = infos;
        for info in found.iter().take(count as usize) {
            memory.write(at, &address::to_bytes(info.address))?;
            memory.write_u32(at + address::SIZE, info.is_stream.into())?;
            at = at.saturating_add(INFO);
        }
        memory.write_u32(result, found.len() as u32)
    }
}

/// As many names as one program can look up at once. Most are found at once; a server that does not answer takes half a minute.
const MOST_LOOK_UPS: usize = 64;

/// Threads of one program for what takes long and no signal ends, so that the guest can be stopped meanwhile.
pub(super) struct Helpers {
    most: usize,
    running: Arc<AtomicUsize>,
}

/// Counts one of them until it ends.
struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Default for Helpers {
    fn default() -> Self {
        Self::up_to(MOST_LOOK_UPS)
    }
}

impl Helpers {
    fn up_to(most: usize) -> Self {
        Self { most, running: Arc::default() }
    }

    fn one_more(&self) -> Result<Running, Errno> {
        let is_room = |running: usize| (running < self.most).then_some(running + 1);
        let counted = self.running.fetch_update(Ordering::SeqCst, Ordering::SeqCst, is_room);
        counted.map(|_| Running(self.running.clone())).map_err(|_| Errno::Again)
    }

    /// Does something on one of them, which is left alone if the guest is to stop.
    fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
        is_stopped: impl Fn() -> bool,
    ) -> Result<T, Errno> {
        /// Between looks whether the guest is to stop.
        const PAUSE: Duration = Duration::from_millis(20);
        let running = self.one_more()?;
        // Channels would make the standard library note who waits here, in memory that valgrind misses.
        let answer = Arc::new((Mutex::new(None), Condvar::new()));
        let theirs = answer.clone();
        let helper = thread::Builder::new().name("look-up".to_owned()).spawn(move || {
            let done = work();
            drop(running);
            // Nobody may be waiting any more.
            *lock(&theirs.0) = Some(done);
            theirs.1.notify_one();
        });
        let helper = helper.map_err(|_| Errno::Again)?;
        loop {
            let is_over = helper.is_finished();
            let waited = answer.1.wait_timeout_while(lock(&answer.0), PAUSE, |done| done.is_none());
            match waited.unwrap_or_else(PoisonError::into_inner).0.take() {
                Some(done) => return Ok(done),
                None if is_stopped() => return Err(Errno::Intr),
                // It panicked.
                None if is_over => return Err(Errno::Io),
                None => {}
            }
        }
    }
}

fn read_hints(memory: &GuestMemory<'_>, at: u32) -> Result<Option<Hints>, Errno> {
    memory.check(at, HINTS)?;
    let is_stream = match memory.read_u32(at)? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    };
    let is_ipv4 = match memory.read_u32(at + 4)? {
        0 => Some(true),
        1 => Some(false),
        _ => None,
    };
    let is_enabled = memory.read_u8(at + 8)? != 0;
    Ok(is_enabled.then_some(Hints { is_stream, is_ipv4 }))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn what_is_stopped_does_not_wait() {
        let helpers = Helpers::up_to(2);
        assert_eq!(helpers.run(|| 5, || false), Ok(5));
        // These end when the test lets them.
        let (release, ends): (Vec<_>, Vec<_>) = [(); 2].map(|()| mpsc::channel::<()>()).into_iter().unzip();
        for end in ends {
            let waits = move || end.recv().is_ok();
            assert_eq!(helpers.run(waits, || true), Err(Errno::Intr));
        }
        assert_eq!(helpers.run(|| 6, || false), Err(Errno::Again));
        drop(release);
        while helpers.running.load(Ordering::SeqCst) != 0 {
            thread::yield_now();
        }
        assert_eq!(helpers.run(|| 7, || false), Ok(7));
    }
}
