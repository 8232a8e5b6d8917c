/*
 * Memory functions of the first README.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef GRAVER_COMPAT_BH_MEMORY_H
#define GRAVER_COMPAT_BH_MEMORY_H

#include "wasm_export_2019.h"

#endif
