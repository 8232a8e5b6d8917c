/* One native under two names, told apart by what is attached to each. */
#include "client.h"

struct basket {
    const char *name;
    int32_t count;
};

static struct basket apples = { "apples", 0 }, pears = { "pears", 10 };

static int32_t count(wasm_exec_env_t exec_env, int32_t more)
{
    struct basket *basket = (struct basket *)wasm_runtime_get_function_attachment(exec_env);
    basket->count += more;
    return basket->count;
}

static int32_t count_pears_wrapper(wasm_exec_env_t exec_env, int32_t more)
{
    return count(exec_env, more);
}

static NativeSymbol natives[] = {
    { "count_apples", GRAVER_NATIVE_POINTER(count), "(i)i", &apples },
    EXPORT_WASM_API_WITH_ATT2(count_pears, "(i)i", &pears),
};

int client_main(void)
{
    struct client client;
    uint32_t argv[1] = { 3 };

    CHECK(client_start(natives, sizeof(natives) / sizeof(natives[0])));
    if (CHECK(client_open(&client, "attachments", 0))) {
        CHECK(client_call(&client, "apples", 1, argv));
        CHECK(argv[0] == 3 && apples.count == 3);
        argv[0] = 4;
        CHECK(client_call(&client, "pears", 1, argv));
        CHECK(argv[0] == 14 && pears.count == 14);
        argv[0] = 1;
        CHECK(client_call(&client, "both", 1, argv));
        CHECK(argv[0] == 415);
    }
    client_close(&client);
    wasm_runtime_destroy();
    return client_done("attachments");
}
