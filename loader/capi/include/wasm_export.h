/*
 * Running images made by `graver compile` in a C or C++ program: the embedding API of the WebAssembly Micro Runtime
 * (WAMR) at its current state, with the same names, types and meanings.
 *
 * Programs for older states of that API:
 *   -DGRAVER_WAMR_API=1     the 1.x releases, see wasm_export_v1.h
 *   -DGRAVER_WAMR_API=2019  the first README, see wasm_export_2019.h
 *
 * Conventions, unless a function says otherwise:
 *   - Strings end with NUL. What a function returns a pointer to belongs to the library; arguments belong to the caller
 *     and are not kept.
 *   - `error_buf` may be NULL; else at most error_buf_size bytes are written to it, NUL included, and only on failure.
 *   - App addresses and sizes are bytes from the start of an instance's linear memory 0.
 *   - A null handle is a failure (false, NULL, 0), not a crash.
 *   - One instance is entered by one thread at a time.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef GRAVER_WASM_EXPORT_H
#define GRAVER_WASM_EXPORT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib_export.h"

#ifndef GRAVER_WAMR_API
#define GRAVER_WAMR_API 2
#endif

#ifndef WASM_RUNTIME_API_EXTERN
#if defined(_MSC_VER)
#define WASM_RUNTIME_API_EXTERN __declspec(dllimport)
#elif defined(__GNUC__)
#define WASM_RUNTIME_API_EXTERN __attribute__((visibility("default")))
#else
#define WASM_RUNTIME_API_EXTERN
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Enumerations have the size of an int for the library, also where compilers make them shorter (-fshort-enums). */
#if defined(__GNUC__)
#define GRAVER_ENUM __attribute__((mode(SI)))
#else
#define GRAVER_ENUM
#endif

/* ---- Shorthands for native functions ------------------------------------------------------------------------- */

#define get_module_inst(exec_env) wasm_runtime_get_module_inst(exec_env)

/* These use a local variable `wasm_module_inst_t module_inst` of the caller. */
#define validate_app_addr(offset, size) wasm_runtime_validate_app_addr(module_inst, offset, size)
#define validate_app_str_addr(offset) wasm_runtime_validate_app_str_addr(module_inst, offset)
#define addr_app_to_native(offset) wasm_runtime_addr_app_to_native(module_inst, offset)
#define addr_native_to_app(ptr) wasm_runtime_addr_native_to_app(module_inst, ptr)
#define module_malloc(size, p_native_addr) wasm_runtime_module_malloc(module_inst, size, p_native_addr)
#define module_free(offset) wasm_runtime_module_free(module_inst, offset)

/*
 * For functions registered with wasm_runtime_register_natives_raw: first declare the result's type (if there is a
 * result), then take the parameters from left to right, last set the result.
 */
#define native_raw_return_type(type, args) type *raw_ret = (type *)(args)
#define native_raw_get_arg(type, name, args) type name = *((type *)(args++))
#define native_raw_set_return(val) *raw_ret = (val)

/* ---- Types --------------------------------------------------------------------------------------------------- */

/* A loaded module; see wasm_runtime_load. */
#ifndef WASM_MODULE_T_DEFINED
#define WASM_MODULE_T_DEFINED
struct WASMModuleCommon;
typedef struct WASMModuleCommon *wasm_module_t;
#endif

/* What an import or export is. */
typedef enum {
    WASM_IMPORT_EXPORT_KIND_FUNC,
    WASM_IMPORT_EXPORT_KIND_TABLE,
    WASM_IMPORT_EXPORT_KIND_MEMORY,
    WASM_IMPORT_EXPORT_KIND_GLOBAL
} GRAVER_ENUM wasm_import_export_kind_t;

/* Types of a module's imports and exports; they live as long as the module. */
struct WASMFuncType;
typedef struct WASMFuncType *wasm_func_type_t;
struct WASMTableType;
typedef struct WASMTableType *wasm_table_type_t;
struct WASMGlobalType;
typedef struct WASMGlobalType *wasm_global_type_t;
#ifndef WASM_MEMORY_T_DEFINED
#define WASM_MEMORY_T_DEFINED
struct WASMMemory;
typedef struct WASMMemory WASMMemoryType;
#endif
typedef WASMMemoryType *wasm_memory_type_t;

/* An import of a module; `kind` says which member of `u` is set. */
typedef struct wasm_import_t {
    const char *module_name;
    const char *name;
    wasm_import_export_kind_t kind;
    /* Whether something registered was found for it. */
    bool linked;
    union {
        wasm_func_type_t func_type;
        wasm_table_type_t table_type;
        wasm_global_type_t global_type;
        wasm_memory_type_t memory_type;
    } u;
} wasm_import_t;

/* An export of a module; `kind` says which member of `u` is set. */
typedef struct wasm_export_t {
    const char *name;
    wasm_import_export_kind_t kind;
    union {
        wasm_func_type_t func_type;
        wasm_table_type_t table_type;
        wasm_global_type_t global_type;
        wasm_memory_type_t memory_type;
    } u;
} wasm_export_t;

/* An instance of a module. */
struct WASMModuleInstanceCommon;
typedef struct WASMModuleInstanceCommon *wasm_module_inst_t;

/* A function of an instance; lives as long as the instance. */
typedef void WASMFunctionInstanceCommon;
typedef WASMFunctionInstanceCommon *wasm_function_inst_t;

/* A memory of an instance; lives as long as the instance. */
struct WASMMemoryInstance;
typedef struct WASMMemoryInstance *wasm_memory_inst_t;

/* A frame of a call stack, see wasm_copy_callstack. */
typedef struct wasm_frame_t {
    void *instance;
    uint32_t module_offset;
    uint32_t func_index;
    uint32_t func_offset;
    const char *func_name_wp;
    /* Of an interpreter; NULL. */
    uint32_t *sp;
    uint8_t *frame_ref;
    uint32_t *lp;
} WASMCApiFrame;

/* A file's sections, for wasm_runtime_load_from_sections. */
typedef struct wasm_section_t {
    struct wasm_section_t *next;
    int section_type;
    uint8_t *section_body;
    uint32_t section_body_size;
} wasm_section_t, aot_section_t, *wasm_section_list_t, *aot_section_list_t;

/* What a thread calls an instance with. */
struct WASMExecEnv;
typedef struct WASMExecEnv *wasm_exec_env_t;

