/* SPDX-License-Identifier: MIT */
/* Counters that are read from outside: the statistics in the sandbox's slice of the black box (abi/stats.h). */
#ifndef BASE_STATS_H
#define BASE_STATS_H

#include <abi/stats.h>

/* Empty statistics of this life; once, on core 0, before the other cores start. Needs SLICE_BASE mapped. */
void stats_init(void);
/* The sandbox's page, shared by its cores. Where there is no black box it is a page that nobody else sees. */
struct qv_stats *stats_page(void);
/* The entry of VCPU `id` of `core`, written by that core only; NULL if there is no room for it. */
struct qv_stats_vcpu *stats_vcpu(uint32_t core, uint32_t id);

#endif
