//! wasi-threads: programs that start threads by `thread-spawn` and bring stacks for them along.
#![allow(unsafe_code)] // Runs code of the guest.

use graver_loader::ValType;
use graver_loader::wasi_threads::{ENTRY, LAST_THREAD, REFUSED};

use super::spawn::{self, Bring};
use crate::call::wasm_runtime_call_wasm;
use crate::function;
use crate::instance::{self, Inst};
use crate::log::error;

/// Starts a thread and returns its number, or a negative one.
///
/// # Safety
/// The instance lives.
pub(crate) unsafe fn spawn(parent: *mut Inst, argument: u32) -> i32 {
    // SAFETY: promised by the caller.
    match unsafe { try_to_spawn(parent, argument) } {
        Ok(number) => number,
        Err(text) => {
            error!("thread-spawn: {text}");
            REFUSED
        }
    }
}

unsafe fn try_to_spawn(parent: *mut Inst, argument: u32) -> Result<i32, &'static str> {
    // SAFETY: promised by the caller; the new instance is this thread's until another one gets it.
    unsafe {
        let parent = (*parent).root;
        let seat = &(*parent).seat;
        let number = seat.change(|members| {
            members.last_thread = Some(members.last_thread + 1)
                .filter(|number| *number <= LAST_THREAD)
                .ok_or("there are no numbers for more threads")?;
            Ok(members.last_thread)
        })?;
        let inst = spawn::spawn_for_guest(parent, Bring::Nothing)?;
        let store = (*inst).store();
        let entry = (*inst).instance.and_then(|instance| instance.func(&*store, ENTRY));
        let ty = entry.and_then(|entry| entry.signature(&*store).ok());
        let is_entry = ty.is_some_and(|ty| ty.params().eq([ValType::I32; 2]) && ty.results().len() == 0);
        let started = is_entry
            && spawn::start_own_thread(seat, inst, move |inst| {
                run(inst, number, argument);
                0
            });
        if started {
            return Ok(number);
        }
        instance::destroy(inst);
        Err(if is_entry { "the system has no more threads" } else { "there is no function wasi_thread_start" })
    }
}

unsafe fn run(inst: *mut Inst, number: i32, argument: u32) {
    // SAFETY: promised by the caller. If the call fails, the whole program stops.
    unsafe {
        let entry = function::lookup(inst, ENTRY);
        wasm_runtime_call_wasm((*inst).env, entry, 2, [number.cast_unsigned(), argument].as_mut_ptr());
        instance::destroy(inst);
    }
}
