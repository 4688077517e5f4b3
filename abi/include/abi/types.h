/* SPDX-License-Identifier: MIT */
/* Fixed-width integers for every world that shares abi/. The only header of this room with an #if. */
#ifndef ABI_TYPES_H
#define ABI_TYPES_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

#endif
