/* Modules that import from each other: read, registered, shared by what is in one program, and given back. */
#include "client.h"

static char error_buf[128];

/* What the reader does, and what was given back. */
static const char *other = "mA";
static unsigned reads, buffers_out;

static uint8_t garbage[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static uint8_t bytecode[] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };

static bool read_module(package_type_t module_type, const char *module_name, uint8_t **p_buffer, uint32_t *p_size)
{
    CHECK(module_type == Wasm_Module_AoT);
    reads++;
    if (strcmp(module_name, "no_such_module") == 0) {
        return false;
    }
    if (strcmp(module_name, "other") == 0 && strcmp(other, "garbage") == 0) {
        *p_buffer = garbage;
        *p_size = sizeof(garbage);
    } else if (strcmp(module_name, "other") == 0 && strcmp(other, "bytecode") == 0) {
        *p_buffer = bytecode;
        *p_size = sizeof(bytecode);
    } else if (strcmp(module_name, "other") == 0 && strcmp(other, "nothing") == 0) {
        *p_size = 8;
        return true;
    } else {
        *p_buffer = client_image(strcmp(module_name, "other") == 0 ? other : module_name, p_size);
    }
    buffers_out++;
    return true;
}

/* An instance that is gone when a module goes, or null. */
static wasm_module_inst_t gone;

static void destroy_module(uint8_t *buffer, uint32_t size)
{
    /* It may use the library. */
    CHECK(wasm_runtime_find_module_registered("no_such_module") == NULL);
    CHECK(gone == NULL || wasm_runtime_create_exec_env(gone, 4096) == NULL);
    CHECK(buffer != NULL && size >= 8);
    buffers_out--;
}

static uint32_t free_bytes(void)
{
    mem_alloc_info_t info;
    memset(&info, 0, sizeof(info));
    CHECK(wasm_runtime_get_mem_alloc_info(&info));
    return info.total_free_size;
}

static wasm_module_t load(const char *guest)
{
    uint32_t size;
    uint8_t *image = client_image(guest, &size);
    error_buf[0] = 0;
    return wasm_runtime_load(image, size, error_buf, sizeof(error_buf));
}

static wasm_module_inst_t instantiate(wasm_module_t module, uint32_t heap_size)
{
    error_buf[0] = 0;
    return wasm_runtime_instantiate(module, 8192, heap_size, error_buf, sizeof(error_buf));
}

/* Calls a function of one result without an exec env of its own. */
static bool call(wasm_module_inst_t instance, const char *name, uint32_t argc, uint32_t argv[])
{
    wasm_function_inst_t function = wasm_runtime_lookup_function(instance, name);
    return CHECK(function != NULL)
           && wasm_runtime_call_wasm(wasm_runtime_get_exec_env_singleton(instance), function, argc, argv);
}

static uint32_t result_of(wasm_module_inst_t instance, const char *name)
{
    uint32_t argv[1] = { 0 };
    if (!CHECK(call(instance, name, 0, argv))) {
        printf("%s: %s\n", name, wasm_runtime_get_exception(instance));
    }
    return argv[0];
}

static uint32_t result_for(wasm_module_inst_t instance, const char *name, uint32_t argument)
{
    uint32_t argv[1];
    argv[0] = argument;
    CHECK(call(instance, name, 1, argv));
    return argv[0];
}

