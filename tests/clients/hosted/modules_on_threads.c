/* Threads that load programs of several modules at the same time, each of which finds or reads what it needs. */
#include <pthread.h>

#include "client.h"

#define THREADS 3
#define ROUNDS 60

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t all_ask = PTHREAD_COND_INITIALIZER;
static unsigned buffers_out;
/* How many threads must ask for mA before any of them gets it, and how many do. */
static unsigned wanted, asking;

static void count(int by)
{
    pthread_mutex_lock(&lock);
    buffers_out += (unsigned)by;
    pthread_mutex_unlock(&lock);
}

static bool read_module(package_type_t module_type, const char *module_name, uint8_t **p_buffer, uint32_t *p_size)
{
    (void)module_type;
    pthread_mutex_lock(&lock);
    if (strcmp(module_name, "mA") == 0) {
        asking++;
        pthread_cond_broadcast(&all_ask);
        while (asking < wanted) {
            pthread_cond_wait(&all_ask, &lock);
        }
    }
    *p_buffer = client_image(module_name, p_size);
    pthread_mutex_unlock(&lock);
    count(1);
    return true;
}

static void destroy_module(uint8_t *buffer, uint32_t size)
{
    (void)buffer;
    (void)size;
    count(-1);
}

/* What went wrong, or null. */
static const char *run_once(uint8_t *image, uint32_t size, char *error, uint32_t error_size)
{
    uint32_t argv[1] = { 1 };
    wasm_module_t module = wasm_runtime_load(image, size, error, error_size);
    wasm_module_inst_t instance;
    const char *result = error;
    if (!module) {
        return error;
    }
    instance = wasm_runtime_instantiate(module, 8192, 0, error, error_size);
    if (instance) {
        wasm_exec_env_t env = wasm_runtime_create_exec_env(instance, 8192);
        wasm_function_inst_t function = wasm_runtime_lookup_function(instance, "run");
        bool is_right = wasm_runtime_call_wasm(env, function, 1, argv) && argv[0] == 210;
        result = is_right ? NULL : "a wrong result";
        wasm_runtime_destroy_exec_env(env);
        wasm_runtime_deinstantiate(instance);
    }
    wasm_runtime_unload(module);
    return result;
}

static void *work(void *arg)
{
    static const char none[] = "";
    char *error = (char *)arg;
    uint32_t size, round;
    uint8_t *image;
    pthread_mutex_lock(&lock);
    image = client_image("sharing", &size);
    pthread_mutex_unlock(&lock);
    if (!wasm_runtime_init_thread_env()) {
        return (void *)(uintptr_t)none;
    }
    for (round = 0; round < ROUNDS; round++) {
        const char *failure = run_once(image, size, error, 128);
        if (failure) {
            return (void *)(uintptr_t)failure;
        }
    }
    wasm_runtime_destroy_thread_env();
    return NULL;
}

/* The module, or null. */
static void *load_one(void *arg)
{
    char *error = (char *)arg;
    uint32_t size;
    uint8_t *image;
    pthread_mutex_lock(&lock);
    image = client_image("mB", &size);
    pthread_mutex_unlock(&lock);
    return wasm_runtime_load(image, size, error, 128);
}

/* All read the same module at once: one of it stays. */
static void read_together(void)
{
    static char errors[THREADS][128];
    pthread_t threads[THREADS];
    void *modules[THREADS];
    unsigned i;
    wanted = THREADS;
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, load_one, errors[i]) == 0);
    }
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], &modules[i]) == 0 && modules[i] != NULL);
    }
    CHECK(asking == THREADS && buffers_out == 1);
    for (i = 0; i < THREADS; i++) {
        CHECK(wasm_runtime_find_module_registered("mA") != NULL);
        wasm_runtime_unload((wasm_module_t)modules[i]);
    }
    CHECK(buffers_out == 0 && wasm_runtime_find_module_registered("mA") == NULL);
}

int client_main(void)
{
    static char errors[THREADS][128];
    pthread_t threads[THREADS];
    unsigned i;
    CHECK(wasm_runtime_init());
    wasm_runtime_set_module_reader(read_module, destroy_module);
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, work, errors[i]) == 0);
    }
    for (i = 0; i < THREADS; i++) {
        void *failure = NULL;
        CHECK(pthread_join(threads[i], &failure) == 0);
        CHECK_TEXT((const char *)failure, NULL);
    }
    CHECK(buffers_out == 0);
    CHECK(wasm_runtime_find_module_registered("depot") == NULL);
    read_together();
    wasm_runtime_destroy();
    return client_done("modules_on_threads");
}
