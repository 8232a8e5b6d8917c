//! The program's memory as the host sees it: every access checked, a bad address is `EFAULT`.

use core::fmt;
use core::ops::Range;

use super::Errno;

/// As many buffers as one call takes, the usual `IOV_MAX`.
const MAX_BUFFERS: u32 = 1024;

/// Checked access to a linear memory. Addresses are 32-bit byte offsets; integers are little-endian at any alignment.
pub struct GuestMemory<'m> {
    bytes: &'m mut [u8],
}

impl fmt::Debug for GuestMemory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuestMemory").field("length", &self.bytes.len()).finish()
    }
}

impl<'m> GuestMemory<'m> {
    /// Wraps the bytes of a memory.
    pub fn new(bytes: &'m mut [u8]) -> Self {
        Self { bytes }
    }

    /// How many bytes there are.
    pub fn length(&self) -> usize {
        self.bytes.len()
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

    /// The `(address, length)` pairs of an array of buffers (`iovec`, `ciovec`), each checked. Their lengths add up to
    /// what a 32-bit count can tell.
    pub fn each_buffer(
        &self,
        array: u32,
        count: u32,
    ) -> Result<impl Iterator<Item = Result<(u32, u32), Errno>>, Errno> {
        if count > MAX_BUFFERS {
            return Err(Errno::Inval);
        }
        let mut total = 0_u32;
        let pairs = self.slice(array, count * 8)?.as_chunks::<8>().0;
        Ok(pairs.iter().map(move |&[a, b, c, d, e, f, g, h]| {
            let (address, length) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
            self.check(address, length)?;
            total = total.checked_add(length).ok_or(Errno::Inval)?;
            Ok((address, length))
        }))
    }
}
