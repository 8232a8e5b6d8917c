/* A program in Rust that starts threads by itself, through wasi-threads. */
#include "../client.h"

#include <stdlib.h>
#include <unistd.h>

/* What it printed, after it ended as it should. */
static void run(const char *const *arguments, int count, bool succeeds, uint32_t code, const char *exception,
                const char *prints)
{
    char error[128] = "", output[512];
    char *argv[4];
    FILE *file = tmpfile();
    uint32_t size = 0;
    uint8_t *image = client_image("parallel", &size);
    wasm_module_t module = wasm_runtime_load(image, size, error, sizeof(error));
    wasm_module_inst_t instance;
    size_t length;
    int i;
    argv[0] = (char *)"parallel";
    for (i = 0; i < count; i++) {
        argv[i + 1] = (char *)arguments[i];
    }
    if (!CHECK(file != NULL && module != NULL)) {
        return;
    }
    wasm_runtime_set_wasi_args_ex(module, NULL, 0, NULL, 0, NULL, 0, argv, count + 1, -1, fileno(file), -1);
    instance = wasm_runtime_instantiate(module, 65536, 0, error, sizeof(error));
    if (CHECK(instance != NULL)) {
        CHECK(wasm_application_execute_main(instance, 0, NULL) == succeeds);
        CHECK_TEXT(wasm_runtime_get_exception(instance), exception);
        CHECK(wasm_runtime_get_wasi_exit_code(instance) == code);
        wasm_runtime_deinstantiate(instance);
    } else {
        printf("%s\n", error);
    }
    wasm_runtime_unload(module);
    rewind(file);
    length = fread(output, 1, sizeof(output) - 1, file);
    output[length] = 0;
    fclose(file);
    if (!CHECK(strstr(output, prints) != NULL)) {
        printf("it printed:\n%s\n", output);
    }
}

int client_main(void)
{
    const char *const works[] = { "300", "3" }, *const waits[] = { "wait" }, *const traps[] = { "trap" };
    const char *const exits[] = { "exit" };
    RuntimeInitArgs args;
    memset(&args, 0, sizeof(args));
    args.mem_alloc_type = Alloc_With_System_Allocator;
    CHECK(wasm_runtime_full_init(&args));
    CHECK(wasm_runtime_is_import_func_linked("wasi", "thread-spawn"));
    run(works, 2, true, 0, NULL, "1000 turns");
    /* Threads that wait end with the first one. */
    run(waits, 1, true, 0, NULL, "ends all the same");
    /* One of them ends the program, whose first thread would go on for ever. */
    run(exits, 1, true, 7, "Exception: wasi proc exit", "");
    run(traps, 1, false, 0, "Exception: unreachable", "");
    /* With one thread beside the first there can be no pool. */
    wasm_runtime_set_max_thread_num(1);
    run(works, 2, true, 1, "Exception: wasi proc exit", "");
    wasm_runtime_destroy();
    return client_done("wasi_threads");
}
