/*
 * What the 1.x releases of WAMR had under the same names with other types: programs for them define
 * GRAVER_WAMR_API=1 and include wasm_export.h. The library is the same.
 *
 * Needs no change: wasm_runtime_set_wasi_args_ex, whose descriptors were int.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef GRAVER_WASM_EXPORT_V1_H
#define GRAVER_WASM_EXPORT_V1_H

#ifndef GRAVER_WAMR_API
#define GRAVER_WAMR_API 1
#endif
#include "wasm_export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `signature` was never looked at. */
static inline wasm_function_inst_t graver_v1_lookup_function(wasm_module_inst_t module_inst, const char *name,
                                                             const char *signature)
{
    (void)signature;
    return wasm_runtime_lookup_function(module_inst, name);
}

/* App addresses had 32 bits, as memories have here. */
static inline uint32_t graver_v1_module_malloc(wasm_module_inst_t module_inst, uint32_t size, void **p_native_addr)
{
    return (uint32_t)wasm_runtime_module_malloc(module_inst, size, p_native_addr);
}

static inline void graver_v1_module_free(wasm_module_inst_t module_inst, uint32_t ptr)
{
    wasm_runtime_module_free(module_inst, ptr);
}

static inline uint32_t graver_v1_module_dup_data(wasm_module_inst_t module_inst, const char *src, uint32_t size)
{
    return (uint32_t)wasm_runtime_module_dup_data(module_inst, src, size);
}

static inline bool graver_v1_validate_app_addr(wasm_module_inst_t module_inst, uint32_t app_offset, uint32_t size)
{
    return wasm_runtime_validate_app_addr(module_inst, app_offset, size);
}

static inline bool graver_v1_validate_app_str_addr(wasm_module_inst_t module_inst, uint32_t app_str_offset)
{
    return wasm_runtime_validate_app_str_addr(module_inst, app_str_offset);
}

static inline bool graver_v1_validate_native_addr(wasm_module_inst_t module_inst, void *native_ptr, uint32_t size)
{
    return wasm_runtime_validate_native_addr(module_inst, native_ptr, size);
}

static inline void *graver_v1_addr_app_to_native(wasm_module_inst_t module_inst, uint32_t app_offset)
{
    return wasm_runtime_addr_app_to_native(module_inst, app_offset);
}

static inline uint32_t graver_v1_addr_native_to_app(wasm_module_inst_t module_inst, void *native_ptr)
{
    return (uint32_t)wasm_runtime_addr_native_to_app(module_inst, native_ptr);
}

/* The end of a memory of 4 GiB does not fit and becomes the last address. */
static inline bool graver_v1_get_app_addr_range(wasm_module_inst_t module_inst, uint32_t app_offset,
                                                uint32_t *p_app_start_offset, uint32_t *p_app_end_offset)
{
    uint64_t start = 0, end = 0;
    if (!wasm_runtime_get_app_addr_range(module_inst, app_offset, &start, &end)) {
        return false;
    }
    if (p_app_start_offset) {
        *p_app_start_offset = (uint32_t)start;
    }
    if (p_app_end_offset) {
        *p_app_end_offset = end > UINT32_MAX ? UINT32_MAX : (uint32_t)end;
    }
    return true;
}

/* Readers were not told the kind of file. */
typedef bool (*module_reader)(const char *module_name, uint8_t **p_buffer, uint32_t *p_size);

/* The reader that this source file has set. */
static inline module_reader *graver_v1_module_reader(void)
{
    static module_reader reader;
    return &reader;
}

static inline bool graver_v1_read_module(package_type_t module_type, const char *module_name, uint8_t **p_buffer,
                                         uint32_t *p_size)
{
    module_reader reader = *graver_v1_module_reader();
    (void)module_type;
    return reader && reader(module_name, p_buffer, p_size);
}

static inline void graver_v1_set_module_reader(module_reader reader, module_destroyer destroyer)
{
    *graver_v1_module_reader() = reader;
    if (reader) {
        wasm_runtime_set_module_reader(graver_v1_read_module, destroyer);
    } else {
        wasm_runtime_set_module_reader(NULL, destroyer);
    }
}

#ifdef __cplusplus
}
#endif

#define wasm_runtime_lookup_function graver_v1_lookup_function
#define wasm_runtime_module_malloc graver_v1_module_malloc
#define wasm_runtime_module_free graver_v1_module_free
#define wasm_runtime_module_dup_data graver_v1_module_dup_data
#define wasm_runtime_validate_app_addr graver_v1_validate_app_addr
#define wasm_runtime_validate_app_str_addr graver_v1_validate_app_str_addr
#define wasm_runtime_validate_native_addr graver_v1_validate_native_addr
#define wasm_runtime_addr_app_to_native graver_v1_addr_app_to_native
#define wasm_runtime_addr_native_to_app graver_v1_addr_native_to_app
#define wasm_runtime_get_app_addr_range graver_v1_get_app_addr_range
#define wasm_runtime_set_module_reader graver_v1_set_module_reader

#endif /* GRAVER_WASM_EXPORT_V1_H */
