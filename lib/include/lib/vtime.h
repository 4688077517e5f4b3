/* SPDX-License-Identifier: MIT */
/* Time as the servers of VCPUs see it: cycles of the invariant TSC, unsigned 64-bit, given by the caller. */
#ifndef LIB_VTIME_H
#define LIB_VTIME_H

#include <abi/types.h>

/* The latest `now` any function of ss.h and pibs.h accepts: 58 years of a 5 GHz TSC. */
#define QV_TSC_MAX (1ull << 63)
/* No server ever writes a later time. A server whose next event is after QV_TSC_MAX never runs again. */
#define QV_NEVER (QV_TSC_MAX + (1ull << 62))
/* Longest period: 1.9 hours at 5 GHz. Budgets are at most their period. */
#define QV_PERIOD_MAX (1ull << 45)

#endif
