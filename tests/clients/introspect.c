/* What a module imports and exports, before and without an instance of it. */
#include "client.h"

static double known(wasm_exec_env_t exec_env, int32_t a, int64_t b)
{
    (void)exec_env;
    return (double)a + (double)b;
}

static NativeSymbol natives[] = { EXPORT_WASM_API_WITH_SIG(known, "(iI)F") };

static bool find_import(wasm_module_t module, const char *module_name, const char *name, wasm_import_t *found)
{
    int32_t i, count = wasm_runtime_get_import_count(module), hits = 0;
    for (i = 0; i < count; i++) {
        wasm_import_t import;
        memset(&import, 0, sizeof(import));
        wasm_runtime_get_import_type(module, i, &import);
        if (strcmp(import.module_name, module_name) == 0 && strcmp(import.name, name) == 0) {
            *found = import;
            hits++;
        }
    }
    return hits == 1;
}

static bool find_export(wasm_module_t module, const char *name, wasm_export_t *found)
{
    int32_t i, count = wasm_runtime_get_export_count(module), hits = 0;
    for (i = 0; i < count; i++) {
        wasm_export_t export_;
        memset(&export_, 0, sizeof(export_));
        wasm_runtime_get_export_type(module, i, &export_);
        if (strcmp(export_.name, name) == 0) {
            *found = export_;
            hits++;
        }
    }
    return hits == 1;
}

static void imports(wasm_module_t module)
{
    wasm_import_t import;
    memset(&import, 0, sizeof(import));

    CHECK(wasm_runtime_get_import_count(module) == 5);
    if (CHECK(find_import(module, "env", "known", &import))) {
        CHECK(import.kind == WASM_IMPORT_EXPORT_KIND_FUNC && import.linked);
        CHECK(wasm_func_type_get_param_count(import.u.func_type) == 2);
        CHECK(wasm_func_type_get_param_valkind(import.u.func_type, 0) == WASM_I32);
        CHECK(wasm_func_type_get_param_valkind(import.u.func_type, 1) == WASM_I64);
        CHECK(wasm_func_type_get_param_valkind(import.u.func_type, 2) == (wasm_valkind_t)-1);
        CHECK(wasm_func_type_get_result_count(import.u.func_type) == 1);
        CHECK(wasm_func_type_get_result_valkind(import.u.func_type, 0) == WASM_F64);
        CHECK(wasm_func_type_get_result_valkind(import.u.func_type, 1) == (wasm_valkind_t)-1);
    }
    if (CHECK(find_import(module, "env", "unknown", &import))) {
        CHECK(import.kind == WASM_IMPORT_EXPORT_KIND_FUNC && !import.linked);
        CHECK(wasm_func_type_get_param_valkind(import.u.func_type, 0) == WASM_F32);
        CHECK(wasm_func_type_get_param_valkind(import.u.func_type, 1) == WASM_EXTERNREF);
        CHECK(wasm_func_type_get_result_count(import.u.func_type) == 0);
    }
    if (CHECK(find_import(module, "elsewhere", "level", &import))) {
        CHECK(import.kind == WASM_IMPORT_EXPORT_KIND_GLOBAL && !import.linked);
        CHECK(wasm_global_type_get_valkind(import.u.global_type) == WASM_I32);
        CHECK(!wasm_global_type_get_mutable(import.u.global_type));
    }
    if (CHECK(find_import(module, "elsewhere", "store", &import))) {
        CHECK(import.kind == WASM_IMPORT_EXPORT_KIND_MEMORY && !import.linked);
        CHECK(!wasm_memory_type_get_shared(import.u.memory_type));
        CHECK(wasm_memory_type_get_init_page_count(import.u.memory_type) == 2);
        CHECK(wasm_memory_type_get_max_page_count(import.u.memory_type) == 5);
    }
    if (CHECK(find_import(module, "elsewhere", "calls", &import))) {
        CHECK(import.kind == WASM_IMPORT_EXPORT_KIND_TABLE && !import.linked);
        CHECK(wasm_table_type_get_elem_kind(import.u.table_type) == WASM_FUNCREF);
        CHECK(!wasm_table_type_get_shared(import.u.table_type));
        CHECK(wasm_table_type_get_init_size(import.u.table_type) == 3);
        CHECK(wasm_table_type_get_max_size(import.u.table_type) == 9);
    }
}