/* Memory that instances share. */
struct WASMSharedHeap;
typedef struct WASMSharedHeap *wasm_shared_heap_t;

/* Kinds of files. */
typedef enum {
    Wasm_Module_Bytecode = 0,
    Wasm_Module_AoT,
    Package_Type_Unknown = 0xFFFF
} GRAVER_ENUM package_type_t;

#ifndef MEM_ALLOC_OPTION_DEFINED
#define MEM_ALLOC_OPTION_DEFINED
/* Where the library takes memory from. */
typedef enum {
    /* One buffer of the program. */
    Alloc_With_Pool = 0,
    /* Functions of the program. */
    Alloc_With_Allocator,
    /* malloc of the C library, where there is one. */
    Alloc_With_System_Allocator
} GRAVER_ENUM mem_alloc_type_t;

/* For allocation functions that are told what a block is for. */
typedef enum { Alloc_For_Runtime, Alloc_For_LinearMemory } GRAVER_ENUM mem_alloc_usage_t;

/* Details of the choice. */
typedef union MemAllocOption {
    struct {
        /* Any alignment. Stays the program's and must outlive the runtime. */
        void *heap_buf;
        /* Bytes. */
        uint32_t heap_size;
    } pool;
    struct {
        /* void *(*)(unsigned int size) */
        void *malloc_func;
        /* void *(*)(void *ptr, unsigned int size) */
        void *realloc_func;
        /* void (*)(void *ptr) */
        void *free_func;
        /* Not passed to the functions above. */
        void *user_data;
    } allocator;
} MemAllocOption;
#endif

/* Use of a pool, in bytes. */
typedef struct mem_alloc_info_t {
    uint32_t total_size;
    uint32_t total_free_size;
    /* The most that was in use at one time. */
    uint32_t highmark_size;
} mem_alloc_info_t;

/* Ways to run bytecode. Images always run as machine code, which is mode 0. */
typedef enum RunningMode {
    Mode_Interp = 1,
    Mode_Fast_JIT,
    Mode_LLVM_JIT,
    Mode_Multi_Tier_JIT
} GRAVER_ENUM RunningMode;

/* Arguments of wasm_runtime_full_init. Set everything to 0 first: fields may be added. */
typedef struct RuntimeInitArgs {
    mem_alloc_type_t mem_alloc_type;
    MemAllocOption mem_alloc_option;

    /* Natives to register at once, as wasm_runtime_register_natives does. */
    const char *native_module_name;
    NativeSymbol *native_symbols;
    uint32_t n_native_symbols;

    /* 0 for the default, 4. */
    uint32_t max_thread_num;

    /* For debuggers, just-in-time compilers and the GC heap: accepted without effect. */
    char ip_addr[128];
    int unused;
    int instance_port;
    uint32_t fast_jit_code_cache_size;
    uint32_t gc_heap_size;
    RunningMode running_mode;
    uint32_t llvm_jit_opt_level;
    uint32_t llvm_jit_size_level;
    uint32_t segue_flags;
    bool enable_linux_perf;
} RuntimeInitArgs;

#ifndef LOAD_ARGS_OPTION_DEFINED
#define LOAD_ARGS_OPTION_DEFINED
/* Arguments of wasm_runtime_load_ex. Set everything to 0 first: fields may be added. */
typedef struct LoadArgs {
    /* The module's name; copied. */
    char *name;
    /* Copy the file. */
    bool clone_wasm_binary;
    /* Copy what the module needs of the file, so that the buffer may be freed after loading. */
    bool wasm_binary_freeable;
    /* Leave imports unresolved until wasm_runtime_resolve_symbols. */
    bool no_resolve;
} LoadArgs;
#endif

#ifndef INSTANTIATION_ARGS_OPTION_DEFINED
#define INSTANTIATION_ARGS_OPTION_DEFINED
/* Arguments of wasm_runtime_instantiate_ex. */
typedef struct InstantiationArgs {
    /* Bytes, 0 for the default. */
    uint32_t default_stack_size;
    /* Bytes of the app heap, 0 for none. */
    uint32_t host_managed_heap_size;
    /* Pages that memory 0 may grow to, 0 for what the module declares. */
    uint32_t max_memory_pages;
} InstantiationArgs;
#endif

/* Arguments of wasm_runtime_instantiate_ex2. */
struct InstantiationArgs2;

#ifndef WASM_VALKIND_T_DEFINED
#define WASM_VALKIND_T_DEFINED
/* Types of values. */
typedef uint8_t wasm_valkind_t;
enum wasm_valkind_enum {
    WASM_I32,
    WASM_I64,
    WASM_F32,
    WASM_F64,
    WASM_V128,
    WASM_EXTERNREF = 128,
    /* Older name of WASM_EXTERNREF. */
    WASM_ANYREF = 128,
    WASM_FUNCREF = 129
};
#endif

#ifndef WASM_VAL_T_DEFINED
#define WASM_VAL_T_DEFINED
struct wasm_ref_t;

/* A value; `kind` says which member of `of` is set. */
typedef struct wasm_val_t {
    wasm_valkind_t kind;
    uint8_t _paddings[7];
    union {
        /* Also a function reference: the function's index. */
        int32_t i32;
        int64_t i64;
        float f32;
        double f64;
        /* An externref: the host's pointer. */
        uintptr_t foreign;
        struct wasm_ref_t *ref;
    } of;
} wasm_val_t;
#endif

/* An exported global. */
typedef struct wasm_global_inst_t {
    wasm_valkind_t kind;
    bool is_mutable;
    /* The value itself: what is written here, the module reads. */
    void *global_data;
} wasm_global_inst_t;

/* An exported table. */
typedef struct wasm_table_inst_t {
    wasm_valkind_t elem_kind;
    /* Elements now, when the struct was filled. */
    uint32_t cur_size;
    uint32_t max_size;
    /* For wasm_table_get_func_inst. */
    void *elems;
} wasm_table_inst_t;

/* How much the library writes to its log, from nothing but the fatal to everything. */
typedef enum {
    WASM_LOG_LEVEL_FATAL = 0,
    WASM_LOG_LEVEL_ERROR = 1,
    WASM_LOG_LEVEL_WARNING = 2,
    WASM_LOG_LEVEL_DEBUG = 3,
    WASM_LOG_LEVEL_VERBOSE = 4
} GRAVER_ENUM log_level_t;

