//! Images inside programs: as C source, and as an object file of the target.
//!
//! Either way the program gets `NAME`, the bytes, and `NAME_size`; an object also has `NAME_image(&size)`, for languages
//! that would rather call than declare arrays. The bytes are constant, so that they stay in flash, and aligned as code
//! that runs where it lies needs it.

use std::fmt::Write as _;

use graver_aot_format::Image;

use crate::error::{Error, ErrorKind, Result};
use crate::options::{Format, Options};
use crate::{link, llvm};

/// An image in the form that was asked for.
pub(crate) fn embed(image: Vec<u8>, options: &Options) -> Result<Vec<u8>> {
    match options.format {
        Format::CArray => Ok(c_array(&image, options, alignment(&image)?)?.into_bytes()),
        Format::StaticObject => {
            let align = alignment(&image)?;
            let object = llvm::embed(&image, options, align)?;
            link::for_other_linkers(options.target, "embedded image", object, false)
                .map_err(|error| Error::new(ErrorKind::Link, error.to_string()))
        }
        _ => Ok(image),
    }
}

/// Where the code may run in place.
fn alignment(image: &[u8]) -> Result<u32> {
    let image = Image::parse(image).map_err(|error| Error::new(ErrorKind::Link, error.to_string()))?;
    let header = image.header();
    Ok(1 << header.text_align_log2.max(header.rodata_align_log2))
}

/// The declarations of what an object or C source defines, for C and C++. The array's length is left out if it is not
/// known, or not the same for all targets.
pub fn declarations(options: &Options, bytes: Option<u64>) -> String {
    let name = &options.symbol;
    let bytes = bytes.map_or(String::new(), |bytes| bytes.to_string());
    let mut text = format!("extern const unsigned char {name}[{bytes}];\nextern const unsigned long {name}_size;\n");
    if options.format == Format::StaticObject {
        text += &format!("const unsigned char *{name}_image(unsigned long *size); /* size may be null */\n");
    }
    text
}

fn c_array(image: &[u8], options: &Options, align: u32) -> Result<String> {
    const BYTES_PER_LINE: usize = 20;
    let name = &options.symbol;
    let mut text = String::with_capacity(image.len() * 5 + 1024);
    writeln!(
        text,
        "/* A Graver image for {}: {} bytes. To use it elsewhere, declare\n",
        options.target.name,
        image.len()
    )?;
    text += &declarations(options, Some(image.len() as u64));
    text += "\n   and load it from where it is: nothing in it is ever written. */\n\n";
    text += "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
    // A constant has no external name in C++ without a declaration.
    text += &declarations(options, Some(image.len() as u64));
    text += "\n#if defined(__cplusplus) && __cplusplus >= 201103L\n";
    writeln!(text, "alignas({align})\n#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L")?;
    writeln!(text, "_Alignas({align})\n#elif defined(__GNUC__)\n__attribute__((aligned({align})))")?;
    writeln!(text, "#else\n#error \"say how this compiler aligns an array to {align} bytes\"\n#endif")?;
    writeln!(text, "const unsigned char {name}[{}] = {{", image.len())?;
    for line in image.chunks(BYTES_PER_LINE) {
        for byte in line {
            write!(text, "{byte},")?;
        }
        text.push('\n');
    }
    writeln!(text, "}};\n\nconst unsigned long {name}_size = {}UL;", image.len())?;
    text += "\n#ifdef __cplusplus\n}\n#endif\n";
    Ok(text)
}

impl From<std::fmt::Error> for Error {
    fn from(error: std::fmt::Error) -> Self {
        Self::new(ErrorKind::Io, error.to_string())
    }
}

/// Whether C takes a name, keywords aside.
pub(crate) fn is_identifier(name: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.bytes().all(is_word) && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

/// A name in C for a file's name: `my-app` becomes `my_app_aot`.
pub fn symbol_of(file_stem: &str) -> String {
    let word = |character: char| if character.is_ascii_alphanumeric() { character } else { '_' };
    let name: String = file_stem.chars().map(word).chain("_aot".chars()).collect();
    if is_identifier(&name) { name } else { format!("_{name}") }
}