/* mC imports from mB and mA, mB from mA. */
static void of_the_guide(void)
{
    wasm_module_t module, a, b;
    wasm_module_inst_t instance;

    reads = 0;
    module = load("mC");
    if (!CHECK(module != NULL)) {
        printf("%s\n", error_buf);
        return;
    }
    CHECK(reads == 2 && buffers_out == 2);
    a = wasm_runtime_find_module_registered("mA");
    b = wasm_runtime_find_module_registered("mB");
    CHECK(a != NULL && b != NULL && a != b);
    CHECK(wasm_runtime_find_module_registered("mC") == NULL);
    CHECK(wasm_runtime_register_module("mC", module, error_buf, sizeof(error_buf)));
    CHECK(wasm_runtime_find_module_registered("mC") == module);

    instance = instantiate(module, 8192);
    if (CHECK(instance != NULL)) {
        CHECK(result_of(instance, "C1") == 31 && result_of(instance, "C2") == 21);
        CHECK(result_of(instance, "C3") == 11 && result_of(instance, "C4") == 11);
        CHECK(result_of(instance, "C5") == 74);
        CHECK(result_of(instance, "$mA$A1") == 11 && result_of(instance, "$mB$B2") == 11);
        CHECK(result_of(instance, "$mC$C1") == 31);
        CHECK(wasm_runtime_lookup_function(instance, "A1") == NULL);
        CHECK(wasm_runtime_lookup_function(instance, "$mA$B1") == NULL);
        CHECK(wasm_runtime_lookup_function(instance, "$mX$A1") == NULL);
        CHECK(wasm_runtime_lookup_function(instance, "$mA") == NULL);
        CHECK(wasm_application_execute_func(instance, "C2", 0, NULL));
        CHECK(wasm_application_execute_func(instance, "$mB$B1", 0, NULL));
        CHECK(!wasm_application_execute_func(instance, "$mA$C1", 0, NULL));
        CHECK_TEXT(wasm_runtime_get_exception(instance), "Exception: lookup function $mA$C1 failed");
        wasm_runtime_deinstantiate(instance);
    } else {
        printf("%s\n", error_buf);
    }
    wasm_runtime_unload(module);
    CHECK(buffers_out == 0);
    CHECK(wasm_runtime_find_module_registered("mA") == NULL);
    CHECK(wasm_runtime_find_module_registered("mC") == NULL);
}

/* Globals, tables and memories are the same for all modules of a program, and others for another program. */
static void sharing(void)
{
    wasm_module_t module = load("sharing");
    wasm_module_inst_t first = NULL, second = NULL;
    wasm_global_inst_t global;
    wasm_table_inst_t table;
    uint32_t argv[2];

    CHECK(module != NULL && buffers_out == 3);
    first = instantiate(module, 4096);
    second = instantiate(module, 0);
    if (CHECK(first != NULL && second != NULL)) {
        void *pointer = NULL;
        uint32_t address;
        /* The reactor has come up before those who use it. */
        CHECK(result_of(first, "counted") == 100);
        CHECK(result_for(first, "run", 0) == 105 && result_for(first, "run", 1) == 220);
        CHECK(result_of(first, "counted") == 110 && result_of(first, "$left$up") == 115);
        CHECK(result_of(second, "counted") == 100 && result_for(second, "run", 0) == 105);

        CHECK(wasm_runtime_get_export_global_inst(first, "$depot$count", &global));
        CHECK(global.is_mutable && *(int32_t *)global.global_data == 115);
        *(int32_t *)global.global_data = 7;
        CHECK(result_of(first, "counted") == 7);
        CHECK(!wasm_runtime_get_export_global_inst(first, "$depot$tasks", &global));
        CHECK(wasm_runtime_get_export_table_inst(first, "$depot$tasks", &table));
        CHECK(table.cur_size == 4 && wasm_table_get_func_inst(first, &table, 0) != NULL);
        CHECK(!wasm_runtime_get_export_table_inst(first, "tasks", &table));

        /* Such programs have one thread. */
        CHECK(wasm_runtime_spawn_exec_env(wasm_runtime_get_exec_env_singleton(first)) == NULL);

        argv[0] = 2;
        CHECK(!call(first, "run", 1, argv));
        CHECK_TEXT(wasm_runtime_get_exception(first), "Exception: uninitialized element");
        argv[0] = 9;
        CHECK(!call(first, "run", 1, argv));
        CHECK_TEXT(wasm_runtime_get_exception(first), "Exception: undefined element");

        CHECK(result_for(first, "$right$word", 64) == 42);
        argv[0] = 1024;
        argv[1] = 0x1234;
        CHECK(call(first, "put", 2, argv) && argv[0] == 0x1234);
        CHECK(result_for(second, "$right$word", 1024) == 0);
        CHECK(wasm_runtime_lookup_memory(first, "$depot$memory") != NULL);
        CHECK(wasm_runtime_lookup_memory(first, "memory") == NULL);

        /* The memory has one app heap, of the module that brings it. */
        address = (uint32_t)wasm_runtime_module_malloc(first, 100, &pointer);
        CHECK(address >= 65536 && pointer == wasm_runtime_addr_app_to_native(first, address));
        wasm_runtime_module_free(first, address);
        CHECK((uint32_t)wasm_runtime_module_malloc(first, 100, NULL) == address);
        CHECK(wasm_runtime_module_malloc(second, 100, NULL) == 0);
        CHECK(result_of(second, "grow") == 1 * 10 + 2);
        /* The heap counts. */
        CHECK(result_of(first, "grow") == 2 * 10 + 3);
        argv[0] = 65536 * 3;
        CHECK(!call(first, "$right$word", 1, argv));
        CHECK_TEXT(wasm_runtime_get_exception(first), "Exception: out of bounds memory access");
    } else {
        printf("%s\n", error_buf);
    }
    if (first) {
        wasm_runtime_deinstantiate(first);
    }
    if (second) {
        CHECK(result_of(second, "counted") == 105);
        wasm_runtime_deinstantiate(second);
    }
    wasm_runtime_unload(module);
    CHECK(buffers_out == 0);
}

