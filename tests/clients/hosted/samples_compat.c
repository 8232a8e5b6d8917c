/* A program in the style of WAMR's samples: their helper headers, a file by name, options. */
#include "bh_getopt.h"
#include "bh_hashmap.h"
#include "bh_platform.h"
#include "bh_queue.h"
#include "bh_read_file.h"

#include "../client.h"

struct element {
    bh_list_link link;
    uint32 value;
};

static uint32 hash(const void *key)
{
    return *(const uint8 *)key;
}

static bool keys_equal(void *a, void *b)
{
    return strcmp((const char *)a, (const char *)b) == 0;
}

static unsigned destroyed;

static void destroy(void *text)
{
    (void)text;
    destroyed++;
}

static void add_value(void *key, void *value, void *user_data)
{
    (void)key;
    *(uint32 *)user_data += *(uint32 *)value;
}

static void maps(void)
{
    char one[] = "one", other[] = "other", two[] = "two";
    uint32 values[] = { 1, 10, 100 }, sum = 0;
    void *old_key = NULL, *old_value = NULL;
    /* All keys in one chain or in two. */
    HashMap *map = bh_hash_map_create(2, false, hash, keys_equal, destroy, NULL);
    CHECK(map != NULL);
    CHECK(bh_hash_map_create(0, false, hash, keys_equal, NULL, NULL) == NULL);
    CHECK(bh_hash_map_insert(map, one, &values[0]) && bh_hash_map_insert(map, other, &values[1]));
    CHECK(bh_hash_map_insert(map, two, &values[2]) && !bh_hash_map_insert(map, two, &values[0]));
    CHECK(bh_hash_map_find(map, other) == &values[1] && bh_hash_map_find(map, two) == &values[2]);
    CHECK(bh_hash_map_traverse(map, add_value, &sum) && sum == 111);
    CHECK(bh_hash_map_update(map, one, &values[2], &old_value) && old_value == &values[0]);
    CHECK(bh_hash_map_remove(map, one, &old_key, &old_value) && old_key == one && old_value == &values[2]);
    CHECK(bh_hash_map_find(map, one) == NULL && !bh_hash_map_remove(map, one, NULL, NULL));
    CHECK(bh_hash_map_destroy(map) && destroyed == 2);
}

static void handle(void *message, void *arg)
{
    CHECK(bh_message_type((bh_message_t)message) == 5);
    CHECK(bh_message_payload_len((bh_message_t)message) == 6);
    CHECK_TEXT(bh_message_payload((bh_message_t)message), "hello");
    bh_queue_exit_loop_run((bh_queue *)arg);
}

static void *post(void *queue)
{
    return bh_post_msg((bh_queue *)queue, 5, bh_strdup("hello"), 6) ? queue : NULL;
}

static void queues(void)
{
    bh_queue *queue = bh_queue_create();
    korp_tid tid;
    void *returned = NULL;
    CHECK(queue != NULL && bh_get_msg(queue, 1000) == NULL);
    CHECK(os_thread_create(&tid, post, queue, APP_THREAD_STACK_SIZE_DEFAULT) == BHT_OK);
    bh_queue_enter_loop_run(queue, handle, queue);
    CHECK(os_thread_join(tid, &returned) == BHT_OK && returned == queue);
    CHECK(bh_post_msg(queue, 1, NULL, 0) && bh_post_msg(queue, 2, bh_strdup("left"), 5));
    CHECK(bh_queue_get_message_count(queue) == 2);
    bh_queue_destroy(queue);
}

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
    maps();
    queues();
    wasm_runtime_destroy();
    return client_done("samples_compat");
}
