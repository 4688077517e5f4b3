/* SPDX-License-Identifier: MIT */
#include <lib/tsc.h>

struct qv_tsc_bounds qv_tsc_begin(void)
{
	return (struct qv_tsc_bounds){ INT64_MIN, INT64_MAX };
}

void qv_tsc_note(struct qv_tsc_bounds *b, uint64_t before, uint64_t there, uint64_t after)
{
	int64_t low = (int64_t)(there - after), high = (int64_t)(there - before);

	if (low > b->low)
		b->low = low;
	if (high < b->high)
		b->high = high;
}

/* Readings that contradict each other by more than `limit`: the difference itself changes. */
static bool drifts(const struct qv_tsc_bounds *b, int64_t limit)
{
	return b->low > b->high && (uint64_t)b->low - (uint64_t)b->high > (uint64_t)limit;
}

enum qv_tsc_verdict qv_tsc_judge(const struct qv_tsc_bounds *b, int64_t limit)
{
	if (b->low > limit || b->high < -limit || drifts(b, limit))
		return QV_TSC_DIFFER;
	return b->low >= -limit && b->high <= limit ? QV_TSC_AGREE : QV_TSC_UNSURE;
}

int64_t qv_tsc_skew(const struct qv_tsc_bounds *b)
{
	bool ahead = b->low > 0, behind = b->high < 0;

	if (ahead && behind)
		return b->low > -b->high ? b->low : b->high;
	if (ahead)
		return b->low;
	return behind ? b->high : 0;
}