/* Arguments of wasm_runtime_create_shared_heap. */
typedef struct SharedHeapInitArgs {
    /* Bytes. */
    uint32_t size;
    /* Memory of the program for it, or NULL. */
    void *pre_allocated_addr;
} SharedHeapInitArgs;

/* Reads a module that another one imports: stores a buffer and its size. */
typedef bool (*graver_module_reader)(package_type_t module_type, const char *module_name, uint8_t **p_buffer,
                                     uint32_t *p_size);
#if GRAVER_WAMR_API >= 2 && GRAVER_WAMR_API < 2019
typedef graver_module_reader module_reader;
#endif

/* Takes back what a reader gave. */
typedef void (*module_destroyer)(uint8_t *buffer, uint32_t size);

/* A host thread's work, see wasm_runtime_spawn_thread. */
typedef void *(*wasm_thread_callback_t)(wasm_exec_env_t exec_env, void *arg);
typedef uintptr_t wasm_thread_t;

/* Why a memory did not grow. */
typedef enum { INTERNAL_ERROR, MAX_SIZE_REACHED } GRAVER_ENUM enlarge_memory_error_reason_t;

/* Is told of a memory that did not grow by `inc_page_count` pages from `current_memory_size` bytes. */
typedef void (*enlarge_memory_error_callback_t)(uint32_t inc_page_count, uint64_t current_memory_size,
                                                uint32_t memory_index, enlarge_memory_error_reason_t failure_reason,
                                                wasm_module_inst_t instance, wasm_exec_env_t exec_env,
                                                void *user_data);

/* ---- Start and end, memory, log ------------------------------------------------------------------------------ */

/* Starts the runtime with the system's allocator. Every successful start needs one wasm_runtime_destroy. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_init(void);

/* Starts the runtime as described. If it is already running, only counts one more start and ignores the arguments. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_full_init(RuntimeInitArgs *init_args);

/* Undoes one start; the last one frees what the runtime holds. Unload all modules before. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_destroy(void);

/* Sets what is logged, WASM_LOG_LEVEL_WARNING at first. After the start. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_log_level(log_level_t level);

/* Whether modules can run in this mode: true for 0 only. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_is_running_mode_supported(RunningMode running_mode);

/* Accepts a supported mode, without effect on images. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_set_default_running_mode(RunningMode running_mode);

/* Memory from the runtime's allocator, for wasm_runtime_free. `size` in bytes; 0 logs a warning and gives one byte. */
WASM_RUNTIME_API_EXTERN void *wasm_runtime_malloc(unsigned int size);

/*
 * The same at a multiple of `alignment`, a power of two, not to be resized. From a pool only, else NULL.
 * Another alignment, and a size that is not a multiple of it, log a warning and give NULL; 0 bytes give `alignment`.
 */
WASM_RUNTIME_API_EXTERN void *wasm_runtime_aligned_alloc(unsigned int size, unsigned int alignment);

/* Resizes a block of wasm_runtime_malloc to `size` bytes; NULL if there is no room, and the old block remains. */
WASM_RUNTIME_API_EXTERN void *wasm_runtime_realloc(void *ptr, unsigned int size);

/* Gives a block back; NULL logs a warning. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_free(void *ptr);

/* How full the pool is; false without a pool. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_get_mem_alloc_info(mem_alloc_info_t *mem_alloc_info);

/* The version of WAMR whose API this is. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_get_version(uint32_t *major, uint32_t *minor, uint32_t *patch);

/* ---- Files and modules --------------------------------------------------------------------------------------- */

/* Older name of wasm_runtime_get_file_package_type. */
WASM_RUNTIME_API_EXTERN package_type_t get_package_type(const uint8_t *buf, uint32_t size);

/* What kind of file this is, by its first bytes. */
WASM_RUNTIME_API_EXTERN package_type_t wasm_runtime_get_file_package_type(const uint8_t *buf, uint32_t size);

/* What kind of file the module came from. */
WASM_RUNTIME_API_EXTERN package_type_t wasm_runtime_get_module_package_type(wasm_module_t module);

/* The version in a file's head; 0 if its kind is unknown. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_get_file_package_version(const uint8_t *buf, uint32_t size);

/* The version of the module's file. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_get_module_package_version(wasm_module_t module);

/* The version of files of this kind that the library knows; 0 for an unknown kind. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_get_current_package_version(package_type_t package_type);

/* Whether the file is an image whose code can run where it lies, in flash. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_is_xip_file(const uint8_t *buf, uint32_t size);

/*
 * Loads an image of `size` bytes. The buffer, of any alignment, stays the program's; the module uses it until it is
 * unloaded. Imports are resolved among the natives that are registered now; one without a native is a warning, and
 * traps when it is called. NULL on failure, with the reason in error_buf.
 */
WASM_RUNTIME_API_EXTERN wasm_module_t wasm_runtime_load(uint8_t *buf, uint32_t size, char *error_buf,
                                                        uint32_t error_buf_size);

/* The same with options. */
WASM_RUNTIME_API_EXTERN wasm_module_t wasm_runtime_load_ex(uint8_t *buf, uint32_t size, const LoadArgs *args,
                                                           char *error_buf, uint32_t error_buf_size);

/* Resolves imports of a module loaded with no_resolve; true if all functions were found. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_resolve_symbols(wasm_module_t module);

/* Loads from a file's sections in the order of the file. As wasm_runtime_load for the rest. */
WASM_RUNTIME_API_EXTERN wasm_module_t wasm_runtime_load_from_sections(wasm_section_list_t section_list, bool is_aot,
                                                                      char *error_buf, uint32_t error_buf_size);

/* Whether the program may free the buffer before it unloads the module. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_is_underlying_binary_freeable(wasm_module_t module);

/* Frees a module. One with instances left goes with the last of them, and its buffer must stay until then; that is logged. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_unload(wasm_module_t module);

/* A hash for remote attestation: NULL, there is none. */
WASM_RUNTIME_API_EXTERN char *wasm_runtime_get_module_hash(wasm_module_t module);

/* Content of a custom section that the image carries, and its length in bytes; NULL if there is none of the name. */
WASM_RUNTIME_API_EXTERN const uint8_t *wasm_runtime_get_custom_section(wasm_module_t module_comm, const char *name,
                                                                       uint32_t *len);

