//! Why bytes are not an image, or not one for this machine.

use core::fmt;

use crate::SectionId;

/// The header fields that [`Error::Header`] can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeaderField {
    /// `header_length` is too short or beyond the file.
    HeaderLength,
    /// `directory_stride` is too short.
    DirectoryStride,
    /// The directory does not fit in the file.
    SectionCount,
    /// `file_length` is not the length of the buffer.
    FileLength,
    /// `arch` is not one we know.
    Arch,
    /// `pointer_bytes` does not fit the architecture.
    PointerBytes,
    /// `float_abi` is not one we know.
    FloatAbi,
    /// `cpu_features` has a bit that no feature of the architecture has.
    CpuFeatures,
    /// `stop_mode` is not one we know.
    StopMode,
    /// `fuel_mode` is not one we know.
    FuelMode,
    /// `text_align_log2` is over 16.
    TextAlign,
    /// `rodata_align_log2` is over 16.
    RodataAlign,
    /// A reserved field is not zero.
    Reserved,
}

/// A valid image that this loader or machine cannot run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The image is for another instruction set (as stored).
    Arch(u16),
    /// The image passes floats in another way (as stored).
    FloatAbi(u8),
    /// The code uses CPU features that this CPU lacks (the missing bits).
    CpuFeatures(u64),
    /// The image relies on guard regions and the loader has none.
    GuardedMemory,
    /// The code counts its instructions, which needs a loader that gives it fuel.
    Fuel,
}

/// Why bytes are not a valid image. Small and `Copy`: text is made by `Display`, which a loader without messages never links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Error {
    /// Shorter than a header.
    TooShort,
    /// The first bytes are `\0asm`: a WebAssembly module that has not been compiled.
    WebAssembly,
    /// The first bytes are not an image's.
    Magic,
    /// The version is one of WAMR's AOT format.
    WamrImage(u32),
    /// Another version of this format.
    Version(u32),
    /// The ABI between image and loader is another version.
    AbiVersion(u16),
    /// Calls between images pass values in a way that this loader does not know.
    SlotConvention(u8),
    /// The image needs a feature (bit number) that this loader does not know.
    RequiredFeature(u8),
    /// A header field is inconsistent.
    Header(HeaderField),
    /// The image is fine, but not for here.
    Refused(Refusal),
    /// A required section is unknown (its id).
    UnknownSection(u16),
    /// A section lies outside the file.
    SectionBounds(SectionId),
    /// A section occurs twice.
    SectionTwice(SectionId),
    /// The elements of a section are too short or do not fill it.
    SectionStride(SectionId),
    /// A section that every image has is missing.
    SectionMissing(SectionId),
    /// The context of an instance would have this many bytes, more than 32-bit offsets reach.
    ContextSize(u64),
    /// Element `1` of section `0` is inconsistent.
    Record(SectionId, u32),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooShort => f.write_str("unexpected end: shorter than an image's header"),
            Self::WebAssembly => {
                f.write_str("this is a WebAssembly module, not an image: run `graver compile` on it first")
            }
            Self::Magic => f.write_str("magic header not detected: not a Graver image"),
            Self::WamrImage(version) => {
                write!(
                    f,
                    "this is a WAMR AOT file (version {version}), not a Graver image: compile the module with `graver compile`"
                )
            }
            Self::Version(version) => {
                write!(f, "unknown format version {version:#x}: compile the module again with a matching graver")
            }
            Self::AbiVersion(version) => {
                write!(f, "unknown ABI version {version}: compile the module again with a matching graver")
            }
            Self::SlotConvention(convention) => write!(f, "unknown slot convention {convention}"),
            Self::RequiredFeature(bit) => write!(f, "the image needs format feature {bit}, which this loader lacks"),
            Self::Header(field) => write!(f, "invalid header field {field:?}: the image is damaged"),
            Self::Refused(Refusal::Arch(arch)) => match crate::Arch::from_raw(arch) {
                Some(arch) => write!(f, "the image is for {arch:?}, not for this machine"),
                None => write!(f, "the image is for architecture {arch}, not for this machine"),
            },
            Self::Refused(Refusal::FloatAbi(_)) => {
                f.write_str("the image passes floats in another way than this loader")
            }
            Self::Refused(Refusal::CpuFeatures(bits)) => {
                write!(f, "the image uses CPU features that this CPU lacks (bits {bits:#x}): compile for a smaller CPU")
            }
            Self::Refused(Refusal::GuardedMemory) => f.write_str(
                "the image relies on guard regions, which this loader lacks: compile with --bounds-checks=software",
            ),
            Self::Refused(Refusal::Fuel) => {
                f.write_str("the image counts instructions, which this loader does not support")
            }
            Self::UnknownSection(id) => write!(f, "required section {id} is unknown to this loader"),
            Self::SectionBounds(id) => {
                write!(f, "section {id:?} lies outside the file: the image is truncated or damaged")
            }
            Self::SectionTwice(id) => write!(f, "section {id:?} occurs twice"),
            Self::SectionStride(id) => write!(f, "section {id:?} has an invalid element size"),
            Self::SectionMissing(id) => write!(f, "section {id:?} is missing"),
            Self::ContextSize(size) => write!(f, "an instance needs {size} bytes for its context, over 4 GiB"),
            Self::Record(id, index) => write!(f, "element {index} of section {id:?} is invalid: the image is damaged"),
        }
    }
}

impl core::error::Error for Error {}
