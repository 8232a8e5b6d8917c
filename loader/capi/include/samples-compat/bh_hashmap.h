/*
 * Hash maps from and to pointers of the program's.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef GRAVER_COMPAT_BH_HASHMAP_H
#define GRAVER_COMPAT_BH_HASHMAP_H

#include "platform_common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32 (*HashFunc)(const void *key);
typedef bool (*KeyEqualFunc)(void *key1, void *key2);
typedef void (*KeyDestroyFunc)(void *key);
typedef void (*ValueDestroyFunc)(void *value);
typedef void (*TraverseCallbackFunc)(void *key, void *value, void *user_data);

typedef struct HashMapElem {
    void *key;
    void *value;
    struct HashMapElem *next;
} HashMapElem;

/* Not for several threads at once: `use_lock` is accepted without effect. */
typedef struct HashMap {
    uint32 size;
    HashFunc hash_func;
    KeyEqualFunc key_equal_func;
    KeyDestroyFunc key_destroy_func;
    ValueDestroyFunc value_destroy_func;
    HashMapElem **elements;
} HashMap;

/* A map with so many chains, in the runtime's memory; the functions that destroy may be NULL. */
static inline HashMap *bh_hash_map_create(uint32 size, bool use_lock, HashFunc hash_func, KeyEqualFunc key_equal_func,
                                          KeyDestroyFunc key_destroy_func, ValueDestroyFunc value_destroy_func)
{
    HashMap *map;
    (void)use_lock;
    if (size == 0 || size > 65536 || !hash_func || !key_equal_func) {
        return NULL;
    }
    map = (HashMap *)BH_MALLOC((unsigned int)sizeof(*map));
    if (!map) {
        return NULL;
    }
    map->size = size;
    map->hash_func = hash_func;
    map->key_equal_func = key_equal_func;
    map->key_destroy_func = key_destroy_func;
    map->value_destroy_func = value_destroy_func;
    map->elements = (HashMapElem **)BH_MALLOC((unsigned int)(size * sizeof(*map->elements)));
    if (!map->elements) {
        BH_FREE(map);
        return NULL;
    }
    memset(map->elements, 0, size * sizeof(*map->elements));
    return map;
}

/* Where the element of a key is hung up, or the end of its chain. */
static inline HashMapElem **graver_compat_hash_place(HashMap *map, void *key)
{
    HashMapElem **place = &map->elements[map->hash_func(key) % map->size];
    while (*place && !map->key_equal_func((*place)->key, key)) {
        place = &(*place)->next;
    }
    return place;
}

/* False if the key is there, or there is no memory. */
static inline bool bh_hash_map_insert(HashMap *map, void *key, void *value)
{
    HashMapElem **place, *elem;
    if (!map || !key) {
        return false;
    }
    place = graver_compat_hash_place(map, key);
    if (*place) {
        return false;
    }
    elem = (HashMapElem *)BH_MALLOC((unsigned int)sizeof(*elem));
    if (!elem) {
        return false;
    }
    elem->key = key;
    elem->value = value;
    elem->next = NULL;
    *place = elem;
    return true;
}

static inline void *bh_hash_map_find(HashMap *map, void *key)
{
    HashMapElem *elem = map && key ? *graver_compat_hash_place(map, key) : NULL;
    return elem ? elem->value : NULL;
}

/* Replaces a value; the old one goes to *p_old_value, unless that is NULL. */
static inline bool bh_hash_map_update(HashMap *map, void *key, void *value, void **p_old_value)
{
    HashMapElem *elem = map && key ? *graver_compat_hash_place(map, key) : NULL;
    if (!elem) {
        return false;
    }
    if (p_old_value) {
        *p_old_value = elem->value;
    }
    elem->value = value;
    return true;
}

/* Takes an element out; key and value are the caller's again. */
static inline bool bh_hash_map_remove(HashMap *map, void *key, void **p_old_key, void **p_old_value)
{
    HashMapElem **place = map && key ? graver_compat_hash_place(map, key) : NULL;
    HashMapElem *elem = place ? *place : NULL;
    if (!elem) {
        return false;
    }
    if (p_old_key) {
        *p_old_key = elem->key;
    }
    if (p_old_value) {
        *p_old_value = elem->value;
    }
    *place = elem->next;
    BH_FREE(elem);
    return true;
}

static inline bool bh_hash_map_traverse(HashMap *map, TraverseCallbackFunc callback, void *user_data)
{
    uint32 index;
    HashMapElem *elem, *next;
    if (!map || !callback) {
        return false;
    }
    for (index = 0; index < map->size; index++) {
        for (elem = map->elements[index]; elem; elem = next) {
            next = elem->next;
            callback(elem->key, elem->value, user_data);
        }
    }
    return true;
}

/* Destroys all keys and values by the functions given at the start, then the map. */
static inline bool bh_hash_map_destroy(HashMap *map)
{
    uint32 index;
    if (!map) {
        return false;
    }
    for (index = 0; index < map->size; index++) {
        while (map->elements[index]) {
            HashMapElem *elem = map->elements[index];
            map->elements[index] = elem->next;
            if (map->key_destroy_func) {
                map->key_destroy_func(elem->key);
            }
            if (map->value_destroy_func) {
                map->value_destroy_func(elem->value);
            }
            BH_FREE(elem);
        }
    }
    BH_FREE(map->elements);
    BH_FREE(map);
    return true;
}

#ifdef __cplusplus
}
#endif

#endif
