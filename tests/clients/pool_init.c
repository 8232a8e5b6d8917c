/* From a buffer to a result and back: the embedding guide's first program. */
#include "client.h"

static char global_heap_buf[512 * 1024];

static void run_fib(void)
{
    uint8_t *buffer;
    uint32_t size, argv[2];
    char error_buf[128];
    wasm_module_t module;
    wasm_module_inst_t module_inst;
    wasm_function_inst_t func;
    wasm_exec_env_t exec_env;

    buffer = client_image("fib", &size);
    module = wasm_runtime_load(buffer, size, error_buf, sizeof(error_buf));
    if (!CHECK(module != NULL)) {
        printf("%s\n", error_buf);
        return;
    }
    module_inst = wasm_runtime_instantiate(module, 8092, 8092, error_buf, sizeof(error_buf));
    if (CHECK(module_inst != NULL)) {
        CHECK(wasm_runtime_get_module(module_inst) == module);
        func = wasm_runtime_lookup_function(module_inst, "fib");
        CHECK(func != NULL);
        CHECK(wasm_runtime_lookup_function(module_inst, "fibo") == NULL);
        exec_env = wasm_runtime_create_exec_env(module_inst, 8092);
        CHECK(exec_env != NULL);
        CHECK(wasm_runtime_get_module_inst(exec_env) == module_inst);

        argv[0] = 8;
        argv[1] = 77;
        CHECK(wasm_runtime_call_wasm(exec_env, func, 1, argv));
        CHECK(argv[0] == 21);
        CHECK(argv[1] == 77);
        CHECK(wasm_runtime_get_exception(module_inst) == NULL);

        wasm_runtime_destroy_exec_env(exec_env);
        wasm_runtime_deinstantiate(module_inst);
    } else {
        printf("%s\n", error_buf);
    }
    wasm_runtime_unload(module);
}

static bool start(char *buffer, uint32_t size)
{
    RuntimeInitArgs init_args;
    memset(&init_args, 0, sizeof(RuntimeInitArgs));
    init_args.mem_alloc_type = Alloc_With_Pool;
    init_args.mem_alloc_option.pool.heap_buf = buffer;
    init_args.mem_alloc_option.pool.heap_size = size;
    return wasm_runtime_full_init(&init_args);
}

int client_main(void)
{
    mem_alloc_info_t before, after;
    uint32_t major = 0, minor = 0, patch = 99;
    void *block, *other;
    uint32_t shift;

    CHECK(start(global_heap_buf, sizeof(global_heap_buf)));
    memset(&before, 0, sizeof(before));
    CHECK(wasm_runtime_get_mem_alloc_info(&before));
    CHECK(before.total_size > 0 && before.total_size <= sizeof(global_heap_buf));
    CHECK(before.total_free_size <= before.total_size);

    run_fib();
    run_fib();
    CHECK(wasm_runtime_get_mem_alloc_info(&after));
    CHECK(after.total_free_size == before.total_free_size);
    CHECK(after.highmark_size > 0 && after.highmark_size <= after.total_size);

    /* Memory for the program itself. */
    block = wasm_runtime_malloc(100);
    CHECK(block != NULL);
    memset(block, 0x5a, 100);
    block = wasm_runtime_realloc(block, 5000);
    CHECK(block && ((unsigned char *)block)[99] == 0x5a);
    CHECK((char *)block >= global_heap_buf && (char *)block + 5000 <= global_heap_buf + sizeof(global_heap_buf));
    other = wasm_runtime_aligned_alloc(512, 256);
    CHECK(other && (uintptr_t)other % 256 == 0);
    CHECK(wasm_runtime_aligned_alloc(100, 256) == NULL);
    CHECK(wasm_runtime_aligned_alloc(96, 48) == NULL);
    CHECK(wasm_runtime_malloc(sizeof(global_heap_buf)) == NULL);
    wasm_runtime_free(other);
    wasm_runtime_free(block);
    CHECK(wasm_runtime_get_mem_alloc_info(&after));
    CHECK(after.total_free_size == before.total_free_size);

    /* A second start only counts: its pool of nothing is ignored. */
    CHECK(start(NULL, 0));
    run_fib();
    wasm_runtime_destroy();
    run_fib();
    wasm_runtime_destroy();

    /* Buffers of any alignment. */
    for (shift = 1; shift < 8; shift++) {
        if (CHECK(start(global_heap_buf + shift, sizeof(global_heap_buf) - 8))) {
            run_fib();
            wasm_runtime_destroy();
        }
    }

    wasm_runtime_get_version(&major, &minor, &patch);
    CHECK(major == 2 && minor >= 4 && patch < 99);
    return client_done("pool_init");
}
