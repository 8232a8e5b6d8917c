/*
 * The end of a source file with a table extended_native_symbol_defs, see wasm_export_2019.h.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef GRAVER_COMPAT_EXT_LIB_EXPORT_H
#define GRAVER_COMPAT_EXT_LIB_EXPORT_H

#include "lib_export.h"

#ifdef __cplusplus
extern "C" {
#endif

int get_ext_lib_export_apis(NativeSymbol **p_ext_lib_apis);

int get_ext_lib_export_apis(NativeSymbol **p_ext_lib_apis)
{
    *p_ext_lib_apis = extended_native_symbol_defs;
    return (int)(sizeof(extended_native_symbol_defs) / sizeof(extended_native_symbol_defs[0]));
}

#ifdef __cplusplus
}
#endif

#endif
