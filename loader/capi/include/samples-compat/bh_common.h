/*
 * Copies that know how much room there is: 0 on success, -1 and nothing copied if there is too little.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef GRAVER_COMPAT_BH_COMMON_H
#define GRAVER_COMPAT_BH_COMMON_H

#include "platform_common.h"

#ifdef __cplusplus
extern "C" {
#endif

static inline int b_memcpy_s(void *to, unsigned int room, const void *from, unsigned int count)
{
    if (count == 0) {
        return 0;
    }
    if (!to || !from || count > room) {
        return -1;
    }
    memcpy(to, from, count);
    return 0;
}

static inline int b_memmove_s(void *to, unsigned int room, const void *from, unsigned int count)
{
    if (count == 0) {
        return 0;
    }
    if (!to || !from || count > room) {
        return -1;
    }
    memmove(to, from, count);
    return 0;
}

static inline int b_strcpy_s(char *to, unsigned int room, const char *from)
{
    if (!to || !from || strlen(from) >= room) {
        return -1;
    }
    memcpy(to, from, strlen(from) + 1);
    return 0;
}

static inline int b_strcat_s(char *to, unsigned int room, const char *from)
{
    if (!to || !from || strlen(to) + strlen(from) >= room) {
        return -1;
    }
    memcpy(to + strlen(to), from, strlen(from) + 1);
    return 0;
}

/* Copies that cannot fail in a correct program. */
#define bh_memcpy_s(to, room, from, count)                          \
    do {                                                            \
        int bh_error = b_memcpy_s(to, room, from, count);           \
        (void)bh_error;                                             \
        bh_assert(bh_error == 0);                                   \
    } while (0)
#define bh_memmove_s(to, room, from, count)                         \
    do {                                                            \
        int bh_error = b_memmove_s(to, room, from, count);          \
        (void)bh_error;                                             \
        bh_assert(bh_error == 0);                                   \
    } while (0)
#define bh_strcpy_s(to, room, from)                                 \
    do {                                                            \
        int bh_error = b_strcpy_s(to, room, from);                  \
        (void)bh_error;                                             \
        bh_assert(bh_error == 0);                                   \
    } while (0)
#define bh_strcat_s(to, room, from)                                 \
    do {                                                            \
        int bh_error = b_strcat_s(to, room, from);                  \
        (void)bh_error;                                             \
        bh_assert(bh_error == 0);                                   \
    } while (0)

/* A copy in the runtime's memory, NULL if there is no room. */
static inline char *bh_strdup(const char *text)
{
    unsigned int size;
    char *copy;
    if (!text) {
        return NULL;
    }
    size = (unsigned int)strlen(text) + 1;
    copy = (char *)BH_MALLOC(size);
    if (copy) {
        memcpy(copy, text, size);
    }
    return copy;
}

#ifdef __cplusplus
}
#endif

#endif
