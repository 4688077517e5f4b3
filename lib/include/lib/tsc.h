/* SPDX-License-Identifier: MIT */
/*
 * Do the time-stamp counters of two cores agree? One core reads its own counter, lets the other read its, and reads its
 * own again: however long that took, the other's counter is ahead by something in [there - after, there - before].
 * Every such reading is a proof, so the bounds of several are intersected. All values in TSC cycles.
 */
#ifndef LIB_TSC_H
#define LIB_TSC_H

#include <abi/types.h>

struct qv_tsc_bounds { /* how far the other counter is ahead; low > high: no constant explains the readings */
	int64_t low, high;
};

enum qv_tsc_verdict {
	QV_TSC_UNSURE, /* the readings so far prove nothing: take more, or accept */
	QV_TSC_AGREE,  /* the counters differ by the limit at most */
	QV_TSC_DIFFER  /* they differ by more, or one drifts from the other */
};

struct qv_tsc_bounds qv_tsc_begin(void);
/* `there` was read on the other core between `before` and `after` of this one. */
void qv_tsc_note(struct qv_tsc_bounds *b, uint64_t before, uint64_t there, uint64_t after);
/* limit >= 0 */
enum qv_tsc_verdict qv_tsc_judge(const struct qv_tsc_bounds *b, int64_t limit);
/* The smallest difference that explains the readings, negative when the other counter is behind. Of counters that
 * drift, the largest that a reading proves. */
int64_t qv_tsc_skew(const struct qv_tsc_bounds *b);

#endif
