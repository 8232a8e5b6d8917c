/*
 * All of the shims that WAMR has behind this name.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef GRAVER_COMPAT_BH_PLATFORM_H
#define GRAVER_COMPAT_BH_PLATFORM_H

#include "bh_common.h"
#include "bh_list.h"
#include "bh_log.h"
#include "platform_common.h"

#endif
