//! What only the C library has: looking up names, and an option that is new.
#![allow(unsafe_code)] // Calls of the C library.

use core::ffi::{CStr, c_int};
use core::mem::zeroed;
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use core::ptr::{null, null_mut};
use std::io;
use std::os::fd::AsRawFd as _;

use super::super::Errno;
use super::Socket;

/// What addresses a program wants.
#[derive(Clone, Copy)]
pub(super) struct Hints {
    /// For streams, or datagrams.
    pub(super) is_stream: Option<bool>,
    /// Of IPv4, or IPv6.
    pub(super) is_ipv4: Option<bool>,
}

/// An address that a name stands for.
pub(super) struct Found {
    pub(super) address: SocketAddr,
    pub(super) is_stream: bool,
}

/// Looks up a name, and a service unless it is empty.
pub(super) fn look_up(name: &CStr, service: &CStr, hints: Option<Hints>) -> Result<Vec<Found>, Errno> {
    // SAFETY: numbers and pointers, for which zero is "not said".
    let mut wanted: libc::addrinfo = unsafe { zeroed() };
    if let Some(hints) = hints {
        let kind = |is_stream| if is_stream { libc::SOCK_STREAM } else { libc::SOCK_DGRAM };
        let family = |is_ipv4| if is_ipv4 { libc::AF_INET } else { libc::AF_INET6 };
        wanted.ai_socktype = hints.is_stream.map_or(0, kind);
        wanted.ai_family = hints.is_ipv4.map_or(libc::AF_UNSPEC, family);
    }
    let service = if service.is_empty() { null() } else { service.as_ptr() };
    let mut first = null_mut();
    // SAFETY: texts with their NULs, or none; the list is freed below.
    let code = unsafe { libc::getaddrinfo(name.as_ptr(), service, &raw const wanted, &raw mut first) };
    if code != 0 {
        return Err(error(code));
    }
    let mut found = Vec::new();
    let mut next = first;
    // SAFETY: null, or an entry of the list.
    while let Some(entry) = unsafe { next.as_ref() } {
        // SAFETY: the library made it.
        found.extend(unsafe { entry_address(entry) });
        next = entry.ai_next;
    }
    // SAFETY: from `getaddrinfo`, and not used any more.
    unsafe { libc::freeaddrinfo(first) };
    Ok(found)
}

/// The address of an entry, if programs can use it: it is of the Internet, for streams or datagrams.
///
/// # Safety
/// The entry's address is as long as its family says.
unsafe fn entry_address(entry: &libc::addrinfo) -> Option<Found> {
    let is_stream = match entry.ai_socktype {
        libc::SOCK_STREAM => true,
        libc::SOCK_DGRAM => false,
        _ => return None,
    };
    let address = match entry.ai_family {
        libc::AF_INET => {
            // SAFETY: promised; it may lie anywhere.
            let address = unsafe { entry.ai_addr.cast::<libc::sockaddr_in>().read_unaligned() };
            let ip = Ipv4Addr::from(address.sin_addr.s_addr.to_ne_bytes());
            SocketAddr::new(ip.into(), u16::from_be(address.sin_port))
        }
        libc::AF_INET6 => {
            // SAFETY: promised; it may lie anywhere.
            let address = unsafe { entry.ai_addr.cast::<libc::sockaddr_in6>().read_unaligned() };
            SocketAddr::new(Ipv6Addr::from(address.sin6_addr.s6_addr).into(), u16::from_be(address.sin6_port))
        }
        _ => return None,
    };
    Some(Found { address, is_stream })
}

fn error(code: c_int) -> Errno {
    match code {
        libc::EAI_AGAIN => Errno::Again,
        libc::EAI_FAIL => Errno::Io,
        libc::EAI_MEMORY => Errno::NoMem,
        libc::EAI_SYSTEM => io::Error::last_os_error().into(),
        _ => Errno::Inval,
    }
}

/// Whether connecting waits for the first data.
pub(super) fn tcp_fastopen_connect(socket: &Socket) -> io::Result<bool> {
    let mut value: c_int = 0;
    let mut length = size_of::<c_int>() as libc::socklen_t;
    // SAFETY: an open descriptor; a number and its length.
    let code = unsafe {
        let (value, length) = ((&raw mut value).cast(), &raw mut length);
        libc::getsockopt(socket.fd.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_FASTOPEN_CONNECT, value, length)
    };
    if code == 0 { Ok(value != 0) } else { Err(io::Error::last_os_error()) }
}

/// Has connecting wait for the first data, or not.
pub(super) fn set_tcp_fastopen_connect(socket: &Socket, value: bool) -> io::Result<()> {
    let value = c_int::from(value);
    let length = size_of::<c_int>() as libc::socklen_t;
    // SAFETY: an open descriptor; a number and its length.
    let code = unsafe {
        let value = (&raw const value).cast();
        libc::setsockopt(socket.fd.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_FASTOPEN_CONNECT, value, length)
    };
    if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
