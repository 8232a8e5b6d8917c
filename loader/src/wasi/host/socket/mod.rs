//! Sockets: preview 1's four functions, and WAMR's extension of them, which opens, binds and connects sockets and looks
//! up names.
//!
//! A program has the listening sockets that the embedder gives it, and what [`Network`] allows: without any ranges of
//! addresses it opens no socket, and every address that it binds, connects or sends to must be in one of them.

mod address;
mod connect;
mod network;
mod options;
mod resolve;
mod system;
mod transfer;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use network::Network;
use rustix::net::{SocketType, sockopt};

use super::Errno;
use super::descriptor::{Descriptor, Node};
use super::types::{FileStat, filetype, rights};

/// An open socket.
pub(crate) struct Socket {
    fd: OwnedFd,
    is_stream: bool,
    /// Whether an address was chosen for it. Held while an address is checked and taken.
    is_bound: Mutex<bool>,
}

impl Socket {
    /// Wraps a socket of the host.
    pub(crate) fn new(fd: OwnedFd) -> io::Result<Self> {
        let is_stream = sockopt::socket_type(&fd)? == SocketType::STREAM;
        Ok(Self { fd, is_stream, is_bound: Mutex::new(false) })
    }

    /// Wraps one that the embedder has bound.
    pub(crate) fn bound(fd: OwnedFd) -> io::Result<Self> {
        Ok(Self { is_bound: Mutex::new(true), ..Self::new(fd)? })
    }

    fn is_bound(&self) -> MutexGuard<'_, bool> {
        self.is_bound.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_ipv6_only(&self, value: bool) -> rustix::io::Result<()> {
        let _unchanged = self.is_bound();
        sockopt::set_ipv6_v6only(self, value)
    }

    /// Lets closing not wait for what is to be sent, whatever the program has chosen.
    pub(crate) fn close_at_once(&self) {
        // Not a stream, or not connected: nothing waits then.
        let _ = sockopt::set_socket_linger(self, None);
    }

    /// As what a program has it.
    pub(crate) fn into_descriptor(self, rights: u64, inheriting: u64) -> Descriptor {
        Descriptor::new(Node::Socket(Arc::new(self)), rights & rights::SOCKET, inheriting & rights::SOCKET)
    }

    pub(crate) fn stat(&self) -> Result<FileStat, Errno> {
        let host = rustix::fs::fstat(&self.fd)?;
        let kind = if self.is_stream { filetype::SOCKET_STREAM } else { filetype::SOCKET_DGRAM };
        Ok(FileStat { inode: host.st_ino, kind, links: 1, ..FileStat::default() })
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Descriptor {
    pub(crate) fn socket(&self, needed: u64) -> Result<&Socket, Errno> {
        match &self.node {
            Node::Socket(socket) => self.require(needed).map(|()| &**socket),
            _ => Err(Errno::NotSock),
        }
    }
}