/* What the native saw. */
static wasm_module_inst_t root, other_instance, bystander;
static unsigned said;
static bool must_fail;
static int attached;

static void say(wasm_exec_env_t exec_env, const char *text)
{
    bool is_root = strcmp(text, "speaker") == 0;
    wasm_module_inst_t instance = wasm_runtime_get_module_inst(exec_env);
    uint32_t argv[1] = { 0 };
    uint64_t address;

    said++;
    CHECK_TEXT(text, is_root ? "speaker" : "keeper");
    CHECK((instance == root) == is_root);
    if (!is_root) {
        other_instance = instance;
        CHECK(wasm_runtime_get_module(instance) == wasm_runtime_find_module_registered("keeper"));
    }
    /* Memory, heap and table are those of the module that calls, the rest is the program's. */
    CHECK(wasm_runtime_addr_native_to_app(instance, (void *)(uintptr_t)text) == (is_root ? 32u : 16u));
    address = wasm_runtime_module_malloc(instance, 16, NULL);
    CHECK(address != 0);
    wasm_runtime_module_free(instance, address);
    CHECK(wasm_runtime_call_indirect(exec_env, 0, 0, argv) && argv[0] == (is_root ? 8u : 7u));
    CHECK(wasm_runtime_get_module_inst(exec_env) == instance);
    CHECK(wasm_runtime_get_custom_data(instance) == &attached);
    /* As natives do that call into another instance by the same exec env. */
    wasm_runtime_set_module_inst(exec_env, root);
    CHECK(wasm_runtime_get_module_inst(exec_env) == root);
    CHECK(wasm_runtime_call_indirect(exec_env, 0, 0, argv) && argv[0] == 8);
    wasm_runtime_set_module_inst(exec_env, bystander);
    CHECK(wasm_runtime_call_wasm(exec_env, wasm_runtime_lookup_function(bystander, "C5"), 0, argv) && argv[0] == 74);
    wasm_runtime_set_module_inst(exec_env, instance);
    CHECK(wasm_runtime_get_module_inst(exec_env) == instance);
    if (must_fail && !is_root) {
        wasm_runtime_set_exception(instance, "told to");
    }
}

static void of_memory(uint32_t inc_page_count, uint64_t current_memory_size, uint32_t memory_index,
                      enlarge_memory_error_reason_t failure_reason, wasm_module_inst_t instance,
                      wasm_exec_env_t exec_env, void *user_data)
{
    (void)exec_env;
    CHECK(inc_page_count == 9 && current_memory_size == 65536 * 2 && memory_index == 0);
    CHECK(failure_reason == MAX_SIZE_REACHED && instance == other_instance);
    *(unsigned *)user_data += 1;
}

