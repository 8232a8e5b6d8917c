/* Buffers, both ways: the host gives memory of the instance's to functions, and reads what they point to. */
#include "client.h"

/* Bytes of the app heap. */
#define HEAP 8192

/* The value of an exported global of 32 bits. */
static uint32_t global(struct client *client, const char *name)
{
    wasm_global_inst_t found;
    memset(&found, 0, sizeof(found));
    CHECK(wasm_runtime_get_export_global_inst(client->instance, name, &found));
    return found.global_data ? *(uint32_t *)found.global_data : 0;
}

/* Behind the module's data and stack, in the page that they are in, and below what it takes for the start of the heap. */
static void where_it_lies(struct client *client)
{
    uint64_t block = wasm_runtime_module_malloc(client->instance, 100, NULL);
    uint32_t end = global(client, "__heap_base");

    CHECK(end >= global(client, "__data_end") + HEAP);
    CHECK(block >= end - HEAP && block + 100 <= end);
    CHECK(wasm_memory_get_cur_page_count(wasm_runtime_get_default_memory(client->instance)) == (end + 65535) / 65536);
    wasm_runtime_module_free(client->instance, block);
}

static void both_ways(struct client *client)
{
    wasm_module_inst_t module_inst = client->instance;
    static const char text[] = "both ways";
    static const int64_t numbers[] = { 1, -2, 1LL << 50 };
    void *native = NULL, *other = NULL;
    uint64_t to, from, array;
    uint32_t argv[3];
    int64_t total;

    to = wasm_runtime_module_malloc(module_inst, 100, &native);
    CHECK(to != 0 && native != NULL);
    CHECK(wasm_runtime_addr_app_to_native(module_inst, to) == native);
    CHECK(wasm_runtime_addr_native_to_app(module_inst, native) == to);
    CHECK(wasm_runtime_validate_app_addr(module_inst, to, 100));
    memset(native, 'x', 100);

    from = wasm_runtime_module_dup_data(module_inst, text, sizeof(text));
    CHECK(from != 0 && from != to);
    CHECK_TEXT((const char *)wasm_runtime_addr_app_to_native(module_inst, from), text);

    argv[0] = (uint32_t)to;
    argv[1] = (uint32_t)from;
    argv[2] = 100;
    CHECK(client_call(client, "upper", 3, argv));
    CHECK(argv[0] == strlen(text));
    CHECK_TEXT((const char *)native, "BOTH WAYS");

    array = wasm_runtime_module_dup_data(module_inst, (const char *)numbers, sizeof(numbers));
    CHECK(array != 0 && array % 8 == 0);
    argv[0] = (uint32_t)array;
    argv[1] = 3;
    CHECK(client_call(client, "sum", 2, argv));
    memcpy(&total, argv, 8);
    CHECK(total == (1LL << 50) - 1);

    argv[0] = 90210;
    CHECK(client_call(client, "describe", 1, argv));
    CHECK(wasm_runtime_validate_app_str_addr(module_inst, argv[0]));
    CHECK_TEXT((const char *)wasm_runtime_addr_app_to_native(module_inst, argv[0]), "90210");

    /* The shorthands that natives use. */
    {
        uint64_t offset = module_malloc(8, &other);
        CHECK(offset != 0 && validate_app_addr(offset, 8) && addr_app_to_native(offset) == other);
        CHECK(addr_native_to_app(other) == offset);
        memcpy(other, "seven..", 8);
        CHECK(validate_app_str_addr(offset));
        module_free(offset);
    }

    wasm_runtime_module_free(module_inst, to);
    wasm_runtime_module_free(module_inst, from);
    wasm_runtime_module_free(module_inst, array);
    wasm_runtime_module_free(module_inst, 0);
    CHECK(wasm_runtime_get_exception(module_inst) == NULL);
}

static void the_whole_heap(struct client *client)
{
    uint64_t blocks[64], last = 0;
    unsigned count, i, round;
    void *native;

    for (round = 0; round < 3; round++) {
        for (count = 0; count < 64; count++) {
            native = &native;
            blocks[count] = wasm_runtime_module_malloc(client->instance, 500, &native);
            if (blocks[count] == 0) {
                CHECK(native == NULL);
                break;
            }
            memset(native, (int)count, 500);
        }
        /* 8 KiB of heap, less what its blocks need. */
        CHECK(count >= 14 && count <= 16);
        CHECK(last == 0 || last == count);
        last = count;
        for (i = 0; i < count; i++) {
            const uint8_t *bytes = (const uint8_t *)wasm_runtime_addr_app_to_native(client->instance, blocks[i]);
            CHECK(bytes && bytes[0] == i && bytes[499] == i);
            wasm_runtime_module_free(client->instance, blocks[i]);
        }
    }
    CHECK(wasm_runtime_module_malloc(client->instance, 8192, NULL) == 0);
    CHECK(wasm_runtime_module_malloc(client->instance, UINT32_MAX, NULL) == 0);
    CHECK(wasm_runtime_module_malloc(client->instance, UINT64_MAX, NULL) == 0);
    CHECK(wasm_runtime_get_exception(client->instance) == NULL);
}

