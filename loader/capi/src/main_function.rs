//! Running a program's main function, or any function by name with arguments as texts.
#![allow(unsafe_code)] // C names and pointers; parses and prints with C's functions.

use core::ffi::{CStr, c_char, c_int};
use core::fmt::Write;
use core::ptr::null_mut;

use crate::array::Array;
use crate::call::{wasm_runtime_call_wasm, words_of};
use crate::env::singleton;
use crate::exception::{self, PROC_EXIT};
use crate::exported::exported;
use crate::function::{self, Function};
use crate::guest_heap::{wasm_runtime_module_dup_data, wasm_runtime_module_free, wasm_runtime_module_malloc};
use crate::inspect::kind_of;
use crate::instance::{Inst, is_wasi};
use crate::libc::{self, Output};
use crate::memory::{parts, wasm_runtime_addr_app_to_native};
use crate::text::{bytes_of, str_of};
use crate::threads;
use crate::types::kind;

/// Names of main functions, in the order in which they are tried.
const MAIN_NAMES: [&str; 3] = ["main", "__main_argc_argv", "_main"];

/// Whether the exception says that the program ended itself.
pub(crate) unsafe fn has_exited(inst: *mut Inst) -> bool {
    // SAFETY: the instance lives.
    let text = unsafe { (*(*inst).root).exception.get() };
    text.bytes().ends_with(PROC_EXIT.as_bytes())
}

/// The kinds of a function's parameters and results, as images store them.
unsafe fn types<'a>(inst: *mut Inst, function: *const Function) -> (&'a [u8], &'a [u8]) {
    // SAFETY: both live; types are in the image, which outlives the instance.
    unsafe {
        let store = (*inst).store();
        let ty = function::seen_from(function, inst).signature(&*store);
        ty.map_or((&[], &[]), |ty| (&*(ty.raw_params() as *const [u8]), &*(ty.raw_results() as *const [u8])))
    }
}

/// Copies arguments into the guest: the address of the array of their addresses; 0 if there is no room.
unsafe fn copy_arguments(inst: *mut Inst, argc: u32, argv: *const *const c_char) -> u64 {
    // SAFETY: promised by the caller.
    unsafe {
        let mut pointer = null_mut();
        let array = wasm_runtime_module_malloc(inst, (u64::from(argc) + 1) * 4, &raw mut pointer);
        for index in 0..=argc {
            let address = match index == argc {
                true => 0,
                false => {
                    let text = bytes_of(*argv.add(index as usize)).unwrap_or_default();
                    let copy = Array::text(text);
                    let bytes = copy.as_ref().map_or(&b"\0"[..], Array::get);
                    wasm_runtime_module_dup_data(inst, bytes.as_ptr().cast(), bytes.len() as u64)
                }
            };
            // Each allocation may have moved the memory.
            let place = wasm_runtime_addr_app_to_native(inst, array + u64::from(index) * 4);
            if array == 0 || place.is_null() || (address == 0 && index != argc) {
                return 0;
            }
            place.cast::<u32>().write_unaligned(address as u32);
        }
        array
    }
}

/// That a program did not run to its end: the exception says why.
pub(crate) struct Failed;

/// Runs a program to its end: what its main function returns, if it does.
///
/// # Safety
/// The instance lives; `argv` is null or has `argc` texts.
pub(crate) unsafe fn execute_main(inst: *mut Inst, argc: u32, argv: *mut *mut c_char) -> Result<Option<u32>, Failed> {
    // SAFETY: promised by the caller.
    unsafe {
        let env = singleton(inst);
        if env.is_null() {
            exception::set(inst, format_args!("create singleton exec_env failed"));
            return Err(Failed);
        }
        if is_wasi(inst) {
            let start = function::wasm_runtime_lookup_wasi_start_function(inst);
            if !start.is_null() {
                let has_returned = wasm_runtime_call_wasm(env, start, 0, null_mut());
                if has_returned {
                    // The program has ended, and so do its other threads.
                    threads::exit_others(inst);
                }
                let done = has_returned || has_exited(inst);
                return if done { Ok(None) } else { Err(Failed) };
            }
        }
        let Some(main) = MAIN_NAMES.iter().map(|name| function::lookup(inst, name)).find(|main| !main.is_null()) else {
            exception::set(
                inst,
                format_args!("lookup the entry point symbol (like _start, main, _main, __main_argc_argv) failed"),
            );
            return Err(Failed);
        };
        let (params, results) = types(inst, main);
        let is_i32 = |raw: &u8| kind_of(*raw) == kind::I32;
        if !matches!(params.len(), 0 | 2) || results.len() > 1 || !params.iter().chain(results).all(is_i32) {
            exception::set(inst, format_args!("invalid function type of main function"));
            return Err(Failed);
        }
        let mut words = [argc, 0];
        let mut array = 0;
        if params.len() == 2 && argc != 0 && !argv.is_null() {
            array = copy_arguments(inst, argc, argv.cast::<*const c_char>());
            if array == 0 {
                exception::set(inst, format_args!("allocate memory failed"));
                return Err(Failed);
            }
            words[1] = array as u32;
        }
        let called = wasm_runtime_call_wasm(env, main, params.len() as u32, words.as_mut_ptr());
        let result = (called && results.len() == 1).then_some(words[0]);
        if array != 0 && called {
            for index in 0..argc {
                let place = wasm_runtime_addr_app_to_native(inst, array + u64::from(index) * 4);
                if !place.is_null() {
                    wasm_runtime_module_free(inst, u64::from(place.cast::<u32>().read_unaligned()));
                }
            }
            wasm_runtime_module_free(inst, array);
        }
        if called || has_exited(inst) { Ok(result) } else { Err(Failed) }
    }
}