/* Natives that are called from different modules of a program. */
static void natives(void)
{
    static NativeSymbol symbols[] = { EXPORT_WASM_API_WITH_SIG(say, "($)") };
    wasm_module_t module, another = load("mC");
    wasm_exec_env_t exec_env;
    unsigned told = 0;

    bystander = instantiate(another, 0);
    CHECK(bystander != NULL);
    CHECK(wasm_runtime_register_natives("env", symbols, 1));
    module = load("speaker");
    root = module ? instantiate(module, 4096) : NULL;
    said = 0;
    if (CHECK(root != NULL)) {
        wasm_runtime_set_custom_data(root, &attached);
        CHECK(call(root, "speak", 0, NULL) && said == 3);
        CHECK(wasm_runtime_get_module_inst(wasm_runtime_get_exec_env_singleton(root)) == root);
        CHECK(other_instance != NULL && other_instance != root);
        /* What a module exports can be another one's. */
        CHECK(call(root, "passed_on", 0, NULL) && said == 4);
        /* So can what calls a native by way of a table. */
        CHECK(call(root, "$keeper$speak_by_table", 0, NULL) && said == 5);
        must_fail = true;
        CHECK(!call(root, "speak", 0, NULL) && said == 6);
        CHECK_TEXT(wasm_runtime_get_exception(root), "Exception: told to");
        CHECK_TEXT(wasm_runtime_get_exception(other_instance), "Exception: told to");
        must_fail = false;
        CHECK(!call(root, "fall", 0, NULL));
        CHECK_TEXT(wasm_runtime_get_exception(root), "Exception: unreachable");
        CHECK(call(root, "speak", 0, NULL) && wasm_runtime_get_exception(root) == NULL);

        wasm_runtime_set_enlarge_mem_error_callback(of_memory, &told);
        CHECK((int32_t)result_of(root, "grow") == -1 && told == 1);
        /* It is the instance's whose memory it is. */
        CHECK(!wasm_memory_enlarge(wasm_runtime_lookup_memory(root, "$keeper$own"), 9) && told == 2);
        wasm_runtime_set_enlarge_mem_error_callback(NULL, NULL);

        /* Another instance of the program can be used, but does not go alone. */
        exec_env = wasm_runtime_create_exec_env(other_instance, 4096);
        CHECK(wasm_runtime_get_module_inst(exec_env) == other_instance);
        CHECK(wasm_runtime_call_wasm(exec_env, wasm_runtime_lookup_function(other_instance, "speak"), 0, NULL));
        wasm_runtime_deinstantiate(other_instance);
        CHECK(call(root, "speak", 0, NULL));
        wasm_runtime_deinstantiate(root);
        CHECK(wasm_runtime_get_module_inst(exec_env) == NULL);
        wasm_runtime_destroy_exec_env(exec_env);
    } else {
        printf("%s\n", error_buf);
    }
    if (module) {
        wasm_runtime_unload(module);
    }
    wasm_runtime_deinstantiate(bystander);
    wasm_runtime_unload(another);
    CHECK(wasm_runtime_unregister_natives("env", symbols));
}

/* Programs whose second instance calls the native, and whom it saw. */
static wasm_module_inst_t first_near, second_near, met;

static void meet(wasm_exec_env_t exec_env)
{
    wasm_module_inst_t instance = wasm_runtime_get_module_inst(exec_env);
    CHECK(wasm_runtime_get_module(instance) == wasm_runtime_find_module_registered("exact"));
    if (met == NULL) {
        /* The other program is called with the same exec env. */
        wasm_function_inst_t function = wasm_runtime_lookup_function(second_near, "meet");
        met = instance;
        wasm_runtime_set_module_inst(exec_env, second_near);
        CHECK(wasm_runtime_call_wasm(exec_env, function, 0, NULL) && met != instance);
        CHECK(wasm_runtime_get_module_inst(exec_env) == second_near);
        wasm_runtime_set_module_inst(exec_env, instance);
        CHECK(wasm_runtime_get_module_inst(exec_env) == instance);
    } else {
        met = instance;
        /* Here as well it can stand for another one for a while. */
        wasm_runtime_set_module_inst(exec_env, second_near);
        CHECK(wasm_runtime_get_module_inst(exec_env) == second_near);
        wasm_runtime_set_module_inst(exec_env, instance);
        CHECK(wasm_runtime_get_module_inst(exec_env) == instance);
    }
}