static void exports(wasm_module_t module)
{
    wasm_export_t found;
    memset(&found, 0, sizeof(found));

    CHECK(wasm_runtime_get_export_count(module) == 7);
    if (CHECK(find_export(module, "swap", &found))) {
        CHECK(found.kind == WASM_IMPORT_EXPORT_KIND_FUNC);
        CHECK(wasm_func_type_get_result_count(found.u.func_type) == 2);
        CHECK(wasm_func_type_get_result_valkind(found.u.func_type, 0) == WASM_I64);
        CHECK(wasm_func_type_get_result_valkind(found.u.func_type, 1) == WASM_I32);
    }
    if (CHECK(find_export(module, "refs", &found))) {
        CHECK(wasm_func_type_get_param_valkind(found.u.func_type, 0) == WASM_EXTERNREF);
        CHECK(wasm_func_type_get_result_valkind(found.u.func_type, 0) == WASM_FUNCREF);
    }
    if (CHECK(find_export(module, "constant", &found))) {
        CHECK(found.kind == WASM_IMPORT_EXPORT_KIND_GLOBAL);
        CHECK(wasm_global_type_get_valkind(found.u.global_type) == WASM_I64);
        CHECK(!wasm_global_type_get_mutable(found.u.global_type));
    }
    if (CHECK(find_export(module, "variable", &found))) {
        CHECK(wasm_global_type_get_valkind(found.u.global_type) == WASM_F32);
        CHECK(wasm_global_type_get_mutable(found.u.global_type));
    }
    if (CHECK(find_export(module, "objects", &found))) {
        CHECK(found.kind == WASM_IMPORT_EXPORT_KIND_TABLE);
        CHECK(wasm_table_type_get_elem_kind(found.u.table_type) == WASM_EXTERNREF);
        CHECK(wasm_table_type_get_init_size(found.u.table_type) == 6);
    }
    if (CHECK(find_export(module, "again", &found))) {
        CHECK(found.kind == WASM_IMPORT_EXPORT_KIND_FUNC);
        CHECK(wasm_func_type_get_param_count(found.u.func_type) == 2);
        CHECK(wasm_func_type_get_result_valkind(found.u.func_type, 0) == WASM_F64);
    }
    if (CHECK(find_export(module, "memory", &found))) {
        CHECK(found.kind == WASM_IMPORT_EXPORT_KIND_MEMORY);
        CHECK(wasm_memory_type_get_max_page_count(found.u.memory_type) == 5);
    }
}

static void names_and_packages(wasm_module_t module, uint8_t *image, uint32_t size)
{
    static const uint8_t bytecode[] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };
    static const uint8_t text[] = "plain text";
    char error_buf[128];
    uint32_t length = 1;
    const uint8_t *section;

    CHECK_TEXT(wasm_runtime_get_module_name(module), "");
    CHECK(wasm_runtime_set_module_name(module, "first", error_buf, sizeof(error_buf)));
    CHECK_TEXT(wasm_runtime_get_module_name(module), "first");
    CHECK(wasm_runtime_set_module_name(module, "second", NULL, 0));
    CHECK_TEXT(wasm_runtime_get_module_name(module), "second");
    CHECK(!wasm_runtime_set_module_name(module, NULL, error_buf, sizeof(error_buf)));

    CHECK(wasm_runtime_get_file_package_type(bytecode, sizeof(bytecode)) == Wasm_Module_Bytecode);
    CHECK(wasm_runtime_get_file_package_type(image, size) == Wasm_Module_AoT);
    CHECK(get_package_type(text, sizeof(text)) == Package_Type_Unknown);
    CHECK(get_package_type(bytecode, 3) == Package_Type_Unknown);
    CHECK(wasm_runtime_get_module_package_type(module) == Wasm_Module_AoT);
    CHECK(wasm_runtime_get_file_package_version(bytecode, sizeof(bytecode)) == 1);
    CHECK(wasm_runtime_get_file_package_version(text, sizeof(text)) == 0);
    CHECK(wasm_runtime_get_current_package_version(Wasm_Module_Bytecode) == 1);
    CHECK(wasm_runtime_get_current_package_version(Package_Type_Unknown) == 0);
    CHECK(wasm_runtime_get_file_package_version(image, size) == wasm_runtime_get_module_package_version(module));
    CHECK(wasm_runtime_get_module_package_version(module)
          == wasm_runtime_get_current_package_version(Wasm_Module_AoT));
    CHECK(wasm_runtime_get_custom_section(module, "no such section", &length) == NULL);
    section = wasm_runtime_get_custom_section(module, "guest.note", &length);
    CHECK(section != NULL && length == 7 && memcmp(section, "payload", 7) == 0);
}

