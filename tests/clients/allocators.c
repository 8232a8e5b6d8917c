/* The program's own allocation functions: all memory comes from them, and all of it comes back. */
#include "client.h"

#include <stdlib.h>

static int blocks;
static int requests, fail_from;

static void *count_malloc(unsigned int size)
{
    void *block = NULL;
    if (fail_from == 0 || ++requests < fail_from) {
        block = malloc(size);
    }
    blocks += block != NULL;
    return block;
}

static void *count_realloc(void *ptr, unsigned int size)
{
    void *block = NULL;
    if (fail_from == 0 || ++requests < fail_from) {
        block = realloc(ptr, size);
    }
    blocks += block != NULL && ptr == NULL;
    return block;
}

static void count_free(void *ptr)
{
    blocks -= ptr != NULL;
    free(ptr);
}

static bool start(void)
{
    RuntimeInitArgs init_args;
    memset(&init_args, 0, sizeof(RuntimeInitArgs));
    init_args.mem_alloc_type = Alloc_With_Allocator;
    init_args.mem_alloc_option.allocator.malloc_func = GRAVER_NATIVE_POINTER(count_malloc);
    init_args.mem_alloc_option.allocator.realloc_func = GRAVER_NATIVE_POINTER(count_realloc);
    init_args.mem_alloc_option.allocator.free_func = GRAVER_NATIVE_POINTER(count_free);
    return wasm_runtime_full_init(&init_args);
}

/* The whole way; true if it got to the end. Never prints: most runs are meant to fail. */
static bool run_fib(void)
{
    char error_buf[128] = "";
    uint32_t size, argv[1] = { 10 };
    uint8_t *image = client_image("fib", &size);
    wasm_module_inst_t instance = NULL;
    wasm_exec_env_t env = NULL;
    bool ok = false;
    wasm_module_t module = wasm_runtime_load(image, size, error_buf, sizeof(error_buf));
    if (module) {
        instance = wasm_runtime_instantiate(module, 4096, 4096, error_buf, sizeof(error_buf));
    }
    if (instance) {
        env = wasm_runtime_create_exec_env(instance, 4096);
    }
    if (!module || !instance) {
        CHECK(strlen(error_buf) > 0);
    }
    if (env) {
        wasm_function_inst_t fib = wasm_runtime_lookup_function(instance, "fib");
        ok = fib && wasm_runtime_call_wasm(env, fib, 1, argv);
        CHECK(!ok || argv[0] == 55);
        wasm_runtime_destroy_exec_env(env);
    }
    if (instance) {
        wasm_runtime_deinstantiate(instance);
    }
    if (module) {
        wasm_runtime_unload(module);
    }
    return ok;
}

int client_main(void)
{
    mem_alloc_info_t info;
    void *block;

    CHECK(start());
    CHECK(blocks >= 0);
    CHECK(!wasm_runtime_get_mem_alloc_info(&info));
    block = wasm_runtime_malloc(10);
    CHECK(block != NULL);
    block = wasm_runtime_realloc(block, 20);
    CHECK(block != NULL);
    wasm_runtime_free(block);
    CHECK(wasm_runtime_aligned_alloc(10, 16) == NULL);
    CHECK(run_fib());
    wasm_runtime_destroy();
    CHECK(blocks == 0);

    /* No memory from the first request on, from the second one on, ... until there is enough. */
    for (fail_from = 1; fail_from < 1000; fail_from++) {
        bool ok = false;
        requests = 0;
        if (start()) {
            ok = run_fib();
            wasm_runtime_destroy();
        }
        CHECK(blocks == 0);
        if (ok && requests < fail_from) {
            break;
        }
    }
    CHECK(fail_from > 1 && fail_from < 1000);
    return client_done("allocators");
}
