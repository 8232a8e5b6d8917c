/* Programs for WASI in several modules: a command and a reactor, which see the same system. */
#include <stdlib.h>
#include <unistd.h>

#include "client.h"

static bool read_module(package_type_t module_type, const char *module_name, uint8_t **p_buffer, uint32_t *p_size)
{
    (void)module_type;
    *p_buffer = client_image(module_name, p_size);
    return true;
}

static void run(int64_t output)
{
    static char name[] = "cashier", first[] = "7", second[] = "8";
    char *argv[] = { name, first, second };
    char error[128] = "";
    uint32_t size;
    uint8_t *image = client_image("cashier", &size);
    wasm_module_t module = wasm_runtime_load(image, size, error, sizeof(error));
    wasm_module_inst_t instance;
    if (!CHECK(module != NULL)) {
        printf("%s\n", error);
        return;
    }
    wasm_runtime_set_wasi_args_ex(module, NULL, 0, NULL, 0, NULL, 0, argv, 3, -1, output, -1);
    instance = wasm_runtime_instantiate(module, 8192, 0, error, sizeof(error));
    if (CHECK(instance != NULL)) {
        CHECK(wasm_runtime_is_wasi_mode(instance));
        CHECK(wasm_application_execute_main(instance, 0, NULL));
        CHECK(wasm_runtime_get_wasi_exit_code(instance) == 3);
        wasm_runtime_deinstantiate(instance);
    } else {
        printf("%s\n", error);
    }
    wasm_runtime_unload(module);
}

/* A command is no library. */
static void of_a_command(void)
{
    char error[128] = "";
    uint32_t size;
    uint8_t *image = client_image("wants", &size);
    CHECK(wasm_runtime_load(image, size, error, sizeof(error)) == NULL);
    CHECK_TEXT(error, "AOT module load failed: other: a command (with _start function) can not be a sub-module");
}

static bool read_command(package_type_t module_type, const char *module_name, uint8_t **p_buffer, uint32_t *p_size)
{
    return read_module(module_type, strcmp(module_name, "other") == 0 ? "cashier" : module_name, p_buffer, p_size);
}

int client_main(void)
{
    static const char expected[] = "entry 11: 7\ncashier: entry 11\nentry 12: 8\ncashier: entry 12\n";
    char path[] = "/tmp/graver-client-XXXXXX", text[256];
    int output = mkstemp(path);
    ssize_t length;

    CHECK(output >= 0 && client_start(NULL, 0));
    wasm_runtime_set_module_reader(read_module, NULL);
    run(output);
    CHECK(lseek(output, 0, SEEK_SET) == 0);
    length = read(output, text, sizeof(text) - 1);
    text[length < 0 ? 0 : length] = 0;
    CHECK_TEXT(text, expected);
    wasm_runtime_set_module_reader(read_command, NULL);
    of_a_command();
    wasm_runtime_destroy();
    CHECK(close(output) == 0 && unlink(path) == 0);
    return client_done("wasi_modules");
}