/* Gives the module a name, which is copied. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_set_module_name(wasm_module_t module, const char *name, char *error_buf,
                                                          uint32_t error_buf_size);

/* The module's name, "" if it has none; valid until it gets another one. */
WASM_RUNTIME_API_EXTERN const char *wasm_runtime_get_module_name(wasm_module_t module);

/* ---- Modules that import from each other --------------------------------------------------------------------- */

/*
 * Sets what reads modules that others import, and what takes the buffers back, which is when a module goes: with the last
 * module that imports from it, or with the runtime. Both stay set until changed.
 */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_module_reader(graver_module_reader reader, module_destroyer destroyer);

/* Makes a module importable by name, which is copied. A module has one name. error_buf must not be NULL. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_register_module(const char *module_name, wasm_module_t module,
                                                          char *error_buf, uint32_t error_buf_size);

/* The module that was registered or read by that name, or NULL. */
WASM_RUNTIME_API_EXTERN wasm_module_t wasm_runtime_find_module_registered(const char *module_name);

/* Whether a native is registered for this import. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_is_import_func_linked(const char *module_name, const char *func_name);

/* Whether the library itself has this global. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_is_import_global_linked(const char *module_name, const char *global_name);

/* ---- WASI ---------------------------------------------------------------------------------------------------- */

/*
 * What modules see of this machine. Directories: "/path" keeps its name, "guest::/path" is renamed. Variables:
 * "NAME=value". The texts are copied. Only on systems that Graver has WASI for; elsewhere an error is printed.
 */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_wasi_args(wasm_module_t module, const char *dir_list[],
                                                        uint32_t dir_count, const char *map_dir_list[],
                                                        uint32_t map_dir_count, const char *env[], uint32_t env_count,
                                                        char *argv[], int argc);

/* The same with descriptors for the standard streams; -1 for the process's own. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_wasi_args_ex(wasm_module_t module, const char *dir_list[],
                                                           uint32_t dir_count, const char *map_dir_list[],
                                                           uint32_t map_dir_count, const char *env[],
                                                           uint32_t env_count, char *argv[], int argc,
                                                           int64_t stdinfd, int64_t stdoutfd, int64_t stderrfd);

/* Addresses, each "address/prefix", that sockets may use; without any there are none. Copied, as are names. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_wasi_addr_pool(wasm_module_t module, const char *addr_pool[],
                                                             uint32_t addr_pool_size);

/* Names, "host", "*.domain" or "*", that may be looked up. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_wasi_ns_lookup_pool(wasm_module_t module, const char *ns_lookup_pool[],
                                                                  uint32_t ns_lookup_pool_size);

/* Whether the instance's module imports from WASI. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_is_wasi_mode(wasm_module_inst_t module_inst);

/* The export `_start` without parameters and results, or NULL. */
WASM_RUNTIME_API_EXTERN wasm_function_inst_t wasm_runtime_lookup_wasi_start_function(wasm_module_inst_t module_inst);

/* The code that the module exited with; meaningful after "wasi proc exit". */
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_get_wasi_exit_code(wasm_module_inst_t module_inst);

/* ---- Instances ----------------------------------------------------------------------------------------------- */

/*
 * Instantiates a module and runs its start functions. Sizes in bytes: the stack of the instance's own exec env (0 for
 * the default), and the app heap (0 for none; without effect if the module exports malloc and free). NULL on failure,
 * with the reason in error_buf. Several instances of one module are independent.
 */
WASM_RUNTIME_API_EXTERN wasm_module_inst_t wasm_runtime_instantiate(wasm_module_t module, uint32_t default_stack_size,
                                                                    uint32_t host_managed_heap_size, char *error_buf,
                                                                    uint32_t error_buf_size);

/* The same with a limit for memory 0, clamped to what the module declares. */
WASM_RUNTIME_API_EXTERN wasm_module_inst_t wasm_runtime_instantiate_ex(wasm_module_t module,
                                                                       const InstantiationArgs *args, char *error_buf,
                                                                       uint32_t error_buf_size);

/* Makes arguments with all defaults, for any number of instantiations. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_instantiation_args_create(struct InstantiationArgs2 **p);

/* Frees arguments. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_destroy(struct InstantiationArgs2 *p);

/* Bytes, 0 for the default. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_default_stack_size(struct InstantiationArgs2 *p,
                                                                                    uint32_t v);

/* Bytes, 0 for no app heap. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_host_managed_heap_size(struct InstantiationArgs2 *p,
                                                                                        uint32_t v);

/* Pages, 0 for what the module declares. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_max_memory_pages(struct InstantiationArgs2 *p,
                                                                                  uint32_t v);

/* Custom data that the instance has before its start functions run. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_custom_data(struct InstantiationArgs2 *p,
                                                                             void *custom_data);

/* These six: as wasm_runtime_set_wasi_args and its neighbours, for one instance, and not beside those. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_wasi_arg(struct InstantiationArgs2 *p, char *argv[],
                                                                          int argc);
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_wasi_env(struct InstantiationArgs2 *p,
                                                                          const char *env[], uint32_t env_count);
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_wasi_dir(struct InstantiationArgs2 *p,
                                                                          const char *dir_list[], uint32_t dir_count,
                                                                          const char *map_dir_list[],
                                                                          uint32_t map_dir_count);
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_wasi_stdio(struct InstantiationArgs2 *p,
                                                                            int64_t stdinfd, int64_t stdoutfd,
                                                                            int64_t stderrfd);
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_wasi_addr_pool(struct InstantiationArgs2 *p,
                                                                                const char *addr_pool[],
                                                                                uint32_t addr_pool_size);
WASM_RUNTIME_API_EXTERN void wasm_runtime_instantiation_args_set_wasi_ns_lookup_pool(struct InstantiationArgs2 *p,
                                                                                     const char *ns_lookup_pool[],
                                                                                     uint32_t ns_lookup_pool_size);

/* Instantiates with these arguments, which stay the caller's. */
WASM_RUNTIME_API_EXTERN wasm_module_inst_t wasm_runtime_instantiate_ex2(wasm_module_t module,
                                                                        const struct InstantiationArgs2 *args,
                                                                        char *error_buf, uint32_t error_buf_size);

