/* Programs for WASI: what the host gives them, what they cannot reach, and how they end. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"

/* A directory with a file outside of what the program gets. */
static char root[] = "/tmp/graver-client-XXXXXX";
static char path[256], mapping[256];

static const char *in_root(const char *name)
{
    snprintf(path, sizeof(path), "%s/%s", root, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    int file = open(in_root(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    close(file);
}

static const char *read_file(const char *name)
{
    static char text[2048];
    int file = open(in_root(name), O_RDONLY);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof(text) - 1);
    close(file);
    text[length < 0 ? 0 : length] = 0;
    return length < 0 ? NULL : text;
}

static void prepare(void)
{
    CHECK(mkdtemp(root) != NULL);
    CHECK(mkdir(in_root("inside"), 0700) == 0);
    write_file("secret.txt", "not for guests");
    write_file("inside/given.txt", "by the host");
    write_file("input.txt", "a line\n");
    CHECK(symlink("../secret.txt", in_root("inside/link.txt")) == 0);
    snprintf(mapping, sizeof(mapping), "/data::%s/inside", root);
}

static void remove_all(void)
{
    static const char *const files[] = { "inside/given.txt", "inside/made.txt", "inside/link.txt", "secret.txt",
                                         "input.txt",        "output.txt",      "errors.txt" };
    size_t i;
    for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
        unlink(in_root(files[i]));
    }
    CHECK(rmdir(in_root("inside")) == 0 && rmdir(root) == 0);
}

static wasm_module_t load(const char *guest)
{
    char error[128] = "";
    uint32_t size = 0;
    uint8_t *image = client_image(guest, &size);
    wasm_module_t module = wasm_runtime_load(image, size, error, sizeof(error));
    CHECK_TEXT(error, "");
    return module;
}

static int streams[3];

static void open_streams(void)
{
    streams[0] = open(in_root("input.txt"), O_RDONLY);
    streams[1] = open(in_root("output.txt"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    streams[2] = open(in_root("errors.txt"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(streams[0] >= 0 && streams[1] >= 0 && streams[2] >= 0);
}

/* They are the host's: the program had duplicates. */
static void close_streams(void)
{
    CHECK(close(streams[0]) == 0 && close(streams[1]) == 0 && close(streams[2]) == 0);
}

static const char expected[] = "argument 0: system\nargument 1: 7\ncolour: blue\ninput: a line\ngiven: by the host\n"
                               "/data/../secret.txt: out of reach\n/data/link.txt: out of reach\n"
                               "/secret.txt: out of reach\nsecret.txt: out of reach\n/etc/passwd: out of reach\n";

/* Arguments are the module's; everything may go once it was said. */
static void of_the_module(void)
{
    char name[] = "system", code[] = "7", trap[] = "trap", colour[] = "COLOUR=blue", error[128] = "";
    const char *env[1], *maps[1];
    char *argv[2];
    wasm_module_inst_t instance;
    wasm_exec_env_t exec_env;
    wasm_function_inst_t start;
    wasm_module_t module = load("system");
    open_streams();
    env[0] = colour;
    maps[0] = mapping;
    argv[0] = name;
    argv[1] = code;
    wasm_runtime_set_wasi_args_ex(module, NULL, 0, maps, 1, env, 1, argv, 2, streams[0], streams[1], streams[2]);
    wasm_runtime_set_wasi_addr_pool(module, NULL, 0);
    wasm_runtime_set_wasi_ns_lookup_pool(module, NULL, 0);
    memset(name, 'x', sizeof(name) - 1);
    memset(code, 'x', sizeof(code) - 1);
    memset(colour, 'x', sizeof(colour) - 1);

    instance = wasm_runtime_instantiate(module, 64 * 1024, 0, error, sizeof(error));
    CHECK_TEXT(error, "");
    if (CHECK(instance != NULL)) {
        CHECK(wasm_runtime_is_wasi_mode(instance));
        CHECK(wasm_application_execute_main(instance, 0, NULL));
        CHECK(wasm_runtime_get_wasi_exit_code(instance) == 7);
        CHECK_TEXT(read_file("output.txt"), expected);
        CHECK_TEXT(read_file("errors.txt"), "to the error stream\n");
        CHECK_TEXT(read_file("inside/made.txt"), "made by the guest");
        CHECK_TEXT(read_file("secret.txt"), "not for guests");
        CHECK_TEXT(read_file("inside/given.txt"), "by the host");
        wasm_runtime_deinstantiate(instance);
    }
    close_streams();

    /* By its function: the end of the program is an exception. */
    open_streams();
    wasm_runtime_set_wasi_args_ex(module, NULL, 0, maps, 1, NULL, 0, argv, 2, streams[0], streams[1], streams[2]);
    memcpy(code, "9", 2);
    wasm_runtime_set_wasi_args_ex(module, NULL, 0, maps, 1, NULL, 0, argv, 2, streams[0], streams[1], streams[2]);
    instance = wasm_runtime_instantiate(module, 64 * 1024, 0, error, sizeof(error));
    exec_env = wasm_runtime_create_exec_env(instance, 64 * 1024);
    start = wasm_runtime_lookup_wasi_start_function(instance);
    if (CHECK(instance && exec_env && start)) {
        CHECK(!wasm_runtime_call_wasm(exec_env, start, 0, NULL));
        CHECK_TEXT(wasm_runtime_get_exception(instance), "Exception: wasi proc exit");
        CHECK(wasm_runtime_get_wasi_exit_code(instance) == 9);
    }
    wasm_runtime_destroy_exec_env(exec_env);
    wasm_runtime_deinstantiate(instance);
    close_streams();

    /* A trap is none. */
    open_streams();
    argv[1] = trap;
    wasm_runtime_set_wasi_args_ex(module, NULL, 0, NULL, 0, NULL, 0, argv, 2, streams[0], streams[1], streams[2]);
    instance = wasm_runtime_instantiate(module, 64 * 1024, 0, error, sizeof(error));
    CHECK(instance && !wasm_application_execute_main(instance, 0, NULL));
    CHECK_TEXT(wasm_runtime_get_exception(instance), "Exception: unreachable");
    wasm_runtime_deinstantiate(instance);
    close_streams();
    wasm_runtime_unload(module);
}

static wasm_module_inst_t with_arguments(wasm_module_t module, struct InstantiationArgs2 *args, const char *complaint)
{
    char error[256] = "";
    wasm_module_inst_t instance = wasm_runtime_instantiate_ex2(module, args, error, sizeof(error));
    CHECK(strstr(error, complaint) != NULL || (printf("found: %s\n", error), false));
    CHECK((instance != NULL) == (*complaint == 0));
    return instance;
}

/* Arguments are the instance's. */
static void of_the_instance(void)
{
    char name[] = "system", code[] = "7";
    const char *env[1] = { "COLOUR=blue" }, *maps[1] = { mapping }, *nowhere[1] = { "/graver/is/not/here" };
    const char *no_map[1] = { "/data" };
    char *argv[2] = { name, code };
    struct InstantiationArgs2 *args = NULL;
    wasm_module_t module = load("system"), other = load("system"), reactor = load("reactor");
    wasm_module_inst_t instance;
    uint32_t length[1] = { 0 };
    open_streams();
    CHECK(wasm_runtime_instantiation_args_create(&args));
    wasm_runtime_instantiation_args_set_default_stack_size(args, 64 * 1024);
    wasm_runtime_instantiation_args_set_wasi_arg(args, argv, 2);
    wasm_runtime_instantiation_args_set_wasi_env(args, env, 1);
    wasm_runtime_instantiation_args_set_wasi_dir(args, NULL, 0, maps, 1);
    wasm_runtime_instantiation_args_set_wasi_stdio(args, streams[0], streams[1], streams[2]);
    instance = with_arguments(module, args, "");
    CHECK(wasm_application_execute_main(instance, 0, NULL));
    CHECK(wasm_runtime_get_wasi_exit_code(instance) == 7);
    CHECK_TEXT(read_file("output.txt"), expected);
    wasm_runtime_deinstantiate(instance);

    instance = with_arguments(reactor, args, "");
    if (CHECK(instance != NULL)) {
        wasm_exec_env_t exec_env = wasm_runtime_get_exec_env_singleton(instance);
        CHECK(wasm_runtime_call_wasm(exec_env, wasm_runtime_lookup_function(instance, "length"), 0, length));
        CHECK(length[0] == 4);
        wasm_runtime_deinstantiate(instance);
    }

    wasm_runtime_instantiation_args_set_wasi_dir(args, nowhere, 1, NULL, 0);
    with_arguments(module, args, "error while pre-opening directory /graver/is/not/here");
    wasm_runtime_instantiation_args_set_wasi_dir(args, NULL, 0, no_map, 1);
    with_arguments(module, args, "error while pre-opening mapped directory: invalid map");
    wasm_runtime_instantiation_args_set_wasi_dir(args, NULL, 0, maps, 1);
    wasm_runtime_instantiation_args_set_wasi_stdio(args, 1000000, -1, -1);
    with_arguments(module, args, "standard stream");
    wasm_runtime_set_wasi_args(other, NULL, 0, maps, 1, NULL, 0, argv, 2);
    with_arguments(other, args, "WASI configuration was given via both of module and InstantiationArgs2");
    wasm_runtime_instantiation_args_destroy(args);
    close_streams();
    wasm_runtime_unload(reactor);
    wasm_runtime_unload(other);
    wasm_runtime_unload(module);
}

/* Functions by themselves: of wrong types, without an implementation, with addresses outside. */
static void functions(void)
{
    struct client client;
    wasm_import_t import;
    uint32_t argv[2] = { 0, 0 };
    if (CHECK(client_open(&client, "wrong_types", 0))) {
        wasm_runtime_get_import_type(client.module, 0, &import);
        CHECK_TEXT(import.name, "fd_write");
        CHECK(!import.linked);
        wasm_runtime_get_import_type(client.module, 1, &import);
        CHECK(import.linked);
        CHECK(!client_call(&client, "write", 0, NULL));
        CHECK_TEXT(wasm_runtime_get_exception(client.instance),
                   "Exception: failed to call unlinked import function (wasi_snapshot_preview1, fd_write)");
        /* ENOSYS, EFAULT */
        CHECK(client_call(&client, "raise", 0, argv) && argv[0] == 52);
        argv[0] = 65535;
        argv[1] = 2;
        CHECK(client_call(&client, "random", 2, argv) && argv[0] == 21);
        argv[0] = 0xffffffff;
        CHECK(!client_call(&client, "exit", 1, argv));
        CHECK(wasm_runtime_get_wasi_exit_code(client.instance) == 0xffffffff);
        CHECK_TEXT(wasm_runtime_get_exception(client.instance), "Exception: wasi proc exit");
    }
    client_close(&client);
}

int client_main(void)
{
    CHECK(client_start(NULL, 0));
    prepare();
    of_the_module();
    of_the_instance();
    remove_all();
    functions();
    CHECK(wasm_runtime_is_import_func_linked("wasi_snapshot_preview1", "fd_write"));
    CHECK(!wasm_runtime_is_import_func_linked("wasi_unstable", "fd_write"));
    wasm_runtime_destroy();
    return client_done("wasi");
}
