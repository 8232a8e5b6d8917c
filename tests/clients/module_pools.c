/* Modules that import from each other in a pool of every size: what fails gives all back, whatever step it is. */
#include "pools.h"

static unsigned buffers_out;

static bool read_module(package_type_t module_type, const char *module_name, uint8_t **p_buffer, uint32_t *p_size)
{
    (void)module_type;
    *p_buffer = client_image(module_name, p_size);
    buffers_out++;
    return true;
}

static void destroy_module(uint8_t *buffer, uint32_t size)
{
    (void)buffer;
    (void)size;
    buffers_out--;
}

enum step { NOT_STARTED, NOT_LOADED, NOT_NAMED, NOT_INSTANTIATED, NO_FUNCTION, NOT_CALLED, DONE };

static enum step use(wasm_module_t module)
{
    char error_buf[128] = "";
    uint32_t argv[1];
    wasm_module_inst_t instance;
    wasm_function_inst_t function;
    enum step step = NO_FUNCTION;

    if (!wasm_runtime_register_module("sharing", module, error_buf, sizeof(error_buf))) {
        CHECK_TEXT(error_buf, "Register module failed: allocate memory failed");
        return NOT_NAMED;
    }
    instance = wasm_runtime_instantiate(module, 4096, 0, error_buf, sizeof(error_buf));
    if (!instance) {
        CHECK(error_buf[0] != 0);
        return NOT_INSTANTIATED;
    }
    function = wasm_runtime_lookup_function(instance, "$right$run");
    if (function) {
        argv[0] = 1;
        step = NOT_CALLED;
        if (wasm_runtime_call_wasm(wasm_runtime_get_exec_env_singleton(instance), function, 1, argv)) {
            CHECK(argv[0] == 210);
            step = DONE;
        }
    }
    wasm_runtime_deinstantiate(instance);
    return step;
}

static unsigned run(char *pool, uint32_t size)
{
    RuntimeInitArgs args;
    uint32_t image_size;
    uint8_t *image = client_image("sharing", &image_size);
    mem_alloc_info_t before, after;
    char error_buf[128] = "";
    wasm_module_t module;
    enum step step = NOT_LOADED;

    memset(&args, 0, sizeof(args));
    args.mem_alloc_type = Alloc_With_Pool;
    args.mem_alloc_option.pool.heap_buf = pool;
    args.mem_alloc_option.pool.heap_size = size;
    if (!wasm_runtime_full_init(&args)) {
        return NOT_STARTED;
    }
    wasm_runtime_set_module_reader(read_module, destroy_module);
    CHECK(wasm_runtime_get_mem_alloc_info(&before));
    module = wasm_runtime_load(image, image_size, error_buf, sizeof(error_buf));
    if (module) {
        step = use(module);
        wasm_runtime_unload(module);
    } else {
        CHECK(error_buf[0] != 0);
    }
    CHECK(wasm_runtime_get_mem_alloc_info(&after) && after.total_free_size == before.total_free_size);
    CHECK(buffers_out == 0);
    wasm_runtime_destroy();
    return step;
}

static uint32_t next_size(uint32_t size)
{
    return size + (size < 16384 ? 7 : size < 65536 ? 61 : 4093);
}

int client_main(void)
{
    unsigned seen = run_in_pools(run, next_size, DONE, UINT32_MAX);

    CHECK((seen & 1u << NOT_LOADED) && (seen & 1u << NOT_INSTANTIATED));
    return client_done("module_pools");
}