/* True, without effect. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_set_running_mode(wasm_module_inst_t module_inst, RunningMode running_mode);

/* 0: machine code. */
WASM_RUNTIME_API_EXTERN RunningMode wasm_runtime_get_running_mode(wasm_module_inst_t module_inst);

/* Destroys an instance: destructors of all context keys run, and its handles (functions, memories) end. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_deinstantiate(wasm_module_inst_t module_inst);

/* The instance's module. */
WASM_RUNTIME_API_EXTERN wasm_module_t wasm_runtime_get_module(wasm_module_inst_t module_inst);

/* ---- Functions ----------------------------------------------------------------------------------------------- */

/* The exported function of that name, or NULL. "$module$name" is what another module of the program exports. */
WASM_RUNTIME_API_EXTERN wasm_function_inst_t wasm_runtime_lookup_function(wasm_module_inst_t module_inst,
                                                                          const char *name);

/* Number of parameters. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_func_get_param_count(wasm_function_inst_t func_inst,
                                                           wasm_module_inst_t module_inst);

/* Number of results. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_func_get_result_count(wasm_function_inst_t func_inst,
                                                            wasm_module_inst_t module_inst);

/* Stores the kind of each parameter; there must be room for wasm_func_get_param_count of them. */
WASM_RUNTIME_API_EXTERN void wasm_func_get_param_types(wasm_function_inst_t func_inst, wasm_module_inst_t module_inst,
                                                       wasm_valkind_t *param_types);

/* Stores the kind of each result; there must be room for wasm_func_get_result_count of them. */
WASM_RUNTIME_API_EXTERN void wasm_func_get_result_types(wasm_function_inst_t func_inst, wasm_module_inst_t module_inst,
                                                        wasm_valkind_t *result_types);

/* ---- Exec envs and threads ----------------------------------------------------------------------------------- */

/* What one thread calls the instance with. `stack_size` in bytes; 0 for the default. */
WASM_RUNTIME_API_EXTERN wasm_exec_env_t wasm_runtime_create_exec_env(wasm_module_inst_t module_inst,
                                                                     uint32_t stack_size);

/* Frees an exec env, before its instance is destroyed. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_destroy_exec_env(wasm_exec_env_t exec_env);

/* The instance's own exec env, made when it is first asked for; not to be destroyed by the program. */
WASM_RUNTIME_API_EXTERN wasm_exec_env_t wasm_runtime_get_exec_env_singleton(wasm_module_inst_t module_inst);

/* The instance that the exec env belongs to; in a native, the one that called it. */
WASM_RUNTIME_API_EXTERN wasm_module_inst_t wasm_runtime_get_module_inst(wasm_exec_env_t exec_env);

/* Makes the exec env another instance's. The caller puts the old one back. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_module_inst(wasm_exec_env_t exec_env, wasm_module_inst_t module_inst);

/* `attachment` of the NativeSymbol that is running. */
WASM_RUNTIME_API_EXTERN void *wasm_runtime_get_function_attachment(wasm_exec_env_t exec_env);

/* One pointer of the program's per exec env. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_user_data(wasm_exec_env_t exec_env, void *user_data);

/* That pointer, NULL at first. */
WASM_RUNTIME_API_EXTERN void *wasm_runtime_get_user_data(wasm_exec_env_t exec_env);

/* The lowest address that calls with this exec env may use of the stack, for stacks that the library cannot find. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_native_stack_boundary(wasm_exec_env_t exec_env,
                                                                    uint8_t *native_stack_boundary);

/* For interpreters: without effect. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_instruction_count_limit(wasm_exec_env_t exec_env,
                                                                      int instruction_count);

/* Whether there is room on the stack for a native; if not, sets the exception "native stack overflow". */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_detect_native_stack_overflow(wasm_exec_env_t exec_env);

/* The same for `required_size` bytes. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_detect_native_stack_overflow_size(wasm_exec_env_t exec_env,
                                                                            uint32_t required_size);

/* Prepares a thread of the program's for calls; each such thread needs it first. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_init_thread_env(void);

/* Undoes that at the thread's end. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_destroy_thread_env(void);

/* Whether this thread is prepared. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_thread_env_inited(void);

/* Threads that an instance may have, 4 at first. Before instantiation. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_max_thread_num(uint32_t num);

/* An exec env for one more thread, with an instance that shares the memory but has mutable globals of its own. */
WASM_RUNTIME_API_EXTERN wasm_exec_env_t wasm_runtime_spawn_exec_env(wasm_exec_env_t exec_env);

/* Frees such an exec env. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_destroy_spawned_exec_env(wasm_exec_env_t exec_env);

/* Runs the callback with a spawned exec env on a new thread. 0, or an error's number. */
WASM_RUNTIME_API_EXTERN int32_t wasm_runtime_spawn_thread(wasm_exec_env_t exec_env, wasm_thread_t *tid,
                                                          wasm_thread_callback_t callback, void *arg);

/* Waits for that thread and stores what the callback returned, unless retval is NULL. 0, or an error's number. */
WASM_RUNTIME_API_EXTERN int32_t wasm_runtime_join_thread(wasm_thread_t tid, void **retval);

/* ---- Calls --------------------------------------------------------------------------------------------------- */

/*
 * Calls a function with packed arguments. A cell is 32 bits: i32, f32 and funcref take one, i64 and f64 two in the
 * host's byte order (copy them with memcpy), v128 four, externref as many as a host pointer. `argc` counts cells and
 * may be larger than needed. Results are stored from argv[0] on in the same way; argv must have room for them.
 * False if the call trapped or argc is too small; wasm_runtime_get_exception says why.
 */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_call_wasm(wasm_exec_env_t exec_env, wasm_function_inst_t function,
                                                    uint32_t argc, uint32_t argv[]);

/* Calls with values; numbers and kinds must match, else false, logged, without an exception. No v128. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_call_wasm_a(wasm_exec_env_t exec_env, wasm_function_inst_t function,
                                                      uint32_t num_results, wasm_val_t results[], uint32_t num_args,
                                                      wasm_val_t *args);

/* The same with arguments as C passes them: int32_t, int64_t, double for f32 and f64, pointers for externref. It is
   part of the header, because C's variable arguments have a form of their own on each machine. */
