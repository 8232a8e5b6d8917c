//! What a program's file descriptors stand for, and the table that holds them.

use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex};

use cap_fs_ext::{FileTypeExt, MetadataExt};
use cap_std::fs::{Dir, File, FileType, Metadata, MetadataExt as _};

use super::Errno;
use super::socket::Socket;
use super::types::{FileStat, filetype, rights};

/// As many descriptors as a program can have open.
const MAX_OPEN: usize = 4096;

/// What is behind a descriptor. Clones are the same.
#[derive(Clone)]
pub(crate) enum Node {
    /// A file of the host, its standard streams included.
    File(Arc<File>),
    /// A directory: the paths of calls on it are resolved below it.
    Directory(Arc<Directory>),
    /// A socket.
    Socket(Arc<Socket>),
    /// Input given by the embedder.
    Reader(Arc<Mutex<dyn Read + Send>>),
    /// Output taken by the embedder.
    Writer(Arc<Mutex<dyn Write + Send>>),
}

impl Node {
    pub(crate) fn directory(dir: Dir) -> Self {
        Self::Directory(Arc::new(Directory { dir, listing: Mutex::new(None) }))
    }

    /// The host's descriptor of a file or socket.
    pub(crate) fn host(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::File(file) => Some(file.as_fd()),
            Self::Socket(socket) => Some(socket.as_fd()),
            Self::Directory(_) | Self::Reader(_) | Self::Writer(_) => None,
        }
    }
}

/// An open directory.
pub(crate) struct Directory {
    pub(crate) dir: Dir,
    /// What a listing returns, taken at its start: cookies are indices into it, so that they stay good while files
    /// are created and deleted.
    pub(crate) listing: Mutex<Option<Vec<Entry>>>,
}

/// One name of a directory listing.
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    pub(crate) inode: u64,
    pub(crate) kind: u8,
}

/// An open descriptor.
#[derive(Clone)]
pub(crate) struct Descriptor {
    pub(crate) node: Node,
    /// What may be done with it.
    pub(crate) rights: u64,
    /// What may be done with what is opened below it.
    pub(crate) inheriting: u64,
    /// The program's name for it, if the embedder opened it.
    pub(crate) preopened: Option<Arc<[u8]>>,
}

impl Descriptor {
    pub(crate) fn new(node: Node, rights: u64, inheriting: u64) -> Self {
        Self { node, rights, inheriting, preopened: None }
    }

    /// Fails with what POSIX says about a descriptor that was not opened for it, as far as POSIX has such descriptors.
    pub(crate) fn require(&self, needed: u64) -> Result<(), Errno> {
        let missing = needed & !self.rights;
        if missing == 0 {
            Ok(())
        } else if missing & (rights::FD_READ | rights::FD_WRITE) != 0 {
            Err(Errno::Badf)
        } else if missing & rights::POSITION != 0 {
            Err(Errno::Spipe)
        } else {
            Err(Errno::NotCapable)
        }
    }

    pub(crate) fn file(&self, needed: u64) -> Result<&File, Errno> {
        match &self.node {
            Node::File(file) => self.require(needed).map(|()| &**file),
            Node::Directory(_) => Err(Errno::Badf),
            _ if needed & rights::POSITION != 0 => Err(Errno::Spipe),
            Node::Socket(_) | Node::Reader(_) | Node::Writer(_) => Err(Errno::Inval),
        }
    }

    pub(crate) fn directory(&self, needed: u64) -> Result<&Arc<Directory>, Errno> {
        match &self.node {
            Node::Directory(directory) => self.require(needed).map(|()| directory),
            _ => Err(Errno::NotDir),
        }
    }

    pub(crate) fn stat(&self) -> Result<FileStat, Errno> {
        match &self.node {
            Node::File(file) => Ok(file_stat(&file.metadata()?)),
            Node::Directory(directory) => Ok(file_stat(&directory.dir.dir_metadata()?)),
            Node::Socket(socket) => socket.stat(),
            Node::Reader(_) | Node::Writer(_) => Ok(FileStat { links: 1, ..FileStat::default() }),
        }
    }
}

