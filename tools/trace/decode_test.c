/* SPDX-License-Identifier: MIT */
/* Rings that are good, overwritten, damaged; what ran when; budgets. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "trace/timeline.h"

#define CORES 16u /* rings are smallest then */

static struct qv_trace *ring; /* as a kernel writes it */
static struct ring out;

static int set_up(void **unused)
{
	(void)unused;
	ring = calloc(1, qv_trace_stride(CORES));
	*ring = (struct qv_trace){.magic = QV_TRACE_MAGIC, .version = QV_TRACE_VERSION, .core = 3,
		.records = qv_trace_room(CORES), .tsc_hz = 1000000};
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	ring_free(&out);
	free(ring);
	return 0;
}

static struct qv_trace_record *put(uint64_t tsc, enum qv_trace_kind kind, uint16_t vcpu, uint64_t argument)
{
	struct qv_trace_record *r = &ring->record[ring->head % ring->records];

	*r = (struct qv_trace_record){.tsc = tsc, .kind = (uint16_t)kind, .vcpu = vcpu, .thread = 7, .argument = argument};
	ring->head++;
	return r;
}

static void decode(void)
{
	ring_free(&out);
	ring_decode(&out, ring, 3, CORES, ring->head);
}

static void reads_in_order(void **unused)
{
	(void)unused;
	for (uint64_t k = 0; k < 100; k++)
		put(k, QV_TRACE_WAKE, 1, k);
	decode();
	assert_string_equal(out.why, "");
	assert_int_equal(out.count, 100);
	assert_int_equal(out.lost, 0);
	assert_int_equal(out.record[99].argument, 99);
}

static void drops_what_was_overwritten(void **unused)
{
	uint64_t room = ring->records;

	(void)unused;
	for (uint64_t k = 0; k < 3 * room + 5; k++)
		put(k, QV_TRACE_WAKE, 1, k);
	decode();
	assert_int_equal(out.count, room - 1);
	assert_int_equal(out.lost, 2 * room + 6);
	assert_int_equal(out.record[0].argument, 2 * room + 6);
	/* The kernel wrote 50 more while the records were copied. */
	ring_free(&out);
	ring_decode(&out, ring, 3, CORES, ring->head + 50);
	assert_int_equal(out.count, room - 51);
	assert_int_equal(out.record[0].argument, 2 * room + 56);
	/* It has been round altogether. */
	ring_free(&out);
	ring_decode(&out, ring, 3, CORES, ring->head + room);
	assert_int_equal(out.count, 0);
	assert_non_null(strstr(out.why, "overwritten while they were read"));
}

static void refuse(const char *what)
{
	decode();
	assert_non_null(strstr(out.why, what));
	assert_int_equal(out.count, 0);
}

static void refuses_damaged_heads(void **unused)
{
	(void)unused;
	put(1, QV_TRACE_WAKE, 1, 0);
	ring->magic = 0;
	refuse("has not started the scheduler");
	ring->magic = 5;
	refuse("begins with 0x5");
	ring->magic = QV_TRACE_MAGIC;
	ring->version = 99;
	refuse("version 99");
	ring->version = QV_TRACE_VERSION;
	ring->records++;
	refuse("its head says");
	ring->records--;
	ring->core = 4;
	refuse("its head says core 4");
	ring->core = 3;
	ring->head = UINT64_MAX;
	refuse("its head counts");
	ring->head = 1;
	ring_decode(&out, ring, 3, CORES, 0);
	assert_non_null(strstr(out.why, "its head counts 1 records, then 0"));
}

static void leaves_out_senseless_records(void **unused)
{
	(void)unused;
	put(10, QV_TRACE_WAKE, 1, 0);
	put(20, QV_TRACE_WAKE, 1, 0)->kind = 77;
	put(5, QV_TRACE_WAKE, 1, 0);           /* before the one before */
	put(UINT64_MAX, QV_TRACE_WAKE, 1, 0);  /* after the last */
	put(30, QV_TRACE_BLOCK, 1, 0);
	decode();
	assert_int_equal(out.count, 2);
	assert_int_equal(out.senseless, 3);
	assert_int_equal(out.record[1].tsc, 30);
}

