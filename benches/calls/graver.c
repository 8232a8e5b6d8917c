/* Times calls through Graver's C API: `graver IMAGE ROUNDS` prints the nanoseconds of all calls into wasm, and out of it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "wasm_export.h"

static int32_t add_one(wasm_exec_env_t env, int32_t x)
{
    (void)env;
    return x + 1;
}

static NativeSymbol natives[] = { { "add_one", (void *)add_one, "(i)i", NULL } };

static int fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    return 1;
}

int main(int argc, char **argv)
{
    RuntimeInitArgs init = { 0 };
    char error[128] = "";
    uint8_t *image;
    long size;
    uint32_t rounds, round, arguments[2] = { 0, 0 };
    uint64_t start, entering, leaving;
    wasm_module_t module;
    wasm_module_inst_t instance;
    wasm_exec_env_t env;
    wasm_function_inst_t enter, leave;
    FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
    if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) <= 0 || fseek(file, 0, SEEK_SET) != 0)
        return fail("graver IMAGE ROUNDS");
    image = malloc((size_t)size);
    if (!image || fread(image, 1, (size_t)size, file) != (size_t)size)
        return fail("cannot read the image");
    rounds = (uint32_t)strtoul(argv[2], NULL, 10);

    init.mem_alloc_type = Alloc_With_System_Allocator;
    init.native_module_name = "env";
    init.native_symbols = natives;
    init.n_native_symbols = 1;
    if (!wasm_runtime_full_init(&init) || !(module = wasm_runtime_load(image, (uint32_t)size, error, sizeof(error)))
        || !(instance = wasm_runtime_instantiate(module, 65536, 0, error, sizeof(error)))
        || !(env = wasm_runtime_create_exec_env(instance, 65536)))
        return fail(error);
    enter = wasm_runtime_lookup_function(instance, "enter");
    leave = wasm_runtime_lookup_function(instance, "leave");

    start = now();
    for (round = 0; round < rounds; round++) {
        if (!wasm_runtime_call_wasm(env, enter, 1, arguments))
            return fail(wasm_runtime_get_exception(instance));
    }
    entering = now() - start;
    if (arguments[0] != rounds)
        return fail("`enter` adds wrongly");
    start = now();
    if (!wasm_runtime_call_wasm(env, leave, 1, arguments))
        return fail(wasm_runtime_get_exception(instance));
    leaving = now() - start;
    if (arguments[0] != rounds)
        return fail("`leave` counts wrongly");
    printf("%" PRIu64 " %" PRIu64 "\n", entering, leaving);
    return 0;
}
