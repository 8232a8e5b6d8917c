//! An image that was found good for this machine and whose code has a place.
#![allow(unsafe_code)] // Owns placed code and, for files, the bytes that the image borrows; knows that names were checked.

use core::fmt;

use graver_aot_format::abi::ContextLayout;
use graver_aot_format::{FormatFeature, FunctionType, Image, NONE, Name, StopMode};

use crate::code::Code;
use crate::error::LoadError;
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
/// | on a board, with addresses in the code | a copy of the text with those, and of read-only data if it has any |
/// | on a board, linked for an address | where it is, which must be there |
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
            Ok(text) => Code::in_place(text, image.text().len()),
            // Not on a page boundary: an image for boards, say. A copy will do.
            Err(_) => Code::place(runtime, &image)?,
        };
        Ok(Self { layout: image.context_layout(), code, image, _file: Some(file) })
    }

    /// What the image says.
    pub fn image(&self) -> &Image<'_> {
        &self.image
    }

    /// Whether an [`Interrupt`](crate::Interrupt) stops the code: on Linux any, elsewhere what was compiled with
    /// `--interruptible`.
    pub fn is_interruptible(&self) -> bool {
        cfg!(all(feature = "std", target_os = "linux")) || self.image.header().stop_mode == StopMode::Polled.raw()
    }

    /// The bytes of the first custom section called `name` that `graver compile --emit-custom-sections` left in the image.
    pub fn custom_section(&self, name: &str) -> Option<&[u8]> {
        let section = self.image.custom_sections().iter().find(|section| self.name(section.name) == name)?;
        Some(self.image.custom_section(&section))
    }

    /// Parameters and results of function `index`, imports first.
    pub fn function_signature(&self, index: u32) -> Option<Signature<'_>> {
        Some(self.signature(&self.function_type(index)?))
    }

    /// A name of the image. The same as [`Image::name`] without a second check.
    pub(crate) fn name(&self, name: Name) -> &str {
        // SAFETY: names are UTF-8, or the image would have been refused.
        unsafe { core::str::from_utf8_unchecked(self.image.name_bytes(name)) }
    }

    pub(crate) fn layout(&self) -> &ContextLayout {
        &self.layout
    }

    /// Address of the code at `offset` in the text, callable.
    pub(crate) fn code(&self, offset: u32) -> usize {
        self.code.text().expose_provenance().get().wrapping_add(offset as usize)
    }

    /// The same, where the image may not have the code.
    pub(crate) fn optional_code(&self, offset: u32) -> Option<usize> {
        (offset != NONE).then(|| self.code(offset))
    }

    /// Whether an address lies in the text.
    pub(crate) fn has_code_at(&self, pc: usize) -> bool {
        pc.wrapping_sub(self.code.text().addr().get()) < self.code.text_length()
    }

    /// Addresses of the code that the guest can stop in.
    #[cfg(all(feature = "std", target_os = "linux"))]
    pub(crate) fn guest_code(&self) -> core::ops::Range<usize> {
        let start = self.code.text().addr().get();
        start + self.image.module().glue_end as usize..start + self.code.text_length()
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
        f.debug_struct("Module").field("code", &self.code.text()).finish_non_exhaustive()
    }
}

fn checked<'b>(runtime: &Runtime<'_>, bytes: &'b [u8]) -> Result<Image<'b>, LoadError> {
    let image = Image::parse(bytes)?;
    image.check_machine(runtime.machine())?;
    for feature in [FormatFeature::LoadRelocations, FormatFeature::BaseAddresses, FormatFeature::SplitBases] {
        if image.header().required_features & feature.bit() != 0 && !crate::code::supports(feature) {
            return Err(LoadError::Unsupported(feature));
        }
    }
    Ok(image)
}
