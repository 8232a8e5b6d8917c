//! Calls on paths. Each path is resolved below the directory of a descriptor.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt, SystemTimeSpec};
use cap_std::fs::{Dir, File, OpenOptions, OpenOptionsExt};
use cap_std::time::SystemTime;
use rustix::fs::OFlags;

use super::descriptor::{Descriptor, Directory, Node, file_rights, file_stat};
use super::file::{Time, Times};
use super::types::{FileStat, fdflags, lookup, oflags, rights};
use super::{Errno, GuestMemory, Wasi};

type Result = core::result::Result<(), Errno>;

impl Wasi {
    fn directory(&self, fd: u32, needed: u64) -> core::result::Result<Arc<Directory>, Errno> {
        self.descriptor(fd)?.directory(needed).cloned()
    }

    /// Opens a file or directory and writes the descriptor's number. Of the rights that a program asks for, only
    /// reading and writing count; the others are the embedder's choice and come with the directory.
    #[expect(clippy::too_many_arguments, reason = "the interface has them")]
    pub fn path_open(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        lookup: u32,
        path: u32,
        length: u32,
        oflags: u32,
        base: u64,
        _inheriting: u64,
        fdflags: u32,
        result: u32,
    ) -> Result {
        memory.check(result, 4)?;
        let path = &memory.path(path, length)?;
        let how = How { follow: follow(lookup)?, oflags, fdflags, access: base & (rights::FD_READ | rights::FD_WRITE) };
        how.check()?;
        self.table().next_free()?;
        let parent = self.descriptor(fd)?;
        let dir = &parent.directory(how.needed())?.dir;
        if how.access & !parent.inheriting != 0 && !how.has(oflags::DIRECTORY) {
            return Err(Errno::NotCapable);
        }
        let file = how.open(dir, path)?;
        let descriptor = how.descriptor(file, parent.inheriting)?;
        let number = self.table().insert(descriptor)?;
        memory.write_u32(result, number)
    }

    /// Creates a directory.
    pub fn path_create_directory(&self, memory: &mut GuestMemory<'_>, fd: u32, path: u32, length: u32) -> Result {
        let path = &memory.path(path, length)?;
        Ok(self.directory(fd, rights::PATH_CREATE_DIRECTORY)?.dir.create_dir(path)?)
    }

    /// Removes an empty directory.
    pub fn path_remove_directory(&self, memory: &mut GuestMemory<'_>, fd: u32, path: u32, length: u32) -> Result {
        let path = &memory.path(path, length)?;
        Ok(self.directory(fd, rights::PATH_REMOVE_DIRECTORY)?.dir.remove_dir(without_slashes(path))?)
    }

    /// Removes a name of a file.
    pub fn path_unlink_file(&self, memory: &mut GuestMemory<'_>, fd: u32, path: u32, length: u32) -> Result {
        let path = &memory.path(path, length)?;
        Ok(self.directory(fd, rights::PATH_UNLINK_FILE)?.dir.remove_file(path)?)
    }

    /// Renames a file or directory. Only a directory can get a name with a slash at its end, which the sandbox library drops.
    #[expect(clippy::too_many_arguments, reason = "the interface has them")]
    pub fn path_rename(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        old: u32,
        old_length: u32,
        new_fd: u32,
        new: u32,
        new_length: u32,
    ) -> Result {
        let (old, new) = (&memory.path(old, old_length)?, &memory.path(new, new_length)?);
        let from = self.directory(fd, rights::PATH_RENAME_SOURCE)?;
        let to = self.directory(new_fd, rights::PATH_RENAME_TARGET)?;
        if ends_in_slash(new) && !from.dir.symlink_metadata(without_slashes(old))?.is_dir() {
            return Err(Errno::NotDir);
        }
        Ok(from.dir.rename(old, &to.dir, new)?)
    }

