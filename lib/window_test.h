/* SPDX-License-Identifier: MIT */
/* For tests: how much of the processor did a server get in the worst window of a given length? */
#ifndef LIB_WINDOW_TEST_H
#define LIB_WINDOW_TEST_H

#include <abi/types.h>
#include <stdlib.h>

#define WINDOW_RUNS (1u << 15) /* at most so many runs begin in one window */

struct window_run {
	uint64_t start, end; /* it ran in [start, end) */
	uint64_t before;     /* consumed before start */
};

struct window {
	uint64_t length;
	uint64_t most;  /* largest consumption in a complete window so far */
	uint64_t total; /* consumed until now */
	/* Numbers of runs, counted from the beginning; all before `ended` ended a window length ago; windows that begin with
	 * a run before `begun` are complete. */
	uint64_t ended, begun, count;
	struct window_run run[WINDOW_RUNS];
};

static inline void window_reset(struct window *w, uint64_t length)
{
	w->length = length;
	w->most = w->total = w->ended = w->begun = w->count = 0;
}

static inline uint64_t window_least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline const struct window_run *window_run(const struct window *w, uint64_t i)
{
	return &w->run[i % WINDOW_RUNS];
}

static inline void window_saw(struct window *w, uint64_t consumed)
{
	w->most = consumed > w->most ? consumed : w->most;
}

/* Windows that begin with a run and are over before `end`; the last run is still to be counted. */
static inline void window_begun(struct window *w, uint64_t start, uint64_t end)
{
	for (; w->begun < w->count && window_run(w, w->begun)->start + w->length <= end; w->begun++) {
		uint64_t over = window_run(w, w->begun)->start + w->length;

		window_saw(w, w->total - window_run(w, w->begun)->before + (over > start ? over - start : 0));
	}
}

/* It ran in [start, end), after all runs before. Consumption in a sliding window is largest where the window begins
 * with the start of a run or ends with the end of one; both kinds are looked at. */
static inline void window_add(struct window *w, uint64_t start, uint64_t end)
{
	const struct window_run *r;

	if (start == end)
		return;
	w->run[w->count++ % WINDOW_RUNS] = (struct window_run){start, end, w->total};
	window_begun(w, start, end);
	while (window_run(w, w->ended)->end + w->length <= end)
		w->ended++;
	if (w->count - w->ended > WINDOW_RUNS || w->count - w->begun > WINDOW_RUNS)
		abort();
	w->total += end - start;
	r = window_run(w, w->ended);
	window_saw(w, w->total - r->before - (end > r->start + w->length ? end - w->length - r->start : 0));
}

/* The worst of all windows, those that go on included. */
static inline uint64_t window_worst(struct window *w)
{
	if (w->begun < w->count)
		window_saw(w, w->total - window_run(w, w->begun)->before);
	return w->most;
}

#endif