static inline bool
wasm_runtime_call_wasm_v(wasm_exec_env_t exec_env, wasm_function_inst_t function, uint32_t num_results,
                         wasm_val_t results[], uint32_t num_args, ...)
{
    enum { FEW = 8 };
    wasm_module_inst_t module_inst = wasm_runtime_get_module_inst(exec_env);
    uint32_t count = wasm_func_get_param_count(function, module_inst), i;
    wasm_valkind_t few_kinds[FEW], *kinds = few_kinds;
    wasm_val_t few_args[FEW], *args = few_args;
    void *block = NULL;
    bool called = false;
    va_list list;

    if (count == num_args && count > FEW) {
        /* Values first: they want the stricter alignment. */
        block = wasm_runtime_malloc((uint32_t)(count * (sizeof(wasm_val_t) + sizeof(wasm_valkind_t))));
        if (block == NULL)
            return false;
        args = (wasm_val_t *)block;
        kinds = (wasm_valkind_t *)(void *)(args + count);
    }
    if (count == num_args) {
        wasm_func_get_param_types(function, module_inst, kinds);
        va_start(list, num_args);
        for (i = 0; i < count; i++) {
            args[i].kind = kinds[i];
            args[i].of.i64 = 0;
            switch (kinds[i]) {
                case WASM_I64:
                    args[i].of.i64 = va_arg(list, int64_t);
                    break;
                case WASM_F32:
                    args[i].of.f32 = (float)va_arg(list, double);
                    break;
                case WASM_F64:
                    args[i].of.f64 = va_arg(list, double);
                    break;
                case WASM_EXTERNREF:
                    args[i].of.foreign = (uintptr_t)va_arg(list, void *);
                    break;
                default:
                    args[i].of.i32 = va_arg(list, int32_t);
                    break;
            }
        }
        va_end(list);
    }
    /* With another count this says what is wrong. */
    called = wasm_runtime_call_wasm_a(exec_env, function, num_results, results, num_args, args);
    if (block != NULL)
        wasm_runtime_free(block);
    return called;
}

/* Calls an element of table 0, from within a native, with packed arguments. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_call_indirect(wasm_exec_env_t exec_env, uint32_t element_index,
                                                        uint32_t argc, uint32_t argv[]);

/*
 * Runs the program: `_start` of WASI, else main with copies of the strings (which needs an app heap or an exported
 * malloc if there are any). Main's result is stored in *(int *)argv if argc is not 0. An exit is a success.
 */
WASM_RUNTIME_API_EXTERN bool wasm_application_execute_main(wasm_module_inst_t module_inst, int32_t argc, char *argv[]);

/* Calls an export with arguments parsed from strings and prints the results, such as "0x7:i32,2.5:f64". */
WASM_RUNTIME_API_EXTERN bool wasm_application_execute_func(wasm_module_inst_t module_inst, const char *name,
                                                           int32_t argc, char *argv[]);

/* ---- Exceptions ---------------------------------------------------------------------------------------------- */

/* NULL, or "Exception: " and what happened; valid until the exception changes. */
WASM_RUNTIME_API_EXTERN const char *wasm_runtime_get_exception(wasm_module_inst_t module_inst);

/* Sets the exception to a copy of the text, at most 127 bytes with "Exception: "; NULL clears. Traps from a native. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_exception(wasm_module_inst_t module_inst, const char *exception);

/* Forgets the exception. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_clear_exception(wasm_module_inst_t module_inst);

/* Ends what the instance is running, with "terminated by user". From any thread. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_terminate(wasm_module_inst_t module_inst);

/* Before a native blocks; false if the instance has been terminated. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_begin_blocking_op(wasm_exec_env_t exec_env);

/* After it. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_end_blocking_op(wasm_exec_env_t exec_env);

/* ---- Data of the program's per instance ---------------------------------------------------------------------- */

/* One pointer per instance, shared with the instances of modules that it imports from. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_custom_data(wasm_module_inst_t module_inst, void *custom_data);

/* That pointer, NULL at first. */
WASM_RUNTIME_API_EXTERN void *wasm_runtime_get_custom_data(wasm_module_inst_t module_inst);

/*
 * A key for one more pointer per instance; NULL when all 8 are taken. The destructor, unless NULL, runs when an
 * instance is destroyed, even if its pointer is NULL. While there are no instances.
 */
WASM_RUNTIME_API_EXTERN void *wasm_runtime_create_context_key(void (*dtor)(wasm_module_inst_t inst, void *ctx));

/* Gives a key back. While there are no instances. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_destroy_context_key(void *key);

/* Sets the instance's pointer of this key. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_context(wasm_module_inst_t inst, void *key, void *ctx);

/* The same for all instances spawned from it. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_context_spread(wasm_module_inst_t inst, void *key, void *ctx);

/* The instance's pointer of this key, NULL at first. */
WASM_RUNTIME_API_EXTERN void *wasm_runtime_get_context(wasm_module_inst_t inst, void *key);

/* ---- Memory of instances ------------------------------------------------------------------------------------- */

/* Whether the functions below that validate and convert addresses check them, as they do at first. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_bounds_checks(wasm_module_inst_t module_inst, bool enable);

/* Whether they do. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_is_bounds_checks_enabled(wasm_module_inst_t module_inst);

/*
 * Takes `size` bytes of the app heap, or from the malloc that the module exports, which may grow the memory. Returns
 * the app address and stores the host's in *p_native_addr, unless p_native_addr is NULL. 0 if there is no room.
 */
WASM_RUNTIME_API_EXTERN uint64_t wasm_runtime_module_malloc(wasm_module_inst_t module_inst, uint64_t size,
                                                            void **p_native_addr);

/* Gives them back; 0 is ignored. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_module_free(wasm_module_inst_t module_inst, uint64_t ptr);

/* wasm_runtime_module_malloc with a copy of `size` bytes from `src`. */
WASM_RUNTIME_API_EXTERN uint64_t wasm_runtime_module_dup_data(wasm_module_inst_t module_inst, const char *src,
                                                              uint64_t size);

/* Whether `size` bytes from there are memory; if not, sets the exception "out of bounds memory access". */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_validate_app_addr(wasm_module_inst_t module_inst, uint64_t app_offset,
                                                            uint64_t size);

/* The same for a string up to its NUL. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_validate_app_str_addr(wasm_module_inst_t module_inst,
                                                                uint64_t app_str_offset);

/* The same for an address of the host. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_validate_native_addr(wasm_module_inst_t module_inst, void *native_ptr,
                                                               uint64_t size);

/* The host's address of an app address, NULL if it is outside. Valid until the memory grows. */
WASM_RUNTIME_API_EXTERN void *wasm_runtime_addr_app_to_native(wasm_module_inst_t module_inst, uint64_t app_offset);

