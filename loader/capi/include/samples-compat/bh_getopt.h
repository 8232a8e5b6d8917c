/*
 * WAMR's name of getopt.
 *
 * SPDX-License-Identifier: Apache-2.0 OR MIT
 */
#ifndef GRAVER_COMPAT_BH_GETOPT_H
#define GRAVER_COMPAT_BH_GETOPT_H

#include <getopt.h>

#endif
