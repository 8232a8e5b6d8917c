/* Whole programs, and functions by name with arguments and results as text. */
#include "client.h"

/* Prints the results; what should be printed is in execute.expected. */
static bool execute(struct client *client, const char *name, int32_t argc, const char *a, const char *b, const char *c,
                    const char *d)
{
    char texts[4][64];
    char *argv[4];
    const char *given[4];
    int32_t i;
    given[0] = a;
    given[1] = b;
    given[2] = c;
    given[3] = d;
    for (i = 0; i < 4; i++) {
        strcpy(texts[i], given[i] ? given[i] : "");
        argv[i] = texts[i];
    }
    return wasm_application_execute_func(client->instance, name, argc, argv);
}

static void fails(struct client *client, const char *name, int32_t argc, const char *a, const char *b, const char *text)
{
    CHECK(!execute(client, name, argc, a, b, NULL, NULL));
    CHECK_TEXT(wasm_runtime_get_exception(client->instance), text);
    wasm_runtime_clear_exception(client->instance);
}

static void functions(void)
{
    struct client client;
    if (!CHECK(client_open(&client, "forms", 8192))) {
        return;
    }
    CHECK(execute(&client, "nothing", 0, NULL, NULL, NULL, NULL));
    CHECK(execute(&client, "four", 0, NULL, NULL, NULL, NULL));
    CHECK(execute(&client, "mix", 4, "1", "-2", "0.5", "1e3"));
    CHECK(execute(&client, "swap", 2, "0x10", "010", NULL, NULL));
    CHECK(execute(&client, "swap", 2, "-1", "-1", NULL, NULL));
    CHECK(execute(&client, "single", 1, "0.1", NULL, NULL, NULL));
    CHECK(execute(&client, "single", 1, "inf", NULL, NULL, NULL));
    CHECK(execute(&client, "pass", 2, "null", "3", NULL, NULL));
    CHECK(wasm_runtime_get_exception(client.instance) == NULL);

    fails(&client, "swap", 1, "1", NULL, "Exception: invalid input argument count");
    fails(&client, "nowhere", 0, NULL, NULL, "Exception: lookup function nowhere failed");
    fails(&client, "swap", 2, "1", "two", "Exception: invalid input argument 1: two");
    CHECK(!execute(&client, "swap", 2, "", "2", NULL, NULL));
    CHECK(wasm_runtime_get_exception(client.instance) != NULL);
    client_close(&client);
}

static void programs(void)
{
    struct client client;
    char name[] = "command", first[] = "abc", second[] = "de";
    char *argv[3];

    if (CHECK(client_open(&client, "command", 8192))) {
        argv[0] = name;
        argv[1] = first;
        argv[2] = second;
        CHECK(wasm_application_execute_main(client.instance, 3, argv));
        CHECK(*(int *)argv == 332);
        argv[0] = name;
        CHECK(wasm_application_execute_main(client.instance, 1, argv));
        CHECK(*(int *)argv == 1);
        CHECK(wasm_application_execute_main(client.instance, 0, NULL));
        CHECK(wasm_runtime_get_exception(client.instance) == NULL);
    }
    client_close(&client);

    /* There is no room for the strings without a heap, and no program without main. */
    if (CHECK(client_open(&client, "command", 0))) {
        argv[0] = name;
        CHECK(!wasm_application_execute_main(client.instance, 1, argv));
        CHECK(wasm_runtime_get_exception(client.instance) != NULL);
    }
    client_close(&client);
    if (CHECK(client_open(&client, "forms", 8192))) {
        CHECK(!wasm_application_execute_main(client.instance, 0, NULL));
        CHECK_TEXT(wasm_runtime_get_exception(client.instance),
                   "Exception: lookup the entry point symbol (like _start, main, _main, __main_argc_argv) failed");
    }
    client_close(&client);
}

int client_main(void)
{
    CHECK(client_start(NULL, 0));
    functions();
    programs();
    wasm_runtime_destroy();
    return client_done("execute");
}
