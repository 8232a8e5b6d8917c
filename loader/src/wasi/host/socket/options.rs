//! Options of sockets: for each a function that writes its value, and one that sets it.

use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

use rustix::net::sockopt::{self, Timeout};

use super::super::descriptor::Descriptor;
use super::super::types::rights;
use super::super::{Errno, GuestMemory, Wasi};
use super::{Socket, address, system};

type Result<T = ()> = core::result::Result<T, Errno>;

/// How programs have a value.
trait Form {
    /// As the host has it.
    type Host;
    /// As a parameter.
    type Param;
    /// Bytes in memory.
    const SIZE: u32;

    fn from_param(param: Self::Param) -> Result<Self::Host>;
    fn write(value: Self::Host, memory: &mut GuestMemory<'_>, at: u32) -> Result;
}

/// A byte, 0 or 1.
enum Flag {}

impl Form for Flag {
    type Host = bool;
    type Param = u32;
    const SIZE: u32 = 1;

    fn from_param(param: u32) -> Result<bool> {
        Ok(param != 0)
    }

    fn write(value: bool, memory: &mut GuestMemory<'_>, at: u32) -> Result {
        memory.write(at, &[value.into()])
    }
}

/// A byte that counts.
enum Byte {}

impl Form for Byte {
    type Host = u32;
    type Param = u32;
    const SIZE: u32 = 1;

    fn from_param(param: u32) -> Result<u32> {
        if param > u8::MAX.into() { Err(Errno::Inval) } else { Ok(param) }
    }

    fn write(value: u32, memory: &mut GuestMemory<'_>, at: u32) -> Result {
        memory.write(at, &[u8::try_from(value).map_err(|_| Errno::Overflow)?])
    }
}

/// A number of bytes, in 32 bits.
enum Size {}

impl Form for Size {
    type Host = usize;
    type Param = u32;
    const SIZE: u32 = 4;

    fn from_param(param: u32) -> Result<usize> {
        // The host has it as a signed number.
        i32::try_from(param).map(|_| param as usize).map_err(|_| Errno::Inval)
    }

    fn write(value: usize, memory: &mut GuestMemory<'_>, at: u32) -> Result {
        memory.write_u32(at, u32::try_from(value).map_err(|_| Errno::Overflow)?)
    }
}

/// Seconds, in 32 bits.
enum Seconds {}

impl Form for Seconds {
    type Host = Duration;
    type Param = u32;
    const SIZE: u32 = 4;

    fn from_param(param: u32) -> Result<Duration> {
        Ok(Duration::from_secs(param.into()))
    }

    fn write(value: Duration, memory: &mut GuestMemory<'_>, at: u32) -> Result {
        memory.write_u32(at, u32::try_from(value.as_secs()).map_err(|_| Errno::Overflow)?)
    }
}

/// Microseconds, in 64 bits; 0 is for ever.
enum Microseconds {}

impl Form for Microseconds {
    type Host = Option<Duration>;
    type Param = u64;
    const SIZE: u32 = 8;

    fn from_param(param: u64) -> Result<Self::Host> {
        Ok((param != 0).then_some(Duration::from_micros(param)))
    }