/* Whose a memory is, with an app heap in it, and what goes first. */
static void memories(void)
{
    static NativeSymbol symbols[] = { EXPORT_WASM_API_WITH_SIG(meet, "()") };
    wasm_module_t module;
    wasm_module_inst_t instance;

    CHECK(wasm_runtime_register_natives("env", symbols, 1));
    module = load("near");
    /* With a heap the memory is longer than its maximum, which is still what it was declared with. */
    first_near = module ? instantiate(module, 8192) : NULL;
    second_near = module ? instantiate(module, 0) : NULL;
    if (CHECK(first_near != NULL && second_near != NULL)) {
        CHECK(result_of(first_near, "pages") == 3 && result_of(second_near, "pages") == 2);
        CHECK(wasm_memory_get_max_page_count(wasm_runtime_lookup_memory(first_near, "$exact$memory")) == 3);
        CHECK(!wasm_runtime_enlarge_memory(first_near, 1));
        met = NULL;
        CHECK(call(first_near, "meet", 0, NULL));
        CHECK(met != NULL && met != second_near);
        wasm_runtime_unload(module);
        wasm_runtime_deinstantiate(first_near);
        CHECK(buffers_out == 2);
        gone = met;
        wasm_runtime_deinstantiate(second_near);
        gone = NULL;
    } else {
        printf("%s\n", error_buf);
    }
    CHECK(buffers_out == 0);
    CHECK(wasm_runtime_unregister_natives("env", symbols));

    /* One that the library makes for an import has one heap, too. */
    module = load("borrower");
    instance = module ? instantiate(module, 4096) : NULL;
    if (CHECK(instance != NULL)) {
        CHECK(result_of(instance, "pages") == 2);
        CHECK(wasm_runtime_module_malloc(instance, 100, NULL) >= 65536);
        CHECK(wasm_runtime_module_malloc(instance, 4000, NULL) == 0);
        wasm_runtime_deinstantiate(instance);
    } else {
        printf("%s\n", error_buf);
    }
    wasm_runtime_unload(module);
    CHECK(buffers_out == 0);
}

static void fails_to_load(const char *what, const char *text)
{
    other = what;
    CHECK(load("wants") == NULL);
    CHECK_TEXT(error_buf, text);
    CHECK(buffers_out == 0 && wasm_runtime_find_module_registered("other") == NULL);
}

static void fails_to_instantiate(const char *what, const char *text)
{
    wasm_module_t module;
    other = what;
    module = load("wants");
    if (!CHECK(module != NULL)) {
        printf("%s\n", error_buf);
        return;
    }
    CHECK(instantiate(module, 1024) == NULL);
    CHECK_TEXT(error_buf, text);
    wasm_runtime_unload(module);
    CHECK(buffers_out == 0);
}

static void errors(void)
{
    wasm_module_t module;
    fails_to_load("wants", "AOT module load failed: other: found circular dependency on other");
    fails_to_load("garbage", "AOT module load failed: other: magic header not detected");
    fails_to_load("bytecode", "AOT module load failed: other: this is bytecode, run `graver compile` on it first");
    fails_to_load("nothing", "AOT module load failed: unknown import: the module reader does not know other");
    fails_to_load("middle", "AOT module load failed: other: unknown import: the module reader does not know no_such_module");
    fails_to_load("starter", "AOT module load failed: other: a command (with _start function) can not be a sub-module");
    fails_to_instantiate("mA", "AOT module instantiate failed: unknown import (other, f)");
    fails_to_instantiate("other_type", "AOT module instantiate failed: incompatible import type: \"other\" \"f\": the "
                                       "function has another type");
    fails_to_instantiate("other_kind", "AOT module instantiate failed: incompatible import type: \"other\" \"f\": it is "
                                       "another kind of thing");
    fails_to_instantiate("falls", "AOT module instantiate failed: Exception: unreachable");
    module = load("wants_more");
    CHECK(module != NULL && instantiate(module, 0) == NULL);
    CHECK_TEXT(error_buf, "AOT module instantiate failed: incompatible import type: \"depot\" \"memory\": its size or limit "
                          "does not fit");
    wasm_runtime_unload(module);
    CHECK(load("middle") == NULL);
    CHECK_TEXT(error_buf, "AOT module load failed: unknown import: the module reader does not know no_such_module");
    CHECK(buffers_out == 0);
}

static wasm_module_t load_for_later(const char *guest, const char *name)
{
    uint32_t size;
    uint8_t *image = client_image(guest, &size);
    wasm_module_t module;
    LoadArgs args;
    memset(&args, 0, sizeof(args));
    args.no_resolve = true;
    module = wasm_runtime_load_ex(image, size, &args, error_buf, sizeof(error_buf));
    CHECK(wasm_runtime_register_module(name, module, error_buf, sizeof(error_buf)));
    return module;
}