/// The words of an argument; false if the text is not one of the kind.
unsafe fn parse(raw: u8, text: *const c_char, to: *mut u32) -> bool {
    let mut end = null_mut();
    // SAFETY: a text, and two words, of the caller.
    unsafe {
        let put = |value: u64, wide: bool| {
            to.write(value as u32);
            if wide {
                to.add(1).write((value >> 32) as u32);
            }
        };
        let is_null = CStr::from_ptr(text).to_bytes().eq_ignore_ascii_case(b"null");
        match kind_of(raw) {
            kind::I32 => put(u64::from(libc::strtoul(text, &raw mut end, 0) as u32), false),
            kind::I64 => put(libc::strtoull(text, &raw mut end, 0), true),
            kind::F32 => put(u64::from(parse_f32(text, &raw mut end)), false),
            kind::F64 => put(parse_f64(text, &raw mut end), true),
            kind::EXTERNREF if is_null => {
                put(0, size_of::<usize>() == 8);
                return true;
            }
            kind::EXTERNREF => put(libc::strtoull(text, &raw mut end, 0), size_of::<usize>() == 8),
            kind::FUNCREF if is_null => {
                put(u64::from(u32::MAX), false);
                return true;
            }
            kind::FUNCREF => put(u64::from(libc::strtoul(text, &raw mut end, 0) as u32), false),
            _ => return false,
        }
        end.cast_const() != text && end.read() == 0
    }
}

/// The payload behind `nan:`, with a sign, if that is what the text is.
unsafe fn nan_payload(text: *const c_char, end: *mut *mut c_char) -> Option<(bool, u64)> {
    // SAFETY: a text of the caller.
    unsafe {
        let bytes = CStr::from_ptr(text).to_bytes();
        let rest = bytes.strip_prefix(b"-").unwrap_or(bytes);
        let is_negative = rest.len() != bytes.len();
        let digits = rest.strip_prefix(b"nan:")?;
        Some((is_negative, libc::strtoull(digits.as_ptr().cast(), end, 0)))
    }
}

unsafe fn parse_f32(text: *const c_char, end: *mut *mut c_char) -> u32 {
    // SAFETY: promised by the caller.
    match unsafe { nan_payload(text, end) } {
        Some((sign, payload)) => u32::from(sign) << 31 | 0x7F80_0000 | (payload as u32 & 0x7F_FFFF),
        // SAFETY: promised by the caller.
        None => unsafe { libc::strtof(text, end) }.to_bits(),
    }
}

unsafe fn parse_f64(text: *const c_char, end: *mut *mut c_char) -> u64 {
    // SAFETY: promised by the caller.
    match unsafe { nan_payload(text, end) } {
        Some((sign, payload)) => u64::from(sign) << 63 | 0x7FF0_0000_0000_0000 | (payload & 0xF_FFFF_FFFF_FFFF),
        // SAFETY: promised by the caller.
        None => unsafe { libc::strtod(text, end) }.to_bits(),
    }
}

