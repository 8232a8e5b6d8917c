//! Machine code as text.
#![allow(unsafe_code)] // the disassembler is a C API without a wrapper

use std::ffi::{CStr, CString, c_char};
use std::ptr;

use graver_aot_format::Image;
use llvm_sys::disassembler::{
    LLVMCreateDisasmCPUFeatures, LLVMDisasmContextRef, LLVMDisasmDispose, LLVMDisasmInstruction,
};

use graver_targets::{Cpu, Target};

use super::machine::initialize;
use crate::error::{Error, Result};
use crate::inspect::constants::{constants, word};
use crate::inspect::{Symbol, feature_names};

/// The text of an image, an instruction per line, with a line for every known symbol.
///
/// # Errors
/// LLVM has no disassembler for the machine.
pub(crate) fn disassemble(image: &Image<'_>, symbols: &[Symbol]) -> Result<Vec<String>> {
    let target = target(image)?;
    let mut disassembler = Disassembler::new(image, target)?;
    let mut text = image.text().to_vec();
    let known = symbols.iter().map(|symbol| symbol.offset as usize);
    let constants = constants(image, target, known, &mut |offset| disassembler.next(&mut text, offset).0);
    let mut lines = Vec::new();
    let mut offset = 0;
    while offset < text.len() {
        for symbol in symbols.iter().filter(|symbol| symbol.offset as usize == offset) {
            lines.push(format!("{}: {}", symbol.name, symbol.ty).trim_end().to_owned());
        }
        // What fills gaps may be no whole instruction.
        let next = constants.range(offset + 1..).next().copied().unwrap_or(text.len());
        let (length, instruction) = match word(&text, offset).filter(|_| constants.contains(&offset)) {
            Some(word) => (size_of::<u32>(), format!(".word {word:#010x}")),
            None => disassembler.next(&mut text[..next], offset),
        };
        lines.push(format!("  {offset:6x} {instruction}"));
        offset += length;
    }
    Ok(lines)
}

/// The row that an image was most likely compiled for: the least that has its features.
fn target(image: &Image<'_>) -> Result<&'static Target> {
    let rows = || graver_targets::ALL.iter().filter(|row| row.arch == image.arch());
    let features = image.header().cpu_features;
    let having = rows().filter(|row| row.cpu_features & features == features);
    having
        .min_by_key(|row| row.cpu_features.count_ones())
        .or(rows().next())
        .copied()
        .ok_or_else(|| Error::llvm(format!("no target for {:?}", image.arch())))
}

struct Disassembler {
    context: LLVMDisasmContextRef,
}

impl Disassembler {
    fn new(image: &Image<'_>, target: &Target) -> Result<Self> {
        initialize();
        // A named CPU has its features by itself; not all of their names here are LLVM's.
        let (cpu, names) = match target.llvm.cpu {
            Cpu::Named(name) => (name, Vec::new()),
            Cpu::Host(_) => ("", feature_names(image.arch(), image.header().cpu_features)),
        };
        let features: Vec<String> = names.into_iter().map(|feature| format!("+{feature}")).collect();
        let [triple, cpu, features] =
            [target.llvm.triple, cpu, &features.join(",")].map(|text| CString::new(text).unwrap_or_default());
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
