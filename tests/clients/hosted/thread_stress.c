/* A thousand threads come and go, some of them stopped from outside, from several threads of the client's at once. */
#include "../client.h"

#include <pthread.h>

#define ROUNDS 125
#define CLIENTS 2
#define THREADS 4

static int32_t meet(wasm_exec_env_t exec_env, int32_t what)
{
    (void)exec_env;
    return what == 2;
}

static NativeSymbol natives[] = { EXPORT_WASM_API_WITH_SIG(meet, "(i)i") };

static void *call(wasm_exec_env_t env, void *arg)
{
    static const char *const names[] = { "get", "ask", "wait", "trap", "ask" };
    uint32_t what = (uint32_t)(uintptr_t)arg, argv[1];
    wasm_module_inst_t inst = wasm_runtime_get_module_inst(env);
    argv[0] = what == 2 ? 64 : what == 4 ? 2 : 0;
    return (void *)(uintptr_t)wasm_runtime_call_wasm(env, wasm_runtime_lookup_function(inst, names[what]),
                                                     what == 0 || what == 3 ? 0 : 1, argv);
}

static void *stress(void *arg)
{
    struct client *client = (struct client *)arg;
    uintptr_t failures = 0;
    uint32_t round, i;
    for (round = 0; round < ROUNDS; round++) {
        wasm_thread_t threads[THREADS];
        bool started[THREADS];
        bool is_quiet = round % 4 == 0;
        for (i = 0; i < THREADS; i++) {
            /* A quiet round has threads that end by themselves, another one some that have to be stopped. */
            uintptr_t what = is_quiet ? (i % 2 ? 4 : 0) : round % 4 == 1 && i == 3 ? 3 : 1 + i % 2;
            started[i] = wasm_runtime_spawn_thread(client->env, &threads[i], call, (void *)what) == 0;
            failures += is_quiet && !started[i];
        }
        if (!is_quiet && (round % 4 != 1 || !started[3])) {
            wasm_runtime_terminate(client->instance);
        }
        for (i = 0; i < THREADS; i++) {
            void *result = NULL;
            failures += started[i] && wasm_runtime_join_thread(threads[i], &result) != 0;
            failures += is_quiet != (result != NULL);
        }
        failures += is_quiet != (wasm_runtime_get_exception(client->instance) == NULL);
        wasm_runtime_clear_exception(client->instance);
    }
    return (void *)failures;
}

int client_main(void)
{
    static struct client clients[CLIENTS];
    pthread_t threads[CLIENTS];
    int i;
    CHECK(client_start(natives, sizeof(natives) / sizeof(natives[0])));
    wasm_runtime_set_log_level(WASM_LOG_LEVEL_FATAL);
    for (i = 0; i < CLIENTS; i++) {
        CHECK(client_open(&clients[i], "shared_state", 0));
    }
    for (i = 0; i < CLIENTS; i++) {
        CHECK(pthread_create(&threads[i], NULL, stress, &clients[i]) == 0);
    }
    for (i = 0; i < CLIENTS; i++) {
        void *failures = NULL;
        CHECK(pthread_join(threads[i], &failures) == 0 && failures == NULL);
        client_close(&clients[i]);
    }
    wasm_runtime_destroy();
    return client_done("thread_stress");
}
