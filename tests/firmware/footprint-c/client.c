/*
 * All that an embedder needs of the C API: starts the runtime with a pool, loads an image from flash, registers a native,
 * instantiates, prints a trap's text, and calls a function that calls the native.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "firmware.h"
#include "wasm_export.h"

extern const unsigned char guest_aot[];
extern const unsigned long guest_aot_size;

#define POOL_BYTES 8192
#define GUEST_STACK 1024

static union {
    uint64_t alignment;
    char bytes[POOL_BYTES];
} pool;

static unsigned reports;

static void progress(wasm_exec_env_t env, int32_t value)
{
    (void)env;
    (void)value;
    reports++;
}

static NativeSymbol natives[] = { { "progress", (void *)progress, "(i)", NULL } };

static const char *call(wasm_module_inst_t instance, bool says_what)
{
    uint32_t arguments[2] = { 6, 0 };
    wasm_function_inst_t forever = wasm_runtime_lookup_function(instance, "forever");
    wasm_function_inst_t steps = wasm_runtime_lookup_function(instance, "steps");
    wasm_exec_env_t env = wasm_runtime_create_exec_env(instance, GUEST_STACK);
    const char *wrong = NULL;
    if (!env || !forever || !steps)
        return "exec env or exports";
    if (wasm_runtime_call_wasm(env, forever, 0, arguments))
        wrong = "`forever` ended";
    else if (says_what)
        text(wasm_runtime_get_exception(instance));
    wasm_runtime_clear_exception(instance);
    arguments[0] = 6;
    if (!wrong && !wasm_runtime_call_wasm(env, steps, 1, arguments))
        wrong = "steps";
    if (!wrong && says_what)
        figure("steps", arguments[0]);
    wasm_runtime_destroy_exec_env(env);
    return wrong;
}

static const char *embed(uint32_t pool_bytes, bool says_what)
{
    RuntimeInitArgs args = { 0 };
    char error[64];
    const char *wrong = "instantiate";
    wasm_module_t module;
    wasm_module_inst_t instance;
    args.mem_alloc_type = Alloc_With_Pool;
    args.mem_alloc_option.pool.heap_buf = pool.bytes;
    args.mem_alloc_option.pool.heap_size = pool_bytes;
    args.native_module_name = "env";
    args.native_symbols = natives;
    args.n_native_symbols = 1;
    if (!wasm_runtime_full_init(&args))
        return "runtime";
    /* It stays in flash: nothing writes to it. */
    module = wasm_runtime_load((uint8_t *)(uintptr_t)guest_aot, (uint32_t)guest_aot_size, error, sizeof(error));
    if (!module) {
        wasm_runtime_destroy();
        return "the image is not for this core";
    }
    instance = wasm_runtime_instantiate(module, GUEST_STACK, 0, error, sizeof(error));
    if (instance) {
        wrong = call(instance, says_what);
        wasm_runtime_deinstantiate(instance);
    }
    wasm_runtime_unload(module);
    wasm_runtime_destroy();
    return wrong;
}

const char *client_run(void)
{
    uint32_t bytes = POOL_BYTES;
    const char *wrong = embed(bytes, true);
    if (wrong)
        return wrong;
    figure("reports", reports);
    /* The smallest pool that suffices. */
    while (bytes >= 16 && !embed(bytes - 16, false))
        bytes -= 16;
    figure("# pool", bytes);
    return NULL;
}
