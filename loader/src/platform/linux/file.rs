//! A file mapped read-only, of which one range may become executable.

use core::ptr::NonNull;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

use super::PlatformError;
use super::pages::{self, Access};

/// A read-only mapping of a whole file.
#[derive(Debug)]
pub(crate) struct MappedFile {
    start: NonNull<u8>,
    length: usize,
}

impl MappedFile {
    /// Maps the file at `path`.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let length = usize::try_from(metadata.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // SAFETY: a new private mapping at an address that the kernel chooses.
        let start = unsafe {
            libc::mmap(core::ptr::null_mut(), length, libc::PROT_READ, libc::MAP_PRIVATE, file.as_raw_fd(), 0)
        };
        match pages::checked(start) {
            Ok(start) => Ok(Self { start, length }),
            Err(PlatformError) => Err(io::Error::last_os_error()),
        }
    }

    /// The file's contents.
    ///
    /// # Safety
    /// They must not be used once this is dropped, whatever lifetime the caller chooses. As with every mapped file, the
    /// contents change if somebody writes the file: an image that is in use is replaced by renaming, not by writing.
    pub(crate) unsafe fn bytes<'a>(&self) -> &'a [u8] {
        // SAFETY: the mapping is that long and readable; the rest is the caller's promise.
        unsafe { core::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }

    /// Makes a part of the file executable. It must start on a page, so that nothing else becomes executable with it;
    /// the compiler aligns text in files for hosted machines accordingly.
    pub(crate) fn make_executable(&self, offset: usize, length: usize) -> Result<NonNull<u8>, PlatformError> {
        let end = offset.checked_add(length).ok_or(PlatformError)?;
        if end > self.length || !offset.is_multiple_of(pages::page_size()) {
            return Err(PlatformError);
        }
        // SAFETY: the range lies in the mapping, which stays readable.
        unsafe {
            let start = self.start.add(offset);
            pages::protect(start, length, Access::ReadExecute)?;
            Ok(start)
        }
    }
}

impl Drop for MappedFile {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours; `bytes` made its users promise not to outlive it.
        unsafe { pages::unmap(self.start, self.length) };
    }
}
