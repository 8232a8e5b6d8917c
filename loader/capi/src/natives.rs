//! Natives: C functions that modules import.
#![allow(unsafe_code)] // C names and pointers.

use core::ffi::{c_char, c_void};
use core::ptr::null_mut;

use graver_loader::{CallError, Caller, Native, Signature, Trap};

use crate::builtin;
use crate::env::Env;
use crate::exported::exported;
use crate::imports;
use crate::instance::{Inst, running_env};
use crate::list::Linked;
use crate::log::{error, warning};
use crate::state;
use crate::text::{bytes_of, str_of};
use crate::types::NativeSymbol;
use crate::wasi;

/// An array of natives that a client registered. It stays the client's.
pub(crate) struct Registration {
    next: *mut Self,
    module: *const c_char,
    symbols: *const NativeSymbol,
    count: u32,
    is_raw: bool,
}

impl Linked for Registration {
    fn next(&mut self) -> &mut *mut Self {
        &mut self.next
    }
}

/// What an imported function is linked to.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// To nothing: calls trap.
    Nothing,
    /// To a C function of the import's type.
    Native(*mut c_void),
    /// To a C function that gets cells: `void f(env, uint64_t *)`.
    Raw(*mut c_void),
    /// To a function of the library's own.
    Builtin(&'static builtin::Row),
    /// To a function of the system interface.
    Wasi(wasi::Function),
}

/// An imported function's target, and how it wants to be called.
#[derive(Clone, Copy)]
pub(crate) struct Link {
    pub(crate) target: Target,
    signature: &'static str,
    attachment: *mut c_void,
}

/// A native that gets cells.
type Raw = unsafe extern "C" fn(*mut Env, *mut u64);

impl Link {
    pub(crate) const NONE: Self = Self { target: Target::Nothing, signature: "", attachment: null_mut() };

    fn of(target: Target, signature: &'static str) -> Self {
        Self { target, signature, ..Self::NONE }
    }

    pub(crate) fn is_linked(&self) -> bool {
        !matches!(self.target, Target::Nothing)
    }