    /// Gives a file another name.
    #[expect(clippy::too_many_arguments, reason = "the interface has them")]
    pub fn path_link(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        lookup: u32,
        old: u32,
        old_length: u32,
        new_fd: u32,
        new: u32,
        new_length: u32,
    ) -> Result {
        let (old, new) = (&memory.path(old, old_length)?, &memory.path(new, new_length)?);
        if follow(lookup)? == FollowSymlinks::Yes {
            return Err(Errno::Inval);
        }
        let from = self.directory(fd, rights::PATH_LINK_SOURCE)?;
        let to = self.directory(new_fd, rights::PATH_LINK_TARGET)?;
        Ok(from.dir.hard_link(old, &to.dir, new)?)
    }

    /// Creates a symbolic link. One to an absolute path is refused: it would mislead other programs.
    pub fn path_symlink(
        &self,
        memory: &mut GuestMemory<'_>,
        target: u32,
        target_length: u32,
        fd: u32,
        path: u32,
        length: u32,
    ) -> Result {
        let (target, path) = (&memory.path(target, target_length)?, &memory.path(path, length)?);
        Ok(self.directory(fd, rights::PATH_SYMLINK)?.dir.symlink(target, path)?)
    }

    /// Writes as much of a symbolic link's target as fits, and how much that is.
    #[expect(clippy::too_many_arguments, reason = "the interface has them")]
    pub fn path_readlink(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        path: u32,
        length: u32,
        buffer: u32,
        buffer_length: u32,
        used: u32,
    ) -> Result {
        memory.check(used, 4)?;
        memory.check(buffer, buffer_length)?;
        let target = self.directory(fd, rights::PATH_READLINK)?.dir.read_link(memory.path(path, length)?)?;
        let target = target.as_os_str().as_bytes();
        let fitting = target.get(..buffer_length as usize).unwrap_or(target);
        memory.write(buffer, fitting)?;
        memory.write_u32(used, fitting.len() as u32)
    }

    /// Writes the attributes of a file or directory.
    pub fn path_filestat_get(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        lookup: u32,
        path: u32,
        length: u32,
        result: u32,
    ) -> Result {
        memory.check(result, FileStat::SIZE)?;
        let path = &memory.path(path, length)?;
        let dir = self.directory(fd, rights::PATH_FILESTAT_GET)?;
        let metadata = match follow(lookup)? {
            // What has a slash at its end is the directory behind a link, not the link.
            FollowSymlinks::No if !ends_in_slash(path) => dir.dir.symlink_metadata(path)?,
            _ => dir.dir.metadata(path)?,
        };
        memory.write(result, &file_stat(&metadata).to_bytes())
    }

    /// Sets the times of a file or directory.
    #[expect(clippy::too_many_arguments, reason = "the interface has them")]
    pub fn path_filestat_set_times(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        lookup: u32,
        path: u32,
        length: u32,
        accessed: u64,
        modified: u64,
        flags: u32,
    ) -> Result {
        let path = &memory.path(path, length)?;
        let times = Times::new(accessed, modified, flags)?;
        let (accessed, modified) = (system_time(times.accessed)?, system_time(times.modified)?);
        let dir = self.directory(fd, rights::PATH_FILESTAT_SET_TIMES)?;
        match follow(lookup)? {
            FollowSymlinks::Yes => Ok(DirExt::set_times(&dir.dir, path, accessed, modified)?),
            FollowSymlinks::No => Ok(dir.dir.set_symlink_times(path, accessed, modified)?),
        }
    }
}

/// A path without slashes at its end, which the sandbox library takes for `/.`: nothing that can be removed.
fn without_slashes(path: &Path) -> &Path {
    let bytes = path.as_os_str().as_bytes();
    match bytes.iter().rposition(|byte| *byte != b'/') {
        Some(last) => Path::new(OsStr::from_bytes(bytes.get(..=last).unwrap_or(bytes))),
        None => path,
    }
}

fn ends_in_slash(path: &Path) -> bool {
    path.as_os_str().as_bytes().ends_with(b"/")
}

fn follow(lookup: u32) -> core::result::Result<FollowSymlinks, Errno> {
    match lookup {
        0 => Ok(FollowSymlinks::No),
        lookup::SYMLINK_FOLLOW => Ok(FollowSymlinks::Yes),
        _ => Err(Errno::Inval),
    }
}

