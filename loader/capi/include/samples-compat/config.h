/*
 * WAMR's name of the file with all build options. Options that are not defined here count as 0.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef GRAVER_COMPAT_CONFIG_H
#define GRAVER_COMPAT_CONFIG_H

#define WASM_ENABLE_AOT 1
#define WASM_ENABLE_REF_TYPES 1
#define WASM_ENABLE_BULK_MEMORY 1

#ifndef APP_THREAD_STACK_SIZE_DEFAULT
#define APP_THREAD_STACK_SIZE_DEFAULT (64 * 1024)
#endif
#ifndef BH_APPLET_PRESERVED_STACK_SIZE
#define BH_APPLET_PRESERVED_STACK_SIZE (32 * 1024)
#endif

#endif
