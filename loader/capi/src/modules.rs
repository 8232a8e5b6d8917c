//! Modules that import from each other: their names, and reading those that a module imports from.
//!
//! Programs of one module have hardly anything of this: only the functions that a client calls for several name the rest.
#![allow(unsafe_code)] // C names, pointers and callbacks.

use core::ffi::{c_char, c_uint};
use core::fmt;
use core::ptr::{NonNull, null_mut};

use graver_loader::format::{ExternKind, Import};

use crate::array::Array;
use crate::exported::exported;
use crate::imports;
use crate::instance::Inst;
use crate::instantiate::{Args, Failure};
use crate::load::{self, Mod, PLAIN};
use crate::log::error;
use crate::package::{IMAGE, client_bytes};
use crate::parts;
use crate::state::{self, State, is_known};
use crate::text::{bytes_of, write_error};

/// Gets a text that says what went wrong.
pub(crate) type Complain<'c> = &'c dyn Fn(fmt::Arguments<'_>);

/// `module_reader`.
type Reader = unsafe extern "C" fn(c_uint, *const c_char, *mut *mut u8, *mut u32) -> bool;
/// `module_destroyer`.
type Destroyer = unsafe extern "C" fn(*mut u8, u32);

/// Names of imports that never mean another module.
const OWN_NAMES: &[&[u8]] =
    &[b"", b"env", b"wasi_snapshot_preview1", b"wasi_unstable", b"wasi", b"spectest", b"global"];

/// What the client chose.
#[derive(Clone, Copy)]
pub(crate) struct Linking {
    support: Option<&'static Support>,
    reader: Option<Reader>,
    destroyer: Option<Destroyer>,
}

impl Linking {
    pub(crate) const NONE: Self = Self { support: None, reader: None, destroyer: None };
}

/// What is needed once there can be several modules. Named by the functions that say so, so that other programs have none of it.
struct Support {
    find_sources: unsafe fn(*mut Mod, Complain<'_>) -> bool,
    make_parts: unsafe fn(*mut Inst, &Args) -> Result<(), Failure>,
}

static SUPPORT: Support = Support { find_sources: find_all, make_parts: parts::make };

/// A module among others.
pub(crate) struct Relations {
    /// By which others import from it; empty if they cannot.
    name: Array<u8>,
    /// Where imports come from, in the module's order, and null for what does not come from modules; empty if nothing does.
    sources: Array<*mut Mod>,
    /// While the module is loaded for another one: that.
    importer: *mut Mod,
    _buffer: Option<Buffer>,
}

impl Relations {
    pub(crate) const NONE: Self =
        Self { name: Array::EMPTY, sources: Array::EMPTY, importer: null_mut(), _buffer: None };

    /// Whether the module is loaded for another one, so that it goes with those that import from it.
    pub(crate) fn is_of_reader(&self) -> bool {
        !self.importer.is_null()
    }

    /// The module that an import comes from; null if it comes from none.
    pub(crate) fn source(&self, position: usize) -> *mut Mod {
        self.sources.get().get(position).copied().unwrap_or(null_mut())
    }

    /// The modules that imports come from, each as often as there are imports.
    pub(crate) fn sources(&self) -> impl Iterator<Item = *mut Mod> {
        self.sources.get().iter().copied().filter(|source| !source.is_null())
    }

    /// Whether the module has a name and this is it.
    pub(crate) fn is_called(&self, name: &[u8]) -> bool {
        !name.is_empty() && self.name.get() == name
    }
}

/// What a reader gave: the client gets it back when the module goes.
struct Buffer {
    start: *mut u8,
    size: u32,
    destroyer: Option<Destroyer>,
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(destroyer) = self.destroyer {
            // SAFETY: the client's function for what the client's reader gave.
            unsafe { destroyer(self.start, self.size) };
        }
    }
}

/// Finds the modules that a module imports from, and reads those that are not known; whether all are there.
///
/// # Safety
/// The module lives, and natives have been found.
pub(crate) unsafe fn find_sources(module: *mut Mod, complain: Complain<'_>) -> bool {
    match state::with(|state| state.linking.support) {
        // SAFETY: promised by the caller.
        Some(support) => unsafe { (support.find_sources)(module, complain) },
        None => true,
    }
}

/// Makes instances of the modules that the module of an instance imports from, in the same program.
///
/// # Safety
/// The instance lives and is not linked yet.
pub(crate) unsafe fn make_parts(inst: *mut Inst, args: &Args) -> Result<(), Failure> {
    match state::with(|state| state.linking.support) {
        // SAFETY: promised by the caller.
        Some(support) => unsafe { (support.make_parts)(inst, args) },
        None => Ok(()),
    }
}

/// A module that goes does not need others any more.
///
/// # Safety
/// The module lives, and nobody uses it.
pub(crate) unsafe fn release_sources(module: *mut Mod) {
    // SAFETY: promised by the caller; sources live as long as those who import from them.
    unsafe { (*module).relations.sources().for_each(|source| load::release(source)) };
}

unsafe fn find_all(module: *mut Mod, complain: Complain<'_>) -> bool {
    // SAFETY: promised by the caller. Modules do not move, and what changes are relations.
    unsafe {
        let image = (*module).module.image();
        let imports = image.imports().iter().enumerate();
        for (position, import) in imports.filter(|(position, import)| is_wanted(module, *position, import)) {
            let name = image.name_bytes(import.module);
            let source = match find(module, name, complain) {
                Ok(Some(source)) => source,
                // As it is without any of this: the importer's business.
                Ok(None) => continue,
                Err(Failed) => return false,
            };
            if let Err(Failed) = add_source(module, position, source, complain) {
                load::release(source);
                return false;
            }
        }
    }
    true
}

/// Something failed, and the reason was said.
struct Failed;

/// Whether an import may come from another module.
unsafe fn is_wanted(module: *const Mod, position: usize, import: &Import) -> bool {
    // SAFETY: promised by the caller.
    let (image, links, relations) = unsafe { ((*module).module.image(), (*module).links.get(), &(*module).relations) };
    let is_of_host = match ExternKind::from_raw(import.kind) {
        Some(ExternKind::Function) => links.get(import.index as usize).is_some_and(|link| link.is_linked()),
        Some(ExternKind::Global) => imports::is_global(image.name(import.module), image.name(import.name)),
        _ => false,
    };
    !is_of_host && !OWN_NAMES.contains(&image.name_bytes(import.module)) && relations.source(position).is_null()
}

/// Notes where an import comes from.
unsafe fn add_source(
    module: *mut Mod,
    position: usize,
    source: *mut Mod,
    complain: Complain<'_>,
) -> Result<(), Failed> {
    // SAFETY: promised by the caller; the reference ends with this function.
    let relations = unsafe {
        let image = (*source).module.image();
        let start = image.find_export(b"_start").filter(|export| export.kind == ExternKind::Function.raw());
        if start.is_some() {
            complain(format_args!("{}: a command (with _start function) can not be a sub-module", Name::of(source)));
            return Err(Failed);
        }
        &mut (*module).relations
    };
    if relations.sources.get().is_empty() {
        // SAFETY: promised by the caller.
        let count = unsafe { (*module).module.image() }.imports().len();
        let Some(sources) = Array::filled(null_mut(), count) else { return Err(no_memory(complain)) };
        relations.sources = sources;
    }
    if let Some(place) = relations.sources.get_mut().get_mut(position) {
        *place = source;
    }
    Ok(())
}

fn no_memory(complain: Complain<'_>) -> Failed {
    complain(format_args!("allocate memory failed"));
    Failed
}

/// The module of a name, for one that imports from it and is counted as such; `None` if nobody can know it.
unsafe fn find(importer: *mut Mod, name: &[u8], complain: Complain<'_>) -> Result<Option<*mut Mod>, Failed> {
    // SAFETY: promised by the caller: importers wait for what is loaded for them.
    unsafe {
        let mut outer = importer;
        while !outer.is_null() {
            if (*outer).relations.is_called(name) {
                complain(format_args!("found circular dependency on {}", Name(name)));
                return Err(Failed);
            }
            outer = (*outer).relations.importer;
        }
        let known = state::with(|state| {
            let known = registered(&state.modules, name)?;
            load::retain(state, known);
            Some(known)
        });
        if known.is_some() {
            return Ok(known);
        }
        let linking = state::with(|state| state.linking);
        let Some(reader) = linking.reader else { return Ok(None) };
        read(importer, name, reader, linking.destroyer, complain).map(Some)
    }
}

/// The newest module of a name that is ready.
fn registered(modules: &crate::list::List<Mod>, name: &[u8]) -> Option<*mut Mod> {
    // SAFETY: it is in the list.
    modules.iter().find(|module| unsafe {
        let relations = &(**module).relations;
        relations.importer.is_null() && relations.is_called(name)
    })
}

/// Loads a module that the client's reader knows. `name` has NUL behind it, as all names of images.
unsafe fn read(
    importer: *mut Mod,
    name: &[u8],
    reader: Reader,
    destroyer: Option<Destroyer>,
    complain: Complain<'_>,
) -> Result<*mut Mod, Failed> {
    let named = |text: fmt::Arguments<'_>| complain(format_args!("{}: {text}", Name(name)));
    let (mut start, mut size) = (null_mut(), 0);
    // SAFETY: the client's function; what it gives stays until the destroyer gets it.
    let bytes = unsafe {
        if !reader(IMAGE, name.as_ptr().cast(), &raw mut start, &raw mut size) || start.is_null() {
            complain(format_args!("unknown import: the module reader does not know {}", Name(name)));
            return Err(Failed);
        }
        client_bytes(start, size)
    };
    let buffer = Buffer { start, size, destroyer };
    if let Some(text) = load::refusal(bytes) {
        named(format_args!("{text}"));
        return Err(Failed);
    }
    let Some(name) = Array::copy(name) else { return Err(no_memory(complain)) };
    let relations = Relations { name, sources: Array::EMPTY, importer, _buffer: Some(buffer) };
    // SAFETY: as above; nobody else has the module before it is published.
    unsafe {
        let loaded = load::load_image(bytes, &PLAIN, relations, &named);
        let loaded = NonNull::new(loaded).ok_or(Failed)?.as_ptr();
        let known = state::with(|state| publish(state, loaded));
        if known != loaded {
            load::dispose(loaded);
        }
        Ok(known)
    }
}

/// From now on others can find a module that was loaded for an importer. If another thread has published one of the name
/// meanwhile, that one is the importer's, and this one in no list any more.
///
/// # Safety
/// The module lives.
unsafe fn publish(state: &mut State, module: *mut Mod) -> *mut Mod {
    // SAFETY: promised by the caller.
    unsafe {
        if let Some(known) = registered(&state.modules, (*module).relations.name.get()) {
            load::retain(state, known);
            state.modules.take(module);
            return known;
        }
        (*module).relations.importer = null_mut();
        module
    }
}

/// A name of a module, for messages.
struct Name<'n>(&'n [u8]);

