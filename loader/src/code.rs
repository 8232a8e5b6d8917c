//! Where the code of a module is, and getting it there.
#![allow(unsafe_code)] // Owns and writes placed code.

use core::ptr::NonNull;

use graver_aot_format::{Arch, FormatFeature, Image, LoadRelocation};

use crate::alloc::Block;
use crate::error::LoadError;
use crate::platform::{Placement, Platform};
use crate::runtime::Runtime;

/// Whether images for this machine have addresses in their code; elsewhere nothing about them is compiled in.
const HAS_ADDRESSES: bool = matches!(Arch::HOST, Some(Arch::XtensaWindowed | Arch::XtensaCall0));

/// Whether code at an address can return to the loader: with register windows, a return keeps the upper two bits of the
/// program counter.
fn can_return(run: NonNull<u8>) -> bool {
    let here = copy_words as fn(NonNull<u8>, &[u8]) as usize;
    !matches!(Arch::HOST, Some(Arch::XtensaWindowed)) || (run.addr().get() ^ here) >> 30 == 0
}

/// Whether code with this feature can be placed.
pub(crate) fn supports(feature: FormatFeature) -> bool {
    use FormatFeature::{BaseAddresses, LoadRelocations, SplitBases};
    HAS_ADDRESSES && matches!(feature, LoadRelocations | BaseAddresses | SplitBases)
}

/// Text and read-only data, where they are used.
pub(crate) struct Code<'b> {
    text: NonNull<u8>,
    /// Bytes of text; what follows may be data.
    text_length: usize,
    /// Frees what the text was placed in.
    _owner: Owner<'b>,
    /// A copy of read-only data that is apart from the text.
    _rodata: Option<Block<'b>>,
}

/// Who frees the code.
enum Owner<'b> {
    /// It lies in the image's own bytes.
    None,
    /// The block.
    Block { _block: Block<'b> },
    /// The platform.
    Platform(&'b dyn Platform, NonNull<u8>, usize),
}

impl Drop for Owner<'_> {
    fn drop(&mut self) {
        if let Self::Platform(platform, start, length) = self {
            // SAFETY: stores borrow their modules, so no code of this module can run any more.
            unsafe { platform.release_code(*start, *length) };
        }
    }
}

impl<'b> Code<'b> {
    /// Code that lies where it runs.
    #[cfg(all(feature = "std", target_os = "linux"))]
    pub(crate) fn in_place(text: NonNull<u8>, text_length: usize) -> Self {
        Self { text, text_length, _owner: Owner::None, _rodata: None }
    }

    /// The address of the text.
    pub(crate) fn text(&self) -> NonNull<u8> {
        self.text
    }

    /// Bytes of the text.
    pub(crate) fn text_length(&self) -> usize {
        self.text_length
    }

    /// Gives the code of an image a place.
    pub(crate) fn place(runtime: &'b Runtime<'_>, image: &Image<'b>) -> Result<Self, LoadError> {
        if HAS_ADDRESSES && image.is_split() {
            return Self::place_apart(runtime, image);
        }
        let header = image.header();
        let align = 1 << header.text_align_log2.max(header.rodata_align_log2);
        // Read-only data may be aligned more strictly than text. What lies before the text in the file is placed with
        // it up to the last such boundary, so that every address keeps its phase.
        let phase = image.text_offset() % align;
        let end = image.text_offset() + image.code_bytes().len();
        let bytes = image.bytes().get(image.text_offset() - phase..end).ok_or(LoadError::CannotExecute)?;
        let (start, owner) = place_bytes(runtime, bytes, align)?;
        // SAFETY: `phase` is the distance of the text from the start of what was placed.
        let text = unsafe { start.add(phase) };
        Ok(Self { text, text_length: image.text().len(), _owner: owner, _rodata: None })
    }

