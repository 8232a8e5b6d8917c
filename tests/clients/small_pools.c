/* A pool of every size, from none on: too little memory is a failure of the step that needs it, and never leaves the pool. */
#include "pools.h"

enum step { NOT_STARTED, NOT_LOADED, NOT_INSTANTIATED, NO_EXEC_ENV, NO_FUNCTION, NOT_CALLED, DONE };

static unsigned run(char *pool, uint32_t size)
{
    RuntimeInitArgs args;
    uint32_t image_size, argv[1] = { 10 };
    uint8_t *image = client_image("fib", &image_size);
    char error_buf[128] = "";
    wasm_module_t module;
    wasm_module_inst_t instance;
    wasm_exec_env_t env;
    wasm_function_inst_t function;
    enum step step = NOT_STARTED;

    memset(&args, 0, sizeof(args));
    args.mem_alloc_type = Alloc_With_Pool;
    args.mem_alloc_option.pool.heap_buf = pool;
    args.mem_alloc_option.pool.heap_size = size;
    if (!wasm_runtime_full_init(&args)) {
        return NOT_STARTED;
    }
    step = NOT_LOADED;
    module = wasm_runtime_load(image, image_size, error_buf, sizeof(error_buf));
    if (module) {
        step = NOT_INSTANTIATED;
        instance = wasm_runtime_instantiate(module, 4096, 1024, error_buf, sizeof(error_buf));
        if (instance) {
            step = NO_EXEC_ENV;
            env = wasm_runtime_create_exec_env(instance, 4096);
            if (env) {
                step = NO_FUNCTION;
                function = wasm_runtime_lookup_function(instance, "fib");
                if (function) {
                    step = NOT_CALLED;
                    if (wasm_runtime_call_wasm(env, function, 1, argv)) {
                        CHECK(argv[0] == 55);
                        step = DONE;
                    } else {
                        CHECK(wasm_runtime_get_exception(instance) != NULL);
                    }
                }
                wasm_runtime_destroy_exec_env(env);
            }
            wasm_runtime_deinstantiate(instance);
        }
        wasm_runtime_unload(module);
    }
    if (step == NOT_LOADED || step == NOT_INSTANTIATED) {
        CHECK(error_buf[0] != 0);
    }
    wasm_runtime_destroy();
    return step;
}

static uint32_t next_size(uint32_t size)
{
    return size + (size < 1024 ? 1 : size < 65536 ? 61 : 4093);
}

int client_main(void)
{
    unsigned seen = run_in_pools(run, next_size, DONE, 300000);

    CHECK(seen & (1u << NOT_LOADED));
    CHECK(seen & (1u << NOT_INSTANTIATED));
    return client_done("small_pools");
}
