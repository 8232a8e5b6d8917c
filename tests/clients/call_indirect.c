/* Natives that call back what the module hands them: elements of its table. */
#include "client.h"

static int32_t apply(wasm_exec_env_t exec_env, uint32_t function, int32_t a, int32_t b)
{
    uint32_t argv[2];
    argv[0] = (uint32_t)a;
    argv[1] = (uint32_t)b;
    if (!wasm_runtime_call_indirect(exec_env, function, 2, argv)) {
        /* The exception stays and ends the caller, too. */
        return -1;
    }
    return (int32_t)argv[0];
}

static int64_t apply_wide(wasm_exec_env_t exec_env, uint32_t function, int64_t a, double b)
{
    uint32_t argv[4];
    int64_t result = 0;
    memcpy(argv, &a, 8);
    memcpy(argv + 2, &b, 8);
    if (wasm_runtime_call_indirect(exec_env, function, 4, argv)) {
        memcpy(&result, argv, 8);
    }
    return result;
}

static int32_t apply_index(wasm_exec_env_t exec_env, uint32_t function)
{
    uint32_t argv[2] = { 6, 7 };
    return wasm_runtime_call_indirect(exec_env, function, 2, argv) ? (int32_t)argv[0] : -1;
}

static NativeSymbol natives[] = {
    EXPORT_WASM_API_WITH_SIG(apply, "(iii)i"),
    EXPORT_WASM_API_WITH_SIG(apply_wide, "(iIF)I"),
    EXPORT_WASM_API_WITH_SIG(apply_index, "(i)i"),
};

static void fails(struct client *client, const char *name, uint32_t argument, const char *text)
{
    uint32_t argv[2];
    argv[0] = argument;
    CHECK(!client_call(client, name, 1, argv));
    CHECK_TEXT(wasm_runtime_get_exception(client->instance), text);
    wasm_runtime_clear_exception(client->instance);
}

int client_main(void)
{
    struct client client;
    uint32_t argv[4] = { 12, 5 };
    int64_t wide = 1LL << 33;
    double factor = 1.5;

    CHECK(client_start(natives, sizeof(natives) / sizeof(natives[0])));
    if (CHECK(client_open(&client, "callbacks", 0))) {
        CHECK(client_call(&client, "products", 2, argv));
        CHECK(argv[0] == 67);

        memcpy(argv, &wide, 8);
        memcpy(argv + 2, &factor, 8);
        CHECK(client_call(&client, "scaled", 4, argv));
        memcpy(&wide, argv, 8);
        CHECK(wide == 3LL << 32);

        argv[0] = 5;
        CHECK(client_call(&client, "deep", 1, argv));
        CHECK(argv[0] == 5);

        CHECK(client_call(&client, "index_of_multiply", 0, argv));
        CHECK(client_call(&client, "call_index", 1, argv));
        CHECK(argv[0] == 42);

        fails(&client, "failing", 0, "Exception: unreachable");
        fails(&client, "call_index", 100000, "Exception: undefined element");
        fails(&client, "null_function", 0, "Exception: uninitialized element");
        fails(&client, "import_index", 0, "Exception: failed to call unlinked import function (env, missing)");

        argv[0] = 3;
        argv[1] = 4;
        CHECK(client_call(&client, "products", 2, argv));
        CHECK(argv[0] == 11);
    }
    client_close(&client);
    wasm_runtime_destroy();
    return client_done("call_indirect");
}
