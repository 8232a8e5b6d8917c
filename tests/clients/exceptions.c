/* Traps and their texts; exceptions that the host sets and clears; what an instance can do afterwards. */
#include "client.h"

static struct client client;

/* A native that fails: what it returns is not seen. */
static int32_t raise(wasm_exec_env_t exec_env, int32_t how)
{
    wasm_module_inst_t module_inst = get_module_inst(exec_env);
    if (how == 1) {
        wasm_runtime_set_exception(module_inst, "raised by the host");
    }
    if (how == 2) {
        wasm_runtime_set_exception(module_inst, "raised and cleared");
        wasm_runtime_clear_exception(module_inst);
    }
    return how + 100;
}

static NativeSymbol natives[] = { EXPORT_WASM_API_WITH_SIG(raise, "(i)i") };

static int32_t kept(void)
{
    wasm_global_inst_t global;
    memset(&global, 0, sizeof(global));
    CHECK(wasm_runtime_get_export_global_inst(client.instance, "kept", &global));
    return global.global_data ? *(int32_t *)global.global_data : -1;
}

static void traps(const char *name, uint32_t argc, uint32_t first, uint32_t second, const char *text)
{
    uint32_t argv[2];
    argv[0] = first;
    argv[1] = second;
    CHECK(!client_call(&client, name, argc, argv));
    if (!CHECK_TEXT(wasm_runtime_get_exception(client.instance), text)) {
        printf("    in: %s\n", name);
    }
    wasm_runtime_clear_exception(client.instance);
    CHECK(wasm_runtime_get_exception(client.instance) == NULL);
}

static void texts(void)
{
    double too_much = 1e20;
    uint32_t cells[2];

    traps("unreachable", 0, 0, 0, "Exception: unreachable");
    traps("load", 1, 65536, 0, "Exception: out of bounds memory access");
    traps("load", 1, 0xfffffffd, 0, "Exception: out of bounds memory access");
    traps("store", 1, 65533, 0, "Exception: out of bounds memory access");
    CHECK(kept() == 1);
    traps("divide", 2, 1, 0, "Exception: integer divide by zero");
    traps("divide", 2, 0x80000000, 0xffffffff, "Exception: integer overflow");
    memcpy(cells, &too_much, 8);
    traps("truncate", 2, cells[0], cells[1], "Exception: integer overflow");
    too_much = 0.0 / (too_much - too_much);
    memcpy(cells, &too_much, 8);
    traps("truncate", 2, cells[0], cells[1], "Exception: invalid conversion to integer");
    traps("element", 1, 1, 0, "Exception: indirect call type mismatch");
    traps("element", 1, 2, 0, "Exception: uninitialized element");
    traps("element", 1, 4, 0, "Exception: undefined element");
    traps("table_get", 1, 4, 0, "Exception: out of bounds table access");
    traps("missing", 0, 0, 0, "Exception: failed to call unlinked import function (env, missing)");
    /* What ended a call does not end the next one when that returns from a native. */
    cells[0] = 0;
    CHECK(client_call(&client, "raise", 1, cells));
    CHECK(cells[0] == 100);
    traps("recurse", 1, 0, 0, "Exception: native stack overflow");
}

static void by_the_host(void)
{
    char long_text[300];
    uint32_t argv[2];
    const char *exception;

    traps("raise", 1, 1, 0, "Exception: raised by the host");
    CHECK(kept() == 3);
    argv[0] = 2;
    CHECK(client_call(&client, "raise", 1, argv));
    CHECK(argv[0] == 102 && kept() == 4);

    wasm_runtime_set_exception(client.instance, "first");
    CHECK_TEXT(wasm_runtime_get_exception(client.instance), "Exception: first");
    wasm_runtime_set_exception(client.instance, "second");
    CHECK_TEXT(wasm_runtime_get_exception(client.instance), "Exception: second");
    wasm_runtime_set_exception(client.instance, NULL);
    CHECK(wasm_runtime_get_exception(client.instance) == NULL);

    /* 128 bytes is all there is. */
    memset(long_text, 'y', sizeof(long_text));
    long_text[sizeof(long_text) - 1] = 0;
    wasm_runtime_set_exception(client.instance, long_text);
    exception = wasm_runtime_get_exception(client.instance);
    CHECK(exception && strlen(exception) == 127 && exception[126] == 'y');
    wasm_runtime_clear_exception(client.instance);
}

int client_main(void)
{
    uint32_t argv[2] = { 60, 4 };

    CHECK(client_start(natives, 1));
    if (CHECK(client_open(&client, "traps", 0))) {
        texts();
        by_the_host();
        /* A trap ends a call, not an instance. */
        CHECK(client_call(&client, "divide", 2, argv));
        CHECK(argv[0] == 15);
        CHECK(!client_call(&client, "unreachable", 0, argv));
        argv[0] = 60;
        argv[1] = 5;
        wasm_runtime_clear_exception(client.instance);
        CHECK(client_call(&client, "divide", 2, argv));
        CHECK(argv[0] == 12);
    }
    client_close(&client);
    wasm_runtime_destroy();
    return client_done("exceptions");
}
