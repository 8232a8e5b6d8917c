//! Natives: C functions that modules import.
#![allow(unsafe_code)] // C names and pointers.

use core::ffi::{c_char, c_void};
use core::ptr::null_mut;

use graver_loader::{CallError, Caller, Native, Signature, Trap};

use crate::builtin;
use crate::env::Env;
use crate::exported::exported;
use crate::instance::Inst;
use crate::list::Linked;
use crate::log::{error, warning};
use crate::state;
use crate::text::{bytes_of, str_of};
use crate::types::NativeSymbol;

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

/// What an import is linked to.
#[derive(Clone, Copy)]
pub(crate) struct Link {
    /// Null if it is linked to nothing.
    pub(crate) function: *mut c_void,
    signature: &'static str,
    pub(crate) attachment: *mut c_void,
    /// The function gets cells: `void f(env, uint64_t *)`.
    pub(crate) is_raw: bool,
    /// The function is one of the library's own.
    pub(crate) builtin: Option<&'static builtin::Row>,
}

/// A native that gets cells.
type Raw = unsafe extern "C" fn(*mut Env, *mut u64);

impl Link {
    pub(crate) const NONE: Self =
        Self { function: null_mut(), signature: "", attachment: null_mut(), is_raw: false, builtin: None };

    /// As the loader knows it.
    pub(crate) fn native(&self, ty: Signature<'static>) -> Native<'static> {
        Native { ty, signature: self.signature, function: self.function, attachment: self.attachment }
    }

    /// Calls a raw native.
    ///
    /// # Safety
    /// It is raw, and `inst` and `env` live.
    pub(crate) unsafe fn call_raw(
        &self,
        inst: *mut Inst,
        caller: &mut Caller<'_, '_>,
        cells: &mut [u64],
    ) -> Result<(), CallError> {
        self.convert(inst, cells)?;
        // SAFETY: the client says that it is a function of this type, and promised by the caller.
        unsafe {
            let function = core::mem::transmute::<*mut c_void, Raw>(self.function);
            let env = (*inst).running_env();
            let outer = core::mem::replace(&mut (*env).attachment, self.attachment);
            function(env, cells.as_mut_ptr());
            (*env).attachment = outer;
        }
        let _ = caller;
        Ok(())
    }

    /// Turns addresses of the guest into pointers.
    fn convert(&self, inst: *mut Inst, cells: &mut [u64]) -> Result<(), CallError> {
        let letters = self.signature.trim_start_matches('(').split(')').next().unwrap_or_default().as_bytes();
        for index in 0..letters.len().min(cells.len()) {
            let letter = letters.get(index).copied().unwrap_or_default();
            if !matches!(letter, b'*' | b'$') {
                continue;
            }
            let at = cells.get(index).map_or(0, |cell| *cell as u32) as usize;
            // SAFETY: the instance lives while its native is called.
            let data = unsafe { (*inst).memory_bytes() }.unwrap_or_default();
            let rest = data.get(at..).ok_or(Trap::MemoryOutOfBounds)?;
            let needed = match letters.get(index + 1) {
                _ if letter == b'$' => rest.iter().position(|byte| *byte == 0).map_or(usize::MAX, |end| end + 1),
                Some(b'~') => cells.get(index + 1).map_or(0, |cell| *cell as u32) as usize,
                _ => 1,
            };
            if needed > rest.len() {
                return Err(Trap::MemoryOutOfBounds.into());
            }
            if let Some(cell) = cells.get_mut(index) {
                *cell = rest.as_ptr().expose_provenance() as u64;
            }
        }
        Ok(())
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
    registered.or_else(|| {
        let row = builtin::find(module, name)?;
        Some(Link { function: row.address(), signature: row.signature, builtin: Some(row), ..Link::NONE })
    })
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
        Some(Link {
            function: symbol.func_ptr,
            signature: str_of(symbol.signature),
            attachment: symbol.attachment,
            is_raw: registration.is_raw,
            builtin: None,
        })
    }
}

/// The native for an import of this type, unless its letters are for another.
pub(crate) fn resolve(module: &str, name: &str, ty: Signature<'static>) -> Link {
    let Some(link) = find(module, name) else { return Link::NONE };
    if !link.native(ty).fits() {
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
        unsafe { find(str_of(module), str_of(name)) }.is_some()
    }

    /// Whether the library itself defines a global for a name.
    fn wasm_runtime_is_import_global_linked(module: *const c_char, name: *const c_char) -> bool {
        // SAFETY: texts of the client.
        unsafe { builtin::is_global(str_of(module), str_of(name)) }
    }
}
