/*
 * Singly linked lists of the program's own elements, which begin with a bh_list_link.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef GRAVER_COMPAT_BH_LIST_H
#define GRAVER_COMPAT_BH_LIST_H

#include "platform_common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bh_list_link {
    struct bh_list_link *next;
} bh_list_link;

typedef struct bh_list {
    bh_list_link head;
    uint32 len;
} bh_list;

typedef enum bh_list_status { BH_LIST_SUCCESS = 0, BH_LIST_ERROR = -1 } bh_list_status;

static inline bh_list_status bh_list_init(bh_list *list)
{
    if (!list) {
        return BH_LIST_ERROR;
    }
    list->head.next = NULL;
    list->len = 0;
    return BH_LIST_SUCCESS;
}

/* Puts an element first. */
static inline bh_list_status bh_list_insert(bh_list *list, void *elem)
{
    bh_list_link *link = (bh_list_link *)elem;
    if (!list || !link) {
        return BH_LIST_ERROR;
    }
    link->next = list->head.next;
    list->head.next = link;
    list->len++;
    return BH_LIST_SUCCESS;
}

static inline bh_list_status bh_list_remove(bh_list *list, void *elem)
{
    bh_list_link *before;
    if (!list || !elem) {
        return BH_LIST_ERROR;
    }
    for (before = &list->head; before->next; before = before->next) {
        if (before->next == (bh_list_link *)elem) {
            before->next = before->next->next;
            list->len--;
            return BH_LIST_SUCCESS;
        }
    }
    return BH_LIST_ERROR;
}

static inline uint32 bh_list_length(bh_list *list)
{
    return list ? list->len : 0;
}

static inline void *bh_list_first_elem(bh_list *list)
{
    return list ? list->head.next : NULL;
}

static inline void *bh_list_elem_next(void *node)
{
    return node ? ((bh_list_link *)node)->next : NULL;
}

#ifdef __cplusplus
}
#endif

#endif
