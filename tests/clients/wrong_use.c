/* What a program can do wrong, and that it only fails: null and dead handles, wrong order, bad files, bad signatures. */
#include "client.h"

static int32_t add(wasm_exec_env_t exec_env, int32_t a, int32_t b)
{
    (void)exec_env;
    return a + b;
}

#define ROW(name, signature) { name, GRAVER_NATIVE_POINTER(add), signature, NULL }
static NativeSymbol natives[] = {
    ROW("good", "(ii)i"),
    ROW("unclosed", "(ii"),
    ROW("unopened", "ii)i"),
    ROW("letter", "(ix)i"),
    ROW("few", "(i)i"),
    ROW("many", "(iii)i"),
    ROW("wide", "(iI)i"),
    ROW("length_first", "(~i)i"),
    ROW("length_alone", "(i~)i"),
    ROW("no_result", "(ii)"),
    ROW("wrong_result", "(ii)I"),
    ROW("pointer_result", "(ii)*"),
    ROW("trailing", "(ii)ii"),
};

static void before_the_start(void)
{
    uint32_t size;
    uint8_t *image = client_image("fib", &size);
    char error_buf[64] = "";
    RuntimeInitArgs args;
    mem_alloc_info_t info;

    CHECK(wasm_runtime_malloc(10) == NULL);
    CHECK(wasm_runtime_load(image, size, error_buf, sizeof(error_buf)) == NULL);
    CHECK(error_buf[0] != 0);
    CHECK(!wasm_runtime_get_mem_alloc_info(&info));
    wasm_runtime_free(NULL);
    wasm_runtime_destroy();

    CHECK(!wasm_runtime_full_init(NULL));
    memset(&args, 0, sizeof(args));
    args.mem_alloc_type = Alloc_With_Pool;
    CHECK(!wasm_runtime_full_init(&args));
    args.mem_alloc_option.pool.heap_size = 100000;
    CHECK(!wasm_runtime_full_init(&args));
    memset(&args, 0, sizeof(args));
    args.mem_alloc_type = Alloc_With_Allocator;
    CHECK(!wasm_runtime_full_init(&args));
    args.mem_alloc_type = (mem_alloc_type_t)77;
    CHECK(!wasm_runtime_full_init(&args));
    CHECK(wasm_runtime_malloc(10) == NULL);
}

