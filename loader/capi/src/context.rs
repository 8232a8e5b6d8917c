//! Pointers that clients attach to instances under keys.
#![allow(unsafe_code)] // C names and callbacks.

use core::ffi::c_void;
use core::ptr::null_mut;

use crate::exported::exported;
use crate::instance::Inst;
use crate::state;
use crate::threads;

/// How many keys there are.
pub(crate) const COUNT: usize = 8;

/// Runs when an instance goes.
type Destructor = unsafe extern "C" fn(*mut Inst, *mut c_void);

/// Keys in use, with their destructors.
#[derive(Clone, Copy)]
pub(crate) struct Keys([Option<Option<Destructor>>; COUNT]);

impl Keys {
    pub(crate) const NONE: Self = Self([None; COUNT]);
}

/// Keys are numbers from 1 on, as pointers.
fn index_of(key: *mut c_void) -> Option<usize> {
    key.addr().checked_sub(1).filter(|index| *index < COUNT)
}

/// Runs the destructors of all keys, also where nothing was set.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn destroy_contexts(inst: *mut Inst) {
    let Keys(keys) = state::with(|state| state.context_keys);
    for (index, key) in keys.into_iter().enumerate() {
        if let Some(Some(destructor)) = key {
            // SAFETY: promised by the caller; the destructor is the client's.
            unsafe {
                let contexts = (*inst).contexts;
                let context = contexts.get(index).copied().unwrap_or(null_mut());
                destructor(inst, context);
            }
        }
    }
}

exported! {
    /// A key for contexts, with a function that runs for each instance that goes; null if all 8 keys are in use.
    fn wasm_runtime_create_context_key(destructor: Option<unsafe extern "C" fn(*mut Inst, *mut c_void)>) -> *mut c_void {
        state::with(|state| {
            let free = state.context_keys.0.iter_mut().enumerate().find(|(_, key)| key.is_none());
            free.map_or(null_mut(), |(index, key)| {
                *key = Some(destructor);
                core::ptr::without_provenance_mut(index + 1)
            })
        })
    }

    /// Gives a key back and forgets what instances have under it, without running its function.
    fn wasm_runtime_destroy_context_key(key: *mut c_void) {
        let Some(index) = index_of(key) else { return };
        state::with(|state| {
            if let Some(key) = state.context_keys.0.get_mut(index) {
                *key = None;
            }
            for inst in state.instances.iter() {
                // SAFETY: it is in the list.
                unsafe { set(inst, index, null_mut()) };
            }
        });
    }

    /// Attaches a pointer to the program of an instance.
    fn wasm_runtime_set_context(inst: *mut Inst, key: *mut c_void, context: *mut c_void) {
        if let (Some(index), false) = (index_of(key), inst.is_null()) {
            // SAFETY: an instance of the client.
            unsafe { set(inst, index, context) };
        }
    }

    /// Attaches a pointer to all instances of a program.
    fn wasm_runtime_set_context_spread(inst: *mut Inst, key: *mut c_void, context: *mut c_void) {
        if let (Some(index), false) = (index_of(key), inst.is_null()) {
            // SAFETY: an instance of the client.
            unsafe { threads::for_each(inst, |inst| set(inst, index, context)) };
        }
    }

    /// What is attached; null if nothing.
    fn wasm_runtime_get_context(inst: *mut Inst, key: *mut c_void) -> *mut c_void {
        let (Some(index), false) = (index_of(key), inst.is_null()) else { return null_mut() };
        // SAFETY: an instance of the client, whose root lives as long.
        let contexts = unsafe { (*(*inst).root).contexts };
        contexts.get(index).copied().unwrap_or(null_mut())
    }
}

unsafe fn set(inst: *mut Inst, index: usize, context: *mut c_void) {
    // SAFETY: the instance lives.
    let contexts = unsafe { &mut (*(*inst).root).contexts };
    if let Some(place) = contexts.get_mut(index) {
        *place = context;
    }
}
