/* The three ways to call: packed cells, values, and C's own arguments; 64-bit and float ones among them. */
#include "client.h"

static struct client client;

static wasm_function_inst_t find(const char *name)
{
    return wasm_runtime_lookup_function(client.instance, name);
}

static void packed(void)
{
    uint32_t argv[20];
    int64_t wide = -6000000000;
    float single = 0.25f;
    double both = 1e-3;
    unsigned i;

    CHECK(client_call(&client, "nothing", 0, NULL));

    argv[0] = 100;
    memcpy(argv + 1, &wide, 8);
    memcpy(argv + 3, &single, 4);
    memcpy(argv + 4, &both, 8);
    CHECK(client_call(&client, "mix", 6, argv));
    memcpy(&both, argv, 8);
    CHECK(both == -6000000000.0 + 100 + (0.25 + 1e-3));

    /* Results take the arguments' place, in cells as well. */
    argv[0] = 77;
    memcpy(argv + 1, &wide, 8);
    CHECK(client_call(&client, "swap", 3, argv));
    CHECK(memcmp(argv, &wide, 8) == 0 && argv[2] == 77);

    memset(argv, 0, sizeof(argv));
    CHECK(client_call(&client, "four", 0, argv));
    CHECK(argv[0] == 0xffffffff);
    memcpy(&wide, argv + 1, 8);
    CHECK(wide == 0x123456789abcdef);
    memcpy(&single, argv + 3, 4);
    CHECK(single == 0.5f);
    memcpy(&both, argv + 4, 8);
    CHECK(both == -1e100);
    CHECK(argv[6] == 0);

    for (i = 0; i < 8; i++) {
        wide = (int64_t)i + 1;
        memcpy(argv + 2 * i, &wide, 8);
    }
    both = 10.0;
    memcpy(argv + 16, &both, 8);
    memcpy(argv + 18, &both, 8);
    CHECK(client_call(&client, "weigh", 20, argv));
    memcpy(&wide, argv, 8);
    CHECK(wide == 1 - (4 + 9 + 16 + 25 + 36 + 49 + 64 + 100));

    /* Too few cells are refused, more are not. */
    argv[0] = 5;
    CHECK(!client_call(&client, "swap", 2, argv));
    CHECK_TEXT(wasm_runtime_get_exception(client.instance),
               "Exception: invalid argument count 2, must be no smaller than 3");
    wasm_runtime_clear_exception(client.instance);
    CHECK(client_call(&client, "swap", 20, argv));
}

static void values(void)
{
    wasm_val_t args[4], results[4];
    memset(args, 0, sizeof(args));
    memset(results, 0, sizeof(results));

    CHECK(wasm_runtime_call_wasm_a(client.env, find("nothing"), 0, NULL, 0, NULL));

    args[0].kind = WASM_I32;
    args[0].of.i32 = -1;
    args[1].kind = WASM_I64;
    args[1].of.i64 = 1LL << 40;
    args[2].kind = WASM_F32;
    args[2].of.f32 = 0.5f;
    args[3].kind = WASM_F64;
    args[3].of.f64 = 0.125;
    CHECK(wasm_runtime_call_wasm_a(client.env, find("mix"), 1, results, 4, args));
    CHECK(results[0].kind == WASM_F64 && results[0].of.f64 == 1099511627775.0 + 0.625);

    CHECK(wasm_runtime_call_wasm_a(client.env, find("swap"), 2, results, 2, args));
    CHECK(results[0].kind == WASM_I64 && results[0].of.i64 == 1LL << 40);
    CHECK(results[1].kind == WASM_I32 && results[1].of.i32 == -1);

    CHECK(wasm_runtime_call_wasm_a(client.env, find("four"), 4, results, 0, NULL));
    CHECK(results[0].kind == WASM_I32 && results[0].of.i32 == -1);
    CHECK(results[1].kind == WASM_I64 && results[1].of.i64 == 0x123456789abcdef);
    CHECK(results[2].kind == WASM_F32 && results[2].of.f32 == 0.5f);
    CHECK(results[3].kind == WASM_F64 && results[3].of.f64 == -1e100);

    /* References to objects of the host. */
    args[0].kind = WASM_EXTERNREF;
    args[0].of.foreign = (uintptr_t)&client;
    args[1].kind = WASM_I32;
    args[1].of.i32 = 6;
    CHECK(wasm_runtime_call_wasm_a(client.env, find("pass"), 2, results, 2, args));
    CHECK(results[0].kind == WASM_I32 && results[0].of.i32 == 6);
    CHECK(results[1].kind == WASM_EXTERNREF && results[1].of.foreign == (uintptr_t)&client);

    /* What does not fit is refused, without an exception. */
    args[0].kind = WASM_I64;
    CHECK(!wasm_runtime_call_wasm_a(client.env, find("swap"), 2, results, 2, args));
    args[0].kind = WASM_I32;
    args[1].kind = WASM_I64;
    CHECK(!wasm_runtime_call_wasm_a(client.env, find("swap"), 1, results, 2, args));
    CHECK(!wasm_runtime_call_wasm_a(client.env, find("swap"), 3, results, 2, args));
    CHECK(!wasm_runtime_call_wasm_a(client.env, find("swap"), 2, results, 1, args));
    CHECK(!wasm_runtime_call_wasm_a(client.env, find("swap"), 2, results, 3, args));
    CHECK(wasm_runtime_get_exception(client.instance) == NULL);
    CHECK(wasm_runtime_call_wasm_a(client.env, find("swap"), 2, results, 2, args));
}

static void variadic(void)
{
    wasm_val_t results[4];
    memset(results, 0, sizeof(results));

    CHECK(wasm_runtime_call_wasm_v(client.env, find("nothing"), 0, NULL, 0));
    CHECK(wasm_runtime_call_wasm_v(client.env, find("mix"), 1, results, 4, 3, (int64_t)-4, 0.5f, 2.0));
    CHECK(results[0].kind == WASM_F64 && results[0].of.f64 == 1.5);
    CHECK(wasm_runtime_call_wasm_v(client.env, find("single"), 1, results, 1, 2.5f));
    CHECK(results[0].kind == WASM_F32 && results[0].of.f32 == 10.0f);
    CHECK(wasm_runtime_call_wasm_v(client.env, find("weigh"), 1, results, 10, (int64_t)1, (int64_t)2, (int64_t)3,
                                   (int64_t)4, (int64_t)5, (int64_t)6, (int64_t)7, (int64_t)8, 10.0, 10.0));
    CHECK(results[0].kind == WASM_I64 && results[0].of.i64 == -302);
    CHECK(wasm_runtime_call_wasm_v(client.env, find("pass"), 2, results, 2, (void *)&client, 9));
    CHECK(results[0].of.i32 == 9 && results[1].of.foreign == (uintptr_t)&client);

    CHECK(!wasm_runtime_call_wasm_v(client.env, find("single"), 1, results, 0));
    CHECK(!wasm_runtime_call_wasm_v(client.env, find("single"), 0, results, 1, 1.0f));
    CHECK(wasm_runtime_get_exception(client.instance) == NULL);
}

int client_main(void)
{
    CHECK(client_start(NULL, 0));
    if (CHECK(client_open(&client, "forms", 0))) {
        packed();
        values();
        variadic();
    }
    client_close(&client);
    wasm_runtime_destroy();
    return client_done("call_forms");
}
