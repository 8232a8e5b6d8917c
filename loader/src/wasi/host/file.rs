//! Descriptors: state, attributes, preopened directories, closing.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::fs::{Advice, FallocateFlags, OFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};

use super::descriptor::Node;
use super::types::{FdStat, FileStat, fdflags, fstflags, preopentype, rights};
use super::{Errno, GuestMemory, Wasi};

type Result = core::result::Result<(), Errno>;

impl Wasi {
    /// Closes a descriptor.
    pub fn fd_close(&self, _: &mut GuestMemory<'_>, fd: u32) -> Result {
        // Closing may wait, without the table.
        let closed = self.table().remove(fd)?;
        drop(closed);
        Ok(())
    }

    /// Moves a descriptor to the number of another one.
    pub fn fd_renumber(&self, _: &mut GuestMemory<'_>, fd: u32, to: u32) -> Result {
        let closed = self.table().renumber(fd, to)?;
        drop(closed);
        Ok(())
    }

    /// Writes a descriptor's kind, flags and rights.
    pub fn fd_fdstat_get(&self, memory: &mut GuestMemory<'_>, fd: u32, result: u32) -> Result {
        let descriptor = self.descriptor(fd)?;
        let flags = descriptor.node.host().map_or(Ok(0), host_flags)? as u16;
        let kind = descriptor.stat()?.kind;
        let stat = FdStat { kind, flags, rights: descriptor.rights, inheriting: descriptor.inheriting };
        memory.write(result, &stat.to_bytes())
    }

    /// Changes whether writes append and whether calls wait. How writes are synchronised is fixed at opening.
    pub fn fd_fdstat_set_flags(&self, _: &mut GuestMemory<'_>, fd: u32, flags: u32) -> Result {
        if flags & !fdflags::ALL != 0 {
            return Err(Errno::Inval);
        }
        let descriptor = self.descriptor(fd)?;
        descriptor.require(rights::FD_FDSTAT_SET_FLAGS)?;
        let (open, changeable) = match &descriptor.node {
            Node::File(file) => (file.as_fd(), fdflags::APPEND | fdflags::NONBLOCK),
            Node::Socket(socket) => (socket.as_fd(), fdflags::NONBLOCK),
            Node::Directory(_) => return Err(Errno::Badf),
            Node::Reader(_) | Node::Writer(_) => return if flags == 0 { Ok(()) } else { Err(Errno::NotSup) },
        };
        if (flags ^ host_flags(open)?) & !changeable != 0 {
            return Err(Errno::NotSup);
        }
        let mut host = rustix::fs::fcntl_getfl(open)?;
        host.set(OFlags::APPEND, flags & fdflags::APPEND != 0);
        host.set(OFlags::NONBLOCK, flags & fdflags::NONBLOCK != 0);
        Ok(rustix::fs::fcntl_setfl(open, host)?)
    }

    /// Gives up rights of a descriptor.
    pub fn fd_fdstat_set_rights(&self, _: &mut GuestMemory<'_>, fd: u32, base: u64, inheriting: u64) -> Result {
        let mut table = self.table();
        let descriptor = table.get_mut(fd)?;
        if base & !descriptor.rights != 0 || inheriting & !descriptor.inheriting != 0 {
            return Err(Errno::NotCapable);
        }
        descriptor.rights = base;
        descriptor.inheriting = inheriting;
        Ok(())
    }

    /// Writes a descriptor's attributes.
    pub fn fd_filestat_get(&self, memory: &mut GuestMemory<'_>, fd: u32, result: u32) -> Result {
        memory.check(result, FileStat::SIZE)?;
        let descriptor = self.descriptor(fd)?;
        descriptor.require(rights::FD_FILESTAT_GET)?;
        memory.write(result, &descriptor.stat()?.to_bytes())
    }

    /// Cuts a file off or extends it with zeros.
    pub fn fd_filestat_set_size(&self, _: &mut GuestMemory<'_>, fd: u32, size: u64) -> Result {
        let descriptor = self.descriptor(fd)?;
        let file = descriptor.file(0)?;
        // The host's file may be open to write although the program's is not.
        if descriptor.rights & rights::FD_WRITE == 0 {
            return Err(Errno::Inval);
        }
        descriptor.require(rights::FD_FILESTAT_SET_SIZE)?;
        Ok(file.set_len(size)?)
    }

    /// Sets the times of a file or directory.
    pub fn fd_filestat_set_times(
        &self,
        _: &mut GuestMemory<'_>,
        fd: u32,
        accessed: u64,
        modified: u64,
        flags: u32,
    ) -> Result {
        let times = Times::new(accessed, modified, flags)?;
        let times = Timestamps { last_access: times.accessed.to_host(), last_modification: times.modified.to_host() };
        let descriptor = self.descriptor(fd)?;
        descriptor.require(rights::FD_FILESTAT_SET_TIMES)?;
        match &descriptor.node {
            Node::File(file) => Ok(rustix::fs::futimens(file, &times)?),
            // By a descriptor that can be read, as below.
            Node::Directory(directory) => Ok(rustix::fs::futimens(directory.dir.open(".")?, &times)?),
            Node::Socket(_) | Node::Reader(_) | Node::Writer(_) => Err(Errno::Inval),
        }
    }

