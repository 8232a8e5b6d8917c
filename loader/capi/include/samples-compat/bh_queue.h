/*
 * Queues of messages between threads. They need an operating system.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef GRAVER_COMPAT_BH_QUEUE_H
#define GRAVER_COMPAT_BH_QUEUE_H

#include "platform_common.h"

#if defined(__unix__) && defined(CLOCK_MONOTONIC)

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*bh_msg_cleaner)(void *msg);

typedef struct bh_queue_node {
    struct bh_queue_node *next;
    unsigned short tag;
    unsigned int len;
    /* The sender's bytes, which the cleaner gives back; without a cleaner, wasm_runtime_free. */
    void *body;
    bh_msg_cleaner msg_cleaner;
} bh_queue_node, *bh_message_t;

typedef struct bh_queue {
    korp_mutex lock;
    korp_cond filled;
    unsigned int count;
    bh_queue_node *first;
    bool exit_loop_run;
} bh_queue;

typedef void (*bh_queue_handle_msg_callback)(void *message, void *arg);

static inline char *bh_message_payload(bh_message_t message)
{
    return (char *)message->body;
}

static inline uint32 bh_message_payload_len(bh_message_t message)
{
    return message->len;
}

static inline int bh_message_type(bh_message_t message)
{
    return message->tag;
}

static inline bh_queue *bh_queue_create(void)
{
    bh_queue *queue = (bh_queue *)BH_MALLOC((unsigned int)sizeof(*queue));
    if (!queue) {
        return NULL;
    }
    memset(queue, 0, sizeof(*queue));
    if (os_mutex_init(&queue->lock) != BHT_OK) {
        BH_FREE(queue);
        return NULL;
    }
    if (os_cond_init(&queue->filled) != BHT_OK) {
        (void)os_mutex_destroy(&queue->lock);
        BH_FREE(queue);
        return NULL;
    }
    return queue;
}

static inline bh_message_t bh_new_msg(unsigned short tag, void *body, unsigned int len, void *handler)
{
    bh_queue_node *message = (bh_queue_node *)BH_MALLOC((unsigned int)sizeof(*message));
    if (message) {
        memset(message, 0, sizeof(*message));
        message->tag = tag;
        message->body = body;
        message->len = len;
        memcpy(&message->msg_cleaner, &handler, sizeof(handler));
    }
    return message;
}

/* Frees a message and its bytes. */
static inline void bh_free_msg(bh_message_t message)
{
    if (message->msg_cleaner) {
        message->msg_cleaner(message->body);
    } else if (message->body && message->len > 0) {
        BH_FREE(message->body);
    }
    BH_FREE(message);
}

/* Appends a message. */
static inline bool bh_post_msg2(bh_queue *queue, bh_message_t message)
{
    bh_queue_node **place;
    (void)os_mutex_lock(&queue->lock);
    for (place = &queue->first; *place; place = &(*place)->next) {
    }
    message->next = NULL;
    *place = message;
    queue->count++;
    (void)os_cond_signal(&queue->filled);
    (void)os_mutex_unlock(&queue->lock);
    return true;
}

/* Appends a message made of these; false, and the bytes are freed, if there is no memory. */
static inline bool bh_post_msg(bh_queue *queue, unsigned short tag, void *body, unsigned int len)
{
    bh_message_t message = queue ? bh_new_msg(tag, body, len, NULL) : NULL;
    if (!message) {
        if (body && len > 0) {
            BH_FREE(body);
        }
        return false;
    }
    return bh_post_msg2(queue, message);
}

/* The oldest message, for which this waits so many microseconds; NULL if none came. */
static inline bh_message_t bh_get_msg(bh_queue *queue, uint64 timeout_us)
{
    bh_message_t message;
    (void)os_mutex_lock(&queue->lock);
    if (!queue->first && timeout_us > 0) {
        (void)os_cond_reltimedwait(&queue->filled, &queue->lock, timeout_us);
    }
    message = queue->first;
    if (message) {
        queue->first = message->next;
        queue->count--;
    }
    (void)os_mutex_unlock(&queue->lock);
    return message;
}

static inline unsigned int bh_queue_get_message_count(bh_queue *queue)
{
    unsigned int count;
    if (!queue) {
        return 0;
    }
    (void)os_mutex_lock(&queue->lock);
    count = queue->count;
    (void)os_mutex_unlock(&queue->lock);
    return count;
}

/* Handles messages until bh_queue_exit_loop_run. */
static inline void bh_queue_enter_loop_run(bh_queue *queue, bh_queue_handle_msg_callback handle, void *arg)
{
    while (queue && !queue->exit_loop_run) {
        bh_message_t message = bh_get_msg(queue, BHT_WAIT_FOREVER);
        if (message) {
            handle(message, arg);
            bh_free_msg(message);
        }
    }
}

static inline void bh_queue_exit_loop_run(bh_queue *queue)
{
    if (queue) {
        (void)os_mutex_lock(&queue->lock);
        queue->exit_loop_run = true;
        (void)os_cond_signal(&queue->filled);
        (void)os_mutex_unlock(&queue->lock);
    }
}

/* Frees a queue and what is in it. */
static inline void bh_queue_destroy(bh_queue *queue)
{
    if (!queue) {
        return;
    }
    while (queue->first) {
        bh_queue_node *message = queue->first;
        queue->first = message->next;
        bh_free_msg(message);
    }
    (void)os_cond_destroy(&queue->filled);
    (void)os_mutex_destroy(&queue->lock);
    BH_FREE(queue);
}

#ifdef __cplusplus
}
#endif

#endif
#endif