static void functions(void)
{
    struct client client;
    wasm_function_inst_t swap;
    wasm_valkind_t kinds[4] = { 9, 9, 9, 9 };
    if (!CHECK(client_open(&client, "forms", 0))) {
        return;
    }
    swap = wasm_runtime_lookup_function(client.instance, "swap");
    CHECK(wasm_func_get_param_count(swap, client.instance) == 2);
    CHECK(wasm_func_get_result_count(swap, client.instance) == 2);
    wasm_func_get_param_types(swap, client.instance, kinds);
    CHECK(kinds[0] == WASM_I32 && kinds[1] == WASM_I64 && kinds[2] == 9);
    wasm_func_get_result_types(swap, client.instance, kinds);
    CHECK(kinds[0] == WASM_I64 && kinds[1] == WASM_I32 && kinds[2] == 9);
    CHECK(wasm_runtime_get_running_mode(client.instance) == 0);
    CHECK(!wasm_runtime_is_wasi_mode(client.instance));
    CHECK(wasm_runtime_lookup_wasi_start_function(client.instance) == NULL);
    client_close(&client);
}

/* They are not recorded, and programs that want to print them get an empty text. */
static void call_stacks(void)
{
    struct client client;
    char text[8] = "before";
    if (CHECK(client_open(&client, "fib", 0))) {
        CHECK(wasm_runtime_get_call_stack_buf_size(client.env) == 1);
        CHECK(wasm_runtime_dump_call_stack_to_buf(client.env, text, 0) == 0 && text[0] == 'b');
        CHECK(wasm_runtime_dump_call_stack_to_buf(client.env, text, sizeof(text)) == 1);
        CHECK_TEXT(text, "");
        wasm_runtime_dump_call_stack(client.env);
        wasm_runtime_dump_perf_profiling(client.instance);
        CHECK(!(wasm_runtime_sum_wasm_exec_time(client.instance) > 0));
        CHECK(wasm_runtime_get_wasm_func_exec_time(client.instance, "fib") < 0);
    }
    client_close(&client);
}

int client_main(void)
{
    char error_buf[128] = "";
    char name[] = "with a name";
    uint32_t size;
    uint8_t *image = client_image("described", &size);
    wasm_module_t module;
    LoadArgs load_args;

    CHECK(client_start(natives, 1));
    module = wasm_runtime_load(image, size, error_buf, sizeof(error_buf));
    if (CHECK(module != NULL)) {
        imports(module);
        exports(module);
        names_and_packages(module, image, size);
        /* What it imports is nowhere to be had. */
        CHECK(wasm_runtime_instantiate(module, 4096, 0, error_buf, sizeof(error_buf)) == NULL);
        CHECK(strncmp(error_buf, "AOT module instantiate failed: ", 31) == 0);
        wasm_runtime_unload(module);
    } else {
        printf("%s\n", error_buf);
    }

    /* Resolved later, and named at once. */
    memset(&load_args, 0, sizeof(load_args));
    load_args.name = name;
    load_args.no_resolve = true;
    module = wasm_runtime_load_ex(image, size, &load_args, error_buf, sizeof(error_buf));
    if (CHECK(module != NULL)) {
        wasm_import_t import;
        CHECK(find_import(module, "env", "known", &import) && !import.linked);
        CHECK(!wasm_runtime_resolve_symbols(module));
        CHECK(find_import(module, "env", "known", &import) && import.linked);
        CHECK(find_import(module, "env", "unknown", &import) && !import.linked);
        CHECK_TEXT(wasm_runtime_get_module_name(module), "with a name");
        wasm_runtime_unload(module);
    }
    functions();
    call_stacks();
    wasm_runtime_destroy();
    return client_done("introspect");
}
