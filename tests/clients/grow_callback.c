/* A memory that cannot grow is reported to the host, whoever wanted it to. */
#include "client.h"

static struct {
    unsigned calls;
    uint32_t pages;
    uint64_t size;
    enlarge_memory_error_reason_t reason;
    wasm_module_inst_t instance;
    void *user_data;
} not_grown;

static void grow_failed(uint32_t inc_page_count, uint64_t current_memory_size, uint32_t memory_index,
                        enlarge_memory_error_reason_t failure_reason, wasm_module_inst_t instance,
                        wasm_exec_env_t exec_env, void *user_data)
{
    (void)memory_index;
    (void)exec_env;
    not_grown.calls++;
    not_grown.pages = inc_page_count;
    not_grown.size = current_memory_size;
    not_grown.reason = failure_reason;
    not_grown.instance = instance;
    not_grown.user_data = user_data;
    if (exec_env) {
        CHECK(wasm_runtime_get_module_inst(exec_env) == instance);
    }
}

/* Ends the call in which the guest asked for more. */
static void give_up(uint32_t inc_page_count, uint64_t current_memory_size, uint32_t memory_index,
                    enlarge_memory_error_reason_t failure_reason, wasm_module_inst_t instance,
                    wasm_exec_env_t exec_env, void *user_data)
{
    (void)inc_page_count;
    (void)current_memory_size;
    (void)memory_index;
    (void)failure_reason;
    (void)exec_env;
    (void)user_data;
    wasm_runtime_set_exception(instance, "no more memory");
}

static int32_t grow(struct client *client, uint32_t pages)
{
    uint32_t argv[1];
    argv[0] = pages;
    CHECK(client_call(client, "grow", 1, argv));
    return (int32_t)argv[0];
}

int client_main(void)
{
    struct client client;
    wasm_memory_inst_t memory;
    uint32_t argv[1];
    CHECK(client_start(NULL, 0));
    if (CHECK(client_open(&client, "state", 0))) {
        memory = wasm_runtime_get_default_memory(client.instance);
        wasm_runtime_set_enlarge_mem_error_callback(grow_failed, &not_grown);
        CHECK(wasm_memory_enlarge(memory, 1));
        CHECK(not_grown.calls == 0);
        CHECK(!wasm_memory_enlarge(memory, 2));
        CHECK(not_grown.calls == 1 && not_grown.pages == 2 && not_grown.size == 131072);
        CHECK(not_grown.reason == MAX_SIZE_REACHED && not_grown.user_data == &not_grown);
        CHECK(not_grown.instance == client.instance);
        CHECK(grow(&client, 5) == -1);
        CHECK(not_grown.calls == 2 && not_grown.pages == 5);
        CHECK(!wasm_runtime_enlarge_memory(client.instance, 3));
        CHECK(not_grown.calls == 3 && not_grown.pages == 3);
        wasm_runtime_set_enlarge_mem_error_callback(give_up, NULL);
        argv[0] = 5;
        CHECK(!client_call(&client, "grow", 1, argv));
        CHECK_TEXT(wasm_runtime_get_exception(client.instance), "Exception: no more memory");
        wasm_runtime_set_enlarge_mem_error_callback(NULL, NULL);
        CHECK(grow(&client, 5) == -1 && wasm_runtime_get_exception(client.instance) == NULL);
        CHECK(!wasm_runtime_enlarge_memory(client.instance, 3));
        CHECK(not_grown.calls == 3);
    }
    client_close(&client);
    wasm_runtime_destroy();
    return client_done("grow_callback");
}
