//! Reading, writing and positions: `fd_read`, `fd_write`, `fd_pread`, `fd_pwrite`, `fd_seek`, `fd_tell`.

use std::io::{self, IoSlice, Read, Seek, SeekFrom, Write};

use cap_std::fs::FileExt;
use rustix::net::RecvFlags;

use super::descriptor::Node;
use super::types::rights;
use super::{Errno, GuestMemory, Wasi, lock};

type Result = core::result::Result<(), Errno>;

impl Wasi {
    /// Reads from a file or stream at its position.
    pub fn fd_read(&self, memory: &mut GuestMemory<'_>, fd: u32, buffers: u32, count: u32, read: u32) -> Result {
        memory.check(read, 4)?;
        let buffers = memory.buffers(buffers, count)?;
        let descriptor = self.descriptor(fd)?;
        descriptor.require(rights::FD_READ)?;
        // A stream gives what it has; asking again for a second buffer could wait for a user.
        let whole = descriptor.rights & rights::FD_SEEK != 0;
        let total = match &descriptor.node {
            Node::File(file) => fill(memory, &buffers, whole, |buffer, _| (&**file).read(buffer))?,
            Node::Socket(socket) => socket.receive(memory, &buffers, RecvFlags::empty())?.count,
            Node::Reader(reader) => fill(memory, &buffers, false, |buffer, _| lock(reader).read(buffer))?,
            Node::Writer(_) | Node::Directory(_) => return Err(Errno::Badf),
        };
        memory.write_u32(read, total)
    }

    /// Reads from a file at a given position.
    pub fn fd_pread(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        buffers: u32,
        count: u32,
        offset: u64,
        read: u32,
    ) -> Result {
        memory.check(read, 4)?;
        let buffers = memory.buffers(buffers, count)?;
        let descriptor = self.descriptor(fd)?;
        let file = descriptor.file(rights::FD_READ | rights::FD_SEEK)?;
        let total = fill(memory, &buffers, true, |buffer, done| file.read_at(buffer, position(offset, done)?))?;
        memory.write_u32(read, total)
    }

    /// Writes to a file or stream at its position.
    pub fn fd_write(&self, memory: &mut GuestMemory<'_>, fd: u32, buffers: u32, count: u32, written: u32) -> Result {
        memory.check(written, 4)?;
        let buffers = memory.io_slices(buffers, count)?;
        let descriptor = self.descriptor(fd)?;
        descriptor.require(rights::FD_WRITE)?;
        let total = match &descriptor.node {
            Node::File(file) => (&**file).write_vectored(&buffers)?,
            Node::Socket(socket) => socket.send(&buffers)? as usize,
            Node::Writer(writer) => {
                let mut writer = lock(writer);
                let total = drain(&buffers, |buffer, _| writer.write(buffer))?;
                writer.flush()?;
                total
            }
            Node::Reader(_) | Node::Directory(_) => return Err(Errno::Badf),
        };
        memory.write_u32(written, total as u32)
    }

    /// Writes to a file at a given position.
    pub fn fd_pwrite(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        buffers: u32,
        count: u32,
        offset: u64,
        written: u32,
    ) -> Result {
        memory.check(written, 4)?;
        let buffers = memory.io_slices(buffers, count)?;
        let descriptor = self.descriptor(fd)?;
        let file = descriptor.file(rights::FD_WRITE | rights::FD_SEEK)?;
        let total = drain(&buffers, |buffer, done| file.write_at(buffer, position(offset, done as u64)?))?;
        memory.write_u32(written, total as u32)
    }

    /// Moves the position and writes the new one.
    pub fn fd_seek(&self, memory: &mut GuestMemory<'_>, fd: u32, offset: i64, whence: u32, result: u32) -> Result {
        memory.check(result, 8)?;
        let target = match whence {
            0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
            1 => SeekFrom::Current(offset),
            2 => SeekFrom::End(offset),
            _ => return Err(Errno::Inval),
        };
        let descriptor = self.descriptor(fd)?;
        let mut file = descriptor.file(rights::FD_SEEK)?;
        memory.write_u64(result, file.seek(target)?)
    }

    /// Writes the position.
    pub fn fd_tell(&self, memory: &mut GuestMemory<'_>, fd: u32, result: u32) -> Result {
        memory.check(result, 8)?;
        let descriptor = self.descriptor(fd)?;
        let mut file = descriptor.file(rights::FD_TELL)?;
        memory.write_u64(result, file.stream_position()?)
    }
}

/// Reads into buffers one after the other, until one stays partly empty or, unless `whole`, is full. The reader gets
/// the bytes already read.
fn fill(
    memory: &mut GuestMemory<'_>,
    buffers: &[(u32, u32)],
    whole: bool,
    mut read: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
) -> core::result::Result<u32, Errno> {
    let mut total = 0_u32;
    for &(address, length) in buffers.iter().filter(|(_, length)| *length != 0) {
        let count = match read(memory.slice_mut(address, length)?, u64::from(total)) {
            Ok(count) => count as u32,
            // What was read before the error is reported first; the error comes back with the next call.
            Err(_) if total > 0 => break,
            Err(error) => return Err(error.into()),
        };
        total += count;
        if count < length || !whole {
            break;
        }
    }
    Ok(total)
}

/// Writes buffers one after the other, until one is not taken whole. The writer gets the bytes already written.
fn drain(
    buffers: &[IoSlice<'_>],
    mut write: impl FnMut(&[u8], usize) -> io::Result<usize>,
) -> core::result::Result<usize, Errno> {
    let mut total = 0;
    for buffer in buffers.iter().filter(|buffer| !buffer.is_empty()) {
        let count = match write(buffer, total) {
            Ok(count) => count,
            Err(_) if total > 0 => break,
            Err(error) => return Err(error.into()),
        };
        total += count;
        if count < buffer.len() {
            break;
        }
    }
    Ok(total)
}

fn position(offset: u64, done: u64) -> io::Result<u64> {
    offset.checked_add(done).ok_or_else(|| io::ErrorKind::InvalidInput.into())
}
