/*
 * Tables of native functions: what a host offers to WebAssembly modules.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef GRAVER_LIB_EXPORT_H
#define GRAVER_LIB_EXPORT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One native function. */
typedef struct NativeSymbol {
    /* Name under which a module imports it. */
    const char *symbol;
    /* The function; its first parameter is a wasm_exec_env_t. */
    void *func_ptr;
    /* Types and conversions, see wasm_runtime_register_natives; NULL or "" for none. */
    const char *signature;
    /* Anything; wasm_runtime_get_function_attachment gives it to the running function. */
    void *attachment;
} NativeSymbol;

/*
 * Rows of such a table. The variants with 2 export NAME_wrapper as NAME. The way over an integer is how ISO C
 * makes an object pointer of a function's address.
 */
#define GRAVER_NATIVE_POINTER(function) ((void *)(uintptr_t)(function))

#define EXPORT_WASM_API(symbol) { #symbol, GRAVER_NATIVE_POINTER(symbol), NULL, NULL }
#define EXPORT_WASM_API2(symbol) { #symbol, GRAVER_NATIVE_POINTER(symbol##_wrapper), NULL, NULL }

#define EXPORT_WASM_API_WITH_SIG(symbol, signature) { #symbol, GRAVER_NATIVE_POINTER(symbol), signature, NULL }
#define EXPORT_WASM_API_WITH_SIG2(symbol, signature) \
    { #symbol, GRAVER_NATIVE_POINTER(symbol##_wrapper), signature, NULL }

#define EXPORT_WASM_API_WITH_ATT(symbol, signature, attachment) \
    { #symbol, GRAVER_NATIVE_POINTER(symbol), signature, attachment }
#define EXPORT_WASM_API_WITH_ATT2(symbol, signature, attachment) \
    { #symbol, GRAVER_NATIVE_POINTER(symbol##_wrapper), signature, attachment }

/*
 * The natives of the application framework, for firmware that has one: it defines this function.
 * Stores the table's address and returns the number of its rows.
 */
uint32_t get_base_lib_export_apis(NativeSymbol **p_base_lib_apis);

#ifdef __cplusplus
}
#endif

#endif /* GRAVER_LIB_EXPORT_H */
