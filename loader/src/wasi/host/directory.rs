//! Directory listings: `fd_readdir`.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirEntryExt;

use cap_std::fs::{Dir, DirEntry, MetadataExt};

use super::descriptor::{Entry, file_kind};
use super::types::{filetype, rights};
use super::{Errno, GuestMemory, Wasi, lock};

/// The bytes before a name: where the next entry is, inode, length of the name, kind.
const HEADER: usize = 24;

impl Wasi {
    /// Writes entries of a directory from a cookie on. Entries are cut off where the buffer ends: one that is not
    /// filled is the end of the listing.
    pub fn fd_readdir(
        &self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        buffer: u32,
        length: u32,
        cookie: u64,
        used: u32,
    ) -> Result<(), Errno> {
        memory.check(used, 4)?;
        let mut space = memory.slice_mut(buffer, length)?;
        let descriptor = self.descriptor(fd)?;
        let directory = descriptor.directory(rights::FD_READDIR)?;
        let mut listing = lock(&directory.listing);
        if cookie == 0 || listing.is_none() {
            *listing = Some(list(&directory.dir)?);
        }
        let first = usize::try_from(cookie).unwrap_or(usize::MAX);
        for (index, entry) in listing.iter().flatten().enumerate().skip(first) {
            let header = entry.header(index as u64 + 1);
            space = put(put(space, &header), &entry.name);
            if space.is_empty() {
                break;
            }
        }
        let rest = space.len() as u32;
        memory.write_u32(used, length - rest)
    }
}

impl Entry {
    fn header(&self, next: u64) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[0..8].copy_from_slice(&next.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.inode.to_le_bytes());
        bytes[16..20].copy_from_slice(&(self.name.len() as u32).to_le_bytes());
        bytes[20] = self.kind;
        bytes
    }
}

/// Writes as much as fits; returns the space that is left.
fn put<'s>(space: &'s mut [u8], bytes: &[u8]) -> &'s mut [u8] {
    let count = bytes.len().min(space.len());
    let (head, tail) = space.split_at_mut(count);
    head.copy_from_slice(&bytes[..count]);
    tail
}

/// All names in a directory, with the two that every directory has. What lies above it is not told.
fn list(dir: &Dir) -> Result<Vec<Entry>, Errno> {
    let own = dir.dir_metadata()?.ino();
    let mut entries = vec![
        Entry { name: b".".to_vec(), inode: own, kind: filetype::DIRECTORY },
        Entry { name: b"..".to_vec(), inode: 0, kind: filetype::DIRECTORY },
    ];
    for entry in dir.entries()? {
        entries.push(describe(&entry?));
    }
    Ok(entries)
}

fn describe(entry: &DirEntry) -> Entry {
    Entry {
        name: entry.file_name().as_bytes().to_vec(),
        inode: entry.ino(),
        kind: entry.file_type().map_or(filetype::UNKNOWN, file_kind),
    }
}
