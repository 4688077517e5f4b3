/* SPDX-License-Identifier: MIT */
/* Sizes that several contracts share. Changing one changes the blob and hand-over versions. */
#ifndef ABI_LIMITS_H
#define ABI_LIMITS_H

#include <abi/types.h>

#define QV_MAX_CORES     16u
/* Cores of a sandbox that Quest is built for: mk/target.mk makes it 1 for quest-uniprocessor. */
#ifndef QUEST_CORES
#define QUEST_CORES QV_MAX_CORES
#endif
#define QV_MAX_SANDBOXES 8u
#define QV_NAME_LEN      32u /* bytes, NUL included */
#define QV_MAX_RANGES    9u  /* memory ranges of one sandbox */

#define QV_PAGE_SIZE  4096ull
#define QV_LARGE_SIZE (2ull << 20)
#define QV_HUGE_SIZE  (1ull << 30)

/* Channels, arenas and console rings appear in every sandbox at guest-physical QV_WINDOW + host-physical (D7b). */
#define QV_WINDOW (256ull << 30)

#endif
