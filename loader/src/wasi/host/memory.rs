//! What only this host takes out of a program's memory: paths, texts, arrays of buffers.

use std::ffi::{CStr, CString, OsString};
use std::io::IoSlice;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use super::{Errno, GuestMemory};

/// As long as a path can be on Linux, without the NUL.
const MAX_PATH: u32 = 4095;

impl GuestMemory<'_> {
    /// A path. Its bytes go to the host as they are, so that names which are not UTF-8 can be used. It is a copy, which other
    /// threads of the guest cannot change while it is looked at.
    pub fn path(&self, address: u32, length: u32) -> Result<PathBuf, Errno> {
        let bytes = self.slice(address, length)?;
        if length > MAX_PATH {
            return Err(Errno::NameTooLong);
        }
        let bytes = bytes.to_vec();
        if bytes.contains(&0) {
            return Err(Errno::Inval);
        }
        Ok(PathBuf::from(OsString::from_vec(bytes)))
    }

    /// A text up to its NUL, of at most `longest` bytes, as a copy.
    pub fn c_string(&self, address: u32, longest: u32) -> Result<CString, Errno> {
        let rest = self.length().saturating_sub(address as usize).min(longest as usize + 1) as u32;
        let bytes = self.slice(address, rest)?.to_vec();
        let fits = rest > longest;
        let text =
            CStr::from_bytes_until_nul(&bytes).map_err(|_| if fits { Errno::NameTooLong } else { Errno::Fault })?;
        Ok(text.to_owned())
    }

    /// All of [`Self::each_buffer`], as a copy.
    pub fn buffers(&self, array: u32, count: u32) -> Result<Vec<(u32, u32)>, Errno> {
        self.each_buffer(array, count)?.collect()
    }

    /// The buffers of an array to write from.
    pub fn io_slices(&self, array: u32, count: u32) -> Result<Vec<IoSlice<'_>>, Errno> {
        let buffers = self.buffers(array, count)?;
        buffers.into_iter().map(|(address, length)| Ok(IoSlice::new(self.slice(address, length)?))).collect()
    }
}