static void validation(struct client *client)
{
    wasm_module_inst_t module_inst = client->instance;
    uint64_t start = 1, end = 0;
    uint8_t *first, *native_start = NULL, *native_end = NULL;
    uint8_t outside;

    CHECK(wasm_runtime_get_app_addr_range(module_inst, 10, &start, &end));
    CHECK(start == 0 && end >= 65536);
    CHECK(wasm_runtime_get_app_addr_range(module_inst, end - 1, NULL, NULL));
    CHECK(!wasm_runtime_get_app_addr_range(module_inst, end, &start, &end));
    CHECK(wasm_runtime_get_app_addr_range(module_inst, 10, NULL, &end));

    first = (uint8_t *)wasm_runtime_addr_app_to_native(module_inst, 0);
    CHECK(first != NULL);
    CHECK(wasm_runtime_get_native_addr_range(module_inst, first + 5, &native_start, &native_end));
    CHECK(native_start == first && native_end == first + end);
    CHECK(!wasm_runtime_get_native_addr_range(module_inst, &outside, &native_start, &native_end));

    CHECK(wasm_runtime_validate_app_addr(module_inst, 0, end));
    CHECK(wasm_runtime_validate_app_addr(module_inst, end, 0));
    CHECK(wasm_runtime_validate_native_addr(module_inst, first, end));
    CHECK(wasm_runtime_get_exception(module_inst) == NULL);

    CHECK(!wasm_runtime_validate_app_addr(module_inst, 1, end));
    CHECK_TEXT(wasm_runtime_get_exception(module_inst), "Exception: out of bounds memory access");
    wasm_runtime_clear_exception(module_inst);
    CHECK(!wasm_runtime_validate_app_addr(module_inst, UINT64_MAX, 2));
    wasm_runtime_clear_exception(module_inst);
    CHECK(!wasm_runtime_validate_app_addr(module_inst, 2, UINT64_MAX));
    wasm_runtime_clear_exception(module_inst);
    CHECK(!wasm_runtime_validate_app_str_addr(module_inst, end));
    CHECK_TEXT(wasm_runtime_get_exception(module_inst), "Exception: out of bounds memory access");
    wasm_runtime_clear_exception(module_inst);
    CHECK(!wasm_runtime_validate_native_addr(module_inst, &outside, 1));
    wasm_runtime_clear_exception(module_inst);

    CHECK(wasm_runtime_addr_app_to_native(module_inst, end) == NULL);
    CHECK(wasm_runtime_addr_app_to_native(module_inst, UINT64_MAX) == NULL);
    CHECK(wasm_runtime_addr_native_to_app(module_inst, &outside) == 0);
    CHECK(wasm_runtime_addr_native_to_app(module_inst, first + 100) == 100);
    CHECK(wasm_runtime_get_exception(module_inst) == NULL);
    CHECK(wasm_runtime_is_bounds_checks_enabled(module_inst));
}

/* The module's own malloc and free are used, and the heap that is asked for is not made. */
static void own_allocator(void)
{
    struct client client;
    uint32_t argv[1];
    uint64_t first, second;
    void *native = NULL;

    if (!CHECK(client_open(&client, "own_malloc", 8192))) {
        return;
    }
    CHECK(client_call(&client, "heap_at", 0, argv));
    first = wasm_runtime_module_malloc(client.instance, 10, &native);
    CHECK(first == argv[0] && native == wasm_runtime_addr_app_to_native(client.instance, first));
    second = wasm_runtime_module_dup_data(client.instance, "\x7f", 2);
    CHECK(second == first + 16);
    argv[0] = (uint32_t)second;
    CHECK(client_call(&client, "byte_at", 1, argv));
    CHECK(argv[0] == 0x7f);
    wasm_runtime_module_free(client.instance, second);
    wasm_runtime_module_free(client.instance, first);
    CHECK(wasm_runtime_module_malloc(client.instance, 5000, NULL) == 0);
    CHECK(client_call(&client, "counts", 0, argv));
    CHECK(argv[0] == 202);
    client_close(&client);
}

int client_main(void)
{
    struct client client;

    CHECK(client_start(NULL, 0));
    if (CHECK(client_open(&client, "buffers", HEAP))) {
        where_it_lies(&client);
        both_ways(&client);
        the_whole_heap(&client);
        validation(&client);
    }
    client_close(&client);

    /* Without an app heap there is nothing to take from. */
    if (CHECK(client_open(&client, "buffers", 0))) {
        void *native = &client;
        CHECK(wasm_runtime_module_malloc(client.instance, 10, &native) == 0);
        CHECK(native == NULL);
    }
    client_close(&client);
    own_allocator();
    wasm_runtime_destroy();
    return client_done("buffers");
}
