//! The functions with Rust's types, and how their results are printed.

use std::fmt;

use crate::imports::{Buffer, Event, FdStat, FileStat, Subscription};

pub const CREAT: u32 = 1;
pub const DIRECTORY: u32 = 2;
pub const EXCL: u32 = 4;
pub const TRUNC: u32 = 8;

pub const APPEND: u32 = 1;
pub const DSYNC: u32 = 2;
pub const NONBLOCK: u32 = 4;
pub const SYNC: u32 = 16;

pub const READ: u64 = 1 << 1;
pub const SEEK: u64 = 1 << 2;
pub const TELL: u64 = 1 << 5;
pub const WRITE: u64 = 1 << 6;
pub const READDIR: u64 = 1 << 14;
const EVERYTHING: u64 = (1 << 30) - 1;
/// What C libraries ask for when they open a directory, and more.
pub const BELOW: u64 = EVERYTHING & !WRITE;

pub const SET: u32 = 0;
pub const CURRENT: u32 = 1;
pub const END: u32 = 2;

/// A number that no descriptor has.
pub const NOBODY: u32 = 1000;

/// An error number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Errno(pub u32);

pub type Result<T> = std::result::Result<T, Errno>;

const NAMES: [&str; 77] = [
    "SUCCESS",
    "2BIG",
    "ACCES",
    "ADDRINUSE",
    "ADDRNOTAVAIL",
    "AFNOSUPPORT",
    "AGAIN",
    "ALREADY",
    "BADF",
    "BADMSG",
    "BUSY",
    "CANCELED",
    "CHILD",
    "CONNABORTED",
    "CONNREFUSED",
    "CONNRESET",
    "DEADLK",
    "DESTADDRREQ",
    "DOM",
    "DQUOT",
    "EXIST",
    "FAULT",
    "FBIG",
    "HOSTUNREACH",
    "IDRM",
    "ILSEQ",
    "INPROGRESS",
    "INTR",
    "INVAL",
    "IO",
    "ISCONN",
    "ISDIR",
    "LOOP",
    "MFILE",
    "MLINK",
    "MSGSIZE",
    "MULTIHOP",
    "NAMETOOLONG",
    "NETDOWN",
    "NETRESET",
    "NETUNREACH",
    "NFILE",
    "NOBUFS",
    "NODEV",
    "NOENT",
    "NOEXEC",
    "NOLCK",
    "NOLINK",
    "NOMEM",
    "NOMSG",
    "NOPROTOOPT",
    "NOSPC",
    "NOSYS",
    "NOTCONN",
    "NOTDIR",
    "NOTEMPTY",
    "NOTRECOVERABLE",
    "NOTSOCK",
    "NOTSUP",
    "NOTTY",
    "NXIO",
    "OVERFLOW",
    "OWNERDEAD",
    "PERM",
    "PIPE",
    "PROTO",
    "PROTONOSUPPORT",
    "PROTOTYPE",
    "RANGE",
    "ROFS",
    "SPIPE",
    "SRCH",
    "STALE",
    "TIMEDOUT",
    "TXTBSY",
    "XDEV",
    "NOTCAPABLE",
];

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.get(self.0 as usize) {
            Some(name) => write!(f, "E{name}"),
            None => write!(f, "error {}", self.0),
        }
    }
}

/// A result as it is printed.
pub trait Show {
    fn show(&self) -> String;
}

impl Show for () {
    fn show(&self) -> String {
        "ok".into()
    }
}

impl Show for Vec<u8> {
    fn show(&self) -> String {
        format!("\"{}\"", self.escape_ascii())
    }
}

impl Show for FileStat {
    fn show(&self) -> String {
        // Directories have sizes and links as their file system likes.
        match self.kind {
            3 => "directory".into(),
            _ => format!("{}, {} bytes, {} links", kind_name(self.kind), self.size, self.links),
        }
    }
}

impl Show for FdStat {
    fn show(&self) -> String {
        let names = [(READ, "read"), (WRITE, "write"), (SEEK, "seek"), (TELL, "tell")];
        let rights: Vec<_> =
            names.iter().filter(|(right, _)| self.rights & right != 0).map(|(_, name)| *name).collect();
        format!("{}, flags {}, rights {}", kind_name(self.kind), self.flags, rights.join("+"))
    }
}

macro_rules! show_as_text {
    ($($type:ty)*) => {
        $(impl Show for $type {
            fn show(&self) -> String {
                self.to_string()
            }
        })*
    };
}
show_as_text!(bool i32 u32 u64 usize &str String);

impl<T: Show> Show for Result<T> {
    fn show(&self) -> String {
        match self {
            Ok(value) => value.show(),
            Err(error) => error.to_string(),
        }
    }
}

/// Prints what came of something.
pub fn say(what: &str, result: impl Show) {
    println!("{what}: {}", result.show());
}

/// A kind of file by name.
pub fn kind_name(kind: u8) -> &'static str {
    let names = ["unknown", "block device", "character device", "directory", "file", "datagram", "stream", "symlink"];
    names.get(kind as usize).unwrap_or(&"no kind")
}