    /// Text and read-only data, each on its own; addresses go in once both have a place.
    fn place_apart(runtime: &'b Runtime<'_>, image: &Image<'b>) -> Result<Self, LoadError> {
        let (text, rodata) = (image.text(), image.rodata());
        let relocations = || image.load_relocations().iter();
        let has_addresses = |in_rodata| relocations().any(|relocation| relocation.is_in_rodata() == in_rodata);
        let Place { write, run, owner } =
            find_place(runtime, text, 1 << image.header().text_align_log2, has_addresses(false))?;
        if !can_return(run) {
            return Err(LoadError::OtherGib);
        }

        let align = 1 << image.header().rodata_align_log2;
        let copied = has_addresses(true) || !rodata.as_ptr().addr().is_multiple_of(align);
        let block = match copied && image.base_addresses().is_none() {
            true => Some(Block::zeroed(runtime.allocator(), rodata.len().next_multiple_of(WORD), align)?),
            false => None,
        };
        let data = block.as_ref().map_or(NonNull::from(rodata).cast(), Block::start);
        if let Some(bases) = image.base_addresses() {
            for (address, base, length) in [(run, bases.text, text.len()), (data, bases.rodata, rodata.len())] {
                if address.addr().get() as u64 != base && length != 0 {
                    return Err(LoadError::BaseAddress(base));
                }
            }
        }
        let relocate = |start: NonNull<u8>, bytes: &[u8], in_rodata| {
            copy_words(start, bytes);
            for relocation in relocations().filter(|relocation| relocation.is_in_rodata() == in_rodata) {
                let base = if relocation.adds_rodata() { data } else { run };
                add(start, relocation, base.expose_provenance().get() as u32);
            }
        };
        if block.is_some() {
            relocate(data, rodata, true);
        }
        if let Some(write) = write {
            relocate(write, text, false);
            // SAFETY: all of the code has been written, and is not written after this.
            unsafe { runtime.platform().publish_code(run, text.len()) }.map_err(|_| LoadError::CannotExecute)?;
        }
        Ok(Self { text: run, text_length: text.len(), _owner: owner, _rodata: block })
    }
}

const WORD: usize = size_of::<u32>();

/// Finds a place for code that moves as a whole, and puts it there.
fn place_bytes<'b>(
    runtime: &'b Runtime<'_>,
    bytes: &[u8],
    align: usize,
) -> Result<(NonNull<u8>, Owner<'b>), LoadError> {
    let Place { write, run, owner } = find_place(runtime, bytes, align, false)?;
    if let Some(write) = write {
        // SAFETY: the memory is as long as the code and the loader's alone; it is not written after this.
        unsafe {
            write.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len());
            runtime.platform().publish_code(run, bytes.len()).map_err(|_| LoadError::CannotExecute)?;
        }
    }
    Ok((run, owner))
}

/// A place for code.
struct Place<'b> {
    /// Where the loader must write it, if it must.
    write: Option<NonNull<u8>>,
    /// Where it runs.
    run: NonNull<u8>,
    /// Frees that.
    owner: Owner<'b>,
}

/// Finds a place for code.
fn find_place<'b>(
    runtime: &'b Runtime<'_>,
    bytes: &[u8],
    align: usize,
    must_copy: bool,
) -> Result<Place<'b>, LoadError> {
    let in_place = NonNull::from(bytes).cast::<u8>();
    let of_platform = |start| Owner::Platform(runtime.platform(), start, bytes.len());
    Ok(match runtime.platform().place_code(bytes, align).map_err(|_| LoadError::CannotExecute)? {
        Placement::InPlace if !must_copy && in_place.addr().get().is_multiple_of(align) => {
            Place { write: None, run: in_place, owner: Owner::None }
        }
        Placement::Mapped(run) if !must_copy => Place { write: None, run, owner: of_platform(run) },
        Placement::Into { write, run } => Place { write: Some(write), run, owner: of_platform(run) },
        Placement::InPlace if !must_copy => return Err(LoadError::CannotExecute),
        Placement::Mapped(start) => {
            drop(of_platform(start));
            return Err(LoadError::CannotExecute);
        }
        Placement::Copy | Placement::InPlace => {
            let block = Block::zeroed(runtime.allocator(), bytes.len().next_multiple_of(WORD), align)?;
            Place { write: Some(block.start()), run: block.start(), owner: Owner::Block { _block: block } }
        }
    })
}

/// Copies in aligned words, all that some memories for code take.
fn copy_words(start: NonNull<u8>, bytes: &[u8]) {
    for (word, index) in bytes.chunks(WORD).zip(0..) {
        let mut padded = [0; WORD];
        padded.iter_mut().zip(word).for_each(|(to, from)| *to = *from);
        // SAFETY: the memory has room for all words of `bytes`, at a multiple of 4; nobody else uses it.
        unsafe { start.cast::<u32>().add(index).write_volatile(u32::from_le_bytes(padded)) };
    }
}

/// Adds an address to a word.
fn add(start: NonNull<u8>, relocation: LoadRelocation, base: u32) {
    // SAFETY: the image's view has checked that the word lies within the bytes that were copied here.
    unsafe {
        let word = start.byte_add(relocation.offset() as usize).cast::<u32>();
        word.write_volatile(word.read_volatile().wrapping_add(base));
    }
}