/// Prints a result and returns how many words it takes.
unsafe fn print(raw: u8, words: *const u32) -> usize {
    // SAFETY: words of the caller, as many as the kind has.
    unsafe {
        let low = words.read();
        let both = || u64::from(low) | u64::from(words.add(1).read()) << 32;
        let float = |value: f64| {
            let mut text = [0_u8; 40];
            libc::snprintf(text.as_mut_ptr().cast(), text.len(), c"%.7g".as_ptr(), value);
            let length = text.iter().position(|byte| *byte == 0).unwrap_or(0);
            let _ = Output.write_str(core::str::from_utf8(text.get(..length).unwrap_or_default()).unwrap_or_default());
        };
        // Printing to standard output does not fail here.
        let _ = match kind_of(raw) {
            kind::I32 => write!(Output, "{low:#x}:i32"),
            kind::I64 => write!(Output, "{:#x}:i64", both()),
            kind::F32 => {
                float(f64::from(f32::from_bits(low)));
                Output.write_str(":f32")
            }
            kind::F64 => {
                float(f64::from_bits(both()));
                Output.write_str(":f64")
            }
            kind::FUNCREF if low == u32::MAX => Output.write_str("func:ref.null"),
            kind::FUNCREF => write!(Output, "{low}:ref.func"),
            kind::EXTERNREF => {
                let address = if size_of::<usize>() == 8 { both() } else { u64::from(low) };
                match address {
                    0 => Output.write_str("extern:ref.null"),
                    address => write!(Output, "{address:#x}:ref.extern"),
                }
            }
            _ => {
                let high = u64::from(words.add(2).read()) | u64::from(words.add(3).read()) << 32;
                write!(Output, "<0x{:016x} 0x{high:016x}>:v128", both())
            }
        };
        words_of(raw)
    }
}

unsafe fn execute_function(inst: *mut Inst, name: &str, argc: usize, argv: *const *const c_char) -> bool {
    // SAFETY: promised by the caller.
    unsafe {
        let fail = |text: core::fmt::Arguments<'_>| {
            exception::set(inst, text);
            false
        };
        let function = function::lookup(inst, name);
        if function.is_null() {
            return fail(format_args!("lookup function {name} failed"));
        }
        let (params, results) = types(inst, function);
        if params.len() != argc || (argv.is_null() && argc != 0) {
            return fail(format_args!("invalid input argument count"));
        }
        let words = |types: &[u8]| types.len() * 4;
        let Some(mut argv_words) = Array::filled(0_u32, words(params).max(words(results)).max(1)) else {
            return fail(format_args!("allocate memory failed"));
        };
        let start = argv_words.get_mut().as_mut_ptr();
        let mut word = 0;
        for (index, raw) in params.iter().enumerate() {
            let text = *argv.add(index);
            if text.is_null() || !parse(*raw, text, start.add(word)) {
                return fail(format_args!("invalid input argument {index}: {}", str_of(text)));
            }
            word += words_of(*raw);
        }
        let env = singleton(inst);
        if env.is_null() {
            return fail(format_args!("create singleton exec_env failed"));
        }
        if !wasm_runtime_call_wasm(env, function, word as u32, start) {
            return false;
        }
        let mut word = 0;
        for (index, raw) in results.iter().enumerate() {
            let _ = Output.write_str(if index == 0 { "" } else { "," });
            word += print(*raw, start.add(word));
        }
        let _ = Output.write_str("\n");
        true
    }
}

exported! {
    /// Runs a program: `_start` of a WASI command, or `main`, with its arguments copied into the guest. What `main` returns
    /// overwrites `argv[0]`, as an `int`.
    fn wasm_application_execute_main(inst: *mut Inst, argc: c_int, argv: *mut *mut c_char) -> bool {
        if inst.is_null() || parts(inst).is_none() {
            return false;
        }
        // SAFETY: as promised to this function.
        unsafe {
            let argc = u32::try_from(argc).unwrap_or(0);
            let result = execute_main(inst, argc, argv);
            if let (Ok(Some(result)), 1..) = (&result, argc)
                && !argv.is_null()
            {
                argv.cast::<u32>().write(*result);
            }
            result.is_ok()
        }
    }

    /// Calls an exported function with arguments as texts, and prints the results.
    fn wasm_application_execute_func(
        inst: *mut Inst,
        name: *const c_char,
        argc: c_int,
        argv: *mut *mut c_char,
    ) -> bool {
        if inst.is_null() || name.is_null() || parts(inst).is_none() {
            return false;
        }
        // SAFETY: as promised to this function.
        unsafe {
            let argc = usize::try_from(argc).unwrap_or(0);
            execute_function(inst, str_of(name), argc, argv.cast::<*const c_char>())
        }
    }
}
