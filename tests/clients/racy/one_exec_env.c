/* Two threads change one exec env, which no program may: under the thread sanitizer this must not pass. */
#include "../client.h"

#include <pthread.h>

static struct client client;

static void *change(void *data)
{
    wasm_runtime_set_user_data(client.env, data);
    return NULL;
}

int client_main(void)
{
    pthread_t threads[2];
    int i;
    CHECK(client_start(NULL, 0));
    if (CHECK(client_open(&client, "fib", 0))) {
        for (i = 0; i < 2; i++) {
            CHECK(pthread_create(&threads[i], NULL, change, &client) == 0);
        }
        for (i = 0; i < 2; i++) {
            CHECK(pthread_join(threads[i], NULL) == 0);
        }
    }
    client_close(&client);
    wasm_runtime_destroy();
    return client_done("one_exec_env");
}
