//! Opening, binding, connecting and accepting; addresses; closing.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use rustix::net::{AddressFamily, Shutdown, SocketFlags, SocketType, sockopt};

use super::super::types::{fdflags, rights};
use super::super::{Errno, GuestMemory, Wasi};
use super::{Socket, address};

type Result = core::result::Result<(), Errno>;

impl Wasi {
    /// Opens a socket of a family, for datagrams or streams, and writes its number. The program's ranges of addresses have
    /// no number of their own.
    pub fn sock_open(&self, memory: &mut GuestMemory<'_>, _pool: u32, family: u32, kind: u32, result: u32) -> Result {
        memory.check(result, 4)?;
        self.network.any()?;
        let family = match family {
            0 => AddressFamily::INET,
            1 => AddressFamily::INET6,
            _ => return Err(Errno::AfNoSupport),
        };
        let kind = match kind {
            0 => SocketType::DGRAM,
            1 => SocketType::STREAM,
            _ => return Err(Errno::Prototype),
        };
        self.table().next_free()?;
        let socket = Socket::new(rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, None)?)?;
        let number = self.table().insert(socket.into_descriptor(rights::SOCKET, rights::SOCKET))?;
        memory.write_u32(result, number)
    }

    /// Gives a socket an address of its own.
    pub fn sock_bind(&self, memory: &mut GuestMemory<'_>, fd: u32, address: u32) -> Result {
        let address = address::read(memory, address)?;
        let descriptor = self.descriptor(fd)?;
        let socket = descriptor.socket(rights::FD_FDSTAT_SET_FLAGS)?;
        let mut is_bound = socket.is_bound();
        self.allow_own(socket, address.ip())?;
        rustix::net::bind(socket, &address)?;
        *is_bound = true;
        Ok(())
    }

    /// Has a socket take connections. One without an address gets every address of this host.
    pub fn sock_listen(&self, _: &mut GuestMemory<'_>, fd: u32, backlog: u32) -> Result {
        let descriptor = self.descriptor(fd)?;
        let socket = descriptor.socket(rights::FD_FDSTAT_SET_FLAGS)?;
        let is_bound = socket.is_bound();
        // One that it got by connecting goes when the connection does.
        let own = match socket.own_address()?.ip() {
            ip if *is_bound => ip,
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        self.allow_own(socket, own)?;
        Ok(rustix::net::listen(socket, i32::try_from(backlog).unwrap_or(i32::MAX))?)
    }

    /// Fails if a socket may not have an address; nobody may change the socket until it has it. One for every IPv6 address takes IPv4 as well, unless that is turned off.
    fn allow_own(&self, socket: &Socket, address: IpAddr) -> Result {
        self.network.own(address)?;
        let has_ipv4 = || self.network.own(Ipv4Addr::UNSPECIFIED.into()).is_ok();
        if address == Ipv6Addr::UNSPECIFIED && !has_ipv4() && !sockopt::ipv6_v6only(socket)? {
            sockopt::set_ipv6_v6only(socket, true)?;
        }
        Ok(())
    }

    /// Connects a socket to an address.
    pub fn sock_connect(&self, memory: &mut GuestMemory<'_>, fd: u32, address: u32) -> Result {
        let address = address::read(memory, address)?;
        let descriptor = self.descriptor(fd)?;
        let socket = descriptor.socket(rights::FD_FDSTAT_SET_FLAGS)?;
        Ok(rustix::net::connect(socket, &self.network.reach(address)?)?)
    }

    /// Waits for a connection and writes the number of a socket for it.
    pub fn sock_accept(&self, memory: &mut GuestMemory<'_>, fd: u32, flags: u32, result: u32) -> Result {
        memory.check(result, 4)?;
        let flags = match flags {
            0 => SocketFlags::CLOEXEC,
            fdflags::NONBLOCK => SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            _ => return Err(Errno::Inval),
        };
        let descriptor = self.descriptor(fd)?;
        let socket = descriptor.socket(rights::SOCK_ACCEPT)?;
        // A connection that nobody could use stays in the queue.
        self.table().next_free()?;
        let accepted = rustix::net::accept_with(socket, flags)?;
        let inheriting = descriptor.inheriting;
        let number = self.table().insert(Socket::new(accepted)?.into_descriptor(inheriting, inheriting))?;
        memory.write_u32(result, number)
    }

    /// Closes one or both directions.
    pub fn sock_shutdown(&self, _: &mut GuestMemory<'_>, fd: u32, how: u32) -> Result {
        let how = match how {
            1 => Shutdown::Read,
            2 => Shutdown::Write,
            3 => Shutdown::Both,
            _ => return Err(Errno::Inval),
        };
        let descriptor = self.descriptor(fd)?;
        Ok(rustix::net::shutdown(descriptor.socket(rights::SOCK_SHUTDOWN)?, how)?)
    }

    /// Closes a socket.
    pub fn sock_close(&self, memory: &mut GuestMemory<'_>, fd: u32) -> Result {
        self.descriptor(fd)?.socket(0)?;
        self.fd_close(memory, fd)
    }

    /// Writes a socket's own address.
    pub fn sock_addr_local(&self, memory: &mut GuestMemory<'_>, fd: u32, result: u32) -> Result {
        memory.check(result, address::SIZE)?;
        let descriptor = self.descriptor(fd)?;
        memory.write(result, &address::to_bytes(descriptor.socket(0)?.own_address()?))
    }

    /// Writes the address that a socket is connected to.
    pub fn sock_addr_remote(&self, memory: &mut GuestMemory<'_>, fd: u32, result: u32) -> Result {
        memory.check(result, address::SIZE)?;
        let descriptor = self.descriptor(fd)?;
        let peer = rustix::net::getpeername(descriptor.socket(0)?)?.ok_or(Errno::NotConn)?;
        memory.write(result, &address::to_bytes(address::from_host(peer)?))
    }
}

impl Socket {
    fn own_address(&self) -> core::result::Result<SocketAddr, Errno> {
        address::from_host(rustix::net::getsockname(self)?)
    }
}