/* Every function that takes a handle, without one. */
static void null_handles(void)
{
    char error_buf[64];
    uint32_t cells[4] = { 0, 0, 0, 0 }, size = 0;
    uint64_t start = 0, end = 0;
    uint8_t *bytes = NULL;
    void *pointer = NULL;
    wasm_val_t values[1];
    wasm_valkind_t kinds[1];
    wasm_import_t import;
    wasm_export_t export_;
    wasm_global_inst_t global;
    wasm_table_inst_t table;
    memset(values, 0, sizeof(values));
    memset(&import, 0, sizeof(import));
    memset(&export_, 0, sizeof(export_));
    memset(&table, 0, sizeof(table));

    CHECK(wasm_runtime_load(NULL, 10, error_buf, sizeof(error_buf)) == NULL);
    CHECK(wasm_runtime_load_ex(NULL, 0, NULL, error_buf, sizeof(error_buf)) == NULL);
    CHECK(wasm_runtime_load_from_sections(NULL, true, error_buf, sizeof(error_buf)) == NULL);
    CHECK(wasm_runtime_instantiate(NULL, 4096, 0, error_buf, sizeof(error_buf)) == NULL);
    CHECK(wasm_runtime_instantiate_ex(NULL, NULL, error_buf, sizeof(error_buf)) == NULL);
    CHECK(wasm_runtime_instantiate_ex2(NULL, NULL, error_buf, sizeof(error_buf)) == NULL);
    CHECK(!wasm_runtime_instantiation_args_create(NULL));
    wasm_runtime_instantiation_args_destroy(NULL);
    CHECK(!wasm_runtime_resolve_symbols(NULL));
    CHECK(!wasm_runtime_is_underlying_binary_freeable(NULL));
    CHECK(wasm_runtime_get_custom_section(NULL, "name", &size) == NULL);
    CHECK(!wasm_runtime_set_module_name(NULL, "name", error_buf, sizeof(error_buf)));
    CHECK_TEXT(wasm_runtime_get_module_name(NULL), "");
    CHECK(wasm_runtime_get_module_package_type(NULL) == Package_Type_Unknown);
    CHECK(wasm_runtime_get_module_package_version(NULL) == 0);
    CHECK(wasm_runtime_get_file_package_type(NULL, 8) == Package_Type_Unknown);
    CHECK(wasm_runtime_get_file_package_version(NULL, 8) == 0);
    CHECK(!wasm_runtime_is_xip_file(NULL, 8));
    wasm_runtime_unload(NULL);
    wasm_runtime_deinstantiate(NULL);

    CHECK(wasm_runtime_get_import_count(NULL) == -1);
    CHECK(wasm_runtime_get_export_count(NULL) == -1);
    wasm_runtime_get_import_type(NULL, 0, &import);
    wasm_runtime_get_export_type(NULL, 0, &export_);
    CHECK(wasm_func_type_get_param_count(NULL) == 0);
    CHECK(wasm_func_type_get_param_valkind(NULL, 0) == (wasm_valkind_t)-1);
    CHECK(wasm_func_type_get_result_count(NULL) == 0);
    CHECK(wasm_func_type_get_result_valkind(NULL, 0) == (wasm_valkind_t)-1);
    CHECK(wasm_memory_type_get_init_page_count(NULL) == 0);
    CHECK(wasm_table_type_get_init_size(NULL) == 0);

    CHECK(wasm_runtime_lookup_function(NULL, "name") == NULL);
    CHECK(wasm_func_get_param_count(NULL, NULL) == 0);
    CHECK(wasm_func_get_result_count(NULL, NULL) == 0);
    wasm_func_get_param_types(NULL, NULL, kinds);
    wasm_func_get_result_types(NULL, NULL, kinds);
    CHECK(wasm_runtime_create_exec_env(NULL, 4096) == NULL);
    wasm_runtime_destroy_exec_env(NULL);
    CHECK(wasm_runtime_get_exec_env_singleton(NULL) == NULL);
    CHECK(wasm_runtime_get_module_inst(NULL) == NULL);
    CHECK(wasm_runtime_get_module(NULL) == NULL);
    CHECK(wasm_runtime_get_function_attachment(NULL) == NULL);
    wasm_runtime_set_user_data(NULL, NULL);
    CHECK(wasm_runtime_get_user_data(NULL) == NULL);

    CHECK(!wasm_runtime_call_wasm(NULL, NULL, 0, NULL));
    CHECK(!wasm_runtime_call_wasm_a(NULL, NULL, 0, values, 0, values));
    CHECK(!wasm_runtime_call_wasm_v(NULL, NULL, 0, values, 0));
    CHECK(!wasm_runtime_call_indirect(NULL, 0, 0, cells));
    CHECK(!wasm_application_execute_main(NULL, 0, NULL));
    CHECK(!wasm_application_execute_func(NULL, "name", 0, NULL));
    CHECK(wasm_runtime_get_exception(NULL) == NULL);
    wasm_runtime_set_exception(NULL, "text");
    wasm_runtime_clear_exception(NULL);
    wasm_runtime_terminate(NULL);

    wasm_runtime_set_custom_data(NULL, NULL);
    CHECK(wasm_runtime_get_custom_data(NULL) == NULL);
    wasm_runtime_set_context(NULL, NULL, NULL);
    CHECK(wasm_runtime_get_context(NULL, NULL) == NULL);
    wasm_runtime_destroy_context_key(NULL);

    CHECK(wasm_runtime_module_malloc(NULL, 8, &pointer) == 0);
    wasm_runtime_module_free(NULL, 8);
    CHECK(wasm_runtime_module_dup_data(NULL, "text", 5) == 0);
    CHECK(!wasm_runtime_validate_app_addr(NULL, 0, 1));
    CHECK(!wasm_runtime_validate_app_str_addr(NULL, 0));
    CHECK(!wasm_runtime_validate_native_addr(NULL, cells, 1));
    CHECK(wasm_runtime_addr_app_to_native(NULL, 0) == NULL);
    CHECK(wasm_runtime_addr_native_to_app(NULL, cells) == 0);
    CHECK(!wasm_runtime_get_app_addr_range(NULL, 0, &start, &end));
    CHECK(!wasm_runtime_get_native_addr_range(NULL, (uint8_t *)cells, &bytes, &bytes));
    CHECK(wasm_runtime_lookup_memory(NULL, "memory") == NULL);
    CHECK(wasm_runtime_get_default_memory(NULL) == NULL);
    CHECK(wasm_runtime_get_memory(NULL, 0) == NULL);
    CHECK(wasm_memory_get_cur_page_count(NULL) == 0);
    CHECK(wasm_memory_get_base_address(NULL) == NULL);
    CHECK(!wasm_memory_enlarge(NULL, 1));
    CHECK(!wasm_runtime_enlarge_memory(NULL, 1));
    CHECK(!wasm_runtime_get_export_global_inst(NULL, "name", &global));
    CHECK(!wasm_runtime_get_export_table_inst(NULL, "name", &table));
    CHECK(wasm_table_get_func_inst(NULL, &table, 0) == NULL);

    CHECK(!wasm_runtime_register_natives(NULL, natives, 1));
    CHECK(!wasm_runtime_register_natives("env", NULL, 1));
    CHECK(!wasm_runtime_unregister_natives(NULL, natives));
    CHECK(!wasm_runtime_unregister_natives("env", NULL));
    CHECK(!wasm_externref_obj2ref(NULL, cells, cells));
    CHECK(!wasm_externref_objdel(NULL, cells));
    CHECK(!wasm_runtime_register_module(NULL, NULL, error_buf, sizeof(error_buf)));
    CHECK(wasm_runtime_find_module_registered(NULL) == NULL);
}

