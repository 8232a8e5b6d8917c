//! Memories that grow, and who is told of those that cannot.
#![allow(unsafe_code)] // C names, pointers and callbacks.

use core::ffi::{c_uint, c_void};

use graver_loader::format::ExternKind;
use graver_loader::{AccessError, Caller, Extern, Memory};

use crate::env::{self, Env};
use crate::exported::exported;
use crate::instance::{Inst, noted_env};
use crate::memory::{MemoryHandle, default_memory, parts};
use crate::{parts, state};

/// `enlarge_memory_error_callback_t`.
type Callback = unsafe extern "C" fn(u32, u64, u32, c_uint, *mut Inst, *mut Env, *mut c_void);

/// `enlarge_memory_error_reason_t`.
mod reason {
    use core::ffi::c_uint;

    pub(super) const INTERNAL: c_uint = 0;
    pub(super) const MAX_SIZE_REACHED: c_uint = 1;
}

/// Whom to tell, for all instances.
#[derive(Clone, Copy)]
pub(crate) struct Listener {
    callback: Option<Callback>,
    user_data: *mut c_void,
}

impl Listener {
    pub(crate) const NONE: Self = Self { callback: None, user_data: core::ptr::null_mut() };
}

/// A memory that did not grow.
struct Failure {
    pages: u64,
    bytes: usize,
    /// Its number in the module.
    memory: u32,
    error: AccessError,
}

impl Failure {
    /// Tells the client.
    ///
    /// # Safety
    /// The instance lives, the exec env is null or lives, and no reference into the instance is held.
    unsafe fn tell(&self, inst: *mut Inst, env: *mut Env) {
        let listener = state::with(|state| state.growth_listener);
        let Some(callback) = listener.callback else { return };
        let reason = if self.error == AccessError::OutOfMemory { reason::INTERNAL } else { reason::MAX_SIZE_REACHED };
        let pages = u32::try_from(self.pages).unwrap_or(u32::MAX);
        // SAFETY: the callback is the client's, and the rest is promised by the caller.
        unsafe { callback(pages, self.bytes as u64, self.memory, reason, inst, env, listener.user_data) };
    }
}

/// The guest's own `memory.grow` failed.
pub(crate) fn of_guest(caller: &mut Caller<'_, '_>, memory: u32, pages: u64, error: AccessError) {
    let item = caller.instance().and_then(|instance| instance.item(caller, ExternKind::Memory, memory));
    let Some(Extern::Memory(found)) = item else { return };
    let bytes = found.range(caller).map_or(0, |(_, length)| length);
    let env = caller.native_env().cast::<Env>();
    // SAFETY: guests of this library run in `call::guarded`, which notes the exec env of the call.
    unsafe {
        let inst = env::inst_of(env);
        if !inst.is_null() {
            let inst = parts::of_instance(inst, caller.instance());
            Failure { pages, bytes, memory, error }.tell(inst, env);
        }
    }
}

/// Adds pages to a memory for the host.
fn grow(inst: *mut Inst, memory: Memory, pages: u64) -> bool {
    let Some((mut store, instance)) = parts(inst) else { return false };
    let Err(error) = memory.grow(&mut *store, pages) else { return true };
    let bytes = memory.range(&*store).map_or(0, |(_, length)| length);
    let mut memories = (0..).map_while(|index| instance.item(&*store, ExternKind::Memory, index));
    let number = memories.position(|known| known == memory.into()).unwrap_or(0);
    let failure = Failure { pages, bytes, memory: number as u32, error };
    // SAFETY: the instance lives, and with it what runs in it.
    unsafe { failure.tell(inst, noted_env(inst)) };
    false
}

exported! {
    /// Chooses who is told of memories that cannot grow, whether the guest or the host wanted it; null for nobody.
    fn wasm_runtime_set_enlarge_mem_error_callback(
        callback: Option<unsafe extern "C" fn(u32, u64, u32, c_uint, *mut Inst, *mut Env, *mut c_void)>,
        user_data: *mut c_void,
    ) {
        state::with(|state| state.growth_listener = Listener { callback, user_data });
    }

    /// Adds pages to a memory.
    fn wasm_memory_enlarge(memory: *mut MemoryHandle, pages: u64) -> bool {
        // SAFETY: null, or a handle of the client, whose instance lives.
        unsafe { memory.as_ref() }.is_some_and(|handle| grow(handle.inst, handle.memory, pages))
    }

    /// Adds pages to memory 0.
    fn wasm_runtime_enlarge_memory(inst: *mut Inst, pages: u64) -> bool {
        default_memory(inst).is_some_and(|(_, memory)| grow(inst, memory, pages))
    }
}
