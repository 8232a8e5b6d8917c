/* No arguments: memory of the C library. */
#include "../client.h"

int client_main(void)
{
    struct client client;
    mem_alloc_info_t info;
    uint32_t argv[1] = { 20 };
    RuntimeInitArgs init_args;

    CHECK(wasm_runtime_init());
    CHECK(!wasm_runtime_get_mem_alloc_info(&info));
    if (CHECK(client_open(&client, "fib", 0))) {
        CHECK(client_call(&client, "fib", 1, argv));
        CHECK(argv[0] == 6765);
    }
    client_close(&client);
    wasm_runtime_destroy();

    memset(&init_args, 0, sizeof(init_args));
    init_args.mem_alloc_type = Alloc_With_System_Allocator;
    CHECK(wasm_runtime_full_init(&init_args));
    argv[0] = 10;
    if (CHECK(client_open(&client, "fib", 0))) {
        CHECK(client_call(&client, "fib", 1, argv));
        CHECK(argv[0] == 55);
    }
    client_close(&client);
    wasm_runtime_destroy();
    return client_done("default_init");
}
