/* Objects of the host's inside modules. */
#include "client.h"

#define POINTER_CELLS ((uint32_t)(sizeof(void *) / 4))

static int objects[3];
static uintptr_t kept;
static int cleaned;

static int32_t same(wasm_exec_env_t exec_env, uintptr_t a, uintptr_t b)
{
    (void)exec_env;
    return a == b;
}

static int32_t keep(wasm_exec_env_t exec_env, int32_t index, uintptr_t object)
{
    (void)exec_env;
    kept = object;
    return index;
}

static void clean(void *object)
{
    cleaned += object == &objects[2] ? 1 : 100;
}

static NativeSymbol natives[] = {
    EXPORT_WASM_API_WITH_SIG(same, "(rr)i"),
    EXPORT_WASM_API_WITH_SIG(keep, "(ir)i"),
};

static void calls(struct client *client)
{
    uint32_t argv[4];
    void *object = &objects[0];
    wasm_val_t args[2], results[1];

    argv[0] = 2;
    memcpy(argv + 1, &object, sizeof(object));
    CHECK(client_call(client, "set", 1 + POINTER_CELLS, argv));
    argv[0] = 2;
    CHECK(client_call(client, "get", 1, argv));
    memcpy(&object, argv, sizeof(object));
    CHECK(object == &objects[0]);

    /* The native sees the host's pointer, whichever way it came. */
    argv[0] = 2;
    CHECK(client_call(client, "keep", 1, argv));
    CHECK(argv[0] == 2 && kept == (uintptr_t)&objects[0]);
    memset(args, 0, sizeof(args));
    memset(results, 0, sizeof(results));
    args[0].kind = WASM_I32;
    args[0].of.i32 = 2;
    args[1].kind = WASM_EXTERNREF;
    args[1].of.foreign = (uintptr_t)&objects[0];
    CHECK(wasm_runtime_call_wasm_a(client->env, wasm_runtime_lookup_function(client->instance, "same_as"), 1, results,
                                   2, args));
    CHECK(results[0].of.i32 == 1);
    args[1].of.foreign = (uintptr_t)&objects[1];
    CHECK(wasm_runtime_call_wasm_a(client->env, wasm_runtime_lookup_function(client->instance, "same_as"), 1, results,
                                   2, args));
    CHECK(results[0].of.i32 == 0);

    argv[0] = 1;
    CHECK(client_call(client, "is_null", 1, argv));
    CHECK(argv[0] == 1);
    argv[0] = 2;
    CHECK(client_call(client, "is_null", 1, argv));
    CHECK(argv[0] == 0);
}

static void registry(struct client *client)
{
    uint32_t first = 0, second = 0, again = 0, null = 0;
    void *object = &object;

    CHECK(wasm_externref_obj2ref(client->instance, &objects[1], &first));
    CHECK(wasm_externref_obj2ref(client->instance, &objects[2], &second));
    CHECK(wasm_externref_obj2ref(client->instance, &objects[1], &again));
    CHECK(first == again && first != second && first != 0xffffffff);
    CHECK(wasm_externref_ref2obj(first, &object) && object == &objects[1]);
    CHECK(wasm_externref_ref2obj(second, &object) && object == &objects[2]);

    CHECK(wasm_externref_obj2ref(client->instance, (void *)(intptr_t)-1, &null));
    CHECK(null == 0xffffffff);
    CHECK(wasm_externref_ref2obj(0xffffffff, &object) && object == NULL);
    CHECK(!wasm_externref_ref2obj(0x7fffffff, &object));

    CHECK(wasm_externref_retain(first));
    CHECK(!wasm_externref_retain(0x7fffffff));
    CHECK(wasm_externref_set_cleanup(client->instance, &objects[2], clean));
    CHECK(!wasm_externref_set_cleanup(client->instance, &cleaned, clean));
    CHECK(wasm_externref_objdel(client->instance, &objects[2]));
    CHECK(cleaned == 1);
    CHECK(!wasm_externref_ref2obj(second, &object));
    CHECK(!wasm_externref_objdel(client->instance, &objects[2]));
    CHECK(wasm_externref_objdel(client->instance, &objects[1]));
}

int client_main(void)
{
    struct client client;
    CHECK(client_start(natives, sizeof(natives) / sizeof(natives[0])));
    if (CHECK(client_open(&client, "references", 0))) {
        calls(&client);
        registry(&client);
        /* What nobody deleted goes with the instance. */
        {
            uint32_t reference;
            CHECK(wasm_externref_obj2ref(client.instance, &objects[2], &reference));
            CHECK(wasm_externref_set_cleanup(client.instance, &objects[2], clean));
        }
    }
    client_close(&client);
    CHECK(cleaned == 2);
    wasm_runtime_destroy();
    return client_done("externref");
}