    /// Has data and attributes written to the disk.
    pub fn fd_sync(&self, _: &mut GuestMemory<'_>, fd: u32) -> Result {
        self.sync(fd, rights::FD_SYNC)
    }

    /// Has data written to the disk.
    pub fn fd_datasync(&self, _: &mut GuestMemory<'_>, fd: u32) -> Result {
        self.sync(fd, rights::FD_DATASYNC)
    }

    fn sync(&self, fd: u32, right: u64) -> Result {
        let descriptor = self.descriptor(fd)?;
        match &descriptor.node {
            // A directory is synchronised through a descriptor that can be read, which the sandbox's need not be.
            Node::Directory(directory) => {
                descriptor.require(right)?;
                Ok(directory.dir.open(".")?.sync_all()?)
            }
            _ if right == rights::FD_SYNC => Ok(descriptor.file(right)?.sync_all()?),
            _ => Ok(descriptor.file(right)?.sync_data()?),
        }
    }

    /// Says how a file is going to be accessed.
    pub fn fd_advise(&self, _: &mut GuestMemory<'_>, fd: u32, offset: u64, length: u64, advice: u32) -> Result {
        let advice = match advice {
            0 => Advice::Normal,
            1 => Advice::Sequential,
            2 => Advice::Random,
            3 => Advice::WillNeed,
            4 => Advice::DontNeed,
            5 => Advice::NoReuse,
            _ => return Err(Errno::Inval),
        };
        let descriptor = self.descriptor(fd)?;
        let file = descriptor.file(rights::FD_ADVISE)?;
        Ok(rustix::fs::fadvise(file, offset, core::num::NonZeroU64::new(length), advice)?)
    }

    /// Reserves space on the disk for a part of a file.
    pub fn fd_allocate(&self, _: &mut GuestMemory<'_>, fd: u32, offset: u64, length: u64) -> Result {
        let descriptor = self.descriptor(fd)?;
        let file = descriptor.file(rights::FD_ALLOCATE | rights::FD_WRITE)?;
        Ok(rustix::fs::fallocate(file, FallocateFlags::empty(), offset, length)?)
    }

    /// Writes the kind of a preopened descriptor and the length of its name. Preview 1 knows directories only; C libraries
    /// pass over other kinds, but would look no further if there were an error.
    pub fn fd_prestat_get(&self, memory: &mut GuestMemory<'_>, fd: u32, result: u32) -> Result {
        let descriptor = self.descriptor(fd)?;
        let name = descriptor.preopened.ok_or(Errno::Badf)?;
        memory.check(result, 8)?;
        let kind = if let Node::Directory(_) = descriptor.node { preopentype::DIR } else { preopentype::SOCKET };
        memory.write_u32(result, kind)?;
        memory.write_u32(result + 4, name.len() as u32)
    }

    /// Writes the name of a preopened directory.
    pub fn fd_prestat_dir_name(&self, memory: &mut GuestMemory<'_>, fd: u32, buffer: u32, length: u32) -> Result {
        let descriptor = self.descriptor(fd)?;
        let name = descriptor.preopened.as_ref().ok_or(Errno::Badf)?;
        descriptor.directory(0)?;
        if name.len() > length as usize {
            return Err(Errno::NameTooLong);
        }
        memory.write(buffer, name)
    }
}

/// The flags of an open file, from the host.
fn host_flags(file: BorrowedFd<'_>) -> core::result::Result<u32, Errno> {
    let host = rustix::fs::fcntl_getfl(file)?;
    // On Linux, O_SYNC contains O_DSYNC, and O_RSYNC is O_SYNC.
    let pairs = [
        (OFlags::APPEND, fdflags::APPEND),
        (OFlags::NONBLOCK, fdflags::NONBLOCK),
        (OFlags::DSYNC, fdflags::DSYNC),
        (OFlags::RSYNC, fdflags::RSYNC),
        (OFlags::SYNC, fdflags::SYNC),
    ];
    Ok(pairs.into_iter().filter(|(flag, _)| host.contains(*flag)).fold(0, |flags, (_, flag)| flags | flag))
}

/// What becomes of a file's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    Keep,
    Now,
    Set(Duration),
}

/// What becomes of a file's times.
pub(super) struct Times {
    pub(super) accessed: Time,
    pub(super) modified: Time,
}

impl Times {
    pub(super) fn new(accessed: u64, modified: u64, flags: u32) -> core::result::Result<Self, Errno> {
        if flags & !fstflags::ALL != 0 {
            return Err(Errno::Inval);
        }
        let time = |nanoseconds, set, now| match (flags & set != 0, flags & now != 0) {
            (true, true) => Err(Errno::Inval),
            (true, false) => Ok(Time::Set(Duration::from_nanos(nanoseconds))),
            (false, true) => Ok(Time::Now),
            (false, false) => Ok(Time::Keep),
        };
        Ok(Self {
            accessed: time(accessed, fstflags::ATIM, fstflags::ATIM_NOW)?,
            modified: time(modified, fstflags::MTIM, fstflags::MTIM_NOW)?,
        })
    }
}

impl Time {
    fn to_host(self) -> Timespec {
        match self {
            Self::Keep => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
            Self::Now => Timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
            Self::Set(time) => Timespec { tv_sec: time.as_secs() as i64, tv_nsec: i64::from(time.subsec_nanos()) },
        }
    }
}