/* Names that the client gives, without a reader. */
static void registering(void)
{
    wasm_module_t a, b, c;
    wasm_module_inst_t instance;

    wasm_runtime_set_module_reader(NULL, NULL);
    a = load("mA");
    CHECK(!wasm_runtime_register_module("mA", a, NULL, 0));
    CHECK(!wasm_runtime_register_module(NULL, a, error_buf, sizeof(error_buf)));
    CHECK_TEXT(error_buf, "Register module failed: module_name and module are required");
    CHECK(!wasm_runtime_register_module("mA", NULL, error_buf, sizeof(error_buf)));
    CHECK_TEXT(error_buf, "Register module failed: module_name and module are required");
    CHECK(!wasm_runtime_register_module("env", a, error_buf, sizeof(error_buf)));
    CHECK_TEXT(error_buf, "Register module failed: can not register as a built-in module");
    CHECK(wasm_runtime_find_module_registered("mA") == NULL && wasm_runtime_find_module_registered(NULL) == NULL);
    CHECK(wasm_runtime_register_module("mA", a, error_buf, sizeof(error_buf)));
    CHECK(wasm_runtime_register_module("mA", a, error_buf, sizeof(error_buf)));
    CHECK(!wasm_runtime_register_module("mD", a, error_buf, sizeof(error_buf)));
    CHECK_TEXT(error_buf, "Register module failed: failed to rename the module");
    CHECK(wasm_runtime_find_module_registered("mA") == a && wasm_runtime_find_module_registered("mD") == NULL);

    b = load("mB");
    CHECK(b != NULL && wasm_runtime_register_module("mB", b, error_buf, sizeof(error_buf)));
    /* One that is to be linked later, which is nothing to call before. */
    c = load_for_later("mC", "mC");
    instance = c ? instantiate(c, 0) : NULL;
    if (CHECK(instance != NULL)) {
        CHECK(result_of(instance, "C1") == 31);
        CHECK(!call(instance, "C2", 0, NULL));
        CHECK_TEXT(wasm_runtime_get_exception(instance), "Exception: failed to call unlinked import function (mB, B1)");
        wasm_runtime_deinstantiate(instance);
    }
    CHECK(wasm_runtime_resolve_symbols(c) && wasm_runtime_resolve_symbols(c));

    /* A module from which others import goes with the last of them. */
    wasm_runtime_unload(a);
    wasm_runtime_unload(b);
    CHECK(wasm_runtime_find_module_registered("mA") == a);
    instance = instantiate(c, 0);
    if (CHECK(instance != NULL)) {
        CHECK(result_of(instance, "C5") == 74);
        wasm_runtime_unload(c);
        CHECK(result_of(instance, "C4") == 11);
        wasm_runtime_deinstantiate(instance);
    }
    CHECK(wasm_runtime_find_module_registered("mA") == NULL && wasm_runtime_find_module_registered("mB") == NULL);

    /* Nobody knows what it imports from: as without any of this. */
    c = load("mC");
    CHECK(c != NULL && !wasm_runtime_resolve_symbols(c));
    wasm_runtime_unload(c);
    wasm_runtime_set_module_reader(read_module, destroy_module);
}

/* Modules that get names only after they were loaded can need themselves, or each other. */
static void late_circle(void)
{
    wasm_module_t module = load_for_later("wants", "other");
    CHECK(!wasm_runtime_resolve_symbols(module));
    wasm_runtime_unload(module);
    CHECK(wasm_runtime_find_module_registered("other") == NULL);
}

static void late_large_circle(void)
{
    wasm_module_t first = load_for_later("mB", "other"), second = load_for_later("wants", "mA");
    CHECK(wasm_runtime_resolve_symbols(first) && wasm_runtime_resolve_symbols(second));
    CHECK(instantiate(first, 0) == NULL);
    CHECK_TEXT(error_buf, "AOT module instantiate failed: found circular dependency");
}

int client_main(void)
{
    uint32_t before, round;
    CHECK(client_start(NULL, 0));
    wasm_runtime_set_module_reader(read_module, destroy_module);
    before = free_bytes();
    for (round = 0; round < 3; round++) {
        of_the_guide();
        sharing();
        natives();
        memories();
        errors();
        registering();
        late_circle();
        CHECK(free_bytes() == before);
    }
    /* What is left goes with the runtime. */
    late_large_circle();
    CHECK(load("speaker") != NULL && buffers_out == 1);
    wasm_runtime_destroy();
    CHECK(buffers_out == 0);
    return client_done("modules");
}