/* The way back, 0 if it is outside. */
WASM_RUNTIME_API_EXTERN uint64_t wasm_runtime_addr_native_to_app(wasm_module_inst_t module_inst, void *native_ptr);

/* Start and end of the memory that an app address is in; false if it is in none. Outputs may be NULL. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_get_app_addr_range(wasm_module_inst_t module_inst, uint64_t app_offset,
                                                             uint64_t *p_app_start_offset, uint64_t *p_app_end_offset);

/* The same for an address of the host. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_get_native_addr_range(wasm_module_inst_t module_inst, uint8_t *native_ptr,
                                                                uint8_t **p_native_start_addr,
                                                                uint8_t **p_native_end_addr);

/* The exported memory of that name, or NULL. */
WASM_RUNTIME_API_EXTERN wasm_memory_inst_t wasm_runtime_lookup_memory(wasm_module_inst_t module_inst,
                                                                      const char *name);

/* Memory 0, or NULL if there is none. */
WASM_RUNTIME_API_EXTERN wasm_memory_inst_t wasm_runtime_get_default_memory(wasm_module_inst_t module_inst);

/* Memory `index`, or NULL if there is none. */
WASM_RUNTIME_API_EXTERN wasm_memory_inst_t wasm_runtime_get_memory(wasm_module_inst_t module_inst, uint32_t index);

/* Pages now. */
WASM_RUNTIME_API_EXTERN uint64_t wasm_memory_get_cur_page_count(wasm_memory_inst_t memory_inst);

/* Pages that it can have. */
WASM_RUNTIME_API_EXTERN uint64_t wasm_memory_get_max_page_count(wasm_memory_inst_t memory_inst);

/* Bytes of a page; not always 65536. */
WASM_RUNTIME_API_EXTERN uint64_t wasm_memory_get_bytes_per_page(wasm_memory_inst_t memory_inst);

/* Whether threads share it. */
WASM_RUNTIME_API_EXTERN bool wasm_memory_get_shared(wasm_memory_inst_t memory_inst);

/* The host's address of its first byte; valid until it grows. */
WASM_RUNTIME_API_EXTERN void *wasm_memory_get_base_address(wasm_memory_inst_t memory_inst);

/* Adds pages; false if it cannot. */
WASM_RUNTIME_API_EXTERN bool wasm_memory_enlarge(wasm_memory_inst_t memory_inst, uint64_t inc_page_count);

/* Adds pages to memory 0; false if it cannot. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_enlarge_memory(wasm_module_inst_t module_inst, uint64_t inc_page_count);

/* Sets what is told of memories that did not grow, for all instances; NULL for nothing. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_set_enlarge_mem_error_callback(enlarge_memory_error_callback_t callback,
                                                                         void *user_data);

/* ---- Imports and exports ------------------------------------------------------------------------------------- */

/* Number of imports, -1 for no module. */
WASM_RUNTIME_API_EXTERN int32_t wasm_runtime_get_import_count(wasm_module_t module);

/* Describes an import; strings and types live as long as the module. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_get_import_type(wasm_module_t module, int32_t import_index,
                                                          wasm_import_t *import_type);

/* Number of exports, -1 for no module. */
WASM_RUNTIME_API_EXTERN int32_t wasm_runtime_get_export_count(wasm_module_t module);

/* Describes an export; strings and types live as long as the module. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_get_export_type(wasm_module_t module, int32_t export_index,
                                                          wasm_export_t *export_type);

/* Number of parameters. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_func_type_get_param_count(wasm_func_type_t func_type);

/* Kind of a parameter, (wasm_valkind_t)-1 if there is none of that index. */
WASM_RUNTIME_API_EXTERN wasm_valkind_t wasm_func_type_get_param_valkind(wasm_func_type_t func_type,
                                                                        uint32_t param_index);

/* Number of results. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_func_type_get_result_count(wasm_func_type_t func_type);

/* Kind of a result, (wasm_valkind_t)-1 if there is none of that index. */
WASM_RUNTIME_API_EXTERN wasm_valkind_t wasm_func_type_get_result_valkind(wasm_func_type_t func_type,
                                                                         uint32_t result_index);

/* Kind of a global's value. */
WASM_RUNTIME_API_EXTERN wasm_valkind_t wasm_global_type_get_valkind(wasm_global_type_t global_type);

/* Whether a global can change. */
WASM_RUNTIME_API_EXTERN bool wasm_global_type_get_mutable(wasm_global_type_t global_type);

/* Whether threads share a memory. */
WASM_RUNTIME_API_EXTERN bool wasm_memory_type_get_shared(wasm_memory_type_t memory_type);

/* Pages at first. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_memory_type_get_init_page_count(wasm_memory_type_t memory_type);

/* Pages at most. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_memory_type_get_max_page_count(wasm_memory_type_t memory_type);

/* Kind of a table's elements. */
WASM_RUNTIME_API_EXTERN wasm_valkind_t wasm_table_type_get_elem_kind(wasm_table_type_t table_type);

/* Whether threads share a table. */
WASM_RUNTIME_API_EXTERN bool wasm_table_type_get_shared(wasm_table_type_t table_type);

/* Elements at first. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_table_type_get_init_size(wasm_table_type_t table_type);

/* Elements at most. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_table_type_get_max_size(wasm_table_type_t table_type);

/* Describes the exported global of that name; false if there is none. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_get_export_global_inst(wasm_module_inst_t module_inst, const char *name,
                                                                 wasm_global_inst_t *global_inst);

/* Describes the exported table of that name; false if there is none. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_get_export_table_inst(wasm_module_inst_t module_inst, const char *name,
                                                                wasm_table_inst_t *table_inst);

/* The function that an element refers to; NULL if it is null or there is none of that index. */
WASM_RUNTIME_API_EXTERN wasm_function_inst_t wasm_table_get_func_inst(wasm_module_inst_t module_inst,
                                                                      const wasm_table_inst_t *table_inst,
                                                                      uint32_t idx);

/* ---- Native functions ---------------------------------------------------------------------------------------- */

