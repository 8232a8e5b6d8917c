//! Modules: loading images, and what is asked of them as a whole.
#![allow(unsafe_code)] // C names and pointers.

use core::ffi::{c_char, c_void};
use core::fmt;
use core::ptr::{NonNull, null, null_mut};

use graver_loader::Module;
use graver_loader::format::ExternKind;

use crate::array::Array;
use crate::exported::exported;
use crate::inspect::Catalogue;
use crate::list::{self, Linked, Room};
use crate::log::{error, warning};
use crate::modules::{self, Complain, Relations};
use crate::natives::{self, Link};
use crate::package::{self, client_bytes};
use crate::state::{self, State, is_known};
use crate::text::{bytes_of, write_error};
use crate::types::LoadArgs;
use crate::wasi::Settings;

/// `wasm_module_t`.
pub struct Mod {
    next: *mut Self,
    pub(crate) module: Module<'static>,
    /// What each imported function is linked to.
    pub(crate) links: Array<Link>,
    /// Imports and exports as C sees them, made when they are first asked for.
    pub(crate) catalogue: Option<Catalogue>,
    /// A name for messages, with NUL.
    name: Array<u8>,
    /// What its instances may see of the system.
    pub(crate) wasi: Settings,
    /// How many instances and imports of other modules there are.
    users: u32,
    /// To be dropped with the last of them.
    is_unloaded: bool,
    may_free_bytes: bool,
    /// Dropped after the module, which may point into what it holds.
    pub(crate) relations: Relations,
    /// The same.
    _bytes: Array<u8>,
}

impl Linked for Mod {
    fn next(&mut self) -> &mut *mut Self {
        &mut self.next
    }
}

/// Nothing special.
pub(crate) const PLAIN: LoadArgs =
    LoadArgs { name: null_mut(), clone_wasm_binary: false, wasm_binary_freeable: false, no_resolve: false };

/// Loads an image; `bytes` stay unless the arguments ask for a copy. On failure `complain` gets the text.
unsafe fn load(bytes: &'static [u8], args: &LoadArgs, complain: Complain<'_>) -> *mut Mod {
    if let Some(text) = refusal(bytes) {
        complain(format_args!("WASM module load failed: {text}"));
        return null_mut();
    }
    let complain = |text: fmt::Arguments<'_>| complain(format_args!("AOT module load failed: {text}"));
    // SAFETY: promised by the caller.
    unsafe { load_image(bytes, args, Relations::NONE, &complain) }
}

/// Why bytes cannot be an image, if they cannot.
pub(crate) fn refusal(bytes: &[u8]) -> Option<&'static str> {
    match package::of(bytes) {
        package::IMAGE => None,
        package::BYTECODE => Some("this is bytecode, run `graver compile` on it first"),
        // Too short for a magic number.
        _ if bytes.len() < 4 => Some("unexpected end"),
        _ => Some("magic header not detected"),
    }
}

/// Loads an image, and what it imports from. If it is for an importer, that counts as its first user, and others do not find it yet.
///
/// # Safety
/// As for [`wasm_runtime_load_ex`].
pub(crate) unsafe fn load_image(
    bytes: &'static [u8],
    args: &LoadArgs,
    relations: Relations,
    complain: Complain<'_>,
) -> *mut Mod {
    // SAFETY: promised by the caller; the module is this function's until it returns.
    unsafe {
        let Some(place) = add(bytes, args, relations, complain) else { return null_mut() };
        let place = place.as_ptr();
        if !args.no_resolve {
            (*place).resolve();
            if !modules::find_sources(place, complain) {
                state::with(|state| state.modules.take(place));
                dispose(place);
                return null_mut();
            }
        }
        place
    }
}

