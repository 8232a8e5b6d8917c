/* lib-pthread and its semaphores: the guest checks them, and the host stops threads that wait in them. */
#include "../client.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

static void check_from_inside(struct client *client)
{
    static const char *const names[] = { "mutexes", "gone_owner", "conditions", "keys", "cancelled_waiters", "ends",
                                         "limits",  "semaphores", "aligned",    "heap", "detached" };
    const unsigned count = sizeof(names) / sizeof(names[0]);
    unsigned i, round;
    for (round = 0; round < 2; round++) {
        for (i = 0; i < count - (round == 0); i++) {
            uint32_t argv[1] = { 0 };
            if (!CHECK(client_call(client, names[i], 0, argv)) || !CHECK(argv[0] == 0)) {
                printf("    %s: line %u of the guest, %s\n", names[i], argv[0],
                       wasm_runtime_get_exception(client->instance));
            }
        }
    }
}

struct blocked {
    struct client *client;
    uint32_t how;
    bool returned;
};

static void *block(void *arg)
{
    struct blocked *blocked = (struct blocked *)arg;
    uint32_t argv[1] = { blocked->how };
    blocked->returned = client_call(blocked->client, "block", 1, argv);
    return NULL;
}

/* Whatever a thread waits for, and whether it has begun to wait or not, it ends. */
static void stop_blocked(struct client *client)
{
    const struct timespec while_it_waits = { 0, 20 * 1000 * 1000 };
    uint32_t how;
    int round;
    for (how = 0; how < 4; how++) {
        for (round = 0; round < 2; round++) {
            struct blocked blocked = { client, how, true };
            pthread_t thread;
            CHECK(pthread_create(&thread, NULL, block, &blocked) == 0);
            if (round == 1) {
                nanosleep(&while_it_waits, NULL);
            }
            wasm_runtime_terminate(client->instance);
            CHECK(pthread_join(thread, NULL) == 0);
            CHECK(!blocked.returned);
            CHECK_TEXT(wasm_runtime_get_exception(client->instance), "Exception: terminated by user");
            wasm_runtime_clear_exception(client->instance);
        }
    }
}

/* Only functions of the right types are called, whatever the guest says. */
static void start_of_other_types(void)
{
    enum { KEEP, NOTHING, NONE, EMPTY = 8, OUTSIDE };
    const uint32_t invalid = 22, result = 4, seen = 12;
    struct client client;
    uint32_t function, argv[1];
    if (CHECK(client_open(&client, "thread_types", 0))) {
        for (function = NOTHING; function <= OUTSIDE; function++) {
            argv[0] = function;
            CHECK(client_call(&client, "start", 1, argv));
            CHECK(argv[0] == (function == NOTHING ? 0 : invalid));
        }
        argv[0] = seen;
        CHECK(client_call(&client, "load", 1, argv) && argv[0] == 7);
        argv[0] = NOTHING;
        CHECK(client_call(&client, "start_with_destructor", 1, argv) && argv[0] == 0);
        argv[0] = seen;
        CHECK(client_call(&client, "load", 1, argv) && argv[0] == 1);
        argv[0] = result;
        CHECK(client_call(&client, "load", 1, argv) && argv[0] == 0);
    }
    client_close(&client);
    for (function = NONE; function <= OUTSIDE; function++) {
        if (CHECK(client_open(&client, "thread_types", 0))) {
            argv[0] = function;
            CHECK(!client_call(&client, "start_with_destructor", 1, argv));
            CHECK_TEXT(wasm_runtime_get_exception(client.instance),
                       function == EMPTY     ? "Exception: uninitialized element"
                       : function == OUTSIDE ? "Exception: undefined element"
                                             : "Exception: indirect call type mismatch");
        }
        client_close(&client);
    }
}

/* Threads of guests share memory, or there are none. */
static void create_unshared(void)
{
    struct client client;
    uint32_t argv[1];
    if (CHECK(client_open(&client, "unshared", 256))) {
        wasm_exec_env_t spawned = wasm_runtime_spawn_exec_env(client.env);
        CHECK(client_call(&client, "create", 0, argv) && argv[0] == 11);
        CHECK(client_call(&client, "spawn", 0, argv) && (int32_t)argv[0] < 0);
        /* Those of the client may do without, and have no app heap then: it is in the other memory. */
        if (CHECK(spawned != NULL)) {
            CHECK(wasm_runtime_module_malloc(wasm_runtime_get_module_inst(spawned), 8, NULL) == 0);
            CHECK(wasm_runtime_get_exception(wasm_runtime_get_module_inst(spawned)) == NULL);
            wasm_runtime_destroy_spawned_exec_env(spawned);
        }
        CHECK(wasm_runtime_module_malloc(client.instance, 8, NULL) != 0);
    }
    client_close(&client);
}

static bool has_left;

/* Imported as linger: goes on for a while when the program has been stopped. */
static int32_t linger(wasm_exec_env_t exec_env, int32_t result)
{
    struct timespec left = { 0, 50 * 1000 * 1000 };
    while (wasm_runtime_begin_blocking_op(exec_env)) {
        sched_yield();
    }
    /* Signals end it early. */
    while (nanosleep(&left, &left) != 0) {
    }
    has_left = true;
    return result;
}

static NativeSymbol natives[] = { EXPORT_WASM_API_WITH_SIG(linger, "(i)i") };

/* No thread runs on in an instance that there is not. */
static void fail_to_start(void)
{
    struct client client;
    has_left = false;
    CHECK(!client_open(&client, "thread_then_trap", 0));
    CHECK(client.module != NULL && has_left);
    CHECK_TEXT(client.error, "AOT module instantiate failed: Exception: unreachable");
    client_close(&client);
}

int client_main(void)
{
    struct client client;
    CHECK(client_start(natives, sizeof(natives) / sizeof(natives[0])));
    if (CHECK(client_open(&client, "pthreads", 16384))) {
        check_from_inside(&client);
        stop_blocked(&client);
    }
    client_close(&client);
    start_of_other_types();
    create_unshared();
    fail_to_start();
    wasm_runtime_destroy();
    return client_done("pthreads");
}
