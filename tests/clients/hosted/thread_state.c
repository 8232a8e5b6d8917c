/* What spawned instances share with the first one, what they have of their own, and how they are given back. */
#include "../client.h"

static void *key;
static int destroyed, custom, context, other_context;

static void destroy(wasm_module_inst_t inst, void *ctx)
{
    (void)inst;
    destroyed += ctx == &other_context ? 1 : 100;
}

static int32_t meet(wasm_exec_env_t exec_env, int32_t more)
{
    (void)exec_env;
    return more;
}

static NativeSymbol natives[] = { EXPORT_WASM_API_WITH_SIG(meet, "(i)i") };

static uint32_t call(wasm_exec_env_t env, const char *name, uint32_t first, uint32_t second)
{
    uint32_t argv[2] = { first, second };
    wasm_function_inst_t function = wasm_runtime_lookup_function(wasm_runtime_get_module_inst(env), name);
    CHECK(function != NULL);
    CHECK(wasm_runtime_call_wasm(env, function, wasm_func_get_param_count(function, get_module_inst(env)), argv));
    return argv[0];
}

static void state(struct client *client)
{
    wasm_exec_env_t spawned, second;
    wasm_module_inst_t inst;
    uint32_t argv[1];
    wasm_runtime_set_custom_data(client->instance, &custom);
    wasm_runtime_set_context(client->instance, key, &context);
    call(client->env, "store", 16, 8);
    call(client->env, "set", 6, 0);
    spawned = wasm_runtime_spawn_exec_env(client->env);
    if (!CHECK(spawned != NULL)) {
        return;
    }
    inst = wasm_runtime_get_module_inst(spawned);
    CHECK(inst != client->instance && wasm_runtime_get_module(inst) == client->module);
    CHECK(wasm_runtime_get_exec_env_singleton(inst) == spawned);
    /* The start function ran again, constructors and data did not. */
    CHECK(call(spawned, "load", 0, 0) == 2 && call(spawned, "load", 4, 0) == 1 && call(spawned, "load", 16, 0) == 8);
    CHECK(call(spawned, "get", 0, 0) == 5);
    call(spawned, "set", 7, 0);
    CHECK(call(client->env, "get", 0, 0) == 6 && call(spawned, "get", 0, 0) == 7);
    argv[0] = 0;
    CHECK(wasm_runtime_call_indirect(spawned, 0, 0, argv) && argv[0] == 7);
    call(spawned, "store", 32, 99);
    CHECK(call(client->env, "load", 32, 0) == 99);
    /* One page is the heap's. */
    CHECK(call(spawned, "grow", 1, 0) == 2 && call(client->env, "size", 0, 0) == 3);
    CHECK(call(client->env, "load", 140000, 0) == 0);
    CHECK(wasm_runtime_addr_app_to_native(inst, 32) == wasm_runtime_addr_app_to_native(client->instance, 32));
    CHECK(wasm_memory_get_shared(wasm_runtime_get_default_memory(inst)));

    CHECK(wasm_runtime_get_custom_data(inst) == &custom && wasm_runtime_get_context(inst, key) == &context);
    wasm_runtime_set_custom_data(inst, &context);
    CHECK(wasm_runtime_get_custom_data(client->instance) == &context);
    wasm_runtime_set_context_spread(inst, key, &other_context);
    CHECK(wasm_runtime_get_context(client->instance, key) == &other_context);
    /* From one that was spawned. */
    second = wasm_runtime_spawn_exec_env(spawned);
    CHECK(second != NULL && call(second, "load", 0, 0) == 3 && call(second, "get", 0, 0) == 5);
    CHECK(wasm_runtime_get_context(wasm_runtime_get_module_inst(second), key) == &other_context);

    /* Each kind is given back in its own way. */
    wasm_runtime_destroy_exec_env(spawned);
    wasm_runtime_deinstantiate(inst);
    CHECK(call(spawned, "get", 0, 0) == 7);
    wasm_runtime_destroy_spawned_exec_env(client->env);
    wasm_runtime_destroy_spawned_exec_env(spawned);
    wasm_runtime_destroy_spawned_exec_env(spawned);
    wasm_runtime_destroy_spawned_exec_env(NULL);
    CHECK(destroyed == 0);
    CHECK(call(second, "get", 0, 0) == 5);
    wasm_runtime_destroy_spawned_exec_env(second);
    CHECK(wasm_runtime_spawn_exec_env(spawned) == NULL && wasm_runtime_spawn_exec_env(NULL) == NULL);
}

