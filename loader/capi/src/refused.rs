//! What this library does not do: each function fails as the header says, or has no effect.
#![allow(unsafe_code)] // C names.

use core::ffi::{c_char, c_void};
use core::ptr::null_mut;

use crate::env::Env;
use crate::exported::exported;
use crate::instance::Inst;
use crate::text::write_error;

exported! {
    /// Frames of the guest are not recorded: 0.
    @accepted fn wasm_copy_callstack(
        _env: *mut Env,
        _frames: *mut c_void,
        _length: u32,
        _skip: u32,
        error: *mut c_char,
        size: u32,
    ) -> u32 {
        // SAFETY: a buffer of the client.
        unsafe { write_error(error, size, format_args!("frames are not recorded")) };
        0
    }

    /// Frames of the guest are not recorded: prints nothing.
    @accepted fn wasm_runtime_dump_call_stack(_env: *mut Env) {}

    /// Frames of the guest are not recorded: 1, for the NUL of an empty text.
    @accepted fn wasm_runtime_get_call_stack_buf_size(_env: *mut Env) -> u32 {
        1
    }

    /// Frames of the guest are not recorded: writes an empty text, and returns 1 for its NUL.
    @accepted fn wasm_runtime_dump_call_stack_to_buf(_env: *mut Env, buffer: *mut c_char, length: u32) -> u32 {
        if buffer.is_null() || length == 0 {
            return 0;
        }
        // SAFETY: a buffer of the client.
        unsafe { buffer.write(0) };
        1
    }

    /// Memory in use is not recorded by instance: prints nothing.
    @accepted fn wasm_runtime_dump_mem_consumption(_env: *mut Env) {}

    /// Times are not recorded: prints nothing.
    @accepted fn wasm_runtime_dump_perf_profiling(_inst: *mut Inst) {}

    /// Times are not recorded: 0.
    @accepted fn wasm_runtime_sum_wasm_exec_time(_inst: *mut Inst) -> f64 {
        0.0
    }

    /// Times are not recorded: -1.
    @accepted fn wasm_runtime_get_wasm_func_exec_time(_inst: *mut Inst, _name: *const c_char) -> f64 {
        -1.0
    }

    /// Profiles for the compiler are not recorded: 0.
    @refused fn wasm_runtime_get_pgo_prof_data_size(_inst: *mut Inst) -> u32 {
        0
    }

    /// Profiles for the compiler are not recorded: 0.
    @refused fn wasm_runtime_dump_pgo_prof_data_to_buf(_inst: *mut Inst, _buffer: *mut c_char, _length: u32) -> u32 {
        0
    }

    /// Debugging is for interpreters: 0.
    @refused fn wasm_runtime_start_debug_instance_with_port(_env: *mut Env, _port: i32) -> u32 {
        0
    }

    /// Debugging is for interpreters: 0.
    @refused fn wasm_runtime_start_debug_instance(_env: *mut Env) -> u32 {
        0
    }

    /// Heaps that programs share are not supported: null.
    @refused fn wasm_runtime_create_shared_heap(_args: *mut c_void) -> *mut c_void {
        null_mut()
    }

    /// Heaps that programs share are not supported: null.
    @refused fn wasm_runtime_chain_shared_heaps(_head: *mut c_void, _body: *mut c_void) -> *mut c_void {
        null_mut()
    }

    /// Heaps that programs share are not supported: null.
    @refused fn wasm_runtime_unchain_shared_heaps(_head: *mut c_void, _entire_chain: bool) -> *mut c_void {
        null_mut()
    }

    /// Heaps that programs share are not supported: false.
    @refused fn wasm_runtime_reset_shared_heap_chain(_heap: *mut c_void) -> bool {
        false
    }

    /// Heaps that programs share are not supported: false.
    @refused fn wasm_runtime_attach_shared_heap(_inst: *mut Inst, _heap: *mut c_void) -> bool {
        false
    }

    /// Heaps that programs share are not supported.
    @refused fn wasm_runtime_detach_shared_heap(_inst: *mut Inst) {}

    /// Heaps that programs share are not supported: 0.
    @refused fn wasm_runtime_shared_heap_malloc(_inst: *mut Inst, _size: u64, _pointer: *mut *mut c_void) -> u64 {
        0
    }

    /// Heaps that programs share are not supported.
    @refused fn wasm_runtime_shared_heap_free(_inst: *mut Inst, _address: u64) {}
}
