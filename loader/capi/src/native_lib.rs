//! `graver-run --native-lib`: programs that import functions from shared libraries, written for this API.
#![allow(unsafe_code)] // Loads libraries and calls what they export.

use std::ffi::{CString, OsStr, c_char, c_int};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{null, null_mut};

use graver_loader::command::{Options, limit_time};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW, Symbol};

use crate::exception::wasm_runtime_get_exception;
use crate::instance::{Inst, wasm_runtime_deinstantiate, wasm_runtime_get_wasi_exit_code};
use crate::instantiate::{Args, wasm_runtime_instantiate_ex2};
use crate::load::{Mod, wasm_runtime_load, wasm_runtime_unload};
use crate::main_function::{Failed, execute_main, has_exited, wasm_application_execute_func};
use crate::state::{self, wasm_runtime_destroy, wasm_runtime_init};
use crate::types::{InstantiationArgs, NativeSymbol};
use crate::{exported, module_folder, natives};

/// Exit status of a trap.
const EXIT_TRAP: u8 = 1;
/// Exit status if nothing could run.
const EXIT_LOAD: u8 = 255;

/// What natives may allocate in the program's memory if the command line does not say, as in WAMR's `iwasm`.
const HEAP_SIZE: u32 = 16 * 1024;

/// Runs an image with functions from shared libraries, and returns the exit status. Errors go to standard error.
pub fn run(options: &Options) -> u8 {
    // Natives call these by name, so they must be in the command.
    exported().for_each(|function| {
        let _ = std::hint::black_box(function.address);
    });
    limit_time(options);
    run_in_order(options).unwrap_or_else(|error| {
        eprintln!("{error}");
        EXIT_LOAD
    })
}

/// What is made first goes last: runtime, libraries, module, instance.
fn run_in_order(options: &Options) -> Result<u8, String> {
    let _runtime = Initialised::new()?;
    let mut libraries = Vec::new();
    for path in &options.native_libs {
        libraries.push(NativeLibrary::open(path)?);
    }
    if let Some(folder) = &options.module_path {
        module_folder::read_from(folder);
    }
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", options.file.display());
    let mut bytes = fs::read(&options.file).map_err(|error| named(&error))?;
    let module = Loaded::new(&mut bytes).map_err(|error| named(&error))?;
    if let Some(most) = options.max_threads {
        state::with(|state| state.max_threads = Some(u32::try_from(most).unwrap_or(u32::MAX)));
    }
    let instance = Instance::new(&module, options).map_err(|error| named(&error))?;
    instance.run(options)
}

/// The initialised library.
struct Initialised;

impl Initialised {
    fn new() -> Result<Self, String> {
        // SAFETY: nothing else uses the library.
        if unsafe { wasm_runtime_init() } { Ok(Self) } else { Err("the runtime cannot be initialised".to_owned()) }
    }
}

impl Drop for Initialised {
    fn drop(&mut self) {
        // SAFETY: it was initialised, and everything else has gone.
        unsafe { wasm_runtime_destroy() };
    }
}

/// A shared library whose natives are registered.
struct NativeLibrary {
    library: Library,
}

/// `uint32_t get_native_lib(char **module_name, NativeSymbol **symbols)`.
type GetNatives = unsafe extern "C" fn(*mut *const c_char, *mut *mut NativeSymbol) -> u32;

impl NativeLibrary {
    fn open(path: &Path) -> Result<Self, String> {
        // A name without a folder would be looked for among the system's libraries.
        let here = Path::new(".").join(path);
        let is_here = path.components().count() == 1 && here.exists();
        let path = if is_here { here.as_path() } else { path };
        let named = |error: &str| format!("{}: {error}", path.display());
        // SAFETY: the user chose the library to run its code in this process.
        unsafe {
            // The text of this one names the file.
            let library = Library::open(Some(path), RTLD_NOW | RTLD_LOCAL).map_err(|error| error.to_string())?;
            let get: Symbol<GetNatives> = library
                .get(b"get_native_lib\0")
                .map_err(|_| named("not a library of natives: it exports no function get_native_lib"))?;
            if let Ok(init) = library.get::<unsafe extern "C" fn() -> c_int>(b"init_native_lib\0") {
                let status = init();
                if status != 0 {
                    return Err(named(&format!("init_native_lib failed with {status}")));
                }
            }
            // From here on it is initialised, and undone when it goes.
            let loaded = Self { library };
            let (mut module, mut symbols) = (null(), null_mut());
            let count = get(&raw mut module, &raw mut symbols);
            if count == 0 || module.is_null() || symbols.is_null() {
                return Err(named("get_native_lib names no natives"));
            }
            if !natives::register(module, symbols, count, false) {
                return Err(named("its natives cannot be registered"));
            }
            Ok(loaded)
        }
    }
}

