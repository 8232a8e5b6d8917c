/* Native functions with signatures: types, pointers with and without lengths, strings; what is checked and what is not. */
#include "client.h"

static wasm_module_inst_t seen_instance;
static int32_t noted;

static int32_t add(wasm_exec_env_t exec_env, int32_t a, int32_t b)
{
    seen_instance = get_module_inst(exec_env);
    return a + b;
}

static int64_t widen(wasm_exec_env_t exec_env, int64_t a, int32_t b)
{
    (void)exec_env;
    return a * 1000 + b;
}

static float half(wasm_exec_env_t exec_env, float value)
{
    (void)exec_env;
    return value / 2;
}

static double sum(wasm_exec_env_t exec_env, int32_t a, int64_t b, float c, double d)
{
    (void)exec_env;
    return (double)a + (double)b + (double)c + d;
}

static void note(wasm_exec_env_t exec_env, int32_t value)
{
    (void)exec_env;
    noted = value;
}

static int32_t fill(wasm_exec_env_t exec_env, char *buffer, uint32_t length, int32_t byte)
{
    (void)exec_env;
    memset(buffer, byte, length);
    return (int32_t)length;
}

static int32_t copy(wasm_exec_env_t exec_env, char *to, const char *from, uint32_t length)
{
    wasm_module_inst_t module_inst = get_module_inst(exec_env);
    /* `from` has a length, `to` is checked by hand. */
    if (!validate_app_addr(addr_native_to_app(to), length)) {
        return -1;
    }
    memcpy(to, from, length);
    return 0;
}

static int32_t measure(wasm_exec_env_t exec_env, const char *text)
{
    (void)exec_env;
    return (int32_t)strlen(text);
}

/* Where its argument pointed to, for the client. */
static const void *seen_pointer;

static int32_t first_byte(wasm_exec_env_t exec_env, const uint8_t *pointer)
{
    (void)exec_env;
    seen_pointer = pointer;
    return *pointer;
}

/* Without a signature: the app address arrives as it is. */
static int32_t app_address(wasm_exec_env_t exec_env, uint32_t address)
{
    (void)exec_env;
    return (int32_t)address;
}

static int32_t prefixed_wrapper(wasm_exec_env_t exec_env, int32_t value)
{
    (void)exec_env;
    return value + 1;
}

static NativeSymbol natives[] = {
    EXPORT_WASM_API_WITH_SIG(add, "(ii)i"),
    EXPORT_WASM_API_WITH_SIG(widen, "(Ii)I"),
    EXPORT_WASM_API_WITH_SIG(half, "(f)f"),
    EXPORT_WASM_API_WITH_SIG(sum, "(iIfF)F"),
    EXPORT_WASM_API_WITH_SIG(note, "(i)"),
    EXPORT_WASM_API_WITH_SIG(fill, "(*~i)i"),
    EXPORT_WASM_API_WITH_SIG(copy, "(**~)i"),
    EXPORT_WASM_API_WITH_SIG(measure, "($)i"),
    EXPORT_WASM_API_WITH_SIG(first_byte, "(*)i"),
    EXPORT_WASM_API(app_address),
    EXPORT_WASM_API2(prefixed),
    /* Not what the module imports. */
    { "two_results", GRAVER_NATIVE_POINTER(add), "(iI)i", NULL },
};

static const char OUT_OF_BOUNDS[] = "Exception: out of bounds memory access";

static uint32_t call1(struct client *client, const char *name, uint32_t argument)
{
    uint32_t argv[1];
    argv[0] = argument;
    CHECK(client_call(client, name, 1, argv));
    return argv[0];
}

static void call_out_of_bounds(struct client *client, const char *name, uint32_t a, uint32_t b)
{
    uint32_t argv[2];
    argv[0] = a;
    argv[1] = b;
    CHECK(!client_call(client, name, 2, argv));
    CHECK_TEXT(wasm_runtime_get_exception(client->instance), OUT_OF_BOUNDS);
    wasm_runtime_clear_exception(client->instance);
}

static void types(struct client *client)
{
    uint32_t argv[8];
    int64_t wide;
    float single;
    double both;

    argv[0] = 7;
    argv[1] = (uint32_t)-9;
    CHECK(client_call(client, "call_add", 2, argv));
    CHECK((int32_t)argv[0] == -2);
    CHECK(seen_instance == client->instance);

    wide = -5000000000;
    memcpy(argv, &wide, 8);
    argv[2] = 3;
    CHECK(client_call(client, "call_widen", 3, argv));
    memcpy(&wide, argv, 8);
    CHECK(wide == -4999999999997);

    single = 5.5f;
    memcpy(argv, &single, 4);
    CHECK(client_call(client, "call_half", 1, argv));
    memcpy(&single, argv, 4);
    CHECK(single == 2.75f);

    argv[0] = 1;
    wide = 2;
    memcpy(argv + 1, &wide, 8);
    single = 0.5f;
    memcpy(argv + 3, &single, 4);
    both = 0.25;
    memcpy(argv + 4, &both, 8);
    CHECK(client_call(client, "call_sum", 6, argv));
    memcpy(&both, argv, 8);
    CHECK(both == 3.75);

    call1(client, "call_note", 42);
    CHECK(noted == 42);
    CHECK(call1(client, "call_prefixed", 9) == 10);
}

