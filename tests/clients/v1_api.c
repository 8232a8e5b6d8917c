/* A program for the 1.x releases: a third argument to find a function, app addresses of 32 bits, readers without a type. */
#define GRAVER_WAMR_API 1
#include "client.h"

static unsigned buffers_out;

static bool read_module(const char *module_name, uint8_t **p_buffer, uint32_t *p_size)
{
    *p_buffer = client_image(module_name, p_size);
    buffers_out++;
    return *p_buffer != NULL;
}

static void destroy_module(uint8_t *buffer, uint32_t size)
{
    CHECK(buffer != NULL && size != 0);
    buffers_out--;
}

/* A module that imports from others. */
static void several(void)
{
    uint32_t size, argv[1];
    uint8_t *image = client_image("mC", &size);
    char error_buf[128] = "";
    wasm_module_t module = wasm_runtime_load(image, size, error_buf, sizeof(error_buf));
    wasm_module_inst_t module_inst = wasm_runtime_instantiate(module, 8092, 8092, error_buf, sizeof(error_buf));
    if (CHECK(module_inst != NULL && buffers_out == 2)) {
        wasm_exec_env_t exec_env = wasm_runtime_create_exec_env(module_inst, 8092);
        wasm_function_inst_t func = wasm_runtime_lookup_function(module_inst, "$mB$B2", NULL);
        CHECK(wasm_runtime_call_wasm(exec_env, func, 0, argv) && argv[0] == 11);
        wasm_runtime_destroy_exec_env(exec_env);
        wasm_runtime_deinstantiate(module_inst);
    } else {
        printf("%s\n", error_buf);
    }
    wasm_runtime_unload(module);
    CHECK(buffers_out == 0);
}

int client_main(void)
{
    module_reader reader = read_module;
    uint32_t size, argv[3], start = 1, end = 0;
    uint8_t *image = client_image("buffers", &size);
    char error_buf[128];
    wasm_module_t module;
    wasm_module_inst_t module_inst;
    wasm_exec_env_t exec_env;
    wasm_function_inst_t (*lookup)(wasm_module_inst_t, const char *, const char *) = wasm_runtime_lookup_function;

    CHECK(client_start(NULL, 0));
    wasm_runtime_set_module_reader(reader, destroy_module);
    module = wasm_runtime_load(image, size, error_buf, sizeof(error_buf));
    module_inst = wasm_runtime_instantiate(module, 8092, 8092, error_buf, sizeof(error_buf));
    if (CHECK(module_inst != NULL)) {
        void *native_buffer = NULL;
        uint32_t to = wasm_runtime_module_malloc(module_inst, 100, &native_buffer);
        uint32_t from = wasm_runtime_module_dup_data(module_inst, "one point x", 12);
        uint32_t other;
        wasm_function_inst_t func = wasm_runtime_lookup_function(module_inst, "upper", NULL);

        CHECK(func != NULL && lookup(module_inst, "upper", "(iii)i") == func);
        CHECK(wasm_runtime_lookup_function(module_inst, "lower", NULL) == NULL);
        exec_env = wasm_runtime_create_exec_env(module_inst, 8092);
        argv[0] = to;
        argv[1] = from;
        argv[2] = 100;
        CHECK(wasm_runtime_call_wasm(exec_env, func, 3, argv));
        CHECK_TEXT((char *)native_buffer, "ONE POINT X");

        CHECK(wasm_runtime_validate_app_addr(module_inst, to, 100));
        CHECK(wasm_runtime_validate_app_str_addr(module_inst, from));
        CHECK(wasm_runtime_validate_native_addr(module_inst, native_buffer, 100));
        CHECK(wasm_runtime_addr_app_to_native(module_inst, to) == native_buffer);
        CHECK(wasm_runtime_addr_native_to_app(module_inst, native_buffer) == to);
        CHECK(wasm_runtime_get_app_addr_range(module_inst, to, &start, &end));
        CHECK(start == 0 && end >= 65536);
        CHECK(!wasm_runtime_get_app_addr_range(module_inst, end, NULL, NULL));
        other = module_malloc(16, &native_buffer);
        CHECK(other != 0 && addr_app_to_native(other) == native_buffer);
        module_free(other);

        wasm_runtime_module_free(module_inst, from);
        wasm_runtime_module_free(module_inst, to);
        wasm_runtime_destroy_exec_env(exec_env);
        wasm_runtime_deinstantiate(module_inst);
    } else {
        printf("%s\n", error_buf);
    }
    wasm_runtime_unload(module);
    several();
    wasm_runtime_set_module_reader(NULL, NULL);
    wasm_runtime_destroy();
    return client_done("v1_api");
}
