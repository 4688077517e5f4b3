/* SPDX-License-Identifier: MIT */
/* Private to the room: set-up of the frame allocator. */
#ifndef MM_FRAMES_H
#define MM_FRAMES_H

#include <abi/types.h>

/* Fill the allocator from the ranges of the entry information. */
void frames_init(void);

#endif
