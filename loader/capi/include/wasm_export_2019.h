/*
 * The calls of WAMR's first README, of 2019, over today's library. Programs for it define GRAVER_WAMR_API=2019 and
 * include wasm_export.h, or include this file instead.
 *
 * Natives: a table `extended_native_symbol_defs` in one source file that ends with #include "ext_lib_export.h" (in
 * samples-compat/) is offered to all modules under "env". It needs ELF objects linked directly, not out of an archive.
 * The C call passes the exec env as the first argument, before those of the module.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef GRAVER_WASM_EXPORT_2019_H
#define GRAVER_WASM_EXPORT_2019_H

#ifndef GRAVER_WAMR_API
#define GRAVER_WAMR_API 2019
#endif
#include "wasm_export.h"

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Starts the library with a pool of `bytes` bytes; 0 on success. Undone by bh_memory_destroy. */
static inline int bh_memory_init_with_pool(void *mem, unsigned int bytes)
{
    RuntimeInitArgs args;
    memset(&args, 0, sizeof(args));
    args.mem_alloc_type = Alloc_With_Pool;
    args.mem_alloc_option.pool.heap_buf = mem;
    args.mem_alloc_option.pool.heap_size = bytes;
    return wasm_runtime_full_init(&args) ? 0 : -1;
}

/* Undoes that, after wasm_runtime_destroy. */
static inline void bh_memory_destroy(void)
{
    wasm_runtime_destroy();
}

static inline void *bh_malloc(unsigned int size)
{
    return wasm_runtime_malloc(size);
}

static inline void bh_free(void *ptr)
{
    wasm_runtime_free(ptr);
}

/* What ext_lib_export.h defines, if the program includes it. */
__attribute__((weak)) int get_ext_lib_export_apis(NativeSymbol **p_ext_lib_apis);

/* Starts the runtime; the memory is what the calls above said, else the system's. */
static inline bool graver_2019_init(void)
{
    NativeSymbol *natives = NULL;
    int count;
    if (!wasm_runtime_init()) {
        return false;
    }
    if (!get_ext_lib_export_apis) {
        return true;
    }
    count = get_ext_lib_export_apis(&natives);
    if (count <= 0 || wasm_runtime_register_natives("env", natives, (uint32_t)count)) {
        return true;
    }
    wasm_runtime_destroy();
    return false;
}

/* The file was only read, and came as char or uint8_t. */
static inline wasm_module_t graver_2019_load(const void *buf, uint32_t size, char *error_buf, uint32_t error_buf_size)
{
    return wasm_runtime_load((uint8_t *)(uintptr_t)buf, size, error_buf, error_buf_size);
}

/* `signature`, such as "(i32)i32", was not looked at. */
static inline wasm_function_inst_t graver_2019_lookup_function(wasm_module_inst_t module_inst, const char *name,
                                                               const char *signature)
{
    (void)signature;
    return wasm_runtime_lookup_function(module_inst, name);
}

/* An exec env belonged to no instance: it is only the size of a stack, in bytes. */
typedef struct graver_2019_exec_env {
    uint32_t stack_size;
} *graver_2019_exec_env_t;

static inline graver_2019_exec_env_t graver_2019_create_exec_env(uint32_t stack_size)
{
    graver_2019_exec_env_t env = (graver_2019_exec_env_t)wasm_runtime_malloc((unsigned int)sizeof(*env));
    if (env) {
        env->stack_size = stack_size;
    }
    return env;
}

/* Frees it; the name was spelt so. */
static inline void wasm_runtime_destory_exec_env(graver_2019_exec_env_t env)
{
    if (env) {
        wasm_runtime_free(env);
    }
}

/* Calls a function of an instance with packed arguments; without an exec env, with the instance's own. */
static inline bool graver_2019_call_wasm(wasm_module_inst_t module_inst, graver_2019_exec_env_t env,
                                         wasm_function_inst_t function, uint32_t argc, uint32_t argv[])
{
    wasm_exec_env_t real;
    bool ok;
    if (!env) {
        return wasm_runtime_call_wasm(wasm_runtime_get_exec_env_singleton(module_inst), function, argc, argv);
    }
    real = wasm_runtime_create_exec_env(module_inst, env->stack_size);
    if (!real) {
        wasm_runtime_set_exception(module_inst, "allocate memory failed");
        return false;
    }
    ok = wasm_runtime_call_wasm(real, function, argc, argv);
    wasm_runtime_destroy_exec_env(real);
    return ok;
}

#ifdef __cplusplus
}
#endif

#define wasm_runtime_init graver_2019_init
#define wasm_runtime_load graver_2019_load
#define wasm_runtime_lookup_function graver_2019_lookup_function
#define wasm_exec_env_t graver_2019_exec_env_t
#define wasm_runtime_create_exec_env graver_2019_create_exec_env
#define wasm_runtime_call_wasm graver_2019_call_wasm

#endif /* GRAVER_WASM_EXPORT_2019_H */