pub fn check(number: u32) -> Result<()> {
    if number == 0 { Ok(()) } else { Err(Errno(number)) }
}

/// Calls a function of the host. With a type behind the arrow the last parameter is a pointer to where the result goes.
macro_rules! call {
    ($name:ident($($argument:expr),*)) => {
        // SAFETY: the host checks pointers itself; those into memory come from slices and references, with their lengths.
        $crate::calls::check(unsafe { $crate::imports::$name($($argument),*) })
    };
    ($name:ident($($argument:expr),*) -> $type:ty) => {{
        let mut result = <$type>::default();
        // SAFETY: as above; the result is a local variable.
        $crate::calls::check(unsafe { $crate::imports::$name($($argument,)* &mut result) }).map(|()| result)
    }};
}
pub(crate) use call;

fn buffers(slices: &[&[u8]]) -> Vec<Buffer> {
    slices.iter().map(|slice| Buffer { start: slice.as_ptr(), length: slice.len() }).collect()
}

fn buffers_mut(slices: &mut [&mut [u8]]) -> Vec<Buffer> {
    slices.iter_mut().map(|slice| Buffer { start: slice.as_mut_ptr(), length: slice.len() }).collect()
}

pub fn clock_res(clock: u32) -> Result<u64> {
    call!(clock_res_get(clock) -> u64)
}

pub fn clock_time(clock: u32) -> Result<u64> {
    call!(clock_time_get(clock, 1) -> u64)
}

pub fn advise(fd: u32, offset: u64, length: u64, advice: u32) -> Result<()> {
    call!(fd_advise(fd, offset, length, advice))
}

pub fn allocate(fd: u32, offset: u64, length: u64) -> Result<()> {
    call!(fd_allocate(fd, offset, length))
}

pub fn close(fd: u32) -> Result<()> {
    call!(fd_close(fd))
}

pub fn datasync(fd: u32) -> Result<()> {
    call!(fd_datasync(fd))
}

pub fn sync(fd: u32) -> Result<()> {
    call!(fd_sync(fd))
}

pub fn fdstat(fd: u32) -> Result<FdStat> {
    call!(fd_fdstat_get(fd) -> FdStat)
}

pub fn set_flags(fd: u32, flags: u32) -> Result<()> {
    call!(fd_fdstat_set_flags(fd, flags))
}

pub fn set_rights(fd: u32, base: u64, inheriting: u64) -> Result<()> {
    call!(fd_fdstat_set_rights(fd, base, inheriting))
}

pub fn filestat(fd: u32) -> Result<FileStat> {
    call!(fd_filestat_get(fd) -> FileStat)
}

pub fn set_size(fd: u32, size: u64) -> Result<()> {
    call!(fd_filestat_set_size(fd, size))
}

pub fn set_times(fd: u32, accessed: u64, modified: u64, flags: u32) -> Result<()> {
    call!(fd_filestat_set_times(fd, accessed, modified, flags))
}

pub fn prestat(fd: u32) -> Result<[u32; 2]> {
    call!(fd_prestat_get(fd) -> [u32; 2])
}

pub fn prestat_name(fd: u32, length: usize) -> Result<Vec<u8>> {
    let mut name = vec![0; length];
    call!(fd_prestat_dir_name(fd, name.as_mut_ptr(), length)).map(|()| name)
}

pub fn renumber(fd: u32, to: u32) -> Result<()> {
    call!(fd_renumber(fd, to))
}

pub fn seek(fd: u32, offset: i64, whence: u32) -> Result<u64> {
    call!(fd_seek(fd, offset, whence) -> u64)
}

pub fn tell(fd: u32) -> Result<u64> {
    call!(fd_tell(fd) -> u64)
}

/// Reads into one buffer of a length; what was read.
pub fn read(fd: u32, length: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let count = read_parts(fd, &mut [&mut bytes])?;
    bytes.truncate(count);
    Ok(bytes)
}

pub fn read_parts(fd: u32, parts: &mut [&mut [u8]]) -> Result<usize> {
    let list = buffers_mut(parts);
    call!(fd_read(fd, list.as_ptr(), list.len()) -> usize)
}

pub fn pread(fd: u32, length: usize, offset: u64) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let count = pread_parts(fd, &mut [&mut bytes], offset)?;
    bytes.truncate(count);
    Ok(bytes)
}

pub fn pread_parts(fd: u32, parts: &mut [&mut [u8]], offset: u64) -> Result<usize> {
    let list = buffers_mut(parts);
    call!(fd_pread(fd, list.as_ptr(), list.len(), offset) -> usize)
}

pub fn write(fd: u32, bytes: &[u8]) -> Result<usize> {
    write_parts(fd, &[bytes])
}

pub fn write_parts(fd: u32, parts: &[&[u8]]) -> Result<usize> {
    let list = buffers(parts);
    call!(fd_write(fd, list.as_ptr(), list.len()) -> usize)
}

pub fn pwrite(fd: u32, bytes: &[u8], offset: u64) -> Result<usize> {
    pwrite_parts(fd, &[bytes], offset)
}