/* A handle stands for the function of the instance that is called, whichever instance of the module it was found in. */
static void functions_of_others(struct client *client)
{
    struct client other;
    wasm_exec_env_t spawned = wasm_runtime_spawn_exec_env(client->env);
    wasm_module_inst_t inst = wasm_runtime_get_module_inst(spawned);
    wasm_function_inst_t get = wasm_runtime_lookup_function(client->instance, "get");
    wasm_function_inst_t store = wasm_runtime_lookup_function(client->instance, "store");
    wasm_function_inst_t get_there = wasm_runtime_lookup_function(inst, "get");
    wasm_val_t value;
    wasm_valkind_t kinds[2] = { 0, 0 };
    uint32_t argv[2] = { 0, 0 };
    call(client->env, "set", 20, 0);
    call(spawned, "set", 30, 0);
    CHECK(wasm_runtime_call_wasm(spawned, get, 0, argv) && argv[0] == 30);
    CHECK(wasm_runtime_call_wasm(client->env, get, 0, argv) && argv[0] == 20);
    CHECK(wasm_runtime_call_wasm(client->env, get_there, 0, argv) && argv[0] == 20);
    CHECK(wasm_runtime_call_wasm_a(spawned, get, 1, &value, 0, NULL) && value.of.i32 == 30);
    CHECK(wasm_func_get_param_count(store, inst) == 2 && wasm_func_get_result_count(get, inst) == 1);
    wasm_func_get_param_types(store, inst, kinds);
    CHECK(kinds[0] == WASM_I32 && kinds[1] == WASM_I32);
    /* In another program of the same module too; not in one of another module. */
    if (CHECK(client_open(&other, "sums", 8192))) {
        wasm_function_inst_t sum = wasm_runtime_lookup_function(other.instance, "sum");
        CHECK(!wasm_runtime_call_wasm(spawned, sum, 2, argv) && wasm_func_get_param_count(sum, inst) == 0);
        CHECK_TEXT(wasm_runtime_get_exception(inst), "Exception: the handle belongs to another store");
    }
    client_close(&other);
    wasm_runtime_clear_exception(inst);
    wasm_runtime_clear_exception(client->instance);
    wasm_runtime_destroy_spawned_exec_env(spawned);
    other = *client;
    other.instance = wasm_runtime_instantiate(client->module, 8192, 8192, other.error, sizeof(other.error));
    other.env = wasm_runtime_create_exec_env(other.instance, 8192);
    CHECK(wasm_runtime_call_wasm(other.env, get, 0, argv) && argv[0] == 5);
    other.module = NULL;
    client_close(&other);
    /* Both have told that they end. */
    CHECK(destroyed == 200);
    destroyed = 0;
    CHECK(wasm_runtime_call_wasm(client->env, get, 0, argv) && argv[0] == 20);
}

/* With an exception there are no new threads. */
static void with_exception(struct client *client)
{
    wasm_exec_env_t spawned;
    CHECK(!client_call(client, "trap", 0, NULL));
    CHECK(wasm_runtime_spawn_exec_env(client->env) == NULL);
    wasm_runtime_clear_exception(client->instance);
    spawned = wasm_runtime_spawn_exec_env(client->env);
    CHECK(spawned != NULL);
    wasm_runtime_destroy_spawned_exec_env(spawned);
}

/* Whatever was set. */
#define MOST 1024

static void most(struct client *client, unsigned count)
{
    static wasm_exec_env_t spawned[MOST];
    unsigned i, round;
    for (round = 0; round < 2; round++) {
        for (i = 0; i < count; i++) {
            spawned[i] = wasm_runtime_spawn_exec_env(client->env);
            CHECK(spawned[i] != NULL);
        }
        CHECK(wasm_runtime_spawn_exec_env(client->env) == NULL);
        for (i = 0; i < count; i++) {
            wasm_runtime_destroy_spawned_exec_env(spawned[i]);
        }
    }
}

static void *nothing(wasm_exec_env_t env, void *arg)
{
    (void)env;
    return arg;
}

static void wrong_use(struct client *client)
{
    wasm_thread_t thread = 0;
    CHECK(wasm_runtime_spawn_thread(NULL, &thread, nothing, NULL) == -1);
    CHECK(wasm_runtime_spawn_thread(client->env, NULL, nothing, NULL) == -1);
    CHECK(wasm_runtime_spawn_thread(client->env, &thread, NULL, NULL) == -1);
    CHECK(wasm_runtime_join_thread(0, NULL) != 0);
    CHECK(wasm_runtime_join_thread((wasm_thread_t)1 << 20, NULL) != 0);
    CHECK(!wasm_runtime_begin_blocking_op(NULL));
    wasm_runtime_end_blocking_op(NULL);
}

int client_main(void)
{
    struct client client;
    RuntimeInitArgs args;
    /* What is still there at the end is reported, and goes as well. */
    wasm_exec_env_t left = NULL;
    CHECK(client_start(natives, 1));
    CHECK(wasm_runtime_thread_env_inited());
    key = wasm_runtime_create_context_key(destroy);
    if (CHECK(client_open(&client, "shared_state", 8192))) {
        state(&client);
        functions_of_others(&client);
        with_exception(&client);
        most(&client, 4);
        wrong_use(&client);
        left = wasm_runtime_spawn_exec_env(client.env);
        CHECK(left != NULL);
    }
    client_close(&client);
    CHECK(destroyed == 1);
    /* A stale exec env is refused. */
    CHECK(wasm_runtime_spawn_exec_env(left) == NULL);

    wasm_runtime_set_max_thread_num(6);
    wasm_runtime_set_max_thread_num(0);
    if (CHECK(client_open(&client, "shared_state", 0))) {
        most(&client, 6);
    }
    client_close(&client);
    wasm_runtime_destroy();

    memset(&args, 0, sizeof(args));
    args.mem_alloc_type = Alloc_With_System_Allocator;
    args.native_module_name = "env";
    args.native_symbols = natives;
    args.n_native_symbols = 1;
    args.max_thread_num = 1;
    CHECK(wasm_runtime_full_init(&args));
    if (CHECK(client_open(&client, "shared_state", 0))) {
        most(&client, 1);
    }
    client_close(&client);
    wasm_runtime_set_max_thread_num(MOST + 3);
    if (CHECK(client_open(&client, "shared_state", 0))) {
        most(&client, MOST);
    }
    client_close(&client);
    wasm_runtime_destroy();
    return client_done("thread_state");
}
