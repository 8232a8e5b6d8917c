/* What an instance holds, seen from the host: its memory, its globals, its table. */
#include "client.h"

static uint32_t call(struct client *client, const char *name, uint32_t a, uint32_t b)
{
    uint32_t argv[2];
    argv[0] = a;
    argv[1] = b;
    CHECK(client_call(client, name, 2, argv));
    return argv[0];
}

static void memories(struct client *client)
{
    wasm_memory_inst_t memory = wasm_runtime_get_default_memory(client->instance);
    uint8_t *base;

    CHECK(memory != NULL);
    CHECK(wasm_runtime_lookup_memory(client->instance, "memory") == memory);
    CHECK(wasm_runtime_get_memory(client->instance, 0) == memory);
    CHECK(wasm_runtime_get_memory(client->instance, 1) == NULL);
    CHECK(wasm_runtime_lookup_memory(client->instance, "counter") == NULL);
    CHECK(wasm_runtime_lookup_memory(client->instance, "nothing") == NULL);

    CHECK(wasm_memory_get_cur_page_count(memory) == 1);
    CHECK(wasm_memory_get_max_page_count(memory) == 3);
    CHECK(wasm_memory_get_bytes_per_page(memory) == 65536);
    CHECK(!wasm_memory_get_shared(memory));

    base = (uint8_t *)wasm_memory_get_base_address(memory);
    CHECK(base == wasm_runtime_addr_app_to_native(client->instance, 0));
    CHECK(base && memcmp(base + 100, "written by the module", 21) == 0);
    base[200] = 0xc8;
    CHECK(call(client, "peek", 200, 0) == 0xc8);
    call(client, "poke", 201, 0x77);
    CHECK(base[201] == 0x77);

    CHECK(wasm_memory_enlarge(memory, 1));
    CHECK(wasm_memory_get_cur_page_count(memory) == 2);
    CHECK(!wasm_memory_enlarge(memory, 2));
    CHECK((int32_t)call(client, "grow", 5, 0) == -1);
    CHECK(wasm_runtime_enlarge_memory(client->instance, 1));
    CHECK(call(client, "grow", 0, 0) == 3);
    CHECK(!wasm_runtime_enlarge_memory(client->instance, 1));

    /* What was there has moved along. */
    base = (uint8_t *)wasm_memory_get_base_address(memory);
    CHECK(base && base[200] == 0xc8 && base[3 * 65536 - 1] == 0);
    CHECK(call(client, "peek", 3 * 65536 - 1, 0) == 0);
    CHECK(wasm_runtime_validate_app_addr(client->instance, 3 * 65536 - 8, 8));
}

static void globals(struct client *client)
{
    wasm_global_inst_t global;
    int64_t limit;
    double ratio;
    uint32_t argv[2];

    memset(&global, 0, sizeof(global));
    CHECK(wasm_runtime_get_export_global_inst(client->instance, "counter", &global));
    CHECK(global.kind == WASM_I32 && global.is_mutable && *(int32_t *)global.global_data == 5);
    CHECK(call(client, "increment", 2, 0) == 7);
    CHECK(*(int32_t *)global.global_data == 7);
    *(int32_t *)global.global_data = 100;
    CHECK(call(client, "increment", 1, 0) == 101);

    CHECK(wasm_runtime_get_export_global_inst(client->instance, "limit", &global));
    memcpy(&limit, global.global_data, 8);
    CHECK(global.kind == WASM_I64 && !global.is_mutable && limit == -9);

    CHECK(wasm_runtime_get_export_global_inst(client->instance, "ratio", &global));
    ratio = 2.5;
    memcpy(global.global_data, &ratio, 8);
    argv[0] = 4;
    CHECK(client_call(client, "ratio_of", 1, argv));
    memcpy(&ratio, argv, 8);
    CHECK(global.kind == WASM_F64 && ratio == 10.0);

    CHECK(!wasm_runtime_get_export_global_inst(client->instance, "nothing", &global));
    CHECK(!wasm_runtime_get_export_global_inst(client->instance, "memory", &global));
}

