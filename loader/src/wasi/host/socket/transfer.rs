//! Sending and receiving.

use std::io::{IoSlice, IoSliceMut};

use rustix::net::{
    RecvAncillaryBuffer, RecvFlags, RecvMsg, ReturnFlags, SendAncillaryBuffer, SendFlags, SocketAddrAny, recvmsg,
    sendmsg, sendmsg_addr,
};

use super::super::types::{riflags, rights, roflags};
use super::super::{Errno, GuestMemory, Wasi};
use super::{Socket, address};

type Result = core::result::Result<(), Errno>;

/// More than any datagram of the Internet has.
const LONGEST_DATAGRAM: u32 = 1 << 16;

impl Wasi {
    /// Receives from a socket; writes the number of bytes, and whether more of a datagram was lost.
    #[expect(clippy::too_many_arguments, reason = "the interface has them")]
    pub fn sock_recv(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        buffers: u32,
        count: u32,
        flags: u32,
        received: u32,
        result_flags: u32,
    ) -> Result {
        memory.check(received, 4)?;
        memory.check(result_flags, 2)?;
        let got = self.receive(memory, fd, buffers, count, flags)?;
        memory.write_u32(received, got.count)?;
        memory.write(result_flags, &got.flags().to_le_bytes())
    }

    /// Receives from a socket; writes where from, and the number of bytes.
    #[expect(clippy::too_many_arguments, reason = "the interface has them")]
    pub fn sock_recv_from(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        buffers: u32,
        count: u32,
        flags: u32,
        address: u32,
        received: u32,
    ) -> Result {
        memory.check(address, address::SIZE)?;
        memory.check(received, 4)?;
        let got = self.receive(memory, fd, buffers, count, flags)?;
        // Senders that have no such address are none.
        let from = got.from.and_then(|from| address::from_host(from).ok()).unwrap_or(address::NONE);
        memory.write(address, &address::to_bytes(from))?;
        memory.write_u32(received, got.count)
    }

    fn receive(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        buffers: u32,
        count: u32,
        flags: u32,
    ) -> core::result::Result<Received, Errno> {
        if flags & !riflags::ALL != 0 {
            return Err(Errno::Inval);
        }
        let mut host = RecvFlags::empty();
        host.set(RecvFlags::PEEK, flags & riflags::PEEK != 0);
        host.set(RecvFlags::WAITALL, flags & riflags::WAITALL != 0);
        let buffers = memory.buffers(buffers, count)?;
        self.descriptor(fd)?.socket(rights::FD_READ)?.receive(memory, &buffers, host)
    }

    /// Sends to where a socket is connected to; writes the number of bytes.
    pub fn sock_send(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        buffers: u32,
        count: u32,
        flags: u32,
        sent: u32,
    ) -> Result {
        memory.check(sent, 4)?;
        let buffers = memory.io_slices(buffers, count)?;
        no_send_flags(flags)?;
        let total = self.descriptor(fd)?.socket(rights::FD_WRITE)?.send(&buffers)?;
        memory.write_u32(sent, total)
    }

    /// Sends to an address; writes the number of bytes.
    #[expect(clippy::too_many_arguments, reason = "the interface has them")]
    pub fn sock_send_to(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        buffers: u32,
        count: u32,
        flags: u32,
        address: u32,
        sent: u32,
    ) -> Result {
        memory.check(sent, 4)?;
        let address = address::read(memory, address)?;
        let buffers = memory.io_slices(buffers, count)?;
        no_send_flags(flags)?;
        let descriptor = self.descriptor(fd)?;
        let socket = descriptor.socket(rights::FD_WRITE)?;
        let address = self.network.reach(address)?;
        let mut control = SendAncillaryBuffer::default();
        let total = sendmsg_addr(socket, &address, &buffers, &mut control, SendFlags::NOSIGNAL)?;
        memory.write_u32(sent, total as u32)
    }
}

/// Preview 1 has none.
fn no_send_flags(flags: u32) -> Result {
    if flags == 0 { Ok(()) } else { Err(Errno::Inval) }
}

/// What came.
pub(crate) struct Received {
    pub(crate) count: u32,
    is_truncated: bool,
    from: Option<SocketAddrAny>,
}

impl Received {
    fn flags(&self) -> u16 {
        if self.is_truncated { roflags::DATA_TRUNCATED } else { 0 }
    }
}

impl Socket {
    /// Receives what there is, at least a byte or the end of a stream, or a datagram.
    pub(crate) fn receive(
        &self,
        memory: &mut GuestMemory<'_>,
        buffers: &[(u32, u32)],
        flags: RecvFlags,
    ) -> core::result::Result<Received, Errno> {
        if self.is_stream {
            self.receive_stream(memory, buffers, flags)
        } else {
            self.receive_datagram(memory, buffers, flags)
        }
    }

    /// Fills the first buffer, and further ones if all of them are to be filled.
    fn receive_stream(
        &self,
        memory: &mut GuestMemory<'_>,
        buffers: &[(u32, u32)],
        flags: RecvFlags,
    ) -> core::result::Result<Received, Errno> {
        let mut got = Received { count: 0, is_truncated: false, from: None };
        // Looking at the same bytes a second time would not fill a second buffer.
        let fills_all = flags.contains(RecvFlags::WAITALL) && !flags.contains(RecvFlags::PEEK);
        for &(address, length) in buffers.iter().filter(|(_, length)| *length != 0) {
            let message = match self.receive_once(memory.slice_mut(address, length)?, flags) {
                Ok(message) => message,
                // What came before the error is reported first; the error comes back with the next call.
                Err(_) if got.count > 0 => break,
                Err(error) => return Err(error),
            };
            got.count += message.bytes as u32;
            if !fills_all || (message.bytes as u32) < length {
                break;
            }
        }
        Ok(got)
    }

    /// A datagram comes whole, and is spread over the buffers.
    fn receive_datagram(
        &self,
        memory: &mut GuestMemory<'_>,
        buffers: &[(u32, u32)],
        flags: RecvFlags,
    ) -> core::result::Result<Received, Errno> {
        let wanted: u32 = buffers.iter().map(|(_, length)| length).sum();
        let mut bytes = vec![0; wanted.min(LONGEST_DATAGRAM) as usize];
        let message = self.receive_once(&mut bytes, flags)?;
        bytes.truncate(message.bytes);
        let mut rest = &bytes[..];
        for &(address, length) in buffers {
            let (head, tail) = rest.split_at(rest.len().min(length as usize));
            memory.write(address, head)?;
            rest = tail;
        }
        let is_truncated = message.flags.contains(ReturnFlags::TRUNC);
        Ok(Received { count: bytes.len() as u32, is_truncated, from: message.address })
    }

    fn receive_once(&self, buffer: &mut [u8], flags: RecvFlags) -> core::result::Result<RecvMsg, Errno> {
        let mut control = RecvAncillaryBuffer::default();
        Ok(recvmsg(self, &mut [IoSliceMut::new(buffer)], &mut control, flags)?)
    }

    /// Sends to where it is connected to. There is no signal if nobody receives.
    pub(crate) fn send(&self, buffers: &[IoSlice<'_>]) -> core::result::Result<u32, Errno> {
        let mut control = SendAncillaryBuffer::default();
        Ok(sendmsg(self, buffers, &mut control, SendFlags::NOSIGNAL)? as u32)
    }
}
