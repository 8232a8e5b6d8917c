//! The program's memory as the host sees it: every access checked, a bad address is `EFAULT`.

use core::ops::Range;
use std::ffi::{CStr, CString, OsString};
use std::io::IoSlice;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use super::Errno;

/// As many buffers as one call takes, the usual `IOV_MAX`.
const MAX_BUFFERS: u32 = 1024;

/// As long as a path can be on Linux, without the NUL.
const MAX_PATH: u32 = 4095;

/// Checked access to a linear memory. Addresses are 32-bit byte offsets; integers are little-endian at any alignment.
pub struct GuestMemory<'m> {
    bytes: &'m mut [u8],
}

impl<'m> GuestMemory<'m> {
    /// Wraps the bytes of a memory.
    pub fn new(bytes: &'m mut [u8]) -> Self {
        Self { bytes }
    }

    fn range(&self, address: u32, length: u32) -> Result<Range<usize>, Errno> {
        // A sum of two u32 fits u64; a memory can be 4 GiB long.
        let end = u64::from(address) + u64::from(length);
        if end > self.bytes.len() as u64 {
            return Err(Errno::Fault);
        }
        Ok(address as usize..end as usize)
    }

    /// Whether a range can be accessed. Calls with an effect on the host check where their result goes beforehand.
    pub fn check(&self, address: u32, length: u32) -> Result<(), Errno> {
        self.range(address, length).map(drop)
    }

    /// The bytes of a range.
    pub fn slice(&self, address: u32, length: u32) -> Result<&[u8], Errno> {
        let range = self.range(address, length)?;
        self.bytes.get(range).ok_or(Errno::Fault)
    }

    /// The bytes of a range, to write.
    pub fn slice_mut(&mut self, address: u32, length: u32) -> Result<&mut [u8], Errno> {
        let range = self.range(address, length)?;
        self.bytes.get_mut(range).ok_or(Errno::Fault)
    }

    fn array<const N: usize>(&self, address: u32) -> Result<[u8; N], Errno> {
        let bytes = self.slice(address, N as u32)?;
        bytes.try_into().map_err(|_| Errno::Fault)
    }

    /// Reads one byte.
    pub fn read_u8(&self, address: u32) -> Result<u8, Errno> {
        self.array(address).map(u8::from_le_bytes)
    }

    /// Reads 16 bits.
    pub fn read_u16(&self, address: u32) -> Result<u16, Errno> {
        self.array(address).map(u16::from_le_bytes)
    }

    /// Reads 32 bits.
    pub fn read_u32(&self, address: u32) -> Result<u32, Errno> {
        self.array(address).map(u32::from_le_bytes)
    }

    /// Reads 64 bits.
    pub fn read_u64(&self, address: u32) -> Result<u64, Errno> {
        self.array(address).map(u64::from_le_bytes)
    }

    /// Writes bytes.
    pub fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), Errno> {
        let length = u32::try_from(bytes.len()).map_err(|_| Errno::Fault)?;
        self.slice_mut(address, length)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Writes 32 bits.
    pub fn write_u32(&mut self, address: u32, value: u32) -> Result<(), Errno> {
        self.write(address, &value.to_le_bytes())
    }

    /// Writes 64 bits.
    pub fn write_u64(&mut self, address: u32, value: u64) -> Result<(), Errno> {
        self.write(address, &value.to_le_bytes())
    }

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
        let rest = self.bytes.len().saturating_sub(address as usize).min(longest as usize + 1) as u32;
        let bytes = self.slice(address, rest)?.to_vec();
        let fits = rest > longest;
        let text =
            CStr::from_bytes_until_nul(&bytes).map_err(|_| if fits { Errno::NameTooLong } else { Errno::Fault })?;
        Ok(text.to_owned())
    }

    /// The `(address, length)` pairs of an array of buffers (`iovec`, `ciovec`), each checked. Their lengths add up to
    /// what a 32-bit count can tell.
    pub fn buffers(&self, array: u32, count: u32) -> Result<Vec<(u32, u32)>, Errno> {
        if count > MAX_BUFFERS {
            return Err(Errno::Inval);
        }
        let mut total = 0_u32;
        let mut buffers = Vec::with_capacity(count as usize);
        for pair in self.slice(array, count * 8)?.as_chunks::<8>().0 {
            let [a, b, c, d, e, f, g, h] = *pair;
            let (address, length) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
            self.check(address, length)?;
            total = total.checked_add(length).ok_or(Errno::Inval)?;
            buffers.push((address, length));
        }
        Ok(buffers)
    }

    /// The buffers of an array to write from.
    pub fn io_slices(&self, array: u32, count: u32) -> Result<Vec<IoSlice<'_>>, Errno> {
        let buffers = self.buffers(array, count)?;
        buffers.into_iter().map(|(address, length)| Ok(IoSlice::new(self.slice(address, length)?))).collect()
    }
}