/// Puts a module that is not linked into the list. By itself, so that no copy of it is on the stack while others are loaded.
#[inline(never)]
unsafe fn add(
    bytes: &'static [u8],
    args: &LoadArgs,
    relations: Relations,
    complain: Complain<'_>,
) -> Option<NonNull<Mod>> {
    let Some(runtime) = state::runtime() else {
        complain(format_args!("the runtime is not initialised"));
        return None;
    };
    let no_memory = || {
        complain(format_args!("allocate memory failed"));
        None
    };
    let Some(room) = Room::new() else { return no_memory() };
    let is_copied = args.clone_wasm_binary || args.wasm_binary_freeable;
    let Some(copy) = (if is_copied { Array::copy(bytes) } else { Some(Array::EMPTY) }) else { return no_memory() };
    // SAFETY: null, or a text of the client. The copy is kept as long as the module, which alone borrows it.
    let (name, image) = unsafe {
        let image = if is_copied { core::slice::from_raw_parts(copy.get().as_ptr(), copy.get().len()) } else { bytes };
        (bytes_of(args.name), image)
    };
    let module = match Module::new(runtime, image) {
        Ok(module) => module,
        Err(error) => {
            complain(format_args!("{error}"));
            return None;
        }
    };
    let imported = module.image().module().imported_functions as usize;
    let Some(links) = Array::filled(Link::NONE, imported) else { return no_memory() };
    let Some(name) = name.map_or(Some(Array::EMPTY), Array::text) else { return no_memory() };
    let place = room.put(Mod {
        next: null_mut(),
        module,
        links,
        catalogue: None,
        name,
        wasi: Settings::default(),
        // The importer for which it is loaded.
        users: u32::from(relations.is_of_reader()),
        is_unloaded: relations.is_of_reader(),
        may_free_bytes: args.wasm_binary_freeable,
        relations,
        _bytes: copy,
    });
    state::with(|state| state.modules.push(place));
    Some(place)
}

impl Mod {
    /// Links imported functions to natives, as far as there are any.
    fn resolve(&mut self) {
        // SAFETY: the module stays where it is as long as its links.
        let module: &'static Module<'static> = unsafe { core::mem::transmute(&self.module) };
        let image = module.image();
        let functions = image.imports().iter().filter(|import| import.kind == ExternKind::Function.raw());
        for (import, link) in functions.zip(self.links.get_mut()) {
            if let Some(ty) = module.function_signature(import.index) {
                *link = natives::resolve(image.name(import.module), image.name(import.name), ty);
            }
        }
    }

    /// Says which functions are not linked; whether all are.
    fn is_linked(&self, complain: impl Fn(&str, &str)) -> bool {
        let image = self.module.image();
        let functions =
            image.imports().iter().enumerate().filter(|(_, import)| import.kind == ExternKind::Function.raw());
        let mut all = true;
        for ((position, import), link) in functions.zip(self.links.get()) {
            if !link.is_linked() && self.relations.source(position).is_null() {
                complain(image.name(import.module), image.name(import.name));
                all = false;
            }
        }
        all
    }

    /// Warns of functions that will trap when they are called.
    pub(crate) fn warn_of_missing(&self) {
        self.is_linked(|module, name| warning!("failed to link import function ({module}, {name})"));
    }
}

/// An instance or an import needs the module from now on.
///
/// # Safety
/// The module lives.
pub(crate) unsafe fn retain(_: &mut State, module: *mut Mod) {
    // SAFETY: promised by the caller; the count is used under the lock of the state only.
    unsafe { (*module).users += 1 };
}

/// Takes a module out of the list if nobody needs it any more: then it is to be disposed of.
unsafe fn take_if_unused(state: &mut State, module: *mut Mod) -> bool {
    // SAFETY: promised by the caller.
    let is_unused = unsafe { (*module).users == 0 && (*module).is_unloaded };
    is_unused && state.modules.take(module)
}

/// An instance or an import has gone.
///
/// # Safety
/// It was one of those that the module counts.
pub(crate) unsafe fn release(module: *mut Mod) {
    // SAFETY: promised by the caller.
    unsafe {
        let is_last = state::with(|state| {
            (*module).users -= 1;
            take_if_unused(state, module)
        });
        if is_last {
            dispose(module);
        }
    }
}

/// Frees a module that is in no list, and what only it needs.
///
/// # Safety
/// Nobody uses it.
pub(crate) unsafe fn dispose(module: *mut Mod) {
    // SAFETY: promised by the caller. Not under the lock, because a client's function may run.
    unsafe {
        modules::release_sources(module);
        list::drop_at(module);
    }
}

