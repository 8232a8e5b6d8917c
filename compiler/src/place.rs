//! Puts the addresses of a known place into code that has addresses in it, as the loader does elsewhere: then the code
//! runs where it lies in flash.

use graver_aot_format::{BaseAddresses, Image, ImageBuilder};

use crate::error::{Error, ErrorKind, Result};
use crate::options::BaseAddress;

/// Completes all words with addresses, for an image file at `base`.
///
/// # Errors
/// The file does not fit there.
pub(crate) fn fix(builder: &mut ImageBuilder, base: BaseAddress) -> Result<()> {
    let relocations = std::mem::take(&mut builder.load_relocations);
    // Where text and data are in the file depends on what else is in it, but not on the addresses.
    builder.base_addresses = Some(BaseAddresses::default());
    let file = builder.clone().finish();
    check(base, file.len() as u64)?;
    let image = Image::parse(&file).map_err(|error| Error::new(ErrorKind::Link, error.to_string()))?;
    let (text, rodata) = (u64::from(base.text), u64::from(base.rodata.unwrap_or(base.text)));
    let bases =
        BaseAddresses { text: text + image.text_offset() as u64, rodata: rodata + image.rodata_offset() as u64 };
    builder.base_addresses = Some(bases);
    for relocation in relocations {
        let bytes = if relocation.is_in_rodata() { &mut builder.rodata } else { &mut builder.text };
        let address = if relocation.adds_rodata() { bases.rodata } else { bases.text };
        let at = relocation.offset() as usize;
        let word = bytes.get_mut(at..).and_then(<[u8]>::first_chunk_mut);
        let word = word.ok_or_else(|| Error::new(ErrorKind::Link, "an address outside of the code"))?;
        *word = u32::from_le_bytes(*word).wrapping_add(address as u32).to_le_bytes();
    }
    Ok(())
}

/// Refuses a place that has no room for `length` bytes.
fn check(BaseAddress { text, rodata }: BaseAddress, length: u64) -> Result<()> {
    let wrong = |what: String| Err(Error::new(ErrorKind::Options, format!("--base-address: {what}")));
    for address in [Some(text), rodata].into_iter().flatten() {
        if u64::from(address) + length > 1 << 32 {
            return wrong(format!(
                "the image has {length} bytes, so {address:#x} is too near the end of the addresses"
            ));
        }
    }
    match rodata {
        // One place under two addresses, or under one.
        Some(rodata) if rodata != text && u64::from(rodata.abs_diff(text)) < length => {
            wrong(format!("the image has {length} bytes, so {text:#x} and {rodata:#x} overlap without being the same"))
        }
        _ => Ok(()),
    }
}