impl Name<'_> {
    /// # Safety
    /// The module lives as long as the result is used.
    unsafe fn of<'n>(module: *const Mod) -> Name<'n> {
        // SAFETY: promised by the caller.
        let module: &'n Mod = unsafe { &*module };
        Name(module.relations.name.get())
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(core::str::from_utf8(self.0).unwrap_or_default())
    }
}

/// Gives a module a name; the text says why it cannot have it.
unsafe fn register(name: Option<&[u8]>, module: *mut Mod) -> Result<(), &'static str> {
    let (Some(name), false) = (name, module.is_null()) else { return Err("module_name and module are required") };
    if OWN_NAMES.contains(&name) {
        return Err("can not register as a built-in module");
    }
    if !is_known("wasm_runtime_register_module", module, |state| &state.modules) {
        return Err("there is no such module");
    }
    let copy = Array::copy(name).ok_or("allocate memory failed")?;
    state::with(|state| {
        // SAFETY: it is in the list, and names are looked at under the lock only.
        let relations = unsafe { &mut (*module).relations };
        if relations.name.get().is_empty() {
            relations.name = copy;
            state.linking.support = Some(&SUPPORT);
        }
        if relations.is_called(name) { Ok(()) } else { Err("failed to rename the module") }
    })
}

exported! {
    /// Chooses what reads modules that others import from, and what takes the bytes back when such a module goes, which is
    /// with the last that imports from it; null for none.
    fn wasm_runtime_set_module_reader(
        reader: Option<unsafe extern "C" fn(c_uint, *const c_char, *mut *mut u8, *mut u32) -> bool>,
        destroyer: Option<unsafe extern "C" fn(*mut u8, u32)>,
    ) {
        state::with(|state| {
            state.linking.support = Some(&SUPPORT);
            (state.linking.reader, state.linking.destroyer) = (reader, destroyer);
        });
    }

    /// Gives a module a name, which is copied, by which modules that are loaded from now on import from it. It has it until
    /// it is unloaded, and no other.
    fn wasm_runtime_register_module(name: *const c_char, module: *mut Mod, error: *mut c_char, size: u32) -> bool {
        if error.is_null() || size == 0 {
            error!("wasm_runtime_register_module: error buffer is required");
            return false;
        }
        // SAFETY: a text, a module and a buffer of the client.
        unsafe {
            let result = register(bytes_of(name), module);
            if let Err(text) = result {
                write_error(error, size, format_args!("Register module failed: {text}"));
            }
            result.is_ok()
        }
    }

    /// The module of a name, whether it was registered or read; null if there is none.
    fn wasm_runtime_find_module_registered(name: *const c_char) -> *mut Mod {
        // SAFETY: a text of the client.
        let Some(name) = (unsafe { bytes_of(name) }) else { return null_mut() };
        state::with(|state| registered(&state.modules, name)).unwrap_or(null_mut())
    }
}
