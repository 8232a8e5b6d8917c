/* What ends one thread of a program ends all: traps, exceptions of natives, and wasm_runtime_terminate from outside; while
   they wait in the memory, call the host, do neither, or have not started yet. */
#include "../client.h"

#include <pthread.h>
#include <sched.h>

#define THREADS 4

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned inside;

/* Imported as meet: says that the thread is inside, and lets it ask again. */
static int32_t meet(wasm_exec_env_t exec_env, int32_t what)
{
    pthread_mutex_lock(&mutex);
    inside |= 1u << what;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    sched_yield();
    if (what == 31) {
        wasm_runtime_set_exception(get_module_inst(exec_env), "enough");
    }
    return 0;
}

static NativeSymbol natives[] = { EXPORT_WASM_API_WITH_SIG(meet, "(i)i") };

static void wait_inside(unsigned who)
{
    pthread_mutex_lock(&mutex);
    while ((inside & who) != who) {
        pthread_cond_wait(&changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
}

enum kind { ASKS, WAITS, SPINS, TRAPS, FAILS };

struct work {
    enum kind kind;
    wasm_exec_env_t env;
    unsigned number;
    bool returned, is_stopped, may_block;
    char exception[128];
};

static void run(struct work *work)
{
    static const char *const names[] = { "ask", "wait", "spin", "trap", "ask" };
    wasm_module_inst_t inst = wasm_runtime_get_module_inst(work->env);
    const char *exception;
    uint32_t argv[1];
    argv[0] = work->kind == WAITS ? 64 : work->kind == FAILS ? 31 : work->number;
    if (work->kind == WAITS || work->kind == SPINS) {
        meet(work->env, (int32_t)work->number);
    }
    work->returned = wasm_runtime_call_wasm(work->env, wasm_runtime_lookup_function(inst, names[work->kind]),
                                            work->kind == TRAPS ? 0 : 1, argv);
    exception = wasm_runtime_get_exception(inst);
    snprintf(work->exception, sizeof(work->exception), "%s", exception ? exception : "none");
    work->may_block = wasm_runtime_begin_blocking_op(work->env);
    wasm_runtime_end_blocking_op(work->env);
}

static void *in_library(wasm_exec_env_t env, void *arg)
{
    ((struct work *)arg)->env = env;
    run((struct work *)arg);
    return arg;
}

static void *in_client(void *arg)
{
    run((struct work *)arg);
    return arg;
}

/* Starts threads that wait or ask, has one of them or the host end it, and looks at what they all end with. */
static void end_by(struct client *client, int ends, enum kind how, const char *exception)
{
    struct work works[THREADS];
    wasm_thread_t threads[THREADS];
    int i;
    inside = 0;
    memset(works, 0, sizeof(works));
    for (i = 0; i < ends; i++) {
        works[i].kind = i == 0 ? ASKS : i == 1 ? WAITS : SPINS;
        works[i].number = (unsigned)i;
        CHECK(wasm_runtime_spawn_thread(client->env, &threads[i], in_library, &works[i]) == 0);
    }
    wait_inside((1u << ends) - 1);
    if (ends < THREADS) {
        works[ends].kind = how;
        works[ends].number = 30;
        CHECK(wasm_runtime_spawn_thread(client->env, &threads[ends], in_library, &works[ends]) == 0);
    } else {
        wasm_runtime_terminate(client->instance);
    }
    for (i = 0; i < THREADS; i++) {
        CHECK(wasm_runtime_join_thread(threads[i], NULL) == 0);
        CHECK(!works[i].returned);
        CHECK_TEXT(works[i].exception, exception);
        CHECK(works[i].may_block == (i == ends));
    }
    CHECK_TEXT(wasm_runtime_get_exception(client->instance), exception);
    /* Until it is cleared nothing runs, and nothing starts. */
    CHECK(!client_call(client, "get", 0, NULL));
    CHECK_TEXT(wasm_runtime_get_exception(client->instance), exception);
    CHECK(wasm_runtime_spawn_exec_env(client->env) == NULL);
    CHECK(wasm_runtime_spawn_thread(client->env, &threads[0], in_library, &works[0]) == -1);
    wasm_runtime_clear_exception(client->instance);
    CHECK(wasm_runtime_get_exception(client->instance) == NULL);
    {
        uint32_t argv[1];
        CHECK(client_call(client, "get", 0, argv) && argv[0] == 5);
    }
}

/* Before a thread starts, and in the first instance's own exec env. */
static void terminate_early_and_late(struct client *client)
{
    struct work early, late;
    pthread_t thread;
    memset(&early, 0, sizeof(early));
    memset(&late, 0, sizeof(late));
    early.env = wasm_runtime_spawn_exec_env(client->env);
    CHECK(early.env != NULL);
    wasm_runtime_terminate(wasm_runtime_get_module_inst(early.env));
    CHECK(pthread_create(&thread, NULL, in_client, &early) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(!early.returned);
    CHECK_TEXT(early.exception, "Exception: terminated by user");
    wasm_runtime_destroy_spawned_exec_env(early.env);
    CHECK(!client_call(client, "get", 0, NULL));
    wasm_runtime_clear_exception(client->instance);

    inside = 0;
    late.env = wasm_runtime_get_exec_env_singleton(client->instance);
    late.kind = WAITS;
    late.number = 3;
    CHECK(pthread_create(&thread, NULL, in_client, &late) == 0);
    wait_inside(1u << 3);
    wasm_runtime_terminate(client->instance);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(!late.returned);
    CHECK_TEXT(late.exception, "Exception: terminated by user");
    wasm_runtime_clear_exception(client->instance);
}

/* From another thread, an exception stops what runs as well. */
static void set_from_outside(struct client *client)
{
    struct work work;
    pthread_t thread;
    memset(&work, 0, sizeof(work));
    inside = 0;
    work.env = client->env;
    work.number = 2;
    CHECK(pthread_create(&thread, NULL, in_client, &work) == 0);
    wait_inside(1u << 2);
    wasm_runtime_set_exception(client->instance, "from outside");
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(!work.returned);
    CHECK_TEXT(work.exception, "Exception: from outside");
    wasm_runtime_clear_exception(client->instance);
}

int client_main(void)
{
    struct client client;
    uint32_t argv[1] = { 64 };
    CHECK(client_start(natives, sizeof(natives) / sizeof(natives[0])));
    if (CHECK(client_open(&client, "shared_state", 0))) {
        end_by(&client, THREADS - 1, TRAPS, "Exception: unreachable");
        end_by(&client, THREADS - 1, FAILS, "Exception: enough");
        end_by(&client, THREADS, ASKS, "Exception: terminated by user");
        terminate_early_and_late(&client);
        set_from_outside(&client);
        /* Nobody waits any more. */
        CHECK(client_call(&client, "wake", 1, argv) && argv[0] == 0);
    }
    client_close(&client);
    wasm_runtime_destroy();
    return client_done("thread_stops");
}
