/* One instance, entered by two threads at once: the second one is refused, and the first one does not notice. */
#include "../client.h"

#include <pthread.h>

static struct client client;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_inside, may_leave;

/* Imported as count_apples: waits inside the instance. */
static int32_t count_apples(wasm_exec_env_t exec_env, int32_t more)
{
    (void)exec_env;
    pthread_mutex_lock(&mutex);
    is_inside = true;
    pthread_cond_broadcast(&changed);
    while (!may_leave) {
        pthread_cond_wait(&changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
    return more + 1;
}

static int32_t count_pears(wasm_exec_env_t exec_env, int32_t more)
{
    (void)exec_env;
    return more + 2;
}

static NativeSymbol natives[] = {
    EXPORT_WASM_API_WITH_SIG(count_apples, "(i)i"),
    EXPORT_WASM_API_WITH_SIG(count_pears, "(i)i"),
};

static void *call_apples(void *result)
{
    uint32_t argv[1] = { 10 };
    if (wasm_runtime_init_thread_env()) {
        *(bool *)result = client_call(&client, "apples", 1, argv) && argv[0] == 11;
        wasm_runtime_destroy_thread_env();
    }
    return NULL;
}

int client_main(void)
{
    pthread_t thread;
    bool is_right = false;
    uint32_t argv[1] = { 20 };
    wasm_exec_env_t env;
    wasm_function_inst_t pears;

    CHECK(client_start(natives, sizeof(natives) / sizeof(natives[0])));
    if (CHECK(client_open(&client, "attachments", 0))) {
        env = wasm_runtime_create_exec_env(client.instance, 8192);
        pears = wasm_runtime_lookup_function(client.instance, "pears");
        CHECK(env != NULL && pears != NULL);
        CHECK(pthread_create(&thread, NULL, call_apples, &is_right) == 0);
        pthread_mutex_lock(&mutex);
        while (!is_inside) {
            pthread_cond_wait(&changed, &mutex);
        }
        pthread_mutex_unlock(&mutex);

        CHECK(!wasm_runtime_call_wasm(env, pears, 1, argv));
        CHECK(argv[0] == 20);

        pthread_mutex_lock(&mutex);
        may_leave = true;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&mutex);
        CHECK(pthread_join(thread, NULL) == 0);
        CHECK(is_right);
        CHECK(wasm_runtime_call_wasm(env, pears, 1, argv));
        CHECK(argv[0] == 22);
        wasm_runtime_destroy_exec_env(env);
    }
    client_close(&client);
    wasm_runtime_destroy();
    return client_done("two_threads");
}