/* Any bytes at all: never outside of the ring (the sanitizers watch). */
static void survives_noise(void **unused)
{
	(void)unused;
	for (uint32_t seed = 1; seed < 50; seed++) {
		struct timeline t;
		uint8_t *bytes = (uint8_t *)ring->record;

		srand(seed);
		for (size_t i = 0; i < ring->records * sizeof ring->record[0]; i++)
			bytes[i] = (uint8_t)(i % 32 == 8 ? rand() % 12 : i % 32 == 9 ? 0 : i % 32 < 8 && i % 8 > 1 ? 0 : rand());
		ring->head = (uint64_t)rand() * (uint64_t)rand();
		decode();
		assert_true(timeline_make(&t, &out, 0));
		for (size_t i = 0; i < t.stretches; i++)
			assert_true(t.stretch[i].start < t.stretch[i].end);
		timeline_free(&t);
	}
}

static void check_stretch(const struct stretch *s, uint64_t start, uint64_t end, uint32_t vcpu, bool background)
{
	assert_int_equal(s->start, start);
	assert_int_equal(s->end, end);
	assert_int_equal(s->vcpu, vcpu);
	assert_int_equal(s->background, background);
}

static void tells_who_ran(void **unused)
{
	struct timeline t;

	(void)unused;
	put(0, QV_TRACE_START, 0, 0);
	put(10, QV_TRACE_DISPATCH, 1, 100);
	put(40, QV_TRACE_DISPATCH, 2, 50);            /* a better one */
	put(60, QV_TRACE_DISPATCH, QV_TRACE_IDLE, 0);
	put(70, QV_TRACE_DISPATCH, 1, 70);
	put(90, QV_TRACE_DISPATCH, 1, 1);             /* another of its threads */
	put(140, QV_TRACE_DEPLETED, 1, 300);          /* goes on in the background */
	put(200, QV_TRACE_REPLENISH, 1, 200)->budget = 100;
	put(210, QV_TRACE_START, 0, 0);               /* a new life */
	decode();
	assert_int_equal(out.lives, 2);
	assert_true(timeline_make(&t, &out, 0));
	assert_int_equal(t.stretches, 5);
	check_stretch(&t.stretch[0], 10, 40, 1, false);
	check_stretch(&t.stretch[1], 40, 60, 2, false);
	check_stretch(&t.stretch[2], 70, 90, 1, false);
	check_stretch(&t.stretch[3], 90, 140, 1, false);
	check_stretch(&t.stretch[4], 140, 200, 1, true);
	timeline_free(&t);
}

static uint64_t budget_at(const struct timeline *t, uint32_t vcpu, uint64_t tsc)
{
	uint64_t budget = UINT64_MAX;

	for (size_t i = 0; i < t->levels; i++)
		if (t->level[i].vcpu == vcpu && t->level[i].tsc <= tsc)
			budget = t->level[i].budget;
	return budget;
}

static void follows_budgets(void **unused)
{
	struct timeline t;

	(void)unused;
	put(10, QV_TRACE_DISPATCH, 1, 100);
	put(40, QV_TRACE_DISPATCH, 2, 50);
	put(60, QV_TRACE_DISPATCH, 1, 70);
	put(130, QV_TRACE_DEPLETED, 1, 300);
	put(150, QV_TRACE_DISPATCH, 2, 30);
	put(160, QV_TRACE_REPLENISH, 1, 160)->budget = 25;
	decode();
	assert_true(timeline_make(&t, &out, 170));
	assert_int_equal(budget_at(&t, 1, 10), 100);
	assert_int_equal(budget_at(&t, 1, 40), 70);
	assert_int_equal(budget_at(&t, 2, 60), 30);
	assert_int_equal(budget_at(&t, 1, 130), 0);
	assert_int_equal(budget_at(&t, 1, 165), 25);
	assert_int_equal(budget_at(&t, 2, 170), 10); /* it runs until the end that was given */
	timeline_free(&t);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(reads_in_order), TEST(drops_what_was_overwritten), TEST(refuses_damaged_heads),
		TEST(leaves_out_senseless_records), TEST(survives_noise), TEST(tells_who_ran), TEST(follows_budgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