impl Drop for NativeLibrary {
    fn drop(&mut self) {
        // SAFETY: the library is loaded, and nothing of it runs.
        if let Ok(deinit) = unsafe { self.library.get::<unsafe extern "C" fn()>(b"deinit_native_lib\0") } {
            // SAFETY: as above.
            unsafe { deinit() };
        }
    }
}

/// A buffer for what functions say about failures.
struct Complaint([u8; 256]);

impl Complaint {
    fn new() -> Self {
        Self([0; 256])
    }

    fn place(&mut self) -> (*mut c_char, u32) {
        (self.0.as_mut_ptr().cast(), self.0.len() as u32)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(self.0.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
    }
}

/// A module, which uses its bytes.
struct Loaded<'b> {
    module: *mut Mod,
    _bytes: &'b mut [u8],
}

impl<'b> Loaded<'b> {
    fn new(bytes: &'b mut [u8]) -> Result<Self, String> {
        let length = u32::try_from(bytes.len()).map_err(|_| "too large".to_owned())?;
        let mut complaint = Complaint::new();
        let (buffer, size) = complaint.place();
        // SAFETY: the bytes are borrowed as long as the module lives.
        let module = unsafe { wasm_runtime_load(bytes.as_mut_ptr(), length, buffer, size) };
        if module.is_null() { Err(complaint.text()) } else { Ok(Self { module, _bytes: bytes }) }
    }
}

impl Drop for Loaded<'_> {
    fn drop(&mut self) {
        // SAFETY: it was loaded, and its instance has gone.
        unsafe { wasm_runtime_unload(self.module) };
    }
}

/// An instance of a module that lives.
struct Instance(*mut Inst);

impl Instance {
    fn new(module: &Loaded<'_>, options: &Options) -> Result<Self, String> {
        let plain = InstantiationArgs {
            default_stack_size: options.stack_size.map_or(0, |size| u32::try_from(size).unwrap_or(u32::MAX)),
            host_managed_heap_size: options.heap_size.unwrap_or(HEAP_SIZE),
            max_memory_pages: 0,
        };
        let mut args = Args::from(plain);
        args.wasi.set_all(options);
        let mut complaint = Complaint::new();
        let (buffer, size) = complaint.place();
        // SAFETY: the module lives.
        let inst = unsafe { wasm_runtime_instantiate_ex2(module.module, &raw const args, buffer, size) };
        if inst.is_null() {
            return Err(complaint.text());
        }
        // SAFETY: instances have an exec env of their own.
        unsafe { (*(*inst).env).limits_stack = options.stack_size.is_some() };
        Ok(Self(inst))
    }

    /// Calls the function that was asked for, or the program's entry.
    fn run(&self, options: &Options) -> Result<u8, String> {
        let words =
            options.invoke.iter().map(OsStr::new).chain(options.invoke.is_none().then_some(options.file.as_os_str()));
        let words = words.chain(options.arguments.iter().map(|argument| argument.as_os_str()));
        let words: Vec<CString> = words
            .map(|word| {
                CString::new(word.as_bytes()).map_err(|_| format!("`{}` contains a NUL character", word.display()))
            })
            .collect::<Result<_, _>>()?;
        let mut pointers: Vec<*mut c_char> = words.iter().map(|word| word.as_ptr().cast_mut()).collect();
        // SAFETY: the instance lives, and the texts as long as they are used, which the functions do not change.
        unsafe {
            let done = match (&options.invoke, pointers.split_first_mut()) {
                (Some(_), Some((name, arguments))) => {
                    let count = arguments.len() as c_int;
                    let done = wasm_application_execute_func(self.0, *name, count, arguments.as_mut_ptr());
                    if done { Ok(None) } else { Err(Failed) }
                }
                _ => execute_main(self.0, pointers.len() as u32, pointers.as_mut_ptr()),
            };
            Ok(match done {
                _ if has_exited(self.0) => wasm_runtime_get_wasi_exit_code(self.0) as u8,
                Ok(result) => result.unwrap_or(0) as u8,
                Err(Failed) => {
                    let text = crate::text::bytes_of(wasm_runtime_get_exception(self.0)).unwrap_or_default();
                    eprintln!("{}", String::from_utf8_lossy(text));
                    EXIT_TRAP
                }
            })
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: it was made. The program has ended, and so do threads that wait for more to do.
        unsafe {
            crate::threads::exit_others(self.0);
            wasm_runtime_deinstantiate(self.0);
        }
    }
}
