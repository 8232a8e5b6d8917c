//! An image that was found good for this machine and whose code has a place.
#![allow(unsafe_code)] // Owns placed code and, for files, the bytes that the image borrows.

use core::fmt;
use core::ptr::NonNull;

use graver_aot_format::abi::ContextLayout;
use graver_aot_format::{FormatFeature, FunctionType, Image, NONE};

use crate::alloc::Block;
use crate::error::LoadError;
use crate::platform::Placement;
use crate::runtime::Runtime;
use crate::value::Signature;

/// A loaded image, to be instantiated any number of times.
///
/// The metadata is read where it lies, so the bytes must stay as they are. Where the code runs is the platform's choice:
///
/// | bytes | code |
/// |---|---|
/// | on a board, text at the alignment that the image's header asks for | where it is, nothing is copied |
/// | on a board, elsewhere | a copy of text and read-only data, from the allocator |
/// | in memory, on Linux | a copy in pages that become executable once they are no longer writable |
/// | a file, on Linux | the mapped file, shared by all processes |
///
/// Code cannot be checked: an image can do whatever its host can, so load images only from whom you would run programs.
pub struct Module<'b> {
    image: Image<'b>,
    layout: ContextLayout,
    code: Code<'b>,
    /// Dropped last: `image` and `code` may point into it.
    #[cfg(all(feature = "std", target_os = "linux"))]
    _file: Option<crate::platform::MappedFile>,
}

impl<'b> Module<'b> {
    /// Checks an image and gives its code a place.
    ///
    /// # Errors
    /// If the bytes are not an image for this machine, or its code cannot be placed.
    pub fn new(runtime: &'b Runtime<'_>, bytes: &'b [u8]) -> Result<Self, LoadError> {
        let image = checked(runtime, bytes)?;
        Ok(Self {
            layout: image.context_layout(),
            code: Code::place(runtime, &image)?,
            image,
            #[cfg(all(feature = "std", target_os = "linux"))]
            _file: None,
        })
    }

    /// Maps the image at `path`, whose code then runs from the file's own pages.
    ///
    /// The file must not be written while it is in use; replace it by renaming another over it.
    ///
    /// # Errors
    /// As [`Self::new`], or if the file cannot be read.
    #[cfg(all(feature = "std", target_os = "linux"))]
    pub fn map_file(runtime: &'b Runtime<'_>, path: impl AsRef<std::path::Path>) -> Result<Self, LoadError> {
        let file = crate::platform::MappedFile::open(path.as_ref()).map_err(|error| LoadError::File(error.kind()))?;
        // SAFETY: the file is kept as long as the module, and nothing of the image leaves the module for longer than
        // a borrow of it.
        let image = checked(runtime, unsafe { file.bytes() })?;
        let code = match file.make_executable(image.text_offset(), image.code_bytes().len()) {
            Ok(text) => Code { text, text_length: image.text().len(), placed: (text, 0), owner: Owner::None },
            // Not on a page boundary: an image for boards, say. A copy will do.
            Err(_) => Code::place(runtime, &image)?,
        };
        Ok(Self { layout: image.context_layout(), code, image, _file: Some(file) })
    }

    /// What the image says.
    pub fn image(&self) -> &Image<'_> {
        &self.image
    }

    pub(crate) fn layout(&self) -> &ContextLayout {
        &self.layout
    }

    /// Address of the code at `offset` in the text, callable.
    pub(crate) fn code(&self, offset: u32) -> usize {
        self.code.text.expose_provenance().get().wrapping_add(offset as usize)
    }

    /// The same, where the image may not have the code.
    pub(crate) fn optional_code(&self, offset: u32) -> Option<usize> {
        (offset != NONE).then(|| self.code(offset))
    }

    /// Whether an address lies in the text.
    pub(crate) fn has_code_at(&self, pc: usize) -> bool {
        pc.wrapping_sub(self.code.text.addr().get()) < self.code.text_length
    }

    /// The type record of function `index`.
    pub(crate) fn function_type(&self, index: u32) -> Option<FunctionType> {
        self.image.types().get(self.image.functions().get(index as usize)?.ty as usize)
    }

    /// Parameters and results of a type of this module.
    pub(crate) fn signature(&self, ty: &FunctionType) -> Signature<'_> {
        Signature::new(self.image.params(ty), self.image.results(ty))
    }
}

impl fmt::Debug for Module<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("code", &self.code.text).finish_non_exhaustive()
    }
}

fn checked<'b>(runtime: &Runtime<'_>, bytes: &'b [u8]) -> Result<Image<'b>, LoadError> {
    let image = Image::parse(bytes)?;
    image.check_machine(runtime.machine())?;
    for feature in [FormatFeature::LoadRelocations, FormatFeature::SplitBases, FormatFeature::SharedMemory] {
        if image.header().required_features & feature.bit() != 0 {
            return Err(LoadError::Unsupported(feature));
        }
    }
    Ok(image)
}

/// Text and the read-only data behind it, where they run.
struct Code<'b> {
    text: NonNull<u8>,
    /// Bytes of text; what follows is data.
    text_length: usize,
    /// What `owner` frees.
    placed: (NonNull<u8>, usize),
    owner: Owner<'b>,
}

/// Who frees the code.
enum Owner<'b> {
    /// It lies in the image's own bytes.
    None,
    /// The block.
    Block { _block: Block<'b> },
    /// The platform.
    Platform(&'b dyn crate::platform::Platform),
}

impl<'b> Code<'b> {
    fn place(runtime: &'b Runtime<'_>, image: &Image<'b>) -> Result<Self, LoadError> {
        let header = image.header();
        let align = 1 << header.text_align_log2.max(header.rodata_align_log2);
        // Read-only data may be aligned more strictly than text. What lies before the text in the file is placed with
        // it up to the last such boundary, so that every address keeps its phase.
        let phase = image.text_offset() % align;
        let end = image.text_offset() + image.code_bytes().len();
        let bytes = image.bytes().get(image.text_offset() - phase..end).ok_or(LoadError::CannotExecute)?;
        let in_place = NonNull::from(bytes).cast::<u8>();
        let (start, owner) = match runtime.platform().place_code(bytes, align) {
            Err(_) => return Err(LoadError::CannotExecute),
            Ok(Placement::InPlace) if !in_place.addr().get().is_multiple_of(align) => {
                return Err(LoadError::CannotExecute);
            }
            Ok(Placement::InPlace) => (in_place, Owner::None),
            Ok(Placement::Mapped(start)) => (start, Owner::Platform(runtime.platform())),
            Ok(Placement::Copy) => {
                let block = Block::zeroed(runtime.allocator(), bytes.len(), align)?;
                let start = block.start();
                // SAFETY: the block is as long as the code, and new; it is not written after this.
                unsafe {
                    start.copy_from_nonoverlapping(in_place, bytes.len());
                    runtime.platform().publish_code(start, bytes.len()).map_err(|_| LoadError::CannotExecute)?;
                }
                (start, Owner::Block { _block: block })
            }
        };
        // SAFETY: `phase` is the distance of the text from the start of what was placed.
        let text = unsafe { start.add(phase) };
        Ok(Self { text, text_length: image.text().len(), placed: (start, bytes.len()), owner })
    }
}

impl Drop for Code<'_> {
    fn drop(&mut self) {
        if let Owner::Platform(platform) = self.owner {
            // SAFETY: stores borrow their modules, so no code of this module can run any more.
            unsafe { platform.release_code(self.placed.0, self.placed.1) };
        }
    }
}
