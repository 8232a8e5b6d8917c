//! Looking up names.

use super::super::{Errno, GuestMemory, Wasi};
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
        let found = system::look_up(&name, &service, hints)?;
        let mut at = infos;
        for info in found.iter().take(count as usize) {
            memory.write(at, &address::to_bytes(info.address))?;
            memory.write_u32(at + address::SIZE, info.is_stream.into())?;
            at = at.saturating_add(INFO);
        }
        memory.write_u32(result, found.len() as u32)
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
