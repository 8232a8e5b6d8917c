/* A program in the style of WAMR's samples: their helper headers, a file by name, options. */
#include "bh_getopt.h"
#include "bh_platform.h"
#include "bh_read_file.h"

#include "../client.h"

struct element {
    bh_list_link link;
    uint32 value;
};

static void *thread_start(void *arg)
{
    *(uint32 *)arg += 1;
    return arg;
}

int client_main(void)
{
    char program[] = "program", option[] = "-f", path[] = "/proc/self/exe";
    char *argv[] = { program, option, path, NULL };
    char short_text[4] = "";
    struct element elements[2];
    bh_list list;
    korp_tid tid;
    void *returned = NULL;
    uint32 size = 0, value = 4;
    char *file = NULL, *copy;
    int opt;

    CHECK(client_start(NULL, 0));
    bh_log_set_verbose_level(BH_LOG_LEVEL_ERROR);
    LOG_WARNING("this is not %s", "printed");
    bh_log_set_verbose_level(BH_LOG_LEVEL_WARNING);

    while ((opt = getopt(3, argv, "f:")) != -1) {
        CHECK(opt == 'f');
        /* A file that is larger than the pool. */
        CHECK(strcmp(optarg, path) == 0);
    }
    CHECK(bh_read_file_to_buffer("/no/such/file", &size) == NULL);
    CHECK(bh_read_file_to_buffer(NULL, &size) == NULL);
    file = bh_read_file_to_buffer("/proc/self/comm", &size);
    /* It has no size of its own. */
    CHECK(file != NULL && size == 0);
    BH_FREE(file);
    file = bh_read_file_to_buffer("/etc/passwd", &size);
    CHECK(file != NULL && size > 4 && memchr(file, ':', size) != NULL);
    wasm_runtime_free(file);

    copy = bh_strdup("text");
    CHECK_TEXT(copy, "text");
    BH_FREE(copy);
    CHECK(b_memcpy_s(short_text, sizeof(short_text), "abcdefgh", 8) != 0 && short_text[0] == 0);
    bh_memcpy_s(short_text, sizeof(short_text), "abc", 4);
    CHECK_TEXT(short_text, "abc");
    CHECK(b_strcpy_s(short_text, sizeof(short_text), "abcd") != 0);
    CHECK(b_strcat_s(short_text, sizeof(short_text), "d") != 0);
    bh_strcpy_s(short_text, sizeof(short_text), "x");
    bh_strcat_s(short_text, sizeof(short_text), "yz");
    CHECK_TEXT(short_text, "xyz");

    CHECK(bh_list_init(&list) == BH_LIST_SUCCESS);
    elements[0].value = 10;
    elements[1].value = 11;
    CHECK(bh_list_insert(&list, &elements[0]) == BH_LIST_SUCCESS);
    CHECK(bh_list_insert(&list, &elements[1]) == BH_LIST_SUCCESS);
    CHECK(bh_list_length(&list) == 2);
    CHECK(((struct element *)bh_list_first_elem(&list))->value == 11);
    CHECK(bh_list_elem_next(&elements[1]) == &elements[0] && bh_list_elem_next(&elements[0]) == NULL);
    CHECK(bh_list_remove(&list, &elements[1]) == BH_LIST_SUCCESS);
    CHECK(bh_list_remove(&list, &elements[1]) == BH_LIST_ERROR);
    CHECK(bh_list_first_elem(&list) == &elements[0]);

    CHECK(os_thread_create(&tid, thread_start, &value, APP_THREAD_STACK_SIZE_DEFAULT) == BHT_OK);
    CHECK(os_thread_join(tid, &returned) == BHT_OK);
    CHECK(returned == &value && value == 5);
    wasm_runtime_destroy();
    return client_done("samples_compat");
}