static void tables(struct client *client)
{
    wasm_table_inst_t table;
    wasm_function_inst_t function;
    uint32_t argv[2];

    memset(&table, 0, sizeof(table));
    CHECK(wasm_runtime_get_export_table_inst(client->instance, "operations", &table));
    CHECK(table.elem_kind == WASM_FUNCREF && table.cur_size == 4 && table.max_size == 8);
    CHECK(wasm_table_get_func_inst(client->instance, &table, 0) == NULL);
    CHECK(wasm_table_get_func_inst(client->instance, &table, 4) == NULL);
    CHECK(wasm_table_get_func_inst(client->instance, &table, 0xffffffff) == NULL);
    function = wasm_table_get_func_inst(client->instance, &table, 1);
    CHECK(function != NULL);
    CHECK(wasm_func_get_param_count(function, client->instance) == 1);
    argv[0] = 9;
    CHECK(wasm_runtime_call_wasm(client->env, function, 1, argv));
    CHECK(argv[0] == 110);

    call(client, "set_element", 3, 0);
    CHECK(wasm_runtime_get_export_table_inst(client->instance, "operations", &table));
    function = wasm_table_get_func_inst(client->instance, &table, 3);
    CHECK(function != NULL && wasm_func_get_result_count(function, client->instance) == 1);
    CHECK(!wasm_runtime_get_export_table_inst(client->instance, "counter", &table));
    CHECK(!wasm_runtime_get_export_table_inst(client->instance, "nothing", &table));
}

/* A limit of the host's: between what the module starts with and what it declares. */
static void limits(void)
{
    uint32_t size;
    uint8_t *image = client_image("state", &size);
    char error_buf[128];
    wasm_module_t module = wasm_runtime_load(image, size, error_buf, sizeof(error_buf));
    struct InstantiationArgs2 *args = NULL;
    InstantiationArgs plain;
    wasm_module_inst_t instance;
    int data = 0;

    memset(&plain, 0, sizeof(plain));
    plain.default_stack_size = 4096;
    plain.max_memory_pages = 2;
    instance = wasm_runtime_instantiate_ex(module, &plain, error_buf, sizeof(error_buf));
    if (CHECK(instance != NULL)) {
        CHECK(wasm_runtime_enlarge_memory(instance, 1));
        CHECK(!wasm_runtime_enlarge_memory(instance, 1));
        CHECK(wasm_memory_get_max_page_count(wasm_runtime_get_default_memory(instance)) == 2);
        wasm_runtime_deinstantiate(instance);
    }

    CHECK(wasm_runtime_instantiation_args_create(&args));
    wasm_runtime_instantiation_args_set_default_stack_size(args, 4096);
    wasm_runtime_instantiation_args_set_host_managed_heap_size(args, 0);
    wasm_runtime_instantiation_args_set_max_memory_pages(args, 100);
    wasm_runtime_instantiation_args_set_custom_data(args, &data);
    instance = wasm_runtime_instantiate_ex2(module, args, error_buf, sizeof(error_buf));
    wasm_runtime_instantiation_args_destroy(args);
    if (CHECK(instance != NULL)) {
        CHECK(wasm_runtime_get_custom_data(instance) == &data);
        CHECK(wasm_runtime_enlarge_memory(instance, 2));
        CHECK(!wasm_runtime_enlarge_memory(instance, 1));
        wasm_runtime_deinstantiate(instance);
    }
    wasm_runtime_unload(module);
}

int client_main(void)
{
    struct client client;
    CHECK(client_start(NULL, 0));
    if (CHECK(client_open(&client, "state", 0))) {
        memories(&client);
        globals(&client);
        tables(&client);
    }
    client_close(&client);
    limits();
    wasm_runtime_destroy();
    return client_done("state_access");
}
