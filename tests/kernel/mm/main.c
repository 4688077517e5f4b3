/* SPDX-License-Identifier: MIT */
/* Memory of the kernel and of its spaces, tested in a sandbox of its own. There are no threads here: a preemption point
 * measures how far the last one is. */
#include "world.h"

#include <base/irq.h>
#include <hw/cpu.h>
#include <mm/mm.h>
#include <sched/thread.h>

#define MODEL_STEPS 40000u

enum space_fault world_last;

static struct {
	struct space *loaded;
	uint64_t state; /* of the generator */
	uint64_t point, longest; /* TSC */
} world = {.state = 88172645463325252ull};

void sched_preempt_point(void)
{
	uint64_t now = hw_rdtsc();

	if (now - world.point > world.longest)
		world.longest = now - world.point;
	world.point = hw_rdtsc();
}

void world_watch(void)
{
	world.longest = 0;
	world.point = hw_rdtsc();
}

uint64_t world_longest(void)
{
	return world.longest;
}

uint32_t random_below(uint32_t n)
{
	world.state ^= world.state << 13;
	world.state ^= world.state >> 7;
	world.state ^= world.state << 17;
	return (uint32_t)(world.state >> 33) % n;
}

void world_load(struct space *space)
{
	world.loaded = space;
	hw_write_cr3(space ? space_root(space) : mm_root());
}

static bool fault(struct trap_frame *frame, uint64_t address)
{
	if (!world.loaded)
		return false;
	world_last = space_fault(world.loaded, address, frame->error);
	return world_last == SPACE_FAULT_DONE;
}

bool peek(uint64_t at, uint64_t *value)
{
	return user_read(value, at, sizeof(*value)) == 0;
}

bool poke(uint64_t at, uint64_t value)
{
	return user_write(at, &value, sizeof(value)) == 0;
}

/* The caches keep a block each, so the first run takes some pages that stay. */
static void run_model(uint32_t steps, uint64_t limit, const char *name)
{
	uint64_t before = mm_free_pages(), after;
	bool good = model_run(steps, limit, NULL);

	file_close();
	after = mm_free_pages();
	test_point(good, name);
	test_point(before == after && mm_frames_intact(), "and every frame came back");
	if (before != after)
		test_note("%llu pages before, %llu after", (unsigned long long)before, (unsigned long long)after);
}

void test_main(void)
{
	trap_set_fault_hook(fault);
	test_heap();
	test_spaces();
	test_moves();
	test_rights();
	test_copies();
	test_costs();
	model_run(100, 0, NULL);
	file_close();
	run_model(MODEL_STEPS, 0, "random operations agree with the model");
	run_model(MODEL_STEPS, 3 << 20, "with a limit of 3 MiB");
	run_model(MODEL_STEPS, 300 << 10, "with a limit of 300 KiB");
	test_arena();
	test_shortage();
}