/// What can be done with a file of the host: terminals, pipes and sockets have no position.
pub(crate) fn file_rights(file: &File, metadata: &Metadata) -> u64 {
    let positioned = match file_kind(metadata.file_type()) {
        filetype::REGULAR_FILE | filetype::BLOCK_DEVICE => true,
        filetype::CHARACTER_DEVICE => !rustix::termios::isatty(file),
        _ => false,
    };
    if positioned { rights::FILE } else { rights::FILE & !rights::POSITION }
}

/// The attributes of a file of the host.
pub(crate) fn file_stat(metadata: &Metadata) -> FileStat {
    FileStat {
        device: MetadataExt::dev(metadata),
        inode: MetadataExt::ino(metadata),
        kind: file_kind(metadata.file_type()),
        links: MetadataExt::nlink(metadata),
        size: metadata.len(),
        accessed: nanoseconds(metadata.atime(), metadata.atime_nsec()),
        modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
    }
}

/// WASI's name for a kind of file. It has none for pipes.
pub(crate) fn file_kind(kind: FileType) -> u8 {
    if kind.is_file() {
        filetype::REGULAR_FILE
    } else if kind.is_dir() {
        filetype::DIRECTORY
    } else if kind.is_symlink() {
        filetype::SYMBOLIC_LINK
    } else if kind.is_char_device() {
        filetype::CHARACTER_DEVICE
    } else if kind.is_block_device() {
        filetype::BLOCK_DEVICE
    } else if kind.is_socket() {
        filetype::SOCKET_STREAM
    } else {
        filetype::UNKNOWN
    }
}

/// Time since 1970 in WASI's unsigned nanoseconds; earlier times are shown as 1970.
fn nanoseconds(seconds: i64, nanoseconds: i64) -> u64 {
    let total = i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
    u64::try_from(total.max(0)).unwrap_or(u64::MAX)
}

/// The open descriptors by number. New ones get the lowest free number.
#[derive(Default)]
pub(crate) struct Table {
    slots: Vec<Option<Descriptor>>,
}

impl Table {
    pub(crate) fn get(&self, number: u32) -> Result<&Descriptor, Errno> {
        self.slots.get(number as usize).and_then(Option::as_ref).ok_or(Errno::Badf)
    }

    pub(crate) fn get_mut(&mut self, number: u32) -> Result<&mut Descriptor, Errno> {
        self.slots.get_mut(number as usize).and_then(Option::as_mut).ok_or(Errno::Badf)
    }

    pub(crate) fn remove(&mut self, number: u32) -> Result<Descriptor, Errno> {
        self.slots.get_mut(number as usize).and_then(Option::take).ok_or(Errno::Badf)
    }

    /// The number that the next descriptor gets, or that there can be none.
    pub(crate) fn next_free(&self) -> Result<u32, Errno> {
        let number = self.slots.iter().position(Option::is_none).unwrap_or(self.slots.len());
        if number < MAX_OPEN { Ok(number as u32) } else { Err(Errno::Mfile) }
    }

    pub(crate) fn insert(&mut self, descriptor: Descriptor) -> Result<u32, Errno> {
        let number = self.next_free()?;
        match self.slots.get_mut(number as usize) {
            Some(slot) => *slot = Some(descriptor),
            None => self.slots.push(Some(descriptor)),
        }
        Ok(number)
    }

    /// Moves a descriptor to the number of another one, which it returns.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Result<Option<Descriptor>, Errno> {
        self.get(to)?;
        self.get(from)?;
        if from == to {
            return Ok(None);
        }
        let descriptor = self.remove(from)?;
        Ok(Some(core::mem::replace(self.get_mut(to)?, descriptor)))
    }
}

impl Drop for Table {
    /// The end of a program waits for nobody.
    fn drop(&mut self) {
        for descriptor in self.slots.iter().flatten() {
            if let Node::Socket(socket) = &descriptor.node {
                socket.close_at_once();
            }
        }
    }
}