    fn write(value: Self::Host, memory: &mut GuestMemory<'_>, at: u32) -> Result {
        let value = value.unwrap_or_default().as_micros();
        memory.write_u64(at, u64::try_from(value).map_err(|_| Errno::Overflow)?)
    }
}

/// Options with one value: what it is, its form, the two functions, and how the host reads and writes it.
macro_rules! options {
    ($($about:literal, $form:ident($param:ty): $get:ident $read:expr, $set:ident $write:expr;)*) => {
        impl Wasi {$(
            #[doc = concat!("Writes ", $about, ".")]
            pub fn $get(&self, memory: &mut GuestMemory<'_>, fd: u32, result: u32) -> Result {
                memory.check(result, $form::SIZE)?;
                let value = $read(self.descriptor(fd)?.socket(0)?)?;
                $form::write(value, memory, result)
            }

            #[doc = concat!("Sets ", $about, ".")]
            pub fn $set(&self, _: &mut GuestMemory<'_>, fd: u32, value: $param) -> Result {
                let value = $form::from_param(value)?;
                Ok($write(self.descriptor(fd)?.socket(rights::FD_FDSTAT_SET_FLAGS)?, value)?)
            }
        )*}
    };
}

options! {
    "whether datagrams may go to broadcast addresses", Flag(u32):
        sock_get_broadcast sockopt::socket_broadcast, sock_set_broadcast sockopt::set_socket_broadcast;
    "how many hops datagrams to groups live", Byte(u32):
        sock_get_ip_multicast_ttl sockopt::ip_multicast_ttl, sock_set_ip_multicast_ttl sockopt::set_ip_multicast_ttl;
    "how many hops packets live", Byte(u32):
        sock_get_ip_ttl sockopt::ip_ttl, sock_set_ip_ttl sockopt::set_ip_ttl;
    "whether an IPv6 socket does without IPv4", Flag(u32):
        sock_get_ipv6_only sockopt::ipv6_v6only, sock_set_ipv6_only Socket::set_ipv6_only;
    "whether idle connections are tried out", Flag(u32):
        sock_get_keep_alive sockopt::socket_keepalive, sock_set_keep_alive sockopt::set_socket_keepalive;
    "the space for what was received", Size(u32):
        sock_get_recv_buf_size sockopt::socket_recv_buffer_size,
        sock_set_recv_buf_size sockopt::set_socket_recv_buffer_size;
    "how long to wait when receiving", Microseconds(u64):
        sock_get_recv_timeout |socket: &Socket| sockopt::socket_timeout(socket, Timeout::Recv),
        sock_set_recv_timeout |socket: &Socket, time| sockopt::set_socket_timeout(socket, Timeout::Recv, time);
    "whether an address can be bound that was just in use", Flag(u32):
        sock_get_reuse_addr sockopt::socket_reuseaddr, sock_set_reuse_addr sockopt::set_socket_reuseaddr;
    "whether several sockets can have one port", Flag(u32):
        sock_get_reuse_port sockopt::socket_reuseport, sock_set_reuse_port sockopt::set_socket_reuseport;
    "the space for what is to be sent", Size(u32):
        sock_get_send_buf_size sockopt::socket_send_buffer_size,
        sock_set_send_buf_size sockopt::set_socket_send_buffer_size;
    "how long to wait when sending", Microseconds(u64):
        sock_get_send_timeout |socket: &Socket| sockopt::socket_timeout(socket, Timeout::Send),
        sock_set_send_timeout |socket: &Socket, time| sockopt::set_socket_timeout(socket, Timeout::Send, time);
    "whether connecting waits for the first data", Flag(u32):
        sock_get_tcp_fastopen_connect system::tcp_fastopen_connect,
        sock_set_tcp_fastopen_connect system::set_tcp_fastopen_connect;
    "after how long an idle connection is tried out", Seconds(u32):
        sock_get_tcp_keep_idle sockopt::tcp_keepidle, sock_set_tcp_keep_idle sockopt::set_tcp_keepidle;
    "how long to wait between tries of an idle connection", Seconds(u32):
        sock_get_tcp_keep_intvl sockopt::tcp_keepintvl, sock_set_tcp_keep_intvl sockopt::set_tcp_keepintvl;
    "whether small packets are sent at once", Flag(u32):
        sock_get_tcp_no_delay sockopt::tcp_nodelay, sock_set_tcp_no_delay sockopt::set_tcp_nodelay;
    "whether receipts are sent at once", Flag(u32):
        sock_get_tcp_quick_ack sockopt::tcp_quickack, sock_set_tcp_quick_ack sockopt::set_tcp_quickack;
}

impl Wasi {
    /// Writes whether this host gets what it sends to groups.
    pub fn sock_get_ip_multicast_loop(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        is_ipv6: u32,
        result: u32,
    ) -> Result {
        memory.check(result, Flag::SIZE)?;
        let descriptor = self.descriptor(fd)?;
        let socket = descriptor.socket(0)?;
        let value =
            if is_ipv6 == 0 { sockopt::ip_multicast_loop(socket)? } else { sockopt::ipv6_multicast_loop(socket)? };
        Flag::write(value, memory, result)
    }

