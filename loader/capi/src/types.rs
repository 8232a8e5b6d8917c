//! The structures of the header, as C lays them out.

use core::ffi::{c_char, c_int, c_void};

/// `wasm_valkind_t`.
pub(crate) mod kind {
    pub(crate) const I32: u8 = 0;
    pub(crate) const I64: u8 = 1;
    pub(crate) const F32: u8 = 2;
    pub(crate) const F64: u8 = 3;
    pub(crate) const V128: u8 = 4;
    pub(crate) const EXTERNREF: u8 = 128;
    pub(crate) const FUNCREF: u8 = 129;
}

/// `NativeSymbol`: a C function for guests.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct NativeSymbol {
    /// Name of the import.
    pub symbol: *const c_char,
    /// The function.
    pub func_ptr: *mut c_void,
    /// Letters of parameters and result, or null.
    pub signature: *const c_char,
    /// What `wasm_runtime_get_function_attachment` returns.
    pub attachment: *mut c_void,
}

/// `mem_alloc_type_t` as `RuntimeInitArgs` holds it.
pub(crate) mod alloc_type {
    pub(crate) const POOL: c_uint = 0;
    pub(crate) const ALLOCATOR: c_uint = 1;
    pub(crate) const SYSTEM: c_uint = 2;
    use core::ffi::c_uint;
}

/// `MemAllocOption` with a pool.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct PoolOption {
    /// Start of the pool.
    pub heap_buf: *mut c_void,
    /// Bytes of it.
    pub heap_size: u32,
}

/// `MemAllocOption` with functions.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct AllocatorOption {
    /// As C's `malloc`, with 32-bit sizes.
    pub malloc_func: *mut c_void,
    /// As C's `realloc`.
    pub realloc_func: *mut c_void,
    /// As C's `free`.
    pub free_func: *mut c_void,
    /// Not used.
    pub user_data: *mut c_void,
}

/// `MemAllocOption`.
#[derive(Clone, Copy)]
#[repr(C)]
pub union MemAllocOption {
    /// For `Alloc_With_Pool`.
    pub pool: PoolOption,
    /// For `Alloc_With_Allocator`.
    pub allocator: AllocatorOption,
}

impl core::fmt::Debug for MemAllocOption {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("MemAllocOption")
    }
}

/// `RuntimeInitArgs`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct RuntimeInitArgs {
    /// Which of `mem_alloc_option`.
    pub mem_alloc_type: core::ffi::c_uint,
    /// Where memory comes from.
    pub mem_alloc_option: MemAllocOption,
    /// Module name of `native_symbols`.
    pub native_module_name: *const c_char,
    /// Natives to register.
    pub native_symbols: *mut NativeSymbol,
    /// How many.
    pub n_native_symbols: u32,
    /// Most threads of a program; 0 leaves the default.
    pub max_thread_num: u32,
    /// Debugger's address: not used.
    pub ip_addr: [c_char; 128],
    /// Not used.
    pub unused: c_int,
    /// Not used.
    pub instance_port: c_int,
    /// Not used.
    pub fast_jit_code_cache_size: u32,
    /// Not used.
    pub gc_heap_size: u32,
    /// Not used.
    pub running_mode: core::ffi::c_uint,
    /// Not used.
    pub llvm_jit_opt_level: u32,
    /// Not used.
    pub llvm_jit_size_level: u32,
    /// Not used.
    pub segue_flags: u32,
    /// Not used.
    pub enable_linux_perf: bool,
}

/// `mem_alloc_info_t`, in bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct MemAllocInfo {
    /// Of the pool.
    pub total_size: u32,
    /// Not in use.
    pub total_free_size: u32,
    /// The most that was in use.
    pub highmark_size: u32,
}

/// `LoadArgs`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct LoadArgs {
    /// Name of the module.
    pub name: *mut c_char,
    /// Copy the bytes.
    pub clone_wasm_binary: bool,
    /// The client frees the bytes once the module is loaded.
    pub wasm_binary_freeable: bool,
    /// Leave imports to `wasm_runtime_resolve_symbols`.
    pub no_resolve: bool,
}

/// `InstantiationArgs`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct InstantiationArgs {
    /// Of the exec env that the instance makes for itself, in bytes.
    pub default_stack_size: u32,
    /// Of the app heap, in bytes.
    pub host_managed_heap_size: u32,
    /// Most pages of the memory; 0 leaves the module's.
    pub max_memory_pages: u32,
}

/// The number in a `wasm_val_t`.
#[derive(Clone, Copy)]
#[repr(C)]
pub union ValOf {
    /// `i32`.
    pub i32: i32,
    /// `i64`.
    pub i64: i64,
    /// `f32`.
    pub f32: f32,
    /// `f64`.
    pub f64: f64,
    /// The host's address that an externref stands for.
    pub foreign: usize,
    /// All bits.
    pub bits: u64,
}

/// `wasm_val_t`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Val {
    /// `wasm_valkind_t`.
    pub kind: u8,
    /// Nothing.
    pub padding: [u8; 7],
    /// The value.
    pub of: ValOf,
}

impl core::fmt::Debug for Val {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "value of kind {}", self.kind)
    }
}

/// `wasm_import_t`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ImportType {
    /// Of the import.
    pub module_name: *const c_char,
    /// Of the import.
    pub name: *const c_char,
    /// `wasm_import_export_kind_t`.
    pub kind: core::ffi::c_uint,
    /// Whether something was found for it.
    pub linked: bool,
    /// Its type, by kind.
    pub ty: *const c_void,
}

/// `wasm_export_t`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ExportType {
    /// Of the export.
    pub name: *const c_char,
    /// `wasm_import_export_kind_t`.
    pub kind: core::ffi::c_uint,
    /// Its type, by kind.
    pub ty: *const c_void,
}

/// `wasm_global_inst_t`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct GlobalInst {
    /// `wasm_valkind_t`.
    pub kind: u8,
    /// Whether the guest assigns it.
    pub is_mutable: bool,
    /// Its value, live.
    pub global_data: *mut c_void,
}

/// `wasm_table_inst_t`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct TableInst {
    /// `wasm_valkind_t`.
    pub elem_kind: u8,
    /// Elements now.
    pub cur_size: u32,
    /// The most elements.
    pub max_size: u32,
    /// The elements: for the library only.
    pub elems: *mut c_void,
}
