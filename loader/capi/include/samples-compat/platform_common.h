/*
 * Short integer names, memory, and what WAMR's samples use of the operating system.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef GRAVER_COMPAT_PLATFORM_COMMON_H
#define GRAVER_COMPAT_PLATFORM_COMMON_H

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__unix__)
#include <pthread.h>
#include <time.h>
#include <unistd.h>
#endif

#include "config.h"
#include "wasm_export.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef int8_t int8;
typedef uint8_t uint8;
typedef int16_t int16;
typedef uint16_t uint16;
typedef int32_t int32;
typedef uint32_t uint32;
typedef int64_t int64;
typedef uint64_t uint64;
typedef float float32;
typedef double float64;

/* The runtime must be running: this is its memory. */
#define BH_MALLOC wasm_runtime_malloc
#define BH_FREE wasm_runtime_free

#define BHT_OK (0)
#define BHT_ERROR (-1)
#define BHT_TIMED_OUT (1)
#define BHT_WAIT_FOREVER ((uint64)-1LL)

#define bh_assert(condition) assert(condition)
#ifndef bh_static_assert
#define bh_static_assert(condition) typedef char bh_static_assert_type[(condition) ? 1 : -1]
#endif

#define os_printf printf
#define os_vprintf vprintf
#define os_malloc(size) malloc(size)
#define os_realloc(ptr, size) realloc(ptr, size)
#define os_free(ptr) free(ptr)

#if defined(__unix__)

typedef pthread_t korp_tid;
typedef pthread_mutex_t korp_mutex;
typedef pthread_cond_t korp_cond;
typedef void *(*thread_start_routine_t)(void *);

static inline int os_thread_create(korp_tid *tid, thread_start_routine_t start, void *arg, unsigned int stack_size)
{
    pthread_attr_t attributes;
    int error;
    if (pthread_attr_init(&attributes) != 0) {
        return BHT_ERROR;
    }
    error = pthread_attr_setstacksize(&attributes, stack_size);
    if (error == 0) {
        error = pthread_create(tid, &attributes, start, arg);
    }
    (void)pthread_attr_destroy(&attributes);
    return error == 0 ? BHT_OK : BHT_ERROR;
}

static inline int os_thread_join(korp_tid tid, void **retval)
{
    return pthread_join(tid, retval) == 0 ? BHT_OK : BHT_ERROR;
}

static inline korp_tid os_self_thread(void)
{
    return pthread_self();
}

static inline int os_mutex_init(korp_mutex *mutex)
{
    return pthread_mutex_init(mutex, NULL) == 0 ? BHT_OK : BHT_ERROR;
}

static inline int os_mutex_destroy(korp_mutex *mutex)
{
    return pthread_mutex_destroy(mutex) == 0 ? BHT_OK : BHT_ERROR;
}

static inline int os_mutex_lock(korp_mutex *mutex)
{
    return pthread_mutex_lock(mutex) == 0 ? BHT_OK : BHT_ERROR;
}

static inline int os_mutex_unlock(korp_mutex *mutex)
{
    return pthread_mutex_unlock(mutex) == 0 ? BHT_OK : BHT_ERROR;
}

static inline int os_cond_init(korp_cond *cond)
{
    return pthread_cond_init(cond, NULL) == 0 ? BHT_OK : BHT_ERROR;
}

static inline int os_cond_destroy(korp_cond *cond)
{
    return pthread_cond_destroy(cond) == 0 ? BHT_OK : BHT_ERROR;
}

static inline int os_cond_wait(korp_cond *cond, korp_mutex *mutex)
{
    return pthread_cond_wait(cond, mutex) == 0 ? BHT_OK : BHT_ERROR;
}

static inline int os_cond_signal(korp_cond *cond)
{
    return pthread_cond_signal(cond) == 0 ? BHT_OK : BHT_ERROR;
}

static inline int os_cond_broadcast(korp_cond *cond)
{
    return pthread_cond_broadcast(cond) == 0 ? BHT_OK : BHT_ERROR;
}

static inline int os_getpagesize(void)
{
    return (int)sysconf(_SC_PAGESIZE);
}

#if defined(CLOCK_MONOTONIC)
static inline int os_cond_reltimedwait(korp_cond *cond, korp_mutex *mutex, uint64 useconds)
{
    struct timespec until;
    uint64 nanoseconds;
    int error;
    if (useconds == BHT_WAIT_FOREVER) {
        return os_cond_wait(cond, mutex);
    }
    if (clock_gettime(CLOCK_REALTIME, &until) != 0) {
        return BHT_ERROR;
    }
    nanoseconds = (uint64)until.tv_nsec + useconds % 1000000 * 1000;
    until.tv_sec += (time_t)(useconds / 1000000 + nanoseconds / 1000000000);
    until.tv_nsec = (long)(nanoseconds % 1000000000);
    error = pthread_cond_timedwait(cond, mutex, &until);
    return error == 0 ? BHT_OK : BHT_ERROR;
}

static inline uint64 os_time_get_boot_us(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        return 0;
    }
    return (uint64)now.tv_sec * 1000000 + (uint64)now.tv_nsec / 1000;
}

static inline int os_usleep(uint32 usec)
{
    struct timespec pause;
    pause.tv_sec = (time_t)(usec / 1000000);
    pause.tv_nsec = (long)(usec % 1000000) * 1000;
    return nanosleep(&pause, NULL);
}
#endif

#endif /* __unix__ */

#ifdef __cplusplus
}
#endif

#endif
