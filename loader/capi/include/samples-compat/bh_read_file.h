/*
 * Reading a whole file.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef GRAVER_COMPAT_BH_READ_FILE_H
#define GRAVER_COMPAT_BH_READ_FILE_H

#include "platform_common.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The file's bytes, for wasm_runtime_free, and their number; NULL, after a message, if it cannot be read. The runtime
 * must be running.
 */
static inline char *bh_read_file_to_buffer(const char *filename, uint32 *ret_size)
{
    FILE *file;
    long size = -1;
    char *buffer = NULL;

    if (!filename || !ret_size) {
        printf("Read file to buffer failed: invalid filename or ret size pointer.\n");
        return NULL;
    }
    file = fopen(filename, "rb");
    if (!file) {
        printf("Read file to buffer failed: open file %s failed.\n", filename);
        return NULL;
    }
    if (fseek(file, 0, SEEK_END) == 0) {
        size = ftell(file);
    }
    if (size < 0 || (unsigned long)size > INT32_MAX || fseek(file, 0, SEEK_SET) != 0) {
        printf("Read file to buffer failed: no size of %s.\n", filename);
    } else {
        /* An empty file has a buffer, too. */
        buffer = (char *)BH_MALLOC(size > 0 ? (unsigned int)size : 1);
        if (!buffer) {
            printf("Read file to buffer failed: alloc memory failed.\n");
        } else if (fread(buffer, 1, (size_t)size, file) != (size_t)size) {
            printf("Read file to buffer failed: read file content failed.\n");
            BH_FREE(buffer);
            buffer = NULL;
        } else {
            *ret_size = (uint32)size;
        }
    }
    (void)fclose(file);
    return buffer;
}

#ifdef __cplusplus
}
#endif

#endif