pub fn pwrite_parts(fd: u32, parts: &[&[u8]], offset: u64) -> Result<usize> {
    let list = buffers(parts);
    call!(fd_pwrite(fd, list.as_ptr(), list.len(), offset) -> usize)
}

/// Lists into a buffer of a length; what is in it then.
pub fn readdir(fd: u32, length: usize, cookie: u64) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let used = call!(fd_readdir(fd, bytes.as_mut_ptr(), length, cookie) -> usize)?;
    bytes.truncate(used);
    Ok(bytes)
}

pub fn mkdir(fd: u32, path: impl AsRef<[u8]>) -> Result<()> {
    let path = path.as_ref();
    call!(path_create_directory(fd, path.as_ptr(), path.len()))
}

pub fn stat(fd: u32, path: impl AsRef<[u8]>) -> Result<FileStat> {
    stat_with(fd, 1, path)
}

pub fn lstat(fd: u32, path: impl AsRef<[u8]>) -> Result<FileStat> {
    stat_with(fd, 0, path)
}

pub fn stat_with(fd: u32, lookup: u32, path: impl AsRef<[u8]>) -> Result<FileStat> {
    let path = path.as_ref();
    call!(path_filestat_get(fd, lookup, path.as_ptr(), path.len()) -> FileStat)
}

pub fn path_times(fd: u32, lookup: u32, path: &str, accessed: u64, modified: u64, flags: u32) -> Result<()> {
    call!(path_filestat_set_times(fd, lookup, path.as_ptr(), path.len(), accessed, modified, flags))
}

pub fn link(fd: u32, old: &str, new_fd: u32, new: &str) -> Result<()> {
    link_with(fd, 0, old, new_fd, new)
}

pub fn link_with(fd: u32, lookup: u32, old: &str, new_fd: u32, new: &str) -> Result<()> {
    call!(path_link(fd, lookup, old.as_ptr(), old.len(), new_fd, new.as_ptr(), new.len()))
}

/// Opens with symbolic links followed.
pub fn open(fd: u32, path: impl AsRef<[u8]>, oflags: u32, rights: u64, fdflags: u32) -> Result<u32> {
    open_with(fd, 1, path, oflags, rights, fdflags)
}

pub fn open_with(fd: u32, lookup: u32, path: impl AsRef<[u8]>, oflags: u32, rights: u64, fdflags: u32) -> Result<u32> {
    let path = path.as_ref();
    call!(path_open(fd, lookup, path.as_ptr(), path.len(), oflags, rights, EVERYTHING, fdflags) -> u32)
}

pub fn readlink(fd: u32, path: &str, length: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let used = call!(path_readlink(fd, path.as_ptr(), path.len(), bytes.as_mut_ptr(), length) -> usize)?;
    bytes.truncate(used);
    Ok(bytes)
}

pub fn rmdir(fd: u32, path: impl AsRef<[u8]>) -> Result<()> {
    let path = path.as_ref();
    call!(path_remove_directory(fd, path.as_ptr(), path.len()))
}

pub fn rename(fd: u32, old: &str, new_fd: u32, new: &str) -> Result<()> {
    call!(path_rename(fd, old.as_ptr(), old.len(), new_fd, new.as_ptr(), new.len()))
}

pub fn symlink(target: &str, fd: u32, path: &str) -> Result<()> {
    call!(path_symlink(target.as_ptr(), target.len(), fd, path.as_ptr(), path.len()))
}

pub fn unlink(fd: u32, path: impl AsRef<[u8]>) -> Result<()> {
    let path = path.as_ref();
    call!(path_unlink_file(fd, path.as_ptr(), path.len()))
}

/// Waits; the events, in the order of their user data.
pub fn poll(subscriptions: &[Subscription]) -> Result<Vec<Event>> {
    let mut events = vec![Event::default(); subscriptions.len()];
    let list = subscriptions.as_ptr();
    let count = call!(poll_oneoff(list, events.as_mut_ptr(), subscriptions.len()) -> usize)?;
    events.truncate(count);
    events.sort_by_key(|event| event.user_data);
    Ok(events)
}

pub fn random(length: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    call!(random_get(bytes.as_mut_ptr(), length)).map(|()| bytes)
}

/// What a case needs before it starts; ends the program if that cannot be had.
pub fn made<T>(result: Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("the case cannot start: {error}"),
    }
}

/// Makes a file with contents, and closes it.
pub fn put(fd: u32, path: &str, contents: &str) {
    let file = made(open(fd, path, CREAT | TRUNC, READ | WRITE, 0));
    made(write(file, contents.as_bytes()));
    made(close(file));
}

/// What is in a file.
pub fn contents(fd: u32, path: &str) -> Result<Vec<u8>> {
    let file = open(fd, path, 0, READ, 0)?;
    let bytes = read(file, 4096);
    close(file)?;
    bytes
}

/// Says whether a call that opens worked, and closes what it opened.
pub fn say_open(what: &str, opened: Result<u32>) {
    say(what, opened.map(drop));
    if let Ok(fd) = opened {
        made(close(fd));
    }
}
