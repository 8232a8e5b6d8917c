/* Raw natives: one array with the arguments, which then takes the result. */
#include "client.h"

static void raw_add(wasm_exec_env_t exec_env, uint64_t *args)
{
    native_raw_return_type(int32_t, args);
    native_raw_get_arg(int32_t, a, args);
    native_raw_get_arg(int32_t, b, args);
    (void)exec_env;
    native_raw_set_return(a + b);
}

static void raw_mixed(wasm_exec_env_t exec_env, uint64_t *args)
{
    native_raw_return_type(int64_t, args);
    native_raw_get_arg(int32_t, a, args);
    native_raw_get_arg(int64_t, b, args);
    native_raw_get_arg(float, c, args);
    native_raw_get_arg(double, d, args);
    (void)exec_env;
    native_raw_set_return(a + b + (int64_t)c + (int64_t)d);
}

static void raw_float(wasm_exec_env_t exec_env, uint64_t *args)
{
    native_raw_return_type(float, args);
    native_raw_get_arg(float, a, args);
    (void)exec_env;
    native_raw_set_return(a * 1.5f);
}

static void raw_double(wasm_exec_env_t exec_env, uint64_t *args)
{
    native_raw_return_type(double, args);
    double *pi = (double *)wasm_runtime_get_function_attachment(exec_env);
    native_raw_set_return(*pi);
}

static int32_t nothing_seen;

static void raw_nothing(wasm_exec_env_t exec_env, uint64_t *args)
{
    native_raw_get_arg(int32_t, a, args);
    (void)exec_env;
    nothing_seen = a;
}

static void raw_sum(wasm_exec_env_t exec_env, uint64_t *args)
{
    native_raw_return_type(int32_t, args);
    native_raw_get_arg(uint8_t *, bytes, args);
    native_raw_get_arg(int32_t, length, args);
    int32_t total = 0, i;
    (void)exec_env;
    for (i = 0; i < length; i++) {
        total += bytes[i];
    }
    native_raw_set_return(total);
}

static void raw_length(wasm_exec_env_t exec_env, uint64_t *args)
{
    native_raw_return_type(int32_t, args);
    native_raw_get_arg(char *, text, args);
    (void)exec_env;
    native_raw_set_return((int32_t)strlen(text));
}

static double pi = 3.140625;

static NativeSymbol natives[] = {
    EXPORT_WASM_API_WITH_SIG(raw_add, "(ii)i"),
    EXPORT_WASM_API_WITH_SIG(raw_mixed, "(iIfF)I"),
    EXPORT_WASM_API_WITH_SIG(raw_float, "(f)f"),
    EXPORT_WASM_API_WITH_ATT(raw_double, "()F", &pi),
    EXPORT_WASM_API_WITH_SIG(raw_nothing, "(i)"),
    EXPORT_WASM_API_WITH_SIG(raw_sum, "(*~)i"),
    EXPORT_WASM_API_WITH_SIG(raw_length, "($)i"),
};

int client_main(void)
{
    struct client client;
    uint32_t argv[6];
    int64_t wide = 1000000000000;
    float single = 2.0f;
    double both = -3.0;

    CHECK(client_start(NULL, 0));
    CHECK(wasm_runtime_register_natives_raw("env", natives, sizeof(natives) / sizeof(natives[0])));
    if (CHECK(client_open(&client, "raw", 0))) {
        argv[0] = 40;
        argv[1] = 2;
        CHECK(client_call(&client, "call_add", 2, argv));
        CHECK(argv[0] == 42);

        argv[0] = (uint32_t)-7;
        memcpy(argv + 1, &wide, 8);
        memcpy(argv + 3, &single, 4);
        memcpy(argv + 4, &both, 8);
        CHECK(client_call(&client, "call_mixed", 6, argv));
        memcpy(&wide, argv, 8);
        CHECK(wide == 999999999992);

        CHECK((memcpy(argv, &single, 4), client_call(&client, "call_float", 1, argv)));
        memcpy(&single, argv, 4);
        CHECK(single == 3.0f);

        CHECK(client_call(&client, "call_double", 0, argv));
        memcpy(&both, argv, 8);
        CHECK(both == pi);

        argv[0] = 11;
        CHECK(client_call(&client, "call_nothing", 1, argv));
        CHECK(nothing_seen == 11);

        CHECK(client_call(&client, "call_sum", 0, argv));
        CHECK(argv[0] == 256);
        CHECK(client_call(&client, "call_length", 0, argv));
        CHECK(argv[0] == 4);

        argv[0] = 0xfffff000;
        argv[1] = 4;
        CHECK(!client_call(&client, "call_sum_at", 2, argv));
        CHECK_TEXT(wasm_runtime_get_exception(client.instance), "Exception: out of bounds memory access");
    }
    client_close(&client);
    CHECK(wasm_runtime_unregister_natives("env", natives));
    wasm_runtime_destroy();
    return client_done("raw_natives");
}
