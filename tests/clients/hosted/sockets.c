/* What programs for WASI may reach: addresses and names of the module or of the instance, and nothing else. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"

/* EACCES of WASI. */
#define DENIED 2

static int listener;
static char name[] = "sockets", port[8], host[] = "localhost";
static char *arguments[] = { name, port, host };

static void start_listening(void)
{
    struct sockaddr_in address;
    socklen_t length = sizeof(address);
    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0);
    CHECK(listen(listener, 4) == 0 && getsockname(listener, (struct sockaddr *)&address, &length) == 0);
    CHECK(fcntl(listener, F_SETFL, O_NONBLOCK) == 0);
    snprintf(port, sizeof(port), "%u", (unsigned)ntohs(address.sin_port));
}

/* Whether a guest said hello. Guests have ended when this is asked, so nothing is on its way. */
static bool was_greeted(void)
{
    char text[8] = "";
    int connection = accept(listener, NULL, NULL);
    ssize_t length = connection < 0 ? 0 : read(connection, text, sizeof(text));
    close(connection);
    return length == 5 && memcmp(text, "hello", 5) == 0;
}

/* Runs it: its exit code, or that it could not be instantiated. */
static uint32_t run(wasm_module_t module, struct InstantiationArgs2 *args, const char *complaint)
{
    char error[256] = "";
    uint32_t code = UINT32_MAX;
    wasm_module_inst_t instance = args ? wasm_runtime_instantiate_ex2(module, args, error, sizeof(error))
                                       : wasm_runtime_instantiate(module, 64 * 1024, 0, error, sizeof(error));
    CHECK(strstr(error, complaint) != NULL || (printf("found: %s\n", error), false));
    CHECK((instance != NULL) == (*complaint == 0));
    if (instance) {
        CHECK(wasm_application_execute_main(instance, 0, NULL));
        code = wasm_runtime_get_wasi_exit_code(instance);
        wasm_runtime_deinstantiate(instance);
    }
    return code;
}

static wasm_module_t load(void)
{
    char error[128] = "";
    uint32_t size = 0;
    uint8_t *image = client_image("sockets", &size);
    wasm_module_t module = wasm_runtime_load(image, size, error, sizeof(error));
    CHECK_TEXT(error, "");
    return module;
}

static void of_the_module(void)
{
    char inside[] = "127.0.0.0/8", known[] = "localhost";
    const char *addresses[] = { "10.0.0.0/8", NULL, inside }, *outside[] = { "127.0.0.2/32", "::/0" };
    const char *names[] = { "*.example", known }, *others[] = { "localhos", "*.localhost" }, *wrong[] = { "127.0.0.1" };
    wasm_module_t module = load();
    wasm_runtime_set_wasi_args(module, NULL, 0, NULL, 0, NULL, 0, arguments, 3);
    CHECK(run(module, NULL, "") == DENIED + 100 * DENIED && !was_greeted());

    wasm_runtime_set_wasi_addr_pool(module, addresses, 3);
    memset(inside, 'x', sizeof(inside) - 1);
    CHECK(run(module, NULL, "") == 100 * DENIED && was_greeted());
    wasm_runtime_set_wasi_ns_lookup_pool(module, names, 2);
    memset(known, 'x', sizeof(known) - 1);
    CHECK(run(module, NULL, "") == 0 && was_greeted());

    wasm_runtime_set_wasi_addr_pool(module, outside, 2);
    wasm_runtime_set_wasi_ns_lookup_pool(module, others, 2);
    CHECK(run(module, NULL, "") == DENIED + 100 * DENIED && !was_greeted());
    wasm_runtime_set_wasi_addr_pool(module, NULL, 0);
    CHECK(run(module, NULL, "") == DENIED + 100 * DENIED && !was_greeted());
    wasm_runtime_set_wasi_addr_pool(module, wrong, 1);
    CHECK(run(module, NULL, "invalid range of addresses `127.0.0.1`: expected ADDRESS/PREFIX") == UINT32_MAX);
    wasm_runtime_unload(module);
}

static void of_the_instance(void)
{
    const char *addresses[] = { "127.0.0.1/32" }, *names[] = { "local*", "*host" }, *all[] = { "*" };
    struct InstantiationArgs2 *args = NULL;
    wasm_module_t module = load();
    CHECK(wasm_runtime_instantiation_args_create(&args));
    wasm_runtime_instantiation_args_set_default_stack_size(args, 64 * 1024);
    wasm_runtime_instantiation_args_set_wasi_arg(args, arguments, 3);
    CHECK(run(module, args, "") == DENIED + 100 * DENIED && !was_greeted());
    wasm_runtime_instantiation_args_set_wasi_ns_lookup_pool(args, all, 1);
    CHECK(run(module, args, "") == DENIED && !was_greeted());
    wasm_runtime_instantiation_args_set_wasi_addr_pool(args, addresses, 1);
    CHECK(run(module, args, "") == 0 && was_greeted());
    wasm_runtime_instantiation_args_set_wasi_ns_lookup_pool(args, names, 2);
    CHECK(run(module, args, "invalid pattern of names `local*`: expected NAME or *.NAME") == UINT32_MAX);
    wasm_runtime_instantiation_args_destroy(args);
    wasm_runtime_unload(module);
}

int client_main(void)
{
    CHECK(client_start(NULL, 0));
    start_listening();
    of_the_module();
    of_the_instance();
    close(listener);
    wasm_runtime_destroy();
    return client_done("sockets");
}
