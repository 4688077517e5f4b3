/* SPDX-License-Identifier: MIT */
/*
 * Files on the kernel's real memory: an archive whose pages are taken over, mappings, copies that fault, every frame
 * given back; then what things cost. There are no threads here: a preemption point measures how far the last one is.
 */
#include "world.h"

#include <base/irq.h>
#include <base/panic.h>
#include <hw/cpu.h>
#include <mm/mm.h>
#include <sched/mutex.h>
#include <sched/vcpu.h>

struct space *world_space;
struct path_context *world_context;
struct fd_table *world_table;

static struct {
	uint64_t point, longest; /* TSC */
} world;

/* The scheduler's part, for a core with one thread that never sleeps. */

void sched_preempt_point(void)
{
	uint64_t now = hw_rdtsc();

	if (now - world.point > world.longest)
		world.longest = now - world.point;
	world.point = hw_rdtsc();
}

enum wait_result sched_wait(struct wait_queue *q, uint64_t deadline, bool interruptible)
{
	(void)q, (void)deadline, (void)interruptible;
	panic("a test would sleep for ever");
}

bool sched_wake_one(struct wait_queue *q)
{
	(void)q;
	return false;
}

void sched_wake_all(struct wait_queue *q)
{
	(void)q;
}

void mutex_take(struct mutex *m)
{
	if (m->owner)
		panic("a mutex is taken twice");
	m->owner = (struct thread *)m;
}

void mutex_release(struct mutex *m)
{
	m->owner = NULL;
}

void sched_timer_set(struct sched_timer *timer, uint64_t when)
{
	timer->when = when;
}

void sched_timer_cancel(struct sched_timer *timer)
{
	timer->when = 0;
}

uint32_t vcpu_id(const struct vcpu *v)
{
	(void)v;
	return 0;
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

static bool fault(struct trap_frame *frame, uint64_t address)
{
	return world_space && space_fault(world_space, address, frame->error) == SPACE_FAULT_DONE;
}

void put(uint64_t at, const void *bytes, size_t n)
{
	if (user_write(at, bytes, n))
		panic("no user memory at 0x%llx", (unsigned long long)at);
}

bool holds(uint64_t at, const void *bytes, size_t n)
{
	const uint8_t *expected = bytes;
	uint8_t byte;

	for (size_t i = 0; i < n; i++) {
		if (user_read(&byte, at + i, 1) || byte != expected[i])
			return false;
	}
	return true;
}

struct file *world_open(const char *path, uint32_t flags)
{
	const struct path_at at = {.context = world_context, .fd = LX_AT_FDCWD};
	struct file *f;

	return path_open_file(&at, path, flags, 0644, &f) ? NULL : f;
}

void test_main(void)
{
	trap_set_fault_hook(fault);
	world_space = space_create(0);
	space_map(world_space, USER, USER_BYTES, SPACE_READ | SPACE_WRITE | SPACE_FIXED, NULL, 0);
	hw_write_cr3(space_root(world_space));
	test_archive();
	test_mappings();
	test_pipes();
	test_memory();
	test_costs();
}