/*
 * Offers native functions to modules that are loaded later. A native is a C function whose first parameter is the
 * exec env of the caller; the parameters follow in order, and a first result is returned. Signatures, "(params)result":
 *   i I f F   i32, i64, f32, f64
 *   r         externref, as the host's pointer (uintptr_t)
 *   *         i32, an app address: checked to be memory and passed as the host's pointer; 0 is the memory's first byte
 *   ~         i32 after *: the number of bytes to check there, instead of 1
 *   $         i32, an app address of a string: checked up to its NUL and passed as the host's pointer
 * Without a signature, and with "", nothing is checked or converted. A module whose import does not match the signature
 * stays without it, with a warning. The newest registration wins.
 *
 * The table and its texts must stay until it is unregistered or the runtime is destroyed; nothing in it is changed.
 */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_register_natives(const char *module_name, NativeSymbol *native_symbols,
                                                           uint32_t n_native_symbols);

/*
 * The same for functions `void f(wasm_exec_env_t exec_env, uint64_t *args)`, which take their parameters and set their
 * result with native_raw_get_arg and its neighbours: one element each, the result in args[0].
 */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_register_natives_raw(const char *module_name, NativeSymbol *native_symbols,
                                                               uint32_t n_native_symbols);

/* Takes a table back: the same name and the same array. Before that, unload modules that use it. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_unregister_natives(const char *module_name, NativeSymbol *native_symbols);

/* ---- References to the host's objects ------------------------------------------------------------------------ */

/* Stores the reference of an object, the same one each time; (void *)-1 is the null reference, 0xFFFFFFFF. */
WASM_RUNTIME_API_EXTERN bool wasm_externref_obj2ref(wasm_module_inst_t module_inst, void *extern_obj,
                                                    uint32_t *p_externref_idx);

/* Forgets an object's reference. */
WASM_RUNTIME_API_EXTERN bool wasm_externref_objdel(wasm_module_inst_t module_inst, void *extern_obj);

/* Sets what is called with the object when its reference is forgotten. */
WASM_RUNTIME_API_EXTERN bool wasm_externref_set_cleanup(wasm_module_inst_t module_inst, void *extern_obj,
                                                        void (*extern_obj_cleanup)(void *extern_obj));

/* Stores the object of a reference, NULL for the null reference; false if there is none. */
WASM_RUNTIME_API_EXTERN bool wasm_externref_ref2obj(uint32_t externref_idx, void **p_extern_obj);

/* Keeps a reference when its instance is destroyed. */
WASM_RUNTIME_API_EXTERN bool wasm_externref_retain(uint32_t externref_idx);

/* ---- Diagnosis ----------------------------------------------------------------------------------------------- */

/* Frames of guests are not recorded: 0, and a text that says so. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_copy_callstack(wasm_exec_env_t exec_env, WASMCApiFrame *buffer, uint32_t length,
                                                     uint32_t skip_n, char *error_buf, uint32_t error_buf_size);

/* Prints nothing. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_dump_call_stack(wasm_exec_env_t exec_env);

/* Bytes that the empty text needs: 1 for its NUL. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_get_call_stack_buf_size(wasm_exec_env_t exec_env);

/* Stores that text in `len` bytes; the bytes stored, 0 if there is no room. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_dump_call_stack_to_buf(wasm_exec_env_t exec_env, char *buf,
                                                                     uint32_t len);

/* Memory in use is not recorded by instance: prints nothing. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_dump_mem_consumption(wasm_exec_env_t exec_env);

/* Times are not recorded: prints nothing. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_dump_perf_profiling(wasm_module_inst_t module_inst);

/* The time spent in all functions: 0. */
WASM_RUNTIME_API_EXTERN double wasm_runtime_sum_wasm_exec_time(wasm_module_inst_t module_inst);

/* The time spent in one function: -1, unknown. */
WASM_RUNTIME_API_EXTERN double wasm_runtime_get_wasm_func_exec_time(wasm_module_inst_t inst, const char *func_name);

/* Bytes of profile data: 0, images have none. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_get_pgo_prof_data_size(wasm_module_inst_t module_inst);

/* Stores profile data: 0, images have none. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_dump_pgo_prof_data_to_buf(wasm_module_inst_t module_inst, char *buf,
                                                                        uint32_t len);

/* Starts a debugger's server: 0, there is none. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_start_debug_instance_with_port(wasm_exec_env_t exec_env, int32_t port);

/* The same with the port given at the start. */
WASM_RUNTIME_API_EXTERN uint32_t wasm_runtime_start_debug_instance(wasm_exec_env_t exec_env);

/* ---- Shared heaps: refused ----------------------------------------------------------------------------------- */

/* NULL. */
WASM_RUNTIME_API_EXTERN wasm_shared_heap_t wasm_runtime_create_shared_heap(SharedHeapInitArgs *init_args);

/* NULL. */
WASM_RUNTIME_API_EXTERN wasm_shared_heap_t wasm_runtime_chain_shared_heaps(wasm_shared_heap_t head,
                                                                           wasm_shared_heap_t body);

/* NULL. */
WASM_RUNTIME_API_EXTERN wasm_shared_heap_t wasm_runtime_unchain_shared_heaps(wasm_shared_heap_t head,
                                                                             bool entire_chain);

/* False. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_reset_shared_heap_chain(wasm_shared_heap_t shared_heap);

/* False. */
WASM_RUNTIME_API_EXTERN bool wasm_runtime_attach_shared_heap(wasm_module_inst_t module_inst,
                                                             wasm_shared_heap_t shared_heap);

/* Nothing. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_detach_shared_heap(wasm_module_inst_t module_inst);

/* 0. */
WASM_RUNTIME_API_EXTERN uint64_t wasm_runtime_shared_heap_malloc(wasm_module_inst_t module_inst, uint64_t size,
                                                                 void **p_native_addr);

/* Nothing. */
WASM_RUNTIME_API_EXTERN void wasm_runtime_shared_heap_free(wasm_module_inst_t module_inst, uint64_t ptr);

#ifdef __cplusplus
}
#endif

#if GRAVER_WAMR_API == 1
#include "wasm_export_v1.h"
#elif GRAVER_WAMR_API == 2019
#include "wasm_export_2019.h"
#elif GRAVER_WAMR_API != 2
#error "GRAVER_WAMR_API is 1, 2 or 2019"
#endif

#endif /* GRAVER_WASM_EXPORT_H */
