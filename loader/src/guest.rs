//! Addresses in a guest's memory, with types: what host functions get as pointers and lengths.

use core::fmt;
use core::marker::PhantomData;

use crate::error::AccessError;

/// A value as the guest keeps it in memory: an integer or a float, in little-endian order.
pub trait GuestValue: Copy + sealed::Bytes {}

mod sealed {
    pub trait Bytes: Sized {
        const SIZE: usize;
        fn from_bytes(bytes: &[u8]) -> Option<Self>;
        fn to_bytes(self, bytes: &mut [u8]);
    }
}
use sealed::Bytes;

macro_rules! guest_values {
    ($($ty:ty),*) => {$(
        impl GuestValue for $ty {}
        impl Bytes for $ty {
            const SIZE: usize = size_of::<$ty>();
            fn from_bytes(bytes: &[u8]) -> Option<Self> {
                Some(Self::from_le_bytes(*bytes.first_chunk()?))
            }
            fn to_bytes(self, bytes: &mut [u8]) {
                bytes.iter_mut().zip(self.to_le_bytes()).for_each(|(to, from)| *to = from);
            }
        }
    )*};
}
guest_values!(u8, i8, u16, i16, u32, i32, u64, i64, f32, f64);

/// The address of a `T` in a guest's memory: what a 32-bit guest passes for a pointer.
///
/// It is a number until it is used, and each use checks it against the memory: there is nothing that a guest can pass which
/// reads or writes elsewhere. Addresses need not be aligned.
///
/// ```
/// use graver_loader::GuestPtr;
///
/// let mut memory = [0; 64];
/// let pointer = GuestPtr::<u32>::new(61);
/// assert!(pointer.read(&memory).is_err(), "three bytes are left");
/// let pointer = GuestPtr::<u32>::new(8);
/// pointer.write(&mut memory, 0x0102_0304).unwrap();
/// assert_eq!(memory[8..12], [4, 3, 2, 1]);
/// ```
pub struct GuestPtr<T> {
    address: u32,
    value: PhantomData<fn(T) -> T>,
}

/// Several `T` in a guest's memory: an address and a length, in elements.
///
/// ```
/// use graver_loader::GuestPtr;
///
/// let memory = *b"....hello";
/// let text = GuestPtr::new(4).slice(5);
/// assert_eq!(text.str(&memory), Ok("hello"));
/// assert!(GuestPtr::<u8>::new(4).slice(6).bytes(&memory).is_err());
/// ```
pub struct GuestSlice<T> {
    start: GuestPtr<T>,
    length: u32,
}

impl<T> Clone for GuestPtr<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for GuestPtr<T> {}

impl<T> Clone for GuestSlice<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for GuestSlice<T> {}

impl<T> fmt::Debug for GuestPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "guest address {:#x}", self.address)
    }
}

impl<T> fmt::Debug for GuestSlice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {} elements", self.start, self.length)
    }
}

impl<T> GuestPtr<T> {
    /// An address, which may be any number.
    pub const fn new(address: u32) -> Self {
        Self { address, value: PhantomData }
    }

    /// The number.
    pub const fn address(self) -> u32 {
        self.address
    }

    /// `length` values from here on.
    pub const fn slice(self, length: u32) -> GuestSlice<T> {
        GuestSlice { start: self, length }
    }
}

impl<T: GuestValue> GuestPtr<T> {
    /// The value.
    ///
    /// # Errors
    /// [`AccessError::OutOfBounds`] if it is not all inside.
    pub fn read(self, memory: &[u8]) -> Result<T, AccessError> {
        self.slice(1)
            .range(memory.len())
            .and_then(|range| T::from_bytes(memory.get(range)?))
            .ok_or(AccessError::OutOfBounds)
    }

    /// Replaces the value.
    ///
    /// # Errors
    /// [`AccessError::OutOfBounds`] if it is not all inside; nothing is written then.
    pub fn write(self, memory: &mut [u8], value: T) -> Result<(), AccessError> {
        let range = self.slice(1).range(memory.len()).ok_or(AccessError::OutOfBounds)?;
        value.to_bytes(memory.get_mut(range).ok_or(AccessError::OutOfBounds)?);
        Ok(())
    }
}