/// A time for the sandbox library; none is "keep".
fn system_time(time: Time) -> core::result::Result<Option<SystemTimeSpec>, Errno> {
    Ok(match time {
        Time::Keep => None,
        Time::Now => Some(SystemTimeSpec::SymbolicNow),
        Time::Set(since_1970) => {
            let time = std::time::UNIX_EPOCH.checked_add(since_1970).ok_or(Errno::Inval)?;
            Some(SystemTimeSpec::Absolute(SystemTime::from_std(time)))
        }
    })
}

/// How a path is to be opened.
struct How {
    follow: FollowSymlinks,
    oflags: u32,
    fdflags: u32,
    /// The right to read, to write, or both.
    access: u64,
}

impl How {
    fn has(&self, oflag: u32) -> bool {
        self.oflags & oflag != 0
    }

    fn check(&self) -> Result {
        if self.oflags & !oflags::ALL != 0 || self.fdflags & !fdflags::ALL != 0 {
            return Err(Errno::Inval);
        }
        if self.has(oflags::DIRECTORY) && self.has(oflags::CREAT | oflags::EXCL | oflags::TRUNC) {
            return Err(Errno::Inval);
        }
        Ok(())
    }

    /// The rights that it takes.
    fn needed(&self) -> u64 {
        let create = if self.has(oflags::CREAT) { rights::PATH_CREATE_FILE } else { 0 };
        let truncate = if self.has(oflags::TRUNC) { rights::PATH_FILESTAT_SET_SIZE } else { 0 };
        rights::PATH_OPEN | create | truncate
    }

    fn open(&self, dir: &Dir, path: &Path) -> core::result::Result<File, Errno> {
        if !self.has(oflags::DIRECTORY) {
            return dir.open_with(path, &self.options()).map_err(|error| match Errno::from(error) {
                // What the library makes of it on hosts without `openat2`; the others say so themselves.
                Errno::Inval if self.has(oflags::CREAT) && ends_in_slash(path) => Errno::IsDir,
                error => error,
            });
        }
        // In two steps, as the library's directories cannot be read. With the host's flag for directories it would not follow
        // links on hosts without `openat2`, where it walks the path itself.
        let found = match self.follow {
            FollowSymlinks::Yes => dir.open_dir(path)?,
            FollowSymlinks::No => dir.open_dir_nofollow(path)?,
        };
        if self.access & rights::FD_WRITE != 0 {
            return Err(Errno::IsDir);
        }
        Ok(found.open(".")?)
    }

    /// What is not asked to be a directory.
    fn options(&self) -> OpenOptions {
        let mut options = OpenOptions::new();
        options.follow(self.follow);
        let mut flags = OFlags::empty();
        // The library, like `std`, creates and cuts off only what it may write. The program's descriptor still
        // has no more than the rights asked for.
        let write = self.access & rights::FD_WRITE != 0 || self.has(oflags::CREAT | oflags::TRUNC);
        options.write(write).read(self.access & rights::FD_READ != 0 || !write);
        options.truncate(self.has(oflags::TRUNC));
        options.create(self.has(oflags::CREAT));
        options.create_new(self.has(oflags::CREAT) && self.has(oflags::EXCL));
        if self.fdflags & fdflags::APPEND != 0 {
            flags |= OFlags::APPEND;
        }
        options.dsync(self.fdflags & fdflags::DSYNC != 0);
        options.rsync(self.fdflags & fdflags::RSYNC != 0);
        options.sync(self.fdflags & fdflags::SYNC != 0);
        options.nonblock(self.fdflags & fdflags::NONBLOCK != 0);
        options.custom_flags(flags.bits() as i32);
        options
    }

    fn descriptor(&self, file: File, inheriting: u64) -> core::result::Result<Descriptor, Errno> {
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            let dir = Dir::from_std_file(file.into_std());
            return Ok(Descriptor::new(Node::directory(dir), rights::DIRECTORY & inheriting, inheriting));
        }
        let denied = (rights::FD_READ | rights::FD_WRITE) & !self.access;
        let rights = file_rights(&file, &metadata) & inheriting & !denied;
        Ok(Descriptor::new(Node::File(Arc::new(file)), rights, 0))
    }
}
