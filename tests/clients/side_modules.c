/* Modules that import memory, table and bases, as compilers make them for being loaded beside others. */
#include "client.h"

static int32_t call(struct client *client, const char *name, uint32_t argc, uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t argv[3];
    argv[0] = a;
    argv[1] = b;
    argv[2] = c;
    if (!CHECK(client_call(client, name, argc, argv))) {
        printf("%s: %s\n", name, wasm_runtime_get_exception(client->instance));
    }
    return (int32_t)argv[0];
}

static void of_llvm(void)
{
    struct client first, second;
    uint32_t i, address, argv[1];
    if (CHECK(client_open(&first, "side", 4096)) && CHECK(client_open(&second, "side", 0))) {
        for (i = 0; i < 3; i++) {
            address = (uint32_t)call(&first, "word", 1, i, 0, 0);
            CHECK(address != 0);
            CHECK(call(&first, "number_of", 1, address, 0, 0) == (int32_t)i);
        }
        address = (uint32_t)call(&first, "word", 1, 1, 0, 0);
        CHECK_TEXT((char *)wasm_runtime_addr_app_to_native(first.instance, address), "one");
        CHECK(call(&first, "apply", 3, 0, 30, 12) == 42);
        CHECK(call(&first, "apply", 3, 1, 30, 12) == 18);
        CHECK(call(&first, "apply", 3, 2, 30, 12) == -1);
        CHECK(call(&first, "deep", 1, 100, 0, 0) == 103);
        argv[0] = 1000000;
        CHECK(!client_call(&first, "deep", 1, argv));
        /* Each instance has a memory of its own. */
        CHECK(call(&first, "count", 0, 0, 0, 0) == 41 && call(&first, "count", 0, 0, 0, 0) == 42);
        CHECK(call(&second, "count", 0, 0, 0, 0) == 41);
        CHECK(wasm_runtime_module_malloc(first.instance, 100, NULL) != 0);
    }
    client_close(&first);
    client_close(&second);
}

static void of_old(void)
{
    struct client client;
    uint32_t argv[1] = { 7 };
    if (CHECK(client_open(&client, "side_of_old", 0))) {
        CHECK(call(&client, "_length", 0, 0, 0, 0) == 13);
        CHECK(client_call(&client, "_say", 0, NULL));
        CHECK(call(&client, "_pick", 1, 0, 0, 0) == 1 && call(&client, "_pick", 1, 1, 0, 0) == 2);
        CHECK(call(&client, "_stack", 0, 0, 0, 0) == 1024);
        CHECK(!client_call(&client, "_pick", 1, argv));
        CHECK(wasm_runtime_is_import_global_linked("env", "memoryBase"));
        CHECK(!wasm_runtime_is_import_global_linked("env", "memory"));
    }
    client_close(&client);
}

int client_main(void)
{
    CHECK(client_start(NULL, 0));
    of_llvm();
    of_old();
    wasm_runtime_destroy();
    return client_done("side_modules");
}
