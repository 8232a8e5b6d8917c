//! The standard streams, which are all the descriptors that a program has.

use core::cell::Cell;

use super::types::{FdStat, filetype, rights};
use super::{Call, Errno, GuestMemory, Stream};

type Result<T = ()> = core::result::Result<T, Errno>;

const INPUT: u32 = 0;
const OUTPUT: u32 = 1;

impl Call<'_> {
    /// Writes a descriptor's kind, flags and rights: without a position, so that C libraries take it for a terminal and write
    /// line by line.
    pub(super) fn fd_fdstat_get(&self, memory: &mut GuestMemory<'_>, fd: u32, result: u32) -> Result {
        self.open(fd)?;
        let access = if fd == INPUT { rights::FD_READ } else { rights::FD_WRITE };
        let rights = access | rights::POLL_FD_READWRITE;
        let stat = FdStat { kind: filetype::CHARACTER_DEVICE, flags: 0, rights, inheriting: 0 };
        memory.write(result, &stat.to_bytes())
    }

    /// There are no preopened directories: libraries ask from 3 on until this fails so.
    pub(super) fn fd_prestat_get(&self, _: &mut GuestMemory<'_>, _fd: u32, _result: u32) -> Result {
        Err(Errno::Badf)
    }

    /// Closes a stream.
    pub(super) fn fd_close(&self, _: &mut GuestMemory<'_>, fd: u32) -> Result {
        self.open(fd)?.set(false);
        Ok(())
    }

    /// Reads into the first buffer that is not empty.
    pub(super) fn fd_read(&self, memory: &mut GuestMemory<'_>, fd: u32, buffers: u32, count: u32, read: u32) -> Result {
        self.open(fd)?;
        if fd != INPUT {
            return Err(Errno::Badf);
        }
        memory.check(read, 4)?;
        let mut buffer = None;
        for pair in memory.each_buffer(buffers, count)? {
            let pair = pair?;
            buffer = buffer.or_else(|| (pair.1 != 0).then_some(pair));
        }
        let length = match buffer {
            Some((address, length)) => {
                let buffer = memory.slice_mut(address, length)?;
                self.wasi.system.read(buffer)?.min(buffer.len())
            }
            None => 0,
        };
        memory.write_u32(read, length as u32)
    }

    /// Writes what is in buffers, until less than all is taken.
    pub(super) fn fd_write(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        buffers: u32,
        count: u32,
        written: u32,
    ) -> Result {
        self.open(fd)?;
        if fd == INPUT {
            return Err(Errno::Badf);
        }
        memory.check(written, 4)?;
        memory.each_buffer(buffers, count)?.try_for_each(|buffer| buffer.map(drop))?;
        let stream = if fd == OUTPUT { Stream::Output } else { Stream::Error };
        let mut total = 0;
        for buffer in memory.each_buffer(buffers, count)? {
            let (address, length) = buffer?;
            if length == 0 {
                continue;
            }
            match self.wasi.system.write(stream, memory.slice(address, length)?) {
                Ok(taken) => {
                    // Lengths add up to what a `u32` can tell.
                    total += (taken as u32).min(length);
                    if taken < length as usize {
                        break;
                    }
                }
                // What was taken before counts; the next call fails.
                Err(_) if total != 0 => break,
                Err(error) => return Err(error),
            }
        }
        memory.write_u32(written, total)
    }

    /// Streams have no position.
    pub(super) fn fd_seek(&self, _: &mut GuestMemory<'_>, fd: u32, _offset: i64, _whence: u32, _result: u32) -> Result {
        self.open(fd)?;
        Err(Errno::Spipe)
    }

    /// Streams have no position.
    pub(super) fn fd_tell(&self, _: &mut GuestMemory<'_>, fd: u32, _result: u32) -> Result {
        self.open(fd)?;
        Err(Errno::Spipe)
    }

    /// Whether a stream is open, if it is.
    pub(super) fn open(&self, fd: u32) -> Result<&Cell<bool>> {
        self.wasi.is_open.get(fd as usize).filter(|is_open| is_open.get()).ok_or(Errno::Badf)
    }
}
