/*
 * A log on standard output, for programs that write to WAMR's.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef GRAVER_COMPAT_BH_LOG_H
#define GRAVER_COMPAT_BH_LOG_H

#include <stdarg.h>
#include <stdio.h>

#include "wasm_export.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    BH_LOG_LEVEL_FATAL = 0,
    BH_LOG_LEVEL_ERROR = 1,
    BH_LOG_LEVEL_WARNING = 2,
    BH_LOG_LEVEL_DEBUG = 3,
    BH_LOG_LEVEL_VERBOSE = 4
} LogLevel;

/* The level of this source file. */
static inline uint32_t *graver_compat_log_level(void)
{
    static uint32_t level = BH_LOG_LEVEL_WARNING;
    return &level;
}

/* Sets the level of this source file and of the library. */
static inline void bh_log_set_verbose_level(uint32_t level)
{
    *graver_compat_log_level() = level;
    wasm_runtime_set_log_level((log_level_t)level);
}

#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
static inline void
bh_log(LogLevel level, const char *file, int line, const char *format, ...)
{
    va_list arguments;
    if ((uint32_t)level > *graver_compat_log_level()) {
        return;
    }
    if (file) {
        printf("%s, line %d, ", file, line);
    }
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

#define LOG_FATAL(...) bh_log(BH_LOG_LEVEL_FATAL, __FILE__, __LINE__, __VA_ARGS__)
#define LOG_ERROR(...) bh_log(BH_LOG_LEVEL_ERROR, NULL, 0, __VA_ARGS__)
#define LOG_WARNING(...) bh_log(BH_LOG_LEVEL_WARNING, NULL, 0, __VA_ARGS__)
#define LOG_DEBUG(...) bh_log(BH_LOG_LEVEL_DEBUG, __FILE__, __LINE__, __VA_ARGS__)
#define LOG_VERBOSE(...) bh_log(BH_LOG_LEVEL_VERBOSE, NULL, 0, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
