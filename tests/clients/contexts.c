/* Data of the host's per instance: custom data, contexts by key; and per exec env: user data. */
#include "client.h"

struct tally {
    int destroyed;
    int32_t value;
};

static void *tally_key;
static int destroyed_without;

static void tally_destroy(wasm_module_inst_t inst, void *ctx)
{
    (void)inst;
    if (ctx) {
        ((struct tally *)ctx)->destroyed++;
    } else {
        destroyed_without++;
    }
}

/* Imported as count_apples: adds to the context of whoever calls. */
static int32_t count_apples(wasm_exec_env_t exec_env, int32_t more)
{
    struct tally *tally = (struct tally *)wasm_runtime_get_context(get_module_inst(exec_env), tally_key);
    tally->value += more;
    return tally->value;
}

/* Imported as count_pears: the same with user data. */
static int32_t count_pears(wasm_exec_env_t exec_env, int32_t more)
{
    int32_t *user = (int32_t *)wasm_runtime_get_user_data(exec_env);
    return user ? *user += more : -1;
}

static NativeSymbol natives[] = {
    EXPORT_WASM_API_WITH_SIG(count_apples, "(i)i"),
    EXPORT_WASM_API_WITH_SIG(count_pears, "(i)i"),
};

static void keys(void)
{
    void *all[8];
    int i;
    for (i = 0; i < 8; i++) {
        all[i] = wasm_runtime_create_context_key(NULL);
        CHECK(all[i] != NULL);
        CHECK(i == 0 || all[i] != all[i - 1]);
    }
    CHECK(wasm_runtime_create_context_key(NULL) == NULL);
    wasm_runtime_destroy_context_key(all[3]);
    all[3] = wasm_runtime_create_context_key(NULL);
    CHECK(all[3] != NULL);
    for (i = 0; i < 8; i++) {
        wasm_runtime_destroy_context_key(all[i]);
    }
}

int client_main(void)
{
    struct client one, two;
    struct tally tallies[2];
    int32_t user = 70;
    uint32_t argv[1];
    void *unused_key;

    memset(tallies, 0, sizeof(tallies));
    CHECK(client_start(natives, sizeof(natives) / sizeof(natives[0])));
    keys();
    tally_key = wasm_runtime_create_context_key(tally_destroy);
    unused_key = wasm_runtime_create_context_key(tally_destroy);
    CHECK(tally_key != NULL && unused_key != NULL);

    if (CHECK(client_open(&one, "attachments", 0)) && CHECK(client_open(&two, "attachments", 0))) {
        CHECK(wasm_runtime_get_custom_data(one.instance) == NULL);
        wasm_runtime_set_custom_data(one.instance, &user);
        CHECK(wasm_runtime_get_custom_data(one.instance) == &user);
        CHECK(wasm_runtime_get_custom_data(two.instance) == NULL);

        CHECK(wasm_runtime_get_context(one.instance, tally_key) == NULL);
        wasm_runtime_set_context(one.instance, tally_key, &tallies[0]);
        wasm_runtime_set_context_spread(two.instance, tally_key, &tallies[1]);
        CHECK(wasm_runtime_get_context(one.instance, tally_key) == &tallies[0]);
        CHECK(wasm_runtime_get_context(one.instance, unused_key) == NULL);

        argv[0] = 5;
        CHECK(client_call(&one, "apples", 1, argv));
        argv[0] = 6;
        CHECK(client_call(&two, "apples", 1, argv));
        argv[0] = 7;
        CHECK(client_call(&two, "apples", 1, argv));
        CHECK(argv[0] == 13 && tallies[0].value == 5 && tallies[1].value == 13);

        CHECK(wasm_runtime_get_user_data(one.env) == NULL);
        CHECK(client_call(&one, "pears", 1, argv));
        CHECK((int32_t)argv[0] == -1);
        wasm_runtime_set_user_data(one.env, &user);
        CHECK(wasm_runtime_get_user_data(one.env) == &user);
        argv[0] = 3;
        CHECK(client_call(&one, "pears", 1, argv));
        CHECK(argv[0] == 73 && user == 73);
        argv[0] = 3;
        CHECK(client_call(&two, "pears", 1, argv));
        CHECK((int32_t)argv[0] == -1);
    }
    /* Destructors run once for every key, also without a value. */
    client_close(&one);
    CHECK(tallies[0].destroyed == 1 && tallies[1].destroyed == 0 && destroyed_without == 1);
    client_close(&two);
    CHECK(tallies[0].destroyed == 1 && tallies[1].destroyed == 1 && destroyed_without == 2);

    wasm_runtime_destroy_context_key(unused_key);
    wasm_runtime_destroy_context_key(tally_key);
    wasm_runtime_destroy();
    return client_done("contexts");
}
