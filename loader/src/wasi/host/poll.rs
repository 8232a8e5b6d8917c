//! Waiting for time to pass or for streams: `poll_oneoff`.

use core::time::Duration;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::descriptor::Node;
use super::events::{self, EVENT, Event, Source, Subscription};
use super::types::{clock, rights};
use super::{Errno, GuestMemory, Wasi};

/// Flag of an event: the other side has closed the stream.
const HANGUP: u16 = 1;

impl Wasi {
    /// Waits until at least one subscription has an event, writes the events, and how many there are.
    pub fn poll_oneoff(
        &self,
        memory: &mut GuestMemory<'_>,
        subscriptions: u32,
        events: u32,
        count: u32,
        result: u32,
    ) -> Result<(), Errno> {
        events::check(memory, subscriptions, events, count, result)?;
        let subscriptions = read_subscriptions(memory, subscriptions, count)?;
        let mut poll = Poll { ready: Vec::new(), streams: Vec::new(), clocks: Vec::new() };
        for subscription in subscriptions {
            poll.add(self, subscription);
        }
        let mut address = events;
        let happened = poll.wait()?;
        for event in &happened {
            memory.write(address, &event.to_bytes())?;
            address = address.saturating_add(EVENT);
        }
        memory.write_u32(result, happened.len() as u32)
    }
}

fn read_subscriptions(memory: &GuestMemory<'_>, array: u32, count: u32) -> Result<Vec<Subscription>, Errno> {
    // The array lies in memory, so its addresses do not overflow.
    (0..count).map(|index| Subscription::read(memory, array + index * events::SUBSCRIPTION)).collect()
}

/// A call that was checked: subscriptions sorted by how they are waited for.
struct Poll {
    /// What need not be waited for.
    ready: Vec<Event>,
    streams: Vec<(Subscription, Node, PollFlags)>,
    /// When a clock reaches its time; none is later than the host can tell.
    clocks: Vec<(Subscription, Option<Instant>)>,
}

impl Poll {
    fn add(&mut self, wasi: &Wasi, subscription: Subscription) {
        let event = subscription.event();
        let added = match subscription.source {
            Source::Clock { id, time, absolute } => {
                deadline(id, time, absolute).map(|deadline| self.clocks.push((subscription, deadline)))
            }
            Source::Read(fd) => self.add_stream(wasi, subscription, fd, PollFlags::IN),
            Source::Write(fd) => self.add_stream(wasi, subscription, fd, PollFlags::OUT),
        };
        if let Err(error) = added {
            self.ready.push(Event { error: error.number(), ..event });
        }
    }

    fn add_stream(&mut self, wasi: &Wasi, subscription: Subscription, fd: u32, flags: PollFlags) -> Result<(), Errno> {
        let descriptor = wasi.descriptor(fd)?;
        descriptor.require(rights::POLL_FD_READWRITE)?;
        match descriptor.node {
            Node::Directory(_) => return Err(Errno::Badf),
            Node::Reader(_) | Node::Writer(_) => self.ready.push(subscription.event()),
            stream => self.streams.push((subscription, stream, flags)),
        }
        Ok(())
    }

    fn wait(&mut self) -> Result<Vec<Event>, Errno> {
        loop {
            let timeout = self.timeout(Instant::now());
            let open = self.streams.iter().filter_map(|(_, node, flags)| Some((node.host()?, *flags)));
            let mut polled: Vec<_> = open.map(|(stream, flags)| PollFd::from_borrowed_fd(stream, flags)).collect();
            match poll(&mut polled, timeout.map(host_time).as_ref()) {
                Ok(_) => {}
                // A signal: what is left of the time is waited for, unless the guest is to stop.
                Err(rustix::io::Errno::INTR) if !crate::platform::is_interrupted() => continue,
                Err(error) => return Err(error.into()),
            }
            let found: Vec<_> = polled.iter().map(PollFd::revents).collect();
            let mut events = core::mem::take(&mut self.ready);
            let streams = self.streams.iter().zip(found).filter(|(_, found)| !found.is_empty());
            events.extend(streams.map(|((subscription, node, _), found)| stream_event(subscription, node, found)));
            let now = Instant::now();
            let reached = self.clocks.iter().filter(|(_, deadline)| deadline.is_some_and(|deadline| deadline <= now));
            events.extend(reached.map(|(subscription, _)| subscription.event()));
            if !events.is_empty() {
                return Ok(events);
            }
        }
    }

    /// How long to wait at most; none is for ever.
    fn timeout(&self, now: Instant) -> Option<Duration> {
        if !self.ready.is_empty() {
            return Some(Duration::ZERO);
        }
        self.clocks.iter().filter_map(|(_, deadline)| *deadline).min().map(|first| first.duration_since(now))
    }
}

/// When a clock reaches a time. The processor-time clocks cannot be waited for.
fn deadline(id: u32, time: u64, absolute: bool) -> Result<Option<Instant>, Errno> {
    match id {
        clock::REALTIME | clock::MONOTONIC => {}
        clock::PROCESS_CPUTIME | clock::THREAD_CPUTIME => return Err(Errno::NotSup),
        _ => return Err(Errno::Inval),
    }
    let left = if absolute { time.saturating_sub(super::clock::now(id)?) } else { time };
    Ok(Instant::now().checked_add(Duration::from_nanos(left)))
}

fn stream_event(subscription: &Subscription, node: &Node, found: PollFlags) -> Event {
    let available = match subscription.source {
        Source::Read(_) => node.host().and_then(|stream| rustix::io::ioctl_fionread(stream).ok()).unwrap_or(0),
        _ => 0,
    };
    let flags = if found.contains(PollFlags::HUP) { HANGUP } else { 0 };
    Event { available, flags, ..subscription.event() }
}

fn host_time(time: Duration) -> Timespec {
    Timespec { tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX), tv_nsec: i64::from(time.subsec_nanos()) }
}
