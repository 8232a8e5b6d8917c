/* The sum of a range on threads of the client's and on threads that the library starts. Each has a stack of its own. */
#include "../client.h"

#include <pthread.h>

#define THREADS 4
#define LENGTH 25

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned met, to_meet;

/* Imported as meet: waits until so many threads are here. */
static int32_t meet(wasm_exec_env_t exec_env, int32_t who)
{
    (void)exec_env;
    pthread_mutex_lock(&mutex);
    met++;
    pthread_cond_broadcast(&changed);
    while (met < to_meet) {
        pthread_cond_wait(&changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    return who;
}

static NativeSymbol natives[] = { EXPORT_WASM_API_WITH_SIG(meet, "(i)i") };

struct work {
    wasm_exec_env_t env;
    /* Of the first instance, and found there: it stands for that of the thread's. */
    wasm_module_inst_t first;
    wasm_function_inst_t sum_there;
    uint32_t start, length, sum, changed, stack;
    bool done;
};

static bool call(wasm_exec_env_t env, const char *name, uint32_t argc, uint32_t *argv)
{
    wasm_function_inst_t function = wasm_runtime_lookup_function(wasm_runtime_get_module_inst(env), name);
    return function && wasm_runtime_call_wasm(env, function, argc, argv);
}

static void run(struct work *work)
{
    wasm_function_inst_t stack_there = wasm_runtime_lookup_function(work->first, "stack");
    uint32_t argv[2];
    argv[0] = work->start;
    argv[1] = work->length;
    work->done = wasm_runtime_call_wasm(work->env, work->sum_there, 2, argv);
    work->sum = argv[0];
    argv[0] = work->start;
    work->done = work->done && call(work->env, "keep", 1, argv);
    work->changed = argv[0];
    work->done = work->done && call(work->env, "stack", 0, argv);
    work->stack = argv[0];
    work->done = work->done && wasm_runtime_call_wasm(work->env, stack_there, 0, argv) && argv[0] == work->stack;
}

static void *client_thread(void *arg)
{
    struct work *work = (struct work *)arg;
    if (wasm_runtime_thread_env_inited() || !wasm_runtime_init_thread_env() || !wasm_runtime_thread_env_inited()) {
        return NULL;
    }
    run(work);
    wasm_runtime_destroy_thread_env();
    return wasm_runtime_thread_env_inited() ? NULL : work;
}

static void *library_thread(wasm_exec_env_t env, void *arg)
{
    struct work *work = (struct work *)arg;
    work->env = env;
    if (!wasm_runtime_thread_env_inited()) {
        return NULL;
    }
    run(work);
    /* Its own exec env is the library's to give back. */
    wasm_runtime_destroy_spawned_exec_env(env);
    return work;
}

static void prepare(struct work works[THREADS], wasm_exec_env_t env)
{
    wasm_module_inst_t first = wasm_runtime_get_module_inst(env);
    uint32_t i;
    memset(works, 0, sizeof(works[0]) * THREADS);
    for (i = 0; i < THREADS; i++) {
        works[i].start = i * LENGTH;
        works[i].length = LENGTH;
        works[i].first = first;
        works[i].sum_there = wasm_runtime_lookup_function(first, "sum");
    }
    met = 0;
    to_meet = THREADS;
}

static uint32_t check(const struct work works[THREADS])
{
    uint32_t i, j, sum = 0;
    for (i = 0; i < THREADS; i++) {
        CHECK(works[i].done && works[i].changed == 0);
        for (j = 0; j < i; j++) {
            CHECK(works[i].stack != works[j].stack);
        }
        sum += works[i].sum;
    }
    return sum;
}

static uint32_t on_threads_of_the_client(wasm_exec_env_t env)
{
    struct work works[THREADS];
    pthread_t threads[THREADS];
    void *result;
    int i;
    prepare(works, env);
    for (i = 0; i < THREADS; i++) {
        works[i].env = wasm_runtime_spawn_exec_env(env);
        CHECK(works[i].env != NULL);
    }
    /* Four are the most. */
    CHECK(wasm_runtime_spawn_exec_env(env) == NULL);
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, client_thread, &works[i]) == 0);
    }
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], &result) == 0 && result == &works[i]);
        wasm_runtime_destroy_spawned_exec_env(works[i].env);
    }
    return check(works);
}

static uint32_t on_threads_of_the_library(wasm_exec_env_t env)
{
    struct work works[THREADS];
    wasm_thread_t threads[THREADS], no_room;
    void *result;
    int i;
    prepare(works, env);
    /* One more than there will be at first, so that none ends before it was refused. */
    to_meet = THREADS + 1;
    for (i = 0; i < THREADS; i++) {
        CHECK(wasm_runtime_spawn_thread(env, &threads[i], library_thread, &works[i]) == 0);
    }
    CHECK(wasm_runtime_spawn_thread(env, &no_room, library_thread, &works[0]) == -1);
    meet(env, 0);
    for (i = 0; i < THREADS; i++) {
        result = NULL;
        CHECK(wasm_runtime_join_thread(threads[i], &result) == 0 && result == &works[i]);
        CHECK(wasm_runtime_join_thread(threads[i], &result) != 0);
    }
    return check(works);
}

int client_main(void)
{
    struct client client;
    uint32_t argv[2] = { 0, THREADS * LENGTH };
    CHECK(client_start(natives, sizeof(natives) / sizeof(natives[0])));
    if (CHECK(client_open(&client, "sums", 8192))) {
        CHECK(client_call(&client, "sum", 2, argv));
        printf("in one go: %u\n", argv[0]);
        printf("on threads of the client: %u\n", on_threads_of_the_client(client.env));
        printf("on threads of the library: %u\n", on_threads_of_the_library(client.env));
        CHECK(client_call(&client, "get_total", 0, argv) && argv[0] == 3 * 4950);
    }
    client_close(&client);
    wasm_runtime_destroy();
    return client_done("spawn_threads");
}
