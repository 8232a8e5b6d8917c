/* A program for the first README, of 2019: memory first, an exec env of its own, and a table of natives under one name. */
#define GRAVER_WAMR_API 2019
#include "client.h"

static int32_t missing_calls;

static void missing(void)
{
    missing_calls++;
}

static NativeSymbol extended_native_symbol_defs[] = {
    EXPORT_WASM_API(missing),
};

#include "ext_lib_export.h"

static char global_heap_buf[512 * 1024];

int client_main(void)
{
    char err[128];
    uint32_t size, argv_buf[2];
    uint8_t *buffer = client_image("traps", &size);
    wasm_module_t module;
    wasm_module_inst_t inst;
    wasm_function_inst_t func;
    wasm_exec_env_t env;
    void *block;

    CHECK(bh_memory_init_with_pool(global_heap_buf, sizeof(global_heap_buf)) == 0);
    block = bh_malloc(64);
    CHECK((char *)block > global_heap_buf && (char *)block < global_heap_buf + sizeof(global_heap_buf));
    bh_free(block);
    CHECK(wasm_runtime_init());

    module = wasm_runtime_load(buffer, size, err, sizeof(err));
    inst = wasm_runtime_instantiate(module, 0, 0, err, sizeof(err));
    if (CHECK(inst != NULL)) {
        func = wasm_runtime_lookup_function(inst, "divide", "(i32i32)i32");
        env = wasm_runtime_create_exec_env(8 * 1024);
        CHECK(func != NULL && env != NULL);

        argv_buf[0] = 91;
        argv_buf[1] = 7;
        CHECK(wasm_runtime_call_wasm(inst, env, func, 2, argv_buf));
        CHECK(argv_buf[0] == 13);
        argv_buf[0] = 1;
        argv_buf[1] = 0;
        CHECK(!wasm_runtime_call_wasm(inst, env, func, 2, argv_buf));
        CHECK_TEXT(wasm_runtime_get_exception(inst), "Exception: integer divide by zero");
        wasm_runtime_clear_exception(inst);

        /* Without an exec env, and to the natives of the table. */
        CHECK(wasm_runtime_call_wasm(inst, NULL, wasm_runtime_lookup_function(inst, "missing", "()"), 0, argv_buf));
        CHECK(missing_calls == 1);
        wasm_runtime_destory_exec_env(env);
        wasm_runtime_deinstantiate(inst);
    } else {
        printf("%s\n", err);
    }
    wasm_runtime_unload(module);
    wasm_runtime_destroy();
    bh_memory_destroy();
    return client_done("first_readme");
}