impl GuestPtr<u8> {
    /// The bytes before the first NUL from here on.
    ///
    /// # Errors
    /// [`AccessError::OutOfBounds`] if there is none.
    pub fn c_bytes(self, memory: &[u8]) -> Result<&[u8], AccessError> {
        let rest = usize::try_from(self.address).ok().and_then(|start| memory.get(start..));
        let rest = rest.ok_or(AccessError::OutOfBounds)?;
        let length = rest.iter().position(|byte| *byte == 0).ok_or(AccessError::OutOfBounds)?;
        Ok(rest.get(..length).unwrap_or_default())
    }

    /// The same as text.
    ///
    /// # Errors
    /// Also [`AccessError::NotText`] if it is not UTF-8.
    pub fn c_str(self, memory: &[u8]) -> Result<&str, AccessError> {
        core::str::from_utf8(self.c_bytes(memory)?).map_err(|_| AccessError::NotText)
    }
}

impl<T> GuestSlice<T> {
    /// Number of elements.
    pub const fn len(self) -> u32 {
        self.length
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.length == 0
    }

    /// The address of the first.
    pub const fn start(self) -> GuestPtr<T> {
        self.start
    }
}

impl<T: GuestValue> GuestSlice<T> {
    /// Where it is in a memory of so many bytes.
    fn range(self, memory: usize) -> Option<core::ops::Range<usize>> {
        let start = usize::try_from(self.start.address).ok()?;
        let end = usize::try_from(self.length).ok()?.checked_mul(T::SIZE)?.checked_add(start)?;
        (end <= memory).then_some(start..end)
    }

    /// All values, if they are inside.
    ///
    /// # Errors
    /// [`AccessError::OutOfBounds`] if one of them is not.
    pub fn iter<'b>(self, memory: &'b [u8]) -> Result<impl Iterator<Item = T> + use<'b, T>, AccessError> {
        let bytes = self.range(memory.len()).and_then(|range| memory.get(range)).ok_or(AccessError::OutOfBounds)?;
        Ok(bytes.chunks_exact(T::SIZE).filter_map(T::from_bytes))
    }

    /// Overwrites values from the first on.
    ///
    /// # Errors
    /// [`AccessError::OutOfBounds`] if the slice is not inside or `values` has more; nothing is written then.
    pub fn write(self, memory: &mut [u8], values: &[T]) -> Result<(), AccessError> {
        let range = self.range(memory.len()).filter(|_| values.len() <= self.length as usize);
        let bytes = memory.get_mut(range.ok_or(AccessError::OutOfBounds)?).ok_or(AccessError::OutOfBounds)?;
        bytes.chunks_exact_mut(T::SIZE).zip(values).for_each(|(chunk, value)| value.to_bytes(chunk));
        Ok(())
    }
}

impl GuestSlice<u8> {
    /// The bytes.
    ///
    /// # Errors
    /// [`AccessError::OutOfBounds`] if they are not all inside.
    pub fn bytes(self, memory: &[u8]) -> Result<&[u8], AccessError> {
        self.range(memory.len()).and_then(|range| memory.get(range)).ok_or(AccessError::OutOfBounds)
    }

    /// The bytes.
    ///
    /// # Errors
    /// [`AccessError::OutOfBounds`] if they are not all inside.
    pub fn bytes_mut(self, memory: &mut [u8]) -> Result<&mut [u8], AccessError> {
        self.range(memory.len()).and_then(|range| memory.get_mut(range)).ok_or(AccessError::OutOfBounds)
    }

    /// The bytes as text.
    ///
    /// # Errors
    /// Also [`AccessError::NotText`] if they are not UTF-8.
    pub fn str(self, memory: &[u8]) -> Result<&str, AccessError> {
        core::str::from_utf8(self.bytes(memory)?).map_err(|_| AccessError::NotText)
    }
}
