/* What the library offers to modules without a C library: formats as the host prints them, and every address checked. */
#include "client.h"

static struct client client;

static int32_t call(const char *name, uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t argv[3];
    argv[0] = a;
    argv[1] = b;
    argv[2] = c;
    if (!CHECK(client_call(&client, name, 3, argv))) {
        printf("    %s: %s\n", name, wasm_runtime_get_exception(client.instance));
        wasm_runtime_clear_exception(client.instance);
    }
    return (int32_t)argv[0];
}

static void stops(const char *name, uint32_t a, uint32_t b, uint32_t c, const char *text)
{
    uint32_t argv[3];
    argv[0] = a;
    argv[1] = b;
    argv[2] = c;
    CHECK(!client_call(&client, name, 3, argv));
    if (!CHECK_TEXT(wasm_runtime_get_exception(client.instance), text)) {
        printf("    in: %s\n", name);
    }
    wasm_runtime_clear_exception(client.instance);
}

/* The host's own text and count for each format, and the guest's. */
static void formats(void)
{
    char expected[512];
    const char *guest = (const char *)wasm_runtime_addr_app_to_native(client.instance,
                                                                      (uint32_t)call("buffer_at", 0, 0, 0));
    uint32_t index = 0;
    int count;
#define CASE(...)                                            \
    count = snprintf(expected, sizeof(expected), __VA_ARGS__); \
    CHECK(call("format", index, 1024, 0) == count);          \
    CHECK_TEXT(guest, expected);                             \
    index++;
#include "guests/formats.inc"
    CHECK(call("format", index, 1024, 0) == -100);
}

static void traps(void)
{
    static const char OUT_OF_BOUNDS[] = "Exception: out of bounds memory access";
    uint64_t end = 0;
    uint32_t memory, to;

    stops("do_exit", 7, 0, 0, "Exception: env.exit(7)");
    stops("do_abort", (uint32_t)-1, 0, 0, "Exception: env.abort(-1)");
    stops("do_throw", 0, 0, 0, "Exception: exception thrown by stdc++");

    CHECK(wasm_runtime_get_app_addr_range(client.instance, 0, NULL, &end));
    memory = (uint32_t)end;
    to = memory - 8;
    call("fill_at", to, 8, 0);
    stops("length_at", to, 0, 0, OUT_OF_BOUNDS);
    stops("length_at", memory, 0, 0, OUT_OF_BOUNDS);
    stops("length_at", 0xffffffff, 0, 0, OUT_OF_BOUNDS);
    stops("compare_at", to, to, 0, OUT_OF_BOUNDS);
    stops("some_at", to, 9, 0, OUT_OF_BOUNDS);
    call("some_at", to, 8, 0);
    stops("copy_to", to, 0, 9, OUT_OF_BOUNDS);
    stops("copy_to", 0, to, 9, OUT_OF_BOUNDS);
    stops("copy_to", 16, 32, 0xffffffff, OUT_OF_BOUNDS);
    stops("copy_to", 0xfffffff0, 16, 32, OUT_OF_BOUNDS);
    stops("fill_at", to, 9, 0, OUT_OF_BOUNDS);
    call("fill_at", memory, 0, 0);
    stops("sprint_at", to, 0, 0, OUT_OF_BOUNDS);
    stops("sprint_at", memory, 0, 0, OUT_OF_BOUNDS);
    call("fill_at", to, 8, 0);
    stops("print_text_at", to, 0, 0, OUT_OF_BOUNDS);
    stops("arguments_at", memory - 4, 0, 0, OUT_OF_BOUNDS);
    stops("arguments_at", 0xfffffffc, 0, 0, OUT_OF_BOUNDS);
    stops("end_at", memory - 3, 0, 0, OUT_OF_BOUNDS);
    stops("time_at", memory - 11, 0, 0, OUT_OF_BOUNDS);
    /* A format that ends in the middle of a conversion, and of the memory. */
    call("poke", memory - 2, '%', 0);
    call("poke", memory - 1, '-', 0);
    stops("print_at", memory - 2, 0, 0, OUT_OF_BOUNDS);
    /* Blocks that are none are left alone. */
    call("free_at", 12345, 0, 0);
    call("free_at", 0xfffffff8, 0, 0);
    CHECK(call("realloc_at", 12345, 0, 0) == 0);
    CHECK(wasm_runtime_get_exception(client.instance) == NULL);
}

static void constants(void)
{
    uint32_t argv[5];
    double nan, infinity;
    if (!CHECK(client_open(&client, "constants", 0))) {
        return;
    }
    CHECK(client_call(&client, "constants", 0, argv));
    memcpy(&nan, argv, 8);
    memcpy(&infinity, argv + 2, 8);
    CHECK(nan != nan && infinity > 1e308 && argv[4] == 666);
    CHECK(call("length", 0, 0, 0) == 12);
    call("print", 0, 0, 0);
    CHECK(wasm_runtime_is_import_global_linked("global", "NaN"));
    CHECK(!wasm_runtime_is_import_global_linked("global", "Nothing"));
    CHECK(wasm_runtime_is_import_func_linked("env", "printf"));
    CHECK(wasm_runtime_is_import_func_linked("env", "_printf"));
    CHECK(!wasm_runtime_is_import_func_linked("spectest", "printf"));
    client_close(&client);
}

/* A native of the client's comes first. */
static int32_t atoi_wrapper(wasm_exec_env_t exec_env, const char *text)
{
    (void)exec_env;
    return text[0] == '1' ? 123 : -1;
}

static NativeSymbol natives[] = { EXPORT_WASM_API_WITH_SIG2(atoi, "($)i") };

int client_main(void)
{
    int32_t times;
    CHECK(client_start(NULL, 0));
    if (CHECK(client_open(&client, "builtin", 8192))) {
        formats();
        CHECK(call("output", 0, 0, 0) == 211405);
        CHECK(call("formats", 0, 0, 0) == 0);
        CHECK(call("strings", 0, 0, 0) == 0);
        CHECK(call("blocks", 0, 0, 0) == 0);
        CHECK(call("numbers", 0, 0, 0) == 0);
        CHECK(call("characters", 0, 0, 0) == 0);
        times = call("times", 0, 0, 0);
        CHECK(times == 0 || times == -1);
        traps();
    }
    client_close(&client);
    constants();

    CHECK(wasm_runtime_register_natives("env", natives, 1));
    if (CHECK(client_open(&client, "builtin", 0))) {
        CHECK(call("numbers", 0, 0, 0) > 0);
    }
    client_close(&client);
    wasm_runtime_destroy();
    return client_done("builtin");
}
