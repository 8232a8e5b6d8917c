/*
 * What the clients share: checks that count, the usual way to an instance, and what each machine gives them.
 *
 * A client is one source file with `int client_main(void)`: it checks its own results, prints what is asked of it, ends
 * with `return client_done("its name");`. host/linux.c and host/cortex_m.c call it.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "wasm_export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of the client: the number of checks that failed. */
int client_main(void);

/* Of the machine: the image made of tests/clients/guests/GUEST.*, and its size in bytes. */
uint8_t *client_image(const char *guest, uint32_t *size);

/* Checks so far. */
static unsigned client_checks, client_failures;

static inline bool client_check(bool holds, const char *what, int line)
{
    client_checks++;
    if (!holds) {
        client_failures++;
        printf("line %d: not so: %s\n", line, what);
    }
    return holds;
}

#define CHECK(condition) client_check((condition), #condition, __LINE__)

static inline bool client_check_text(const char *actual, const char *expected, const char *what, int line)
{
    bool same = actual && expected ? strcmp(actual, expected) == 0 : actual == expected;
    if (!client_check(same, what, line)) {
        printf("    expected: %s\n    found: %s\n", expected ? expected : "(null)", actual ? actual : "(null)");
    }
    return same;
}

#define CHECK_TEXT(actual, expected) client_check_text((actual), (expected), #actual, __LINE__)

/* The client's line. */
static inline int client_done(const char *name)
{
    printf("%s: %u checks, %u failed\n", name, client_checks, client_failures);
    return (int)client_failures;
}

/* The memory of clients that do not ask for something else. */
#define CLIENT_POOL_SIZE (768 * 1024)
static union {
    uint64_t alignment;
    char bytes[CLIENT_POOL_SIZE];
} client_pool;

/* Starts the runtime with that memory, and with natives for "env" unless there are none. */
static inline bool client_start(NativeSymbol *natives, uint32_t count)
{
    RuntimeInitArgs args;
    memset(&args, 0, sizeof(args));
    args.mem_alloc_type = Alloc_With_Pool;
    args.mem_alloc_option.pool.heap_buf = client_pool.bytes;
    args.mem_alloc_option.pool.heap_size = sizeof(client_pool.bytes);
    args.native_module_name = "env";
    args.native_symbols = natives;
    args.n_native_symbols = count;
    return wasm_runtime_full_init(&args);
}

#if GRAVER_WAMR_API == 2

/* A module, an instance and a way to call it. */
struct client {
    wasm_module_t module;
    wasm_module_inst_t instance;
    wasm_exec_env_t env;
    char error[128];
};

/* Loads and instantiates a guest; says why if that fails. */
static inline bool client_open(struct client *client, const char *guest, uint32_t heap_size)
{
    uint32_t size = 0;
    uint8_t *image = client_image(guest, &size);
    memset(client, 0, sizeof(*client));
    client->module = wasm_runtime_load(image, size, client->error, sizeof(client->error));
    if (client->module) {
        client->instance =
            wasm_runtime_instantiate(client->module, 8192, heap_size, client->error, sizeof(client->error));
    }
    if (client->instance) {
        client->env = wasm_runtime_create_exec_env(client->instance, 8192);
    }
    if (!client->env) {
        printf("%s: %s\n", guest, client->error);
    }
    return client->env != NULL;
}

static inline void client_close(struct client *client)
{
    if (client->env) {
        wasm_runtime_destroy_exec_env(client->env);
    }
    if (client->instance) {
        wasm_runtime_deinstantiate(client->instance);
    }
    if (client->module) {
        wasm_runtime_unload(client->module);
    }
    memset(client, 0, sizeof(*client));
}

/* Calls an export with packed arguments. */
static inline bool client_call(struct client *client, const char *name, uint32_t argc, uint32_t argv[])
{
    return wasm_runtime_call_wasm(client->env, wasm_runtime_lookup_function(client->instance, name), argc, argv);
}

#endif

#ifdef __cplusplus
}
#endif

#endif