/* A live handle, and null for all the rest. */
static void null_arguments(void)
{
    struct client client;
    uint32_t cells[2] = { 0, 0 };
    wasm_function_inst_t function;
    wasm_table_inst_t table;
    if (!CHECK(client_open(&client, "state", 0))) {
        return;
    }
    function = wasm_runtime_lookup_function(client.instance, "increment");
    CHECK(wasm_runtime_lookup_function(client.instance, NULL) == NULL);
    CHECK(!wasm_runtime_call_wasm(client.env, NULL, 0, cells));
    wasm_runtime_clear_exception(client.instance);
    CHECK(!wasm_runtime_call_wasm(client.env, function, 1, NULL));
    wasm_runtime_clear_exception(client.instance);
    CHECK(!wasm_runtime_call_wasm(client.env, function, 0, cells));
    wasm_runtime_clear_exception(client.instance);
    CHECK(!wasm_runtime_call_wasm_a(client.env, function, 1, NULL, 1, NULL));
    CHECK(!wasm_application_execute_func(client.instance, NULL, 0, NULL));
    CHECK(!wasm_runtime_get_export_global_inst(client.instance, NULL, NULL));
    CHECK(!wasm_runtime_get_export_global_inst(client.instance, "counter", NULL));
    CHECK(!wasm_runtime_get_export_table_inst(client.instance, "operations", NULL));
    CHECK(wasm_table_get_func_inst(client.instance, NULL, 0) == NULL);
    CHECK(wasm_runtime_get_export_table_inst(client.instance, "operations", &table));
    CHECK(wasm_table_get_func_inst(NULL, &table, 1) == NULL);
    CHECK(wasm_runtime_lookup_memory(client.instance, NULL) == NULL);
    CHECK(wasm_runtime_module_dup_data(client.instance, NULL, 4) == 0);
    wasm_runtime_get_import_type(client.module, 0, NULL);
    wasm_runtime_get_export_type(client.module, 0, NULL);
    wasm_runtime_get_export_type(client.module, -1, NULL);
    /* From outside of a native there is nothing to call indirectly. */
    wasm_runtime_clear_exception(client.instance);
    CHECK(!wasm_runtime_call_indirect(client.env, 100, 1, cells));
    wasm_runtime_clear_exception(client.instance);
    CHECK(client_call(&client, "increment", 1, cells));
    client_close(&client);
}

/* Every beginning of a file, and a file with one bit changed, is refused or is a module; nothing worse. */
static void bad_files(void)
{
    static const uint8_t bytecode[] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };
    uint8_t copy[8];
    char error_buf[128];
    uint32_t size, length;
    uint8_t *image = client_image("fib", &size);
    uint8_t *changed = (uint8_t *)wasm_runtime_malloc(size);
    wasm_module_t module;

    if (!CHECK(changed != NULL)) {
        return;
    }
    memcpy(changed, image, size);
    for (length = 0; length < size; length += length < 256 ? 1 : 37) {
        error_buf[0] = 0;
        if (!CHECK(wasm_runtime_load(changed, length, error_buf, sizeof(error_buf)) == NULL)
            || !CHECK(error_buf[0] != 0)) {
            printf("    with %u bytes\n", (unsigned)length);
        }
    }
    CHECK(wasm_runtime_load(changed, 0, error_buf, sizeof(error_buf)) == NULL);
    CHECK_TEXT(error_buf, "WASM module load failed: unexpected end");
    changed[0] ^= 0xff;
    CHECK(wasm_runtime_load(changed, size, error_buf, sizeof(error_buf)) == NULL);
    CHECK_TEXT(error_buf, "WASM module load failed: magic header not detected");
    wasm_runtime_free(changed);

    /* Bytecode is for the compiler, and the text says so. */
    memcpy(copy, bytecode, sizeof(copy));
    module = wasm_runtime_load(copy, sizeof(copy), error_buf, sizeof(error_buf));
    CHECK(module == NULL);
    CHECK(strstr(error_buf, "graver compile") != NULL);
}