exported! {
    /// Loads an image. The bytes must stay, unchanged, until the module is unloaded; on failure null, and the reason in the
    /// error buffer.
    fn wasm_runtime_load(bytes: *mut u8, size: u32, error: *mut c_char, error_size: u32) -> *mut Mod {
        // SAFETY: as promised to this function.
        unsafe { load(client_bytes(bytes, size), &PLAIN, &|text| write_error(error, error_size, text)) }
    }

    /// The same with arguments: a name, and whether the client frees the bytes at once.
    fn wasm_runtime_load_ex(
        bytes: *mut u8,
        size: u32,
        args: *const LoadArgs,
        error: *mut c_char,
        error_size: u32,
    ) -> *mut Mod {
        // SAFETY: as promised to this function.
        unsafe {
            let complain = |text: fmt::Arguments<'_>| write_error(error, error_size, text);
            let Some(args) = args.as_ref() else {
                complain(format_args!("WASM module load failed: null load arguments"));
                return null_mut();
            };
            load(client_bytes(bytes, size), args, &complain)
        }
    }

    /// Loads a module in parts: images have none, so this fails.
    @refused fn wasm_runtime_load_from_sections(
        _sections: *mut c_void,
        _is_aot: bool,
        error: *mut c_char,
        error_size: u32,
    ) -> *mut Mod {
        // SAFETY: a buffer of the client.
        unsafe { write_error(error, error_size, format_args!("AOT module load failed: an image is loaded as a whole")) };
        null_mut()
    }

    /// Links imports of a module that was loaded without; whether all functions are linked. Modules that it imports from
    /// are loaded now.
    fn wasm_runtime_resolve_symbols(module: *mut Mod) -> bool {
        // SAFETY: null, or a module of the client.
        let Some(module) = (unsafe { module.as_mut() }) else { return false };
        module.resolve();
        // SAFETY: as above.
        let is_complete = unsafe { modules::find_sources(module, &|text| warning!("{text}")) };
        is_complete & module.is_linked(|module, name| warning!("Failed to link function ({module}, {name})"))
    }

    /// Whether the client may free the bytes that it loaded the module from.
    fn wasm_runtime_is_underlying_binary_freeable(module: *const Mod) -> bool {
        // SAFETY: null, or a module of the client.
        unsafe { module.as_ref() }.is_some_and(|module| module.may_free_bytes)
    }

    /// Gives a module back. One that has instances, or from which other modules import, goes with the last of these, and its
    /// bytes must stay until then.
    fn wasm_runtime_unload(module: *mut Mod) {
        if !is_known("wasm_runtime_unload", module, |state| &state.modules) {
            return;
        }
        // SAFETY: it is in the list.
        unsafe {
            let is_free = state::with(|state| {
                (*module).is_unloaded = true;
                take_if_unused(state, module)
            });
            if is_free {
                dispose(module);
            } else {
                error!("wasm_runtime_unload: the module has instances or importers, and goes with the last of them");
            }
        }
    }

    /// The bytes of a custom section that `graver compile --emit-custom-sections` kept, as long as the module; null if there
    /// is none of the name.
    fn wasm_runtime_get_custom_section(module: *const Mod, name: *const c_char, length: *mut u32) -> *const u8 {
        // SAFETY: null, or a module and a text of the client.
        let (module, name) = unsafe { (module.as_ref(), bytes_of(name)) };
        let (Some(module), Some(name)) = (module, name) else { return null() };
        let image = module.module.image();
        let found = image.custom_sections().iter().find(|section| image.name_bytes(section.name) == name);
        let Some(bytes) = found.map(|section| image.custom_section(&section)) else { return null() };
        if !length.is_null() {
            // SAFETY: not null.
            unsafe { length.write(bytes.len() as u32) };
        }
        bytes.as_ptr()
    }

    /// Gives a module a name, which is copied.
    fn wasm_runtime_set_module_name(module: *mut Mod, name: *const c_char, error: *mut c_char, error_size: u32) -> bool {
        // SAFETY: null, or a module and a text of the client.
        unsafe {
            let (Some(module), Some(name)) = (module.as_mut(), bytes_of(name)) else { return false };
            let Some(copy) = Array::text(name) else {
                write_error(error, error_size, format_args!("allocate memory failed"));
                return false;
            };
            module.name = copy;
        }
        true
    }

    /// The name of a module; empty if it has none.
    fn wasm_runtime_get_module_name(module: *const Mod) -> *const c_char {
        // SAFETY: null, or a module of the client.
        unsafe { module.as_ref() }.map_or(c"".as_ptr(), |module| module.name.as_text())
    }

    /// Hashes exist in enclaves only: null.
    @accepted fn wasm_runtime_get_module_hash(_module: *const Mod) -> *const c_char {
        null()
    }
}