    /// Sets whether this host gets what it sends to groups.
    pub fn sock_set_ip_multicast_loop(&self, _: &mut GuestMemory<'_>, fd: u32, is_ipv6: u32, value: u32) -> Result {
        let descriptor = self.descriptor(fd)?;
        let socket = descriptor.socket(rights::FD_FDSTAT_SET_FLAGS)?;
        let set = if is_ipv6 == 0 { sockopt::set_ip_multicast_loop } else { sockopt::set_ipv6_multicast_loop };
        Ok(set(socket, value != 0)?)
    }

    /// Writes whether closing waits for what is to be sent, and how many seconds.
    pub fn sock_get_linger(&self, memory: &mut GuestMemory<'_>, fd: u32, result: u32, seconds_result: u32) -> Result {
        memory.check(result, Flag::SIZE)?;
        memory.check(seconds_result, Seconds::SIZE)?;
        let linger = sockopt::socket_linger(self.descriptor(fd)?.socket(0)?)?;
        Flag::write(linger.is_some(), memory, result)?;
        Seconds::write(linger.unwrap_or_default(), memory, seconds_result)
    }

    /// Sets whether closing waits for what is to be sent, and how many seconds.
    pub fn sock_set_linger(&self, _: &mut GuestMemory<'_>, fd: u32, value: u32, seconds: u32) -> Result {
        // The host has it as a signed number.
        let seconds = i32::try_from(seconds).map_err(|_| Errno::Inval)?.unsigned_abs();
        let linger = (value != 0).then_some(Duration::from_secs(seconds.into()));
        Ok(sockopt::set_socket_linger(self.descriptor(fd)?.socket(rights::FD_FDSTAT_SET_FLAGS)?, linger)?)
    }

    /// Makes a socket a member of a group, by an interface: its IPv4 address, or the number of an IPv6 one.
    pub fn sock_set_ip_add_membership(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        group: u32,
        interface: u32,
    ) -> Result {
        let (descriptor, group) = (self.descriptor(fd)?, address::read_ip(memory, group)?);
        match (self.member(&descriptor, group)?, group) {
            (socket, IpAddr::V4(group)) => Ok(sockopt::set_ip_add_membership(socket, &group, &own(interface))?),
            (socket, IpAddr::V6(group)) => Ok(sockopt::set_ipv6_add_membership(socket, &group, interface)?),
        }
    }

    /// Ends a membership.
    pub fn sock_set_ip_drop_membership(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        group: u32,
        interface: u32,
    ) -> Result {
        let (descriptor, group) = (self.descriptor(fd)?, address::read_ip(memory, group)?);
        match (self.member(&descriptor, group)?, group) {
            (socket, IpAddr::V4(group)) => Ok(sockopt::set_ip_drop_membership(socket, &group, &own(interface))?),
            (socket, IpAddr::V6(group)) => Ok(sockopt::set_ipv6_drop_membership(socket, &group, interface)?),
        }
    }

    /// A socket that may be a member of a group.
    fn member<'d>(&self, descriptor: &'d Descriptor, group: IpAddr) -> Result<&'d Socket> {
        let socket = descriptor.socket(rights::FD_FDSTAT_SET_FLAGS)?;
        self.network.own(group).map(|()| socket)
    }
}

/// An interface's IPv4 address. Its bytes are in memory in their order.
fn own(interface: u32) -> Ipv4Addr {
    Ipv4Addr::from(interface.to_le_bytes())
}
