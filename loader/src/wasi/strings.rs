//! Arguments and variables in the form in which a program asks for them: an array of pointers, and the bytes with NULs.

use core::ffi::CStr;

use super::{Errno, GuestMemory};

/// Writes how many strings there are, and the bytes they take.
pub(super) fn write_sizes<'s>(
    memory: &mut GuestMemory<'_>,
    strings: impl ExactSizeIterator<Item = &'s CStr> + Clone,
    (count, size): (u32, u32),
) -> Result<(), Errno> {
    let length: usize = strings.clone().map(|string| string.to_bytes_with_nul().len()).sum();
    memory.write_u32(count, strings.len() as u32)?;
    memory.write_u32(size, u32::try_from(length).map_err(|_| Errno::Overflow)?)
}

/// Writes the pointers to the strings, and the strings.
pub(super) fn write<'s>(
    memory: &mut GuestMemory<'_>,
    strings: impl Iterator<Item = &'s CStr>,
    (mut pointer, mut bytes): (u32, u32),
) -> Result<(), Errno> {
    for string in strings {
        let string = string.to_bytes_with_nul();
        memory.write(bytes, string)?;
        memory.write_u32(pointer, bytes)?;
        // The string lies in memory, so its length fits.
        bytes = bytes.checked_add(string.len() as u32).ok_or(Errno::Fault)?;
        pointer = pointer.checked_add(4).ok_or(Errno::Fault)?;
    }
    Ok(())
}
