/* SPDX-License-Identifier: MIT */
/* Private to the room: the heartbeat, a periodic timer of each core. */
#ifndef MAIN_TICK_H
#define MAIN_TICK_H

#include <abi/types.h>

/* Tick every `us` microseconds on this core, without drift; after `limit` ticks (0 = never) stop and say so. */
void tick_start(uint64_t us, uint64_t limit);
void tick_stop(void);
/* Ticks of this core so far. */
uint64_t tick_count(void);

#endif
