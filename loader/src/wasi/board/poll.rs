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
        let start = [Clock::Realtime, Clock::Monotonic].map(|clock| self.wasi.system.now(clock));
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

    /// How long a subscription has to wait, of which the call has begun at `start` of both clocks.
    fn left(&self, subscription: &Subscription, start: [Option<u64>; 2]) -> Result<u64, Errno> {
        match subscription.source {
            Source::Clock { id, time, absolute } => {
                let clock = clock_of(id)?;
                let [realtime, monotonic] = start;
                let start = if clock == Clock::Realtime { realtime } else { monotonic };
                let end = if absolute { time } else { start.ok_or(Errno::NotSup)?.saturating_add(time) };
                Ok(end.saturating_sub(self.now(clock)?))
            }
            Source::Read(fd) | Source::Write(fd) => self.open(fd).map(|_| 0),
        }
    }
}
