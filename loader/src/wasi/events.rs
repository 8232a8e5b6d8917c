//! What `poll_oneoff` reads and writes.

use super::{Errno, GuestMemory};

/// Bytes of a subscription.
pub(super) const SUBSCRIPTION: u32 = 48;
/// Bytes of an event.
pub(super) const EVENT: u32 = 32;

/// As many subscriptions as a call can have.
const MAX_SUBSCRIPTIONS: u32 = 1024;

/// Flag of a clock subscription: the time is a point on the clock, not a duration.
const ABSOLUTE: u16 = 1;

/// Checks where a call reads and writes.
pub(super) fn check(memory: &GuestMemory<'_>, array: u32, events: u32, count: u32, result: u32) -> Result<(), Errno> {
    memory.check(result, 4)?;
    if count == 0 {
        return Err(Errno::Inval);
    }
    memory.check(array, count.checked_mul(SUBSCRIPTION).ok_or(Errno::Fault)?)?;
    memory.check(events, count.checked_mul(EVENT).ok_or(Errno::Fault)?)?;
    if count > MAX_SUBSCRIPTIONS {
        return Err(Errno::Inval);
    }
    Ok(())
}

/// What to wait for.
pub(super) enum Source {
    Clock { id: u32, time: u64, absolute: bool },
    Read(u32),
    Write(u32),
}

pub(super) struct Subscription {
    pub(super) user_data: u64,
    pub(super) source: Source,
}

/// What came of a subscription.
pub(super) struct Event {
    pub(super) user_data: u64,
    pub(super) error: u16,
    pub(super) kind: u8,
    pub(super) available: u64,
    pub(super) flags: u16,
}

impl Subscription {
    /// The one at an address, in an array that was checked.
    pub(super) fn read(memory: &GuestMemory<'_>, at: u32) -> Result<Self, Errno> {
        let source = match memory.read_u8(at + 8)? {
            0 => Source::Clock {
                id: memory.read_u32(at + 16)?,
                time: memory.read_u64(at + 24)?,
                absolute: memory.read_u16(at + 40)? & ABSOLUTE != 0,
            },
            1 => Source::Read(memory.read_u32(at + 16)?),
            2 => Source::Write(memory.read_u32(at + 16)?),
            _ => return Err(Errno::Inval),
        };
        Ok(Self { user_data: memory.read_u64(at)?, source })
    }

    /// The event for it, without an error.
    pub(super) fn event(&self) -> Event {
        let kind = match self.source {
            Source::Clock { .. } => 0,
            Source::Read(_) => 1,
            Source::Write(_) => 2,
        };
        Event { user_data: self.user_data, error: 0, kind, available: 0, flags: 0 }
    }
}

impl Event {
    /// As programs see it.
    pub(super) fn to_bytes(&self) -> [u8; EVENT as usize] {
        let mut bytes = [0; EVENT as usize];
        bytes[0..8].copy_from_slice(&self.user_data.to_le_bytes());
        bytes[8..10].copy_from_slice(&self.error.to_le_bytes());
        bytes[10] = self.kind;
        bytes[16..24].copy_from_slice(&self.available.to_le_bytes());
        bytes[24..26].copy_from_slice(&self.flags.to_le_bytes());
        bytes
    }
}