static void signatures(void)
{
    struct client client;
    uint32_t argv[1] = { 0 }, i;
    char text[96];

    CHECK(wasm_runtime_register_natives("env", natives, sizeof(natives) / sizeof(natives[0])));
    if (CHECK(client_open(&client, "bad_signatures", 0))) {
        CHECK(client_call(&client, "good", 0, argv));
        CHECK(argv[0] == 3);
        for (i = 0; i < sizeof(natives) / sizeof(natives[0]); i++) {
            const char *name = natives[i].symbol;
            if (strcmp(name, "good") == 0) {
                continue;
            }
            CHECK(wasm_runtime_lookup_function(client.instance, name) != NULL);
            CHECK(!client_call(&client, name, 0, argv));
            snprintf(text, sizeof(text), "Exception: failed to call unlinked import function (env, %s)", name);
            CHECK_TEXT(wasm_runtime_get_exception(client.instance), text);
            wasm_runtime_clear_exception(client.instance);
        }
    }
    client_close(&client);
    CHECK(wasm_runtime_unregister_natives("env", natives));
}

/* Things that are gone, and things that are still in use. */
static void wrong_order(void)
{
    struct client client, gone, other;
    wasm_exec_env_t spare;
    uint32_t argv[1] = { 9 };

    if (!CHECK(client_open(&client, "fib", 0))) {
        return;
    }
    /* A module with an instance stays until that goes. */
    wasm_runtime_unload(client.module);
    CHECK(client_call(&client, "fib", 1, argv));
    CHECK(argv[0] == 34);

    gone = client;
    spare = wasm_runtime_create_exec_env(client.instance, 4096);
    wasm_runtime_destroy_exec_env(client.env);
    wasm_runtime_destroy_exec_env(gone.env);
    wasm_runtime_deinstantiate(client.instance);
    /* An exec env that outlives its instance. */
    CHECK(wasm_runtime_get_module_inst(spare) == NULL);
    CHECK(!wasm_runtime_call_indirect(spare, 0, 1, argv));
    CHECK(!wasm_runtime_detect_native_stack_overflow(spare));
    CHECK(wasm_runtime_get_function_attachment(spare) == NULL);
    if (CHECK(client_open(&other, "fib", 0))) {
        wasm_function_inst_t fib = wasm_runtime_lookup_function(other.instance, "fib");
        CHECK(fib && !wasm_runtime_call_wasm(spare, fib, 1, argv));
        CHECK(!wasm_runtime_call_wasm_a(spare, fib, 0, NULL, 0, NULL));
        wasm_runtime_set_module_inst(spare, other.instance);
        CHECK(wasm_runtime_call_wasm(spare, fib, 1, argv));
    }
    client_close(&other);
    wasm_runtime_destroy_exec_env(spare);
    wasm_runtime_deinstantiate(gone.instance);
    CHECK(wasm_runtime_create_exec_env(gone.instance, 4096) == NULL);
    wasm_runtime_unload(gone.module);
    CHECK(wasm_runtime_instantiate(gone.module, 4096, 0, NULL, 0) == NULL);
}

int client_main(void)
{
    mem_alloc_info_t before, after;

    before_the_start();
    CHECK(client_start(NULL, 0));
    CHECK(wasm_runtime_get_mem_alloc_info(&before));
    null_handles();
    null_arguments();
    bad_files();
    signatures();
    wrong_order();
    CHECK(wasm_runtime_get_mem_alloc_info(&after));
    CHECK(after.total_free_size == before.total_free_size);
    wasm_runtime_destroy();
    wasm_runtime_destroy();
    CHECK(wasm_runtime_malloc(10) == NULL);
    return client_done("wrong_use");
}
