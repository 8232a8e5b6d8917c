/* Several modules and instances, in any order; images that move and go; what is left at the end: nothing. */
#include "client.h"

static uint32_t free_bytes(void)
{
    mem_alloc_info_t info;
    memset(&info, 0, sizeof(info));
    CHECK(wasm_runtime_get_mem_alloc_info(&info));
    return info.total_free_size;
}

/* Instances of one module share nothing. */
static void instances(void)
{
    uint32_t size, argv[1], i;
    uint8_t *image = client_image("state", &size);
    char error_buf[128];
    wasm_module_t module = wasm_runtime_load(image, size, error_buf, sizeof(error_buf));
    wasm_module_inst_t all[3];
    for (i = 0; i < 3; i++) {
        all[i] = wasm_runtime_instantiate(module, 4096, 0, error_buf, sizeof(error_buf));
        CHECK(all[i] != NULL);
        argv[0] = i;
        CHECK(wasm_runtime_call_wasm(wasm_runtime_get_exec_env_singleton(all[i]),
                                     wasm_runtime_lookup_function(all[i], "increment"), 1, argv));
        CHECK(argv[0] == 5 + i);
    }
    CHECK(wasm_runtime_get_exec_env_singleton(all[0]) == wasm_runtime_get_exec_env_singleton(all[0]));
    CHECK(wasm_runtime_get_exec_env_singleton(all[0]) != wasm_runtime_get_exec_env_singleton(all[1]));
    wasm_runtime_deinstantiate(all[1]);
    for (i = 0; i < 3; i += 2) {
        argv[0] = 10;
        CHECK(wasm_runtime_call_wasm(wasm_runtime_get_exec_env_singleton(all[i]),
                                     wasm_runtime_lookup_function(all[i], "increment"), 1, argv));
        CHECK(argv[0] == 15 + i);
    }
    wasm_runtime_deinstantiate(all[0]);
    wasm_runtime_deinstantiate(all[2]);
    wasm_runtime_unload(module);
}

/* The file at every alignment, and gone before the module is, if that was agreed. */
static void buffers(void)
{
    uint32_t size, shift, argv[1];
    uint8_t *image = client_image("fib", &size);
    uint8_t *copy = (uint8_t *)wasm_runtime_malloc(size + 8);
    char error_buf[128];
    LoadArgs args;

    if (!CHECK(copy != NULL)) {
        return;
    }
    for (shift = 0; shift < 8; shift++) {
        wasm_module_t module;
        wasm_module_inst_t instance = NULL;
        memcpy(copy + shift, image, size);
        memset(&args, 0, sizeof(args));
        args.wasm_binary_freeable = shift % 2 == 1;
        module = wasm_runtime_load_ex(copy + shift, size, &args, error_buf, sizeof(error_buf));
        if (!CHECK(module != NULL)) {
            printf("shift %u: %s\n", (unsigned)shift, error_buf);
            continue;
        }
        CHECK(wasm_runtime_is_underlying_binary_freeable(module) == args.wasm_binary_freeable);
        if (args.wasm_binary_freeable) {
            memset(copy, 0xee, size + 8);
        }
        instance = wasm_runtime_instantiate(module, 4096, 0, error_buf, sizeof(error_buf));
        if (CHECK(instance != NULL)) {
            argv[0] = 12;
            CHECK(wasm_runtime_call_wasm(wasm_runtime_get_exec_env_singleton(instance),
                                         wasm_runtime_lookup_function(instance, "fib"), 1, argv));
            CHECK(argv[0] == 144);
            wasm_runtime_deinstantiate(instance);
        }
        wasm_runtime_unload(module);
    }
    wasm_runtime_free(copy);
}

static void starts(void)
{
    struct client client;
    uint32_t size, argv[1];
    uint8_t *image;
    char error_buf[128] = "";
    wasm_module_t module;

    /* Not a WASI module: its _initialize is just an export. */
    if (CHECK(client_open(&client, "started", 0))) {
        CHECK(client_call(&client, "order_of_starts", 0, argv));
        CHECK(argv[0] == 134);
    }
    client_close(&client);

    image = client_image("start_traps", &size);
    module = wasm_runtime_load(image, size, error_buf, sizeof(error_buf));
    CHECK(module != NULL);
    CHECK(wasm_runtime_instantiate(module, 4096, 0, error_buf, sizeof(error_buf)) == NULL);
    CHECK_TEXT(error_buf, "AOT module instantiate failed: Exception: unreachable");
    /* A short buffer gets what fits, with its end. */
    memset(error_buf, 'z', sizeof(error_buf));
    CHECK(wasm_runtime_instantiate(module, 4096, 0, error_buf, 12) == NULL);
    CHECK(memcmp(error_buf, "AOT module \0z", 13) == 0);
    CHECK(wasm_runtime_instantiate(module, 4096, 0, NULL, 0) == NULL);
    wasm_runtime_unload(module);

    /* An app heap makes no room for data. */
    image = client_image("segment_outside", &size);
    module = wasm_runtime_load(image, size, error_buf, sizeof(error_buf));
    CHECK(module != NULL);
    CHECK(wasm_runtime_instantiate(module, 4096, 4096, error_buf, sizeof(error_buf)) == NULL);
    CHECK_TEXT(error_buf, "AOT module instantiate failed: out of bounds memory access");
    wasm_runtime_unload(module);
}

int client_main(void)
{
    uint32_t before, round;
    CHECK(client_start(NULL, 0));
    before = free_bytes();
    for (round = 0; round < 5; round++) {
        instances();
        buffers();
        starts();
        CHECK(free_bytes() == before);
    }
    wasm_runtime_destroy();
    return client_done("teardown");
}