static void pointers(struct client *client)
{
    uint64_t start = 1, end = 0;
    uint32_t memory, greeting;

    CHECK(call1(client, "call_fill", 5) == 5 + 15);
    CHECK(call1(client, "call_copy", 0) == 15);
    CHECK(call1(client, "call_measure", 0) == 15);

    CHECK(wasm_runtime_get_app_addr_range(client->instance, 0, &start, &end));
    CHECK(start == 0 && end >= 65536 && end < UINT32_MAX);
    memory = (uint32_t)end;
    greeting = call1(client, "greeting_at", 0);
    CHECK(call1(client, "measure_at", greeting + 6) == 9);
    CHECK(call1(client, "first_byte_at", greeting) == 'h');
    CHECK(seen_pointer == wasm_runtime_addr_app_to_native(client->instance, greeting));

    /* With ~ all of the length is checked; 0 bytes at the end are inside. */
    CHECK(call1(client, "first_byte_at", memory - 1) == *((const uint8_t *)seen_pointer));
    call_out_of_bounds(client, "first_byte_at", memory, 0);
    call_out_of_bounds(client, "fill_at", memory - 4, 5);
    call_out_of_bounds(client, "fill_at", 16, 0xffffffff);
    call_out_of_bounds(client, "fill_at", 0xfffffff0, 0x20);
    /* A string needs its end inside. */
    {
        uint32_t argv[2];
        argv[0] = memory - 1;
        argv[1] = 'x';
        CHECK(client_call(client, "poke", 2, argv));
        call_out_of_bounds(client, "measure_at", memory - 1, 0);
    }
    call_out_of_bounds(client, "measure_at", memory, 0);

    /* App address 0 is the first byte of the memory, not NULL. */
    call1(client, "first_byte_at", 0);
    CHECK(seen_pointer == wasm_runtime_addr_app_to_native(client->instance, 0) && seen_pointer != NULL);

    /* Without a signature nothing is checked or converted. */
    CHECK(call1(client, "address_of", 0xfffffffe) == 0xfffffffe);
}

/* The natives that a module gets are those that were registered when it was loaded, the newest first. */
static int32_t add_more(wasm_exec_env_t exec_env, int32_t a, int32_t b)
{
    (void)exec_env;
    return a + b + 1000;
}

static NativeSymbol newer[] = { { "add", GRAVER_NATIVE_POINTER(add_more), "(ii)i", NULL } };
static NativeSymbol elsewhere[] = { { "add", GRAVER_NATIVE_POINTER(add_more), "(ii)i", NULL } };

static uint32_t load_and_add(void)
{
    struct client client;
    uint32_t argv[2] = { 2, 3 };
    if (CHECK(client_open(&client, "natives", 0))) {
        CHECK(client_call(&client, "call_add", 2, argv));
    }
    client_close(&client);
    return argv[0];
}

static void registration(void)
{
    CHECK(wasm_runtime_register_natives("other", elsewhere, 1));
    CHECK(load_and_add() == 5);
    CHECK(wasm_runtime_register_natives("env", newer, 1));
    CHECK(load_and_add() == 1005);
    CHECK(!wasm_runtime_unregister_natives("other", newer));
    CHECK(wasm_runtime_unregister_natives("env", newer));
    CHECK(!wasm_runtime_unregister_natives("env", newer));
    CHECK(load_and_add() == 5);

    CHECK(wasm_runtime_is_import_func_linked("env", "add"));
    CHECK(wasm_runtime_is_import_func_linked("env", "app_address"));
    CHECK(wasm_runtime_is_import_func_linked("other", "add"));
    CHECK(!wasm_runtime_is_import_func_linked("other", "widen"));
    CHECK(!wasm_runtime_is_import_func_linked("env", "no_such_function"));
}

int client_main(void)
{
    struct client client;
    uint32_t argv[2] = { 1, 2 };

    CHECK(client_start(natives, sizeof(natives) / sizeof(natives[0])));
    if (CHECK(client_open(&client, "natives", 0))) {
        types(&client);
        pointers(&client);
        /* A signature that does not match leaves the import without a native. */
        CHECK(!client_call(&client, "call_two", 2, argv));
        CHECK_TEXT(wasm_runtime_get_exception(client.instance),
                   "Exception: failed to call unlinked import function (env, two_results)");
    }
    client_close(&client);
    registration();
    wasm_runtime_destroy();
    return client_done("natives");
}
