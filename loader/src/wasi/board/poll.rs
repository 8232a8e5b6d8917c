//! Waiting for time to pass.

use super::events::{self, EVENT, Event, SUBSCRIPTION, Source, Subscription};
use super::process::clock_of;
use super::{Call, Clock, Errno, GuestMemory};

impl Call<'_> {
    /// Waits until at least one subscription has an event, writes the events, and how many there are. Streams are always
    /// ready: whoever reads waits.
    pub(super) fn poll_oneoff(
        &self,
        memory: &mut GuestMemory<'_>,
        subscriptions: u32,
        events: u32,
        count: u32,
        result: u32,
    ) -> Result<(), Errno> {
        events::check(memory, subscriptions, events, count, result)?;
        let start = self.wasi.system.now(Clock::Monotonic);
        loop {
            let mut next = None;
            let mut happened = 0;
            for index in 0..count {
                // Both arrays lie in memory, so addresses do not overflow.
                let subscription = Subscription::read(memory, subscriptions + index * SUBSCRIPTION)?;
                let error = match self.left(&subscription, start) {
                    Ok(0) => 0,
                    Ok(left) => {
                        next = Some(next.map_or(left, |next: u64| next.min(left)));
                        continue;
                    }
                    Err(error) => error.number(),
                };
                let event = Event { error, ..subscription.event() };
                memory.write(events + happened * EVENT, &event.to_bytes())?;
                happened += 1;
            }
            if happened != 0 {
                return memory.write_u32(result, happened);
            }
            if self.stop.get() {
                return Err(Errno::Intr);
            }
            let now = self.wasi.system.now(Clock::Monotonic);
            self.wasi.system.idle(now.unwrap_or_default().saturating_add(next.unwrap_or_default()));
        }
    }

    /// How long a subscription has to wait, if the call has begun at `start` of the monotonic clock. That measures durations of the
    /// other one, too: C libraries sleep by it, and boards may not know the date.
    fn left(&self, subscription: &Subscription, start: Option<u64>) -> Result<u64, Errno> {
        match subscription.source {
            Source::Clock { id, time, absolute: true } => Ok(time.saturating_sub(self.now(clock_of(id)?)?)),
            Source::Clock { id, time, absolute: false } => {
                clock_of(id)?;
                let end = start.ok_or(Errno::NotSup)?.saturating_add(time);
                Ok(end.saturating_sub(self.now(Clock::Monotonic)?))
            }
            Source::Read(fd) | Source::Write(fd) => self.open(fd).map(|_| 0),
        }
    }
}