    /// As the loader knows it.
    pub(crate) fn native(&self, ty: Signature<'static>, function: *mut c_void) -> Native<'static> {
        Native { ty, signature: self.signature, function, attachment: self.attachment }
    }

    /// Whether the letters are those of an import's type.
    fn fits(&self, ty: Signature<'static>) -> bool {
        match self.target {
            Target::Wasi(function) => function.fits(ty),
            _ => self.native(ty, null_mut()).fits(),
        }
    }

    /// Calls a raw native.
    ///
    /// # Safety
    /// `function` is its target, and `inst` is that of the caller.
    pub(crate) unsafe fn call_raw(
        &self,
        function: *mut c_void,
        inst: *mut Inst,
        caller: &Caller<'_, '_>,
        cells: &mut [u64],
    ) -> Result<(), CallError> {
        // SAFETY: the guest waits. Other threads of the program may write there; each byte is read once.
        let memory = caller
            .range()
            .map_or(&[][..], |(start, length)| unsafe { core::slice::from_raw_parts(start.as_ptr(), length) });
        self.convert(memory, cells).ok_or(Trap::MemoryOutOfBounds)?;
        // SAFETY: the client says that it is a function of this type, and promised by the caller.
        unsafe {
            let function = core::mem::transmute::<*mut c_void, Raw>(function);
            let env = running_env(inst);
            let outer = core::mem::replace(&mut (*env).attachment, self.attachment);
            function(env, cells.as_mut_ptr());
            (*env).attachment = outer;
        }
        Ok(())
    }

    /// Turns addresses of the guest into pointers; `None` if one leads outside.
    fn convert(&self, memory: &[u8], cells: &mut [u64]) -> Option<()> {
        let letters = self.signature.trim_start_matches('(').split(')').next().unwrap_or_default().as_bytes();
        for (index, letter) in letters.iter().enumerate() {
            if matches!(letter, b'*' | b'$') {
                let has_length = letters.get(index + 1) == Some(&b'~');
                let length = if has_length { Some(*cells.get(index + 1)? as u32) } else { None };
                let cell = cells.get_mut(index)?;
                *cell = Native::pointer(*letter, *cell as u32, length, memory)? as u64;
            }
        }
        Some(())
    }
}

/// Registers an array; false if there is no memory or an argument is missing.
pub(crate) fn register(module: *const c_char, symbols: *const NativeSymbol, count: u32, is_raw: bool) -> bool {
    if module.is_null() || (symbols.is_null() && count != 0) {
        error!("natives want a module name and an array");
        return false;
    }
    let registration = Registration { next: null_mut(), module, symbols, count, is_raw };
    !state::with(|state| state.natives.add(registration)).is_null()
}

/// The native for an import: of the newest registration that has the name, else the library's own.
pub(crate) fn find(module: &str, name: &str) -> Option<Link> {
    let registered =
        state::with(|state| state.natives.iter().find_map(|registration| find_in(registration, module, name)));
    let system = || wasi::find(module, name).map(|function| Link::of(Target::Wasi(function), ""));
    let own = || builtin::find(module, name).map(|row| Link::of(Target::Builtin(row), row.signature));
    registered.or_else(own).or_else(system)
}

fn find_in(registration: *mut Registration, module: &str, name: &str) -> Option<Link> {
    // Toolchains of old put an underscore before names.
    let plain = name.strip_prefix('_');
    // SAFETY: the header says that the client's array and its texts stay until they are unregistered.
    unsafe {
        let registration = &*registration;
        if bytes_of(registration.module) != Some(module.as_bytes()) || registration.count == 0 {
            return None;
        }
        let symbols = core::slice::from_raw_parts(registration.symbols, registration.count as usize);
        let is_it = |symbol: &&NativeSymbol| {
            let known = bytes_of(symbol.symbol);
            known == Some(name.as_bytes()) || (known.is_some() && known == plain.map(str::as_bytes))
        };
        let symbol = symbols.iter().find(is_it)?;
        let target = match symbol.func_ptr {
            none if none.is_null() => Target::Nothing,
            function if registration.is_raw => Target::Raw(function),
            function => Target::Native(function),
        };
        Some(Link { target, signature: str_of(symbol.signature), attachment: symbol.attachment })
    }
}

/// The native for an import of this type, unless its letters are for another.
pub(crate) fn resolve(module: &str, name: &str, ty: Signature<'static>) -> Link {
    let Some(link) = find(module, name) else { return Link::NONE };
    if !link.fits(ty) {
        warning!(
            "failed to check signature '{}' and resolve pointer params for import function ({module}, {name})",
            link.signature
        );
        return Link::NONE;
    }
    link
}

exported! {
    /// Registers natives for imports from a module name. The array and its texts stay the client's and must stay; letters are
    /// checked when a module is loaded.
    fn wasm_runtime_register_natives(module: *const c_char, symbols: *mut NativeSymbol, count: u32) -> bool {
        register(module, symbols, count, false)
    }

    /// The same for natives that get the cells of the call: `void f(wasm_exec_env_t, uint64_t *args)`.
    fn wasm_runtime_register_natives_raw(module: *const c_char, symbols: *mut NativeSymbol, count: u32) -> bool {
        register(module, symbols, count, true)
    }

    /// Forgets an array. Modules that were loaded before keep what they found.
    fn wasm_runtime_unregister_natives(module: *const c_char, symbols: *mut NativeSymbol) -> bool {
        state::with(|state| {
            let found = state.natives.iter().find(|registration| {
                // SAFETY: in the list; texts are the client's.
                unsafe {
                    let registration = &**registration;
                    registration.symbols == symbols.cast_const() && bytes_of(registration.module) == bytes_of(module)
                }
            });
            found.is_some_and(|registration| state.natives.remove(registration))
        })
    }

    /// Whether a native is registered for a name.
    fn wasm_runtime_is_import_func_linked(module: *const c_char, name: *const c_char) -> bool {
        // SAFETY: texts of the client.
        unsafe { find(str_of(module), str_of(name)) }.is_some_and(|link| link.is_linked())
    }

    /// Whether the library itself defines a global for a name.
    fn wasm_runtime_is_import_global_linked(module: *const c_char, name: *const c_char) -> bool {
        // SAFETY: texts of the client.
        unsafe { imports::is_global(str_of(module), str_of(name)) }
    }
}
