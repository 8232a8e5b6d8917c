//! Addresses as programs lay them out: a kind, an IPv4 or IPv6 address, and a port; numbers are little-endian.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};

use rustix::net::SocketAddrAny;

use super::super::{Errno, GuestMemory};

/// Bytes of an address with its port.
pub(super) const SIZE: u32 = 24;

/// Bytes of an address without a port.
pub(super) const IP_SIZE: u32 = 20;

const IPV4: u32 = 0;
const IPV6: u32 = 1;

/// Where the address starts, behind the kind.
const START: u32 = 4;

/// Reads an address with its port.
pub(super) fn read(memory: &GuestMemory<'_>, at: u32) -> Result<SocketAddr, Errno> {
    memory.check(at, SIZE)?;
    let ip = read_ip(memory, at)?;
    let length = if ip.is_ipv4() { 4 } else { 16 };
    Ok(SocketAddr::new(ip, memory.read_u16(at + START + length)?))
}

/// Reads an address without a port.
pub(super) fn read_ip(memory: &GuestMemory<'_>, at: u32) -> Result<IpAddr, Errno> {
    memory.check(at, IP_SIZE)?;
    let start = at + START;
    match memory.read_u32(at)? {
        IPV4 => Ok(Ipv4Addr::from_bits(memory.read_u32(start)?.swap_bytes()).into()),
        IPV6 => {
            let mut segments = [0; 8];
            for (segment, at) in segments.iter_mut().zip((start..).step_by(2)) {
                *segment = memory.read_u16(at)?;
            }
            Ok(Ipv6Addr::from(segments).into())
        }
        _ => Err(Errno::AfNoSupport),
    }
}

/// The bytes of an address with its port.
pub(super) fn to_bytes(address: SocketAddr) -> [u8; SIZE as usize] {
    let mut bytes = [0; SIZE as usize];
    let (kind, end) = match address.ip() {
        IpAddr::V4(ip) => {
            bytes[4..8].copy_from_slice(&ip.octets());
            (IPV4, 8)
        }
        IpAddr::V6(ip) => {
            for (place, segment) in bytes[4..20].chunks_exact_mut(2).zip(ip.segments()) {
                place.copy_from_slice(&segment.to_le_bytes());
            }
            (IPV6, 20)
        }
    };
    bytes[..4].copy_from_slice(&kind.to_le_bytes());
    bytes[end..end + 2].copy_from_slice(&address.port().to_le_bytes());
    bytes
}

/// The Internet address that the host tells. Sockets of other families have none.
pub(super) fn from_host(address: SocketAddrAny) -> Result<SocketAddr, Errno> {
    SocketAddr::try_from(address).map_err(|_| Errno::AfNoSupport)
}

/// What stands for an address that there is not.
pub(super) const NONE: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));
