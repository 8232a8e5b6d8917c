//! Machine code as text.
#![allow(unsafe_code)] // the disassembler is a C API without a wrapper

use std::ffi::{CStr, CString, c_char};
use std::ptr;

use graver_aot_format::Image;
use llvm_sys::disassembler::{
    LLVMCreateDisasmCPUFeatures, LLVMDisasmContextRef, LLVMDisasmDispose, LLVMDisasmInstruction,
};

use super::machine::initialize;
use crate::error::{Error, Result};
use crate::inspect::{Symbol, feature_names};

/// The text of an image, an instruction per line, with a line for every known symbol.
///
/// # Errors
/// LLVM has no disassembler for the machine.
pub(crate) fn disassemble(image: &Image<'_>, symbols: &[Symbol]) -> Result<Vec<String>> {
    let mut disassembler = Disassembler::new(image)?;
    let mut text = image.text().to_vec();
    let mut lines = Vec::new();
    let mut offset = 0;
    while offset < text.len() {
        for symbol in symbols.iter().filter(|symbol| symbol.offset as usize == offset) {
            lines.push(format!("{}: {}", symbol.name, symbol.ty).trim_end().to_owned());
        }
        let (length, instruction) = disassembler.next(&mut text, offset);
        lines.push(format!("  {offset:6x} {instruction}"));
        offset += length;
    }
    Ok(lines)
}

struct Disassembler {
    context: LLVMDisasmContextRef,
}

impl Disassembler {
    fn new(image: &Image<'_>) -> Result<Self> {
        initialize();
        let row = graver_targets::ALL.iter().find(|row| row.arch == image.arch());
        let triple = row.map_or("", |row| row.llvm.triple);
        let features: Vec<String> = feature_names(image.arch(), image.header().cpu_features)
            .into_iter()
            .map(|feature| format!("+{feature}"))
            .collect();
        let [triple, cpu, features] =
            [triple, "", &features.join(",")].map(|text| CString::new(text).unwrap_or_default());
        // SAFETY: the strings are NUL-terminated; no callbacks are registered.
        let context = unsafe {
            LLVMCreateDisasmCPUFeatures(
                triple.as_ptr(),
                cpu.as_ptr(),
                features.as_ptr(),
                ptr::null_mut(),
                0,
                None,
                None,
            )
        };
        if context.is_null() {
            return Err(Error::llvm(format!("no disassembler for {:?}", image.arch())));
        }
        Ok(Self { context })
    }

    /// Length and text of the instruction at `offset`; a byte that is none stands for itself.
    fn next(&mut self, text: &mut [u8], offset: usize) -> (usize, String) {
        let mut buffer = [0 as c_char; 256];
        let rest = &mut text[offset..];
        // SAFETY: `rest` and `buffer` are valid for the lengths passed; the result is NUL-terminated in `buffer`.
        let length = unsafe {
            LLVMDisasmInstruction(
                self.context,
                rest.as_mut_ptr(),
                rest.len() as u64,
                offset as u64,
                buffer.as_mut_ptr(),
                buffer.len(),
            )
        };
        if length == 0 {
            return (1, format!(".byte {:#04x}", rest[0]));
        }
        // SAFETY: LLVM has just written a terminated string there.
        let instruction = unsafe { CStr::from_ptr(buffer.as_ptr()) };
        (length, instruction.to_string_lossy().trim().replace('\t', " "))
    }
}

impl Drop for Disassembler {
    fn drop(&mut self) {
        // SAFETY: created by `new`, disposed once.
        unsafe { LLVMDisasmDispose(self.context) };
    }
}
